/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Legacy tables, ipsets and lists of recent addresses as recorded from a kernel; what was loaded
 * there is in tests/fixtures/xtables.{v4,v6,ipset}.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <linux/netfilter.h>

#include "base/arena.h"
#include "base/cleanup.h"
#include "rules/eval/walk.h"
#include "rules/flow.h"
#include "rules/text.h"
#include "xtables.h"

static const struct table *legacy_table(const struct ruleset *ruleset, uint8_t family,
					const char *name)
{
	const struct table *table = ruleset_backend_table(ruleset, TABLE_LEGACY, family, name);

	assert_non_null(table);
	assert_false(table->opaque);
	return table;
}

static const struct chain *chain_of(const struct ruleset *ruleset, const char *table,
				    const char *name)
{
	const struct chain *chain = table_chain(legacy_table(ruleset, NFPROTO_IPV4, table), name);

	assert_non_null(chain);
	return chain;
}

static void tables_have_the_kernels_hooks_and_priorities(void **)
{
	static const struct {
		const char *table, *chain, *type;
		int priority;
	} places[] = {
		{"raw", "PREROUTING", "filter", -300},
		{"raw", "OUTPUT", "filter", -300},
		{"mangle", "PREROUTING", "filter", -150},
		{"mangle", "OUTPUT", "route", -150},
		{"mangle", "POSTROUTING", "filter", -150},
		{"nat", "PREROUTING", "nat", -100},
		{"nat", "OUTPUT", "nat", -100},
		{"nat", "INPUT", "nat", 100},
		{"nat", "POSTROUTING", "nat", 100},
		{"filter", "INPUT", "filter", 0},
		{"security", "OUTPUT", "filter", 50},
	};
	struct ruleset *ruleset = xtables_parse();

	assert_int_equal(ruleset->n_tables, 6);
	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		const struct chain *chain = chain_of(ruleset, places[i].table, places[i].chain);

		assert_non_null(chain->base);
		assert_int_equal(chain->base->priority, places[i].priority);
		assert_string_equal(chain->base->type, places[i].type);
	}
	assert_int_equal(chain_of(ruleset, "filter", "INPUT")->base->policy, VERDICT_DROP);
	assert_int_equal(chain_of(ruleset, "filter", "OUTPUT")->base->policy, VERDICT_ACCEPT);
	/* nf_tables' own lookup does not meet them */
	assert_null(ruleset_table(ruleset, NFPROTO_IPV4, "filter"));
	ruleset_free(ruleset);
}

static void assert_text(const struct rule *rule, const char *text)
{
	cleanup(buffer_release) struct buffer out = {0};

	rule_text(&out, rule);
	assert_string_equal(buffer_text(&out), text);
}

static void chains_of_the_user_have_their_rules_without_the_return_at_their_end(void **)
{
	struct ruleset *ruleset = xtables_parse();
	const struct chain *jumps = chain_of(ruleset, "filter", "jumps");
	const struct chain *goes = chain_of(ruleset, "filter", "goes");

	assert_null(jumps->base);
	assert_int_equal(jumps->n_rules, 4);
	assert_int_equal(goes->n_rules, 2);
	assert_int_equal(goes->rules[1]->position, 2);
	assert_int_equal(goes->rules[1]->handle, 0);
	const struct rule *gone = jumps->rules[1];
	const struct verdict *verdict = &gone->exprs[gone->n_exprs - 1].immediate.data.verdict;
	assert_int_equal(verdict->code, VERDICT_GOTO);
	assert_ptr_equal(verdict->target, goes);
	assert_text(gone, "-p tcp -m tcp --dport 40000:41000 -g goes");
	assert_text(jumps->rules[0], "-p tcp -m set --match-set services dst -j ACCEPT");
	assert_text(goes->rules[0],
		    "-p tcp -m tcp --dport 40500 -m comment --comment \"half way\" -j ACCEPT");
	ruleset_free(ruleset);
}

static void rules_read_as_they_were_written(void **)
{
	struct ruleset *ruleset = xtables_parse();
	const struct chain *input = chain_of(ruleset, "filter", "INPUT");
	const struct chain *mangle = chain_of(ruleset, "mangle", "PREROUTING");
	const struct table *six = legacy_table(ruleset, NFPROTO_IPV6, "filter");

	assert_text(input->rules[1],
		    "-s 192.168.0.0/16 ! -d 10.0.0.178/255.0.0.255 -i eth+ -p tcp -j jumps");
	assert_text(input->rules[3],
		    "-p tcp -m set ! --match-set friends src --return-nomatch -m tcp --dport 20050 "
		    "-j ACCEPT");
	assert_text(input->rules[8],
		    "-p tcp -m tcp --dport 20060 -m recent --rcheck --seconds 30 --hitcount 3 "
		    "--name knocks --mask 255.255.255.255 --rsource -j DROP");
	assert_text(input->rules[11], "-f -j ACCEPT");
	assert_text(mangle->rules[0], "-p tcp -m tcp --dport 20040 -j SET --add-set pairs src,dst "
				      "--exist --timeout 60");
	assert_text(table_chain(six, "INPUT")->rules[1],
		    "-s fd00:178::/60 ! -i lo -p tcp -m set --match-set six src -m tcp "
		    "--dport 20000:20010 -j ACCEPT");
	ruleset_free(ruleset);
}

static const struct ipset *set_named(const struct ruleset *ruleset, const char *name)
{
	for (size_t i = 0; i < ruleset->n_ipsets; i++)
		if (strcmp(ruleset->ipsets[i]->name, name) == 0)
			return ruleset->ipsets[i];
	fail_msg("no ipset %s", name);
	return NULL;
}

static void ipsets_have_their_elements(void **)
{
	struct ruleset *ruleset = xtables_parse();
	const struct ipset *friends = set_named(ruleset, "friends");
	const struct ipset *all = set_named(ruleset, "all");
	const struct ipset *six = set_named(ruleset, "six");

	assert_int_equal(ruleset->n_ipsets, 8);
	for (size_t i = 0; i < ruleset->n_ipsets; i++)
		assert_false(ruleset->ipsets[i]->opaque);
	assert_int_equal(friends->n_elements, 3);
	assert_true(friends->has_nomatch);
	assert_int_equal(set_named(ruleset, "services")->n_elements, 10);
	assert_int_equal(set_named(ruleset, "pairs")->n_elements, 4);
	assert_true(all->is_list);
	assert_ptr_equal(all->elements[0].member, set_named(ruleset, "services"));
	assert_int_equal(six->family, NFPROTO_IPV6);
	assert_int_equal(six->netmask, 64);
	assert_true(six->elements[0].parts[0].last - six->elements[0].parts[0].first == UINT64_MAX);
	ruleset_free(ruleset);
}

/* A host with the address that the recording's rules speak of, and a device to ask about. */
struct scene {
	struct arena *arena;
	struct host_link link;
	struct host_address address;
	struct host_state host;
	struct flow_question question;
};

static void scene_open(struct scene *scene, const char *host, const char *device)
{
	*scene = (struct scene){
		.arena = arena_new(),
		.link = {.index = 2, .name = "eth0", .type = 1},
		.address = {.prefix = 24, .ifindex = 2},
		.question = {.host_ports = {1024, UINT16_MAX},
			     .host_udp_ports = {32768, 60999},
			     .ota_port = 8266},
	};
	assert_true(address_parse(host, &scene->question.host));
	assert_true(cidr_parse(device, &scene->question.device));
	scene->address.address = scene->question.host;
	scene->host = (struct host_state){
		.links = &scene->link,
		.n_links = 1,
		.addresses = &scene->address,
		.n_addresses = 1,
		.device_ifindex = 2,
		.device_mac = {0x2c, 0xf4, 0x32, 0x17, 0x81, 0x78},
		.device_mac_known = true,
	};
}

static const struct flow_region *syn_at(const struct flow_answer *answer, const char *device,
					uint16_t port)
{
	struct address address;

	assert_true(address_parse(device, &address));
	return flow_region_at(answer, SYN_IN, &address, port);
}

/* As the kernel has it: each was tried with a connection in tests/net. */
static const struct {
	uint16_t port;
	enum flow_verdict verdict;
} expectations[] = {
	{18266, FLOW_DROP},   {20000, FLOW_ACCEPT},  {20002, FLOW_ACCEPT}, {20003, FLOW_DROP},
	{20010, FLOW_ACCEPT}, {20019, FLOW_ACCEPT},  {20009, FLOW_DROP},   {20020, FLOW_ACCEPT},
	{20030, FLOW_DROP},   {20040, FLOW_UNKNOWN}, {20050, FLOW_ACCEPT}, {20051, FLOW_UNKNOWN},
	{20052, FLOW_DROP},   {20053, FLOW_ACCEPT},  {20060, FLOW_ACCEPT}, {20061, FLOW_ACCEPT},
	{30000, FLOW_DROP},   {40500, FLOW_ACCEPT},  {40501, FLOW_REJECT}, {40502, FLOW_DROP},
	{42000, FLOW_DROP},
};

static void the_device_meets_the_verdicts_of_the_kernel(void **)
{
	struct ruleset *ruleset = xtables_parse();
	struct scene scene;

	scene_open(&scene, "192.168.178.24", "192.168.178.178");
	const struct flow_answer *answer =
		flow_evaluate(scene.arena, ruleset, &scene.host, &scene.question);
	assert_true(answer->conntrack);
	assert_false(answer->order_assumed);
	for (size_t i = 0; i < ARRAY_SIZE(expectations); i++) {
		const struct flow_region *region =
			syn_at(answer, "192.168.178.178", expectations[i].port);

		assert_non_null(region);
		if (region->verdict != expectations[i].verdict)
			fail_msg("port %u: %s", expectations[i].port,
				 flow_verdict_name(region->verdict));
	}
	assert_string_equal(syn_at(answer, "192.168.178.178", 40502)->last->chain->name, "INPUT");
	arena_free(scene.arena);
	ruleset_free(ruleset);
}

static void a_network_is_cut_by_its_addresses(void **)
{
	struct ruleset *ruleset = xtables_parse();
	struct scene scene;

	scene_open(&scene, "192.168.178.24", "192.168.178.0/24");
	scene.question.host_ports = (struct port_range){20050, 20050};
	const struct flow_answer *answer =
		flow_evaluate(scene.arena, ruleset, &scene.host, &scene.question);
	/* in the exception: it is what --return-nomatch finds */
	assert_int_equal(syn_at(answer, "192.168.178.130", 20050)->verdict, FLOW_DROP);
	assert_int_equal(syn_at(answer, "192.168.178.178", 20050)->verdict, FLOW_ACCEPT);
	assert_int_equal(syn_at(answer, "192.168.178.192", 20050)->verdict, FLOW_ACCEPT);
	arena_free(scene.arena);
	ruleset_free(ruleset);
}

static void ipv6_has_its_own_tables(void **)
{
	struct ruleset *ruleset = xtables_parse();
	struct scene scene;

	scene_open(&scene, "fd00:178::24", "fd00:178::/64");
	const struct flow_answer *answer =
		flow_evaluate(scene.arena, ruleset, &scene.host, &scene.question);
	assert_int_equal(syn_at(answer, "fd00:178::178", 20010)->verdict, FLOW_ACCEPT);
	assert_int_equal(syn_at(answer, "fd00:178::178", 20011)->verdict, FLOW_DROP);
	arena_free(scene.arena);
	ruleset_free(ruleset);
}

static void what_was_not_read_is_unknown(void **)
{
	struct ruleset *ruleset = ruleset_parse(NULL, 0, NULL);
	struct scene scene;

	xtables_add(ruleset, RECORD_LEGACY, legacy_parse);
	assert_true(ruleset_uses_ipsets(ruleset));
	assert_true(ruleset_uses_recent(ruleset));
	scene_open(&scene, "192.168.178.24", "192.168.178.178");
	const struct flow_answer *answer =
		flow_evaluate(scene.arena, ruleset, &scene.host, &scene.question);
	assert_int_equal(syn_at(answer, "192.168.178.178", 20000)->verdict, FLOW_UNKNOWN);
	assert_int_equal(syn_at(answer, "192.168.178.178", 20061)->verdict, FLOW_UNKNOWN);
	assert_text(chain_of(ruleset, "filter", "jumps")->rules[0],
		    "-p tcp -m set --match-set <ipset 3> dst -j ACCEPT");
	arena_free(scene.arena);
	ruleset_free(ruleset);
}

static const struct recent_list *knocks(const struct ruleset *ruleset)
{
	const struct rule *rule = chain_of(ruleset, "filter", "INPUT")->rules[8];

	for (size_t i = 0; i < rule->n_exprs; i++)
		if (rule->exprs[i].kind == EXPR_XT_MATCH &&
		    strcmp(rule->exprs[i].xt.name, "recent") == 0)
			return rule->exprs[i].xt.recent;
	return NULL;
}

static void lists_have_their_times(void **)
{
	struct ruleset *ruleset = xtables_parse();
	const struct recent_list *list = knocks(ruleset);
	unsigned stamps = 0;

	assert_non_null(list);
	assert_int_equal(list->n_entries, 2);
	assert_true(list->now > 0);
	for (size_t i = 0; i < list->n_entries; i++)
		stamps += list->entries[i].n_stamps;
	assert_int_equal(stamps, 3);
	ruleset_free(ruleset);
}

/* The verdict on 20060, which takes at most two knocks in thirty seconds, after some knocks. */
static enum flow_verdict after_knocks(const uint64_t *ages, unsigned count)
{
	struct ruleset *ruleset = xtables_parse();
	struct recent_list *list = (struct recent_list *)knocks(ruleset);
	struct scene scene;

	for (size_t i = 0; i < list->n_entries; i++) {
		list->entries[i].n_stamps = count;
		list->entries[i].stamps =
			arena_array(ruleset->arena, count, sizeof(*list->entries[i].stamps));
		for (unsigned k = 0; k < count; k++)
			list->entries[i].stamps[k] = list->now - ages[k];
	}
	scene_open(&scene, "192.168.178.24", "192.168.178.178");
	const struct flow_answer *answer =
		flow_evaluate(scene.arena, ruleset, &scene.host, &scene.question);
	enum flow_verdict verdict = syn_at(answer, "192.168.178.178", 20060)->verdict;
	arena_free(scene.arena);
	ruleset_free(ruleset);
	return verdict;
}

static void knocks_that_are_surely_too_old_do_not_count(void **)
{
	assert_int_equal(after_knocks((const uint64_t[]){1, 2}, 2), FLOW_ACCEPT);
	assert_int_equal(after_knocks((const uint64_t[]){1, 2, 3}, 3), FLOW_UNKNOWN);
	assert_int_equal(after_knocks((const uint64_t[]){1, 2, 30000}, 3), FLOW_UNKNOWN);
	assert_int_equal(after_knocks((const uint64_t[]){1, 2, 30001}, 3), FLOW_ACCEPT);
	assert_int_equal(after_knocks((const uint64_t[]){90000, 80000, 70000, 60000}, 4),
			 FLOW_ACCEPT);
}

static void other_bytes_are_no_dump(void **)
{
	static xtables_parser *const parsers[] = {legacy_parse, ipset_parse, recent_parse};
	struct ruleset *ruleset = ruleset_parse(NULL, 0, NULL);

	for (size_t i = 0; i < ARRAY_SIZE(parsers); i++) {
		struct error err = {0};

		assert_true(parsers[i](ruleset, "something else altogether", 25, &err) < 0);
		assert_true(err.text[0] != '\0');
		assert_int_equal(parsers[i](ruleset, NULL, 0, &err), 0);
	}
	assert_int_equal(ruleset->n_tables, 0);
	ruleset_free(ruleset);
}

/* As a negative number of four bytes it would be small enough. */
static void a_message_about_ipsets_longer_than_an_int_is_refused(void **)
{
	struct ruleset *ruleset = ruleset_parse(NULL, 0, NULL);
	const uint32_t length = 0xfffffff0;
	struct buffer dump = {0};
	struct error err = {0};

	fixture_answer("xtables", RECORD_IPSETS, &dump);
	memcpy(dump.data, &length, sizeof(length));
	assert_int_equal(ipset_parse(ruleset, dump.data, dump.length, &err), -EBADMSG);
	assert_non_null(strstr(err.text, "cut off at byte 0"));
	buffer_release(&dump);
	ruleset_free(ruleset);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tables_have_the_kernels_hooks_and_priorities),
		cmocka_unit_test(
			chains_of_the_user_have_their_rules_without_the_return_at_their_end),
		cmocka_unit_test(rules_read_as_they_were_written),
		cmocka_unit_test(ipsets_have_their_elements),
		cmocka_unit_test(the_device_meets_the_verdicts_of_the_kernel),
		cmocka_unit_test(a_network_is_cut_by_its_addresses),
		cmocka_unit_test(ipv6_has_its_own_tables),
		cmocka_unit_test(what_was_not_read_is_unknown),
		cmocka_unit_test(lists_have_their_times),
		cmocka_unit_test(knocks_that_are_surely_too_old_do_not_count),
		cmocka_unit_test(other_bytes_are_no_dump),
		cmocka_unit_test(a_message_about_ipsets_longer_than_an_int_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
