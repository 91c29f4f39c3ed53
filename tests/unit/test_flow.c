/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/cleanup.h"
#include "fixture.h"
#include "rules/flow.h"
#include "rules/whatif.h"

/* A recorded ruleset with a question and a host, and what the evaluator says. */
struct scene {
	struct arena *arena;
	struct ruleset *ruleset;
	struct host_link link;
	struct host_address address;
	struct host_state host;
	struct flow_question question;
	struct flow_answer *answer;
};

enum { PORT = 25623 };

static void scene_open(struct scene *scene, const char *name)
{
	*scene = (struct scene){
		.arena = arena_new(),
		.ruleset = fixture_parse(name),
		.link = {.index = 2, .name = "eth0", .type = 1},
		.address = {.prefix = 24, .ifindex = 2},
		.question = {.host_ports = {PORT, PORT},
			     .host_udp_ports = {32768, 60999},
			     .ota_port = 8266},
	};
	assert_true(address_parse("192.168.178.20", &scene->question.host));
	assert_true(cidr_parse("192.168.178.178", &scene->question.device));
	scene->address.address = scene->question.host;
	scene->host = (struct host_state){.links = &scene->link,
					  .n_links = 1,
					  .addresses = &scene->address,
					  .n_addresses = 1,
					  .device_ifindex = 2};
}

static void scene_evaluate(struct scene *scene)
{
	scene->answer = flow_evaluate(scene->arena, scene->ruleset, &scene->host, &scene->question);
}

static void scene_close(struct scene *scene)
{
	arena_free(scene->arena);
	ruleset_free(scene->ruleset);
}

static const struct flow_region *region_at(const struct scene *scene, enum flow_packet packet,
					   const char *device, uint16_t port)
{
	const struct flow_region *region;
	struct address address;

	assert_true(address_parse(device, &address));
	region = flow_region_at(scene->answer, packet, &address, port);
	assert_non_null(region);
	return region;
}

static enum flow_verdict verdict_at(const struct scene *scene, enum flow_packet packet,
				    uint16_t port)
{
	return region_at(scene, packet, "192.168.178.178", port)->verdict;
}

/* What each fixture in eval/ comes to for the seed's port; names say the rule that it tests. */
static const struct expectation {
	const char *name;
	enum flow_packet packet; /* the first that does not simply pass */
	enum flow_verdict verdict;
	const char *chain; /* of the deciding step; NULL: not asked */
} expectations[] = {
	{"accept-is-per-base-chain", SYN_IN, FLOW_DROP, "late"},
	{"catch-all-element", SYN_IN, FLOW_ACCEPT, "in"},
	{"concatenation-of-intervals", SYN_IN, FLOW_ACCEPT, "in"},
	{"concatenation-with-interface", SYN_IN, FLOW_ACCEPT, "in"},
	{"connection-mark-is-carried", SYNACK_OUT, FLOW_DROP, "out"},
	{"conntrack-of-other-family-does-not-count", SYN_IN, FLOW_ACCEPT, NULL},
	{"data-that-conntrack-missed", DATA_OUT, FLOW_UNKNOWN, "out"},
	{"destination-elsewhere", SYN_IN, FLOW_REDIRECT, "pre"},
	{"device-port-is-unknown", SYN_IN, FLOW_UNKNOWN, NULL},
	{"dormant-table", SYN_IN, FLOW_ACCEPT, NULL},
	{"dynamic-set-knows-our-invitation", SYN_IN, FLOW_UNKNOWN, NULL},
	{"egress-of-the-device", SYNACK_OUT, FLOW_DROP, "out"},
	{"equal-priority-newest-first", SYN_IN, FLOW_REJECT, "two"},
	{"every-device-port-is-covered", SYN_IN, FLOW_ACCEPT, "in"},
	{"every-ttl-is-covered", SYN_IN, FLOW_ACCEPT, "in"},
	{"first-zone-stays", SYN_IN, FLOW_DROP, "in"},
	{"goto-in-base-chain-means-policy", SYN_IN, FLOW_ACCEPT, "in"},
	{"goto-returns-to-callers-caller", SYN_IN, FLOW_ACCEPT, "in"},
	{"ingress-of-the-device", SYN_IN, FLOW_DROP, "in"},
	{"interval-without-end", SYN_IN, FLOW_DROP, "in"},
	{"inverted-lookup", SYN_IN, FLOW_ACCEPT, "in"},
	{"jump-comes-back", SYN_IN, FLOW_DROP, "in"},
	{"limit-before-accept-is-unknown", SYN_IN, FLOW_UNKNOWN, NULL},
	{"limit-before-log-makes-no-difference", SYN_IN, FLOW_DROP, "in"},
	{"mark-range-in-host-order", SYN_IN, FLOW_DROP, "in"},
	{"masquerade-keeps-our-address", SYN_IN, FLOW_ACCEPT, NULL},
	{"missing-connection-never-matches", SYN_IN, FLOW_ACCEPT, NULL},
	{"missing-output-interface-is-empty", SYN_IN, FLOW_DROP, "in"},
	{"nat-chain-with-conntrack-drops", SYN_IN, FLOW_DROP, "pre"},
	{"nat-chain-without-conntrack-is-dead", SYN_IN, FLOW_ACCEPT, NULL},
	{"nat-priority-is-fixed", SYN_IN, FLOW_DROP, "filter"},
	{"no-link-header-on-output", INVITATION_OUT, FLOW_ACCEPT, "out"},
	{"no-link-header-to-write-on-output", SYNACK_OUT, FLOW_ACCEPT, "out"},
	{"no-notrack-after-a-zone", SYN_IN, FLOW_ACCEPT, "in"},
	{"no-socket-on-a-syn", SYN_IN, FLOW_ACCEPT, "in"},
	{"only-new-is-accepted", SYNACK_OUT, FLOW_DROP, "out"},
	{"redirect-changes-the-port", SYN_IN, FLOW_REDIRECT, "in"},
	{"redirect-to-the-same-port", SYN_IN, FLOW_ACCEPT, "pre"},
	{"return-in-base-chain-is-policy", SYN_IN, FLOW_DROP, "in"},
	{"reverse-path-is-there", SYN_IN, FLOW_ACCEPT, "pre"},
	{"rewritten-ends-of-a-connection", SYN_IN, FLOW_UNKNOWN, NULL},
	{"shifted-class-covers-all-values", SYN_IN, FLOW_DROP, "in"},
	{"state-at-raw-priority-is-invalid", REPLY_IN, FLOW_DROP, "pre"},
	{"subnet-with-odd-prefix", SYN_IN, FLOW_ACCEPT, "in"},
	{"template-looks-new", SYN_IN, FLOW_ACCEPT, "in"},
	{"type-of-service-shifted", SYNACK_OUT, FLOW_ACCEPT, "out"},
	{"untracked-is-neither-new-nor-established", SYN_IN, FLOW_DROP, "in"},
	{"untracked-syn-makes-answer-invalid", SYNACK_OUT, FLOW_DROP, "out"},
	{"verdict-map-with-intervals", SYN_IN, FLOW_REJECT, "refuse"},
	{"written-over-and-sent-back", SYN_IN, FLOW_UNKNOWN, "nat"},
	{"zone-is-asked-of-one-direction", SYN_IN, FLOW_UNKNOWN, NULL},
	{"zone-makes-new-at-raw-priority", SYN_IN, FLOW_DROP, "pre"},
	{"zone-of-one-direction", SYNACK_OUT, FLOW_UNKNOWN, NULL},
	{"zone-undoes-notrack", SYN_IN, FLOW_ACCEPT, "in"},
};

static void expect(const struct expectation *expected)
{
	struct scene scene;
	char name[128];
	const struct flow_region *region;

	snprintf(name, sizeof(name), "eval/%s", expected->name);
	scene_open(&scene, name);
	scene_evaluate(&scene);
	region = region_at(&scene, expected->packet, "192.168.178.178", PORT);
	if (region->verdict != expected->verdict)
		fail_msg("%s: %s", expected->name, flow_verdict_name(region->verdict));
	assert_true(!region->doubt == (region->verdict != FLOW_UNKNOWN));
	if (expected->chain) {
		assert_non_null(region->last);
		assert_string_equal(region->last->chain->name, expected->chain);
	}
	for (enum flow_packet packet = 0; packet < expected->packet; packet++)
		if (verdict_at(&scene, packet, PORT) != FLOW_ACCEPT)
			fail_msg("%s: %s does not pass", expected->name, flow_packet_name(packet));
	scene_close(&scene);
}

static void small_rulesets_come_to_what_the_kernel_does(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(expectations); i++)
		expect(&expectations[i]);
}

/* "tunnel path missing drop": what comes through no tunnel has a path of 0, not none. */
static void outside_tunnels_the_path_is_zero(void **state)
{
	struct scene scene;

	(void)state;
	scene_open(&scene, "newer");
	scene_evaluate(&scene);
	assert_int_equal(verdict_at(&scene, INVITATION_OUT, PORT), FLOW_ACCEPT);
	assert_int_equal(verdict_at(&scene, SYN_IN, PORT), FLOW_DROP);
	scene_close(&scene);
}

static void ufw_drops_by_rule_and_by_policy_at_the_right_ports(void **state)
{
	static const struct {
		uint16_t port;
		enum flow_verdict verdict;
		const char *chain;
	} ports[] = {
		{21, FLOW_DROP, "INPUT"},
		{22, FLOW_ACCEPT, "ufw-user-input"},
		{443, FLOW_ACCEPT, "ufw-user-input"},
		{8000, FLOW_ACCEPT, "ufw-user-input"},
		{8010, FLOW_ACCEPT, "ufw-user-input"},
		{8011, FLOW_DROP, "INPUT"},
		{2222, FLOW_UNKNOWN, NULL},
		{20000, FLOW_DROP, "ufw-user-input"},
		{30000, FLOW_DROP, "ufw-user-input"},
		{30001, FLOW_DROP, "INPUT"},
		{445, FLOW_DROP, "ufw-skip-to-policy-input"},
	};
	struct scene scene;

	(void)state;
	scene_open(&scene, "ufw");
	scene.question.host_ports = (struct port_range){1, 65535};
	scene_evaluate(&scene);
	for (size_t i = 0; i < ARRAY_SIZE(ports); i++) {
		const struct flow_region *region =
			region_at(&scene, SYN_IN, "192.168.178.178", ports[i].port);

		assert_int_equal(region->verdict, ports[i].verdict);
		if (ports[i].chain)
			assert_string_equal(region->last->chain->name, ports[i].chain);
	}
	assert_int_equal(verdict_at(&scene, INVITATION_OUT, PORT), FLOW_ACCEPT);
	assert_int_equal(verdict_at(&scene, REPLY_IN, PORT), FLOW_ACCEPT);
	assert_int_equal(verdict_at(&scene, SYNACK_OUT, PORT), FLOW_ACCEPT);
	scene_close(&scene);
}

/* Regions are a partition: each address and port of the question lies in exactly one. */
static void assert_partition(const struct scene *scene)
{
	for (enum flow_packet packet = 0; packet < FLOW_PACKETS; packet++) {
		const struct flow_packet_answer *at = &scene->answer->packets[packet];
		field_value total = 0;

		for (size_t i = 0; i < at->n_regions; i++)
			total += value_set_size(at->regions[i].addresses) *
				 value_set_size(at->regions[i].ports);
		if (total != 256 * 65535)
			fail_msg("%s: %zu regions hold %llu points", flow_packet_name(packet),
				 at->n_regions, (unsigned long long)total);
	}
}

static void a_sweep_says_what_single_questions_say(void **state)
{
	static const char *const names[] = {"ufw", "firewalld", "workstation"};
	static const char *const devices[] = {"192.168.178.178", "192.168.178.99", "192.168.178.1"};
	static const uint16_t ports[] = {1, 22, 80, 443, 8266, 19999, 20000, 25005, PORT, 65535};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		struct scene sweep, one;

		scene_open(&sweep, names[i]);
		assert_true(cidr_parse("192.168.178.0/24", &sweep.question.device));
		sweep.question.host_ports = (struct port_range){1, 65535};
		scene_evaluate(&sweep);
		assert_partition(&sweep);
		scene_open(&one, names[i]);
		for (size_t k = 0; k < ARRAY_SIZE(devices) * ARRAY_SIZE(ports); k++) {
			const char *device = devices[k / ARRAY_SIZE(ports)];
			uint16_t port = ports[k % ARRAY_SIZE(ports)];

			assert_true(cidr_parse(device, &one.question.device));
			one.question.host_ports = (struct port_range){port, port};
			scene_evaluate(&one);
			for (enum flow_packet packet = 0; packet < FLOW_PACKETS; packet++)
				assert_int_equal(region_at(&one, packet, device, port)->verdict,
						 region_at(&sweep, packet, device, port)->verdict);
		}
		scene_close(&sweep);
		scene_close(&one);
	}
}

static void the_doubt_names_what_the_answer_hangs_on(void **state)
{
	struct scene scene;

	(void)state;
	scene_open(&scene, "eval/device-port-is-unknown");
	scene_evaluate(&scene);
	assert_string_equal(region_at(&scene, SYN_IN, "192.168.178.178", PORT)->doubt,
			    "the device's source port");
	scene_close(&scene);
	scene_open(&scene, "eval/limit-before-accept-is-unknown");
	scene_evaluate(&scene);
	assert_string_equal(region_at(&scene, SYN_IN, "192.168.178.178", PORT)->doubt,
			    "limit rate 1/day in chain in");
	scene_close(&scene);
}

static void a_redirection_names_where_to(void **state)
{
	struct scene scene;
	const struct flow_region *region;
	char text[ADDRESS_TEXT_SIZE];

	(void)state;
	scene_open(&scene, "eval/destination-elsewhere");
	scene_evaluate(&scene);
	region = region_at(&scene, SYN_IN, "192.168.178.178", PORT);
	assert_string_equal(address_format(&region->redirect_to, text), "192.168.178.99");
	assert_int_equal(region->redirect_port, 80);
	scene_close(&scene);
}

static void an_expected_syn_is_related(void **state)
{
	struct scene scene;

	(void)state;
	scene_open(&scene, "ufw");
	scene_evaluate(&scene);
	assert_int_equal(verdict_at(&scene, SYN_IN, PORT), FLOW_DROP);
	scene.question.syn_is_related = true;
	scene_evaluate(&scene);
	assert_int_equal(verdict_at(&scene, SYN_IN, PORT), FLOW_ACCEPT);
	scene_close(&scene);
}

/* The path from a base chain down to the deciding rule, in the order of the walk. */
static void the_path_leads_through_the_jumps(void **state)
{
	static const char *const backwards[] = {"drop", "jump ufw-user-input"};
	struct scene scene;
	const struct flow_step *step;
	bool before = false;

	(void)state;
	scene_open(&scene, "ufw");
	scene_evaluate(&scene);
	step = region_at(&scene, SYN_IN, "192.168.178.178", PORT)->last;
	for (size_t i = 0; i < ARRAY_SIZE(backwards); i++, step = step->previous) {
		assert_string_equal(step->verdict, backwards[i]);
		assert_string_equal(step->base->name, "INPUT");
		assert_string_equal(step->hook, "input");
	}
	for (; step; step = step->previous)
		before = before || strcmp(step->verdict, "jump ufw-before-input") == 0;
	assert_true(before);
	scene_close(&scene);
}

static const struct chain *ufw_user_input(const struct scene *scene)
{
	enum { FAMILY_IPV4 = 2 };
	const struct table *table = ruleset_table(scene->ruleset, FAMILY_IPV4, "filter");

	assert_non_null(table);
	return table_chain(table, "ufw-user-input");
}

static void an_allow_rule_counts_only_before_the_deny(void **state)
{
	struct amendment amendment = {};
	struct scene scene;

	(void)state;
	scene_open(&scene, "ufw");
	amendment.chain = ufw_user_input(&scene);
	amendment.rule =
		whatif_allow_tcp(scene.arena, amendment.chain, &scene.question.device, PORT);
	scene.question.amendments = &amendment;
	scene.question.n_amendments = 1;
	amendment.index = amendment.chain->n_rules;
	scene_evaluate(&scene);
	assert_int_equal(verdict_at(&scene, SYN_IN, PORT), FLOW_DROP);
	amendment.index = 0;
	scene_evaluate(&scene);
	assert_int_equal(verdict_at(&scene, SYN_IN, PORT), FLOW_ACCEPT);
	scene_close(&scene);
}

static void an_allow_rule_opens_one_port_to_one_network(void **state)
{
	static const struct {
		const char *device;
		uint16_t port;
		enum flow_verdict verdict;
	} points[] = {
		{"192.168.178.176", PORT, FLOW_ACCEPT},   {"192.168.178.179", PORT, FLOW_ACCEPT},
		{"192.168.178.175", PORT, FLOW_DROP},     {"192.168.178.180", PORT, FLOW_DROP},
		{"192.168.178.178", PORT - 1, FLOW_DROP}, {"192.168.178.178", PORT + 1, FLOW_DROP},
	};
	struct amendment amendment = {};
	struct scene scene;
	struct cidr device;

	(void)state;
	scene_open(&scene, "ufw");
	assert_true(cidr_parse("192.168.178.176/30", &device));
	assert_true(cidr_parse("192.168.178.0/24", &scene.question.device));
	scene.question.host_ports = (struct port_range){PORT - 1, PORT + 1};
	amendment.chain = ufw_user_input(&scene);
	amendment.rule = whatif_allow_tcp(scene.arena, amendment.chain, &device, PORT);
	scene.question.amendments = &amendment;
	scene.question.n_amendments = 1;
	scene_evaluate(&scene);
	for (size_t i = 0; i < ARRAY_SIZE(points); i++)
		assert_int_equal(
			region_at(&scene, SYN_IN, points[i].device, points[i].port)->verdict,
			points[i].verdict);
	scene_close(&scene);
}

static void open_and_undecided_ports_are_apart(void **state)
{
	struct scene scene;
	struct value_set open, undecided;

	(void)state;
	scene_open(&scene, "ufw");
	scene.question.host_ports = (struct port_range){1, 65535};
	scene_evaluate(&scene);
	open = flow_open_ports(scene.arena, scene.answer);
	undecided = flow_undecided_ports(scene.arena, scene.answer);
	assert_true(value_set_contains(open, 22) && value_set_contains(open, 8005));
	assert_false(value_set_contains(open, PORT) || value_set_contains(open, 2222));
	assert_true(value_set_size(undecided) == 1 && value_set_contains(undecided, 2222));
	scene_close(&scene);
}

/* Allows port 1000 + 16 * i to the device 10.0.0.0 + stride * i. */
static void allow_many(struct scene *scene, size_t count, uint32_t stride)
{
	struct amendment *amendments = arena_array(scene->arena, count, sizeof(*amendments));
	const struct chain *chain = ufw_user_input(scene);

	for (size_t i = 0; i < count; i++) {
		struct address address = address_v4(0x0a000000 + stride * (uint32_t)i);
		struct cidr device = cidr_of(&address, 32);

		amendments[i] = (struct amendment){
			chain, 0,
			whatif_allow_tcp(scene->arena, chain, &device, (uint16_t)(1000 + 16 * i))};
	}
	scene->question.amendments = amendments;
	scene->question.n_amendments = count;
	scene->question.host_ports = (struct port_range){1, 65535};
}

static void what_is_too_much_at_once_is_answered_in_parts(void **state)
{
	enum { RULES = 1200 };
	struct scene scene;

	(void)state;
	scene_open(&scene, "ufw");
	allow_many(&scene, RULES, 0);
	assert_true(cidr_parse("10.0.0.0", &scene.question.device));
	scene_evaluate(&scene);
	for (uint16_t i = 0; i < RULES; i++) {
		uint16_t port = (uint16_t)(1000 + 16 * i);

		assert_int_equal(region_at(&scene, SYN_IN, "10.0.0.0", port)->verdict, FLOW_ACCEPT);
		assert_int_not_equal(
			region_at(&scene, SYN_IN, "10.0.0.0", (uint16_t)(port + 1))->verdict,
			FLOW_UNKNOWN);
	}
	scene_close(&scene);
}

/* As many devices as rules, each with a port of its own: more boxes than are followed at once. */
static void many_pairs_of_device_and_port_are_never_wrong(void **state)
{
	enum { RULES = 600, STRIDE = 17001 };
	struct scene scene;

	(void)state;
	scene_open(&scene, "ufw");
	allow_many(&scene, RULES, STRIDE);
	assert_true(cidr_parse("10.0.0.0/8", &scene.question.device));
	scene_evaluate(&scene);
	for (uint32_t i = 0; i < RULES; i++) {
		struct address address = address_v4(0x0a000000 + STRIDE * i);
		char text[ADDRESS_TEXT_SIZE];
		const struct flow_region *region = region_at(
			&scene, SYN_IN, address_format(&address, text), (uint16_t)(1000 + 16 * i));

		assert_true(region->verdict == FLOW_ACCEPT || region->verdict == FLOW_UNKNOWN);
	}
	scene_close(&scene);
}

static void an_unknown_interface_makes_everything_unknown(void **state)
{
	struct scene scene;

	(void)state;
	scene_open(&scene, "ufw");
	scene.host.n_links = 0;
	scene_evaluate(&scene);
	assert_int_equal(verdict_at(&scene, SYN_IN, PORT), FLOW_UNKNOWN);
	scene_close(&scene);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(small_rulesets_come_to_what_the_kernel_does),
		cmocka_unit_test(outside_tunnels_the_path_is_zero),
		cmocka_unit_test(ufw_drops_by_rule_and_by_policy_at_the_right_ports),
		cmocka_unit_test(a_sweep_says_what_single_questions_say),
		cmocka_unit_test(the_doubt_names_what_the_answer_hangs_on),
		cmocka_unit_test(a_redirection_names_where_to),
		cmocka_unit_test(an_expected_syn_is_related),
		cmocka_unit_test(the_path_leads_through_the_jumps),
		cmocka_unit_test(an_allow_rule_counts_only_before_the_deny),
		cmocka_unit_test(an_allow_rule_opens_one_port_to_one_network),
		cmocka_unit_test(open_and_undecided_ports_are_apart),
		cmocka_unit_test(what_is_too_much_at_once_is_answered_in_parts),
		cmocka_unit_test(many_pairs_of_device_and_port_are_never_wrong),
		cmocka_unit_test(an_unknown_interface_makes_everything_unknown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
