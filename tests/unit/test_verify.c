/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <linux/netfilter.h>
#include <string.h>

#include "base/arena.h"
#include "src/predict.h"
#include "src/report.h"
#include "src/verify_judge.h"
#include "tests/unit/fixture.h"

/* The recorded UFW denies incoming connections, 20000:30000/tcp by a rule of its own. */
enum { POLICY_PORT = 18266, RULE_PORT = 25623 };

struct bench {
	struct arena *arena;
	struct report *report;
	struct host_link links[1];
	struct host_address address;
	struct host_state state;
	struct flow_question question;
	struct replay_answer kernel;
	struct verification verification;
};

/* A prediction for @port under the recorded rules @fixture, and a kernel that lets all pass. */
static void bench_predict(struct bench *bench, const char *fixture, uint16_t port)
{
	*bench = (struct bench){
		.arena = arena_new(),
		.links = {{.index = 2, .name = "eth0", .type = 1, .kind = "veth"}},
		.question = {.host_ports = {port, port},
			     .host_udp_ports = {32768, 60999},
			     .ota_port = 8266},
	};
	address_parse("192.168.178.20", &bench->address.address);
	cidr_parse("192.168.178.178", &bench->question.device);
	bench->address.prefix = 24;
	bench->address.ifindex = 2;
	bench->question.host = bench->address.address;
	bench->state = (struct host_state){
		.links = bench->links,
		.n_links = 1,
		.addresses = &bench->address,
		.n_addresses = 1,
		.device_ifindex = 2,
	};
	struct ruleset *ruleset = fixture_parse(fixture);
	const struct flow_answer *answer =
		flow_evaluate(bench->arena, ruleset, &bench->state, &bench->question);
	bench->report = report_new(bench->arena, REPORT_CHECK, 0);
	bool stopped = predict_findings(bench->report, ruleset, answer, AF_INET, port);
	for (int packet = 0; packet < FLOW_PACKETS; packet++)
		bench->kernel.packets[packet].verdict = REPLAY_ACCEPT;
	bench->verification = (struct verification){
		.report = bench->report,
		.ruleset = ruleset,
		.question = &bench->question,
		.answer = answer,
		.kernel = &bench->kernel,
		.clear = !stopped,
	};
}

static void bench_release(struct bench *bench)
{
	ruleset_free((struct ruleset *)bench->verification.ruleset);
	arena_free(bench->arena);
}

/* The kernel stops @packet at a rule of a chain of `ip filter`, or at its policy (@index -1). */
static void kernel_drops(struct bench *bench, enum flow_packet packet, const char *chain, int index)
{
	const struct table *table =
		ruleset_table(bench->verification.ruleset, NFPROTO_IPV4, "filter");
	const struct chain *found = table_chain(table, chain);

	assert_non_null(found);
	for (int later = packet + 1; later < FLOW_PACKETS; later++)
		bench->kernel.packets[later].verdict = REPLAY_NOT_SENT;
	bench->kernel.packets[packet] = (struct replay_packet){
		.verdict = REPLAY_DROP,
		.chain = found,
		.rule = index < 0 ? NULL : found->rules[index],
	};
}

static void kernel_does_as_predicted(struct bench *bench)
{
	const struct flow_region *region =
		flow_region_at(bench->verification.answer, SYN_IN, &bench->question.device.address,
			       bench->question.host_ports.first);

	kernel_drops(bench, SYN_IN, region->last->chain->name, -1);
	bench->kernel.packets[SYN_IN].rule = region->last->rule;
}

static size_t count_unchecked(const struct bench *bench, const char *what)
{
	size_t count = 0;

	for (size_t i = 0; i < bench->report->n_unchecked; i++)
		count += !strcmp(bench->report->unchecked[i].what, what);
	return count;
}

static const char *replay_evidence(const struct finding *finding)
{
	for (size_t i = 0; i < finding->n_evidence; i++)
		if (!strcmp(finding->evidence[i].source, "replay"))
			return finding->evidence[i].text;
	return NULL;
}

static void a_block_that_the_kernel_sees_too_is_proven(void **state)
{
	static const uint16_t ports[] = {POLICY_PORT, RULE_PORT};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct bench bench;
		bench_predict(&bench, "ufw", ports[i]);
		kernel_does_as_predicted(&bench);
		verify_judge(&bench.verification);
		report_conclude(bench.report);
		assert_false(bench.verification.clear);
		assert_int_equal(bench.report->findings[0].id, FINDING_FIREWALL_DROP);
		assert_int_equal(bench.report->certainty, CERTAINTY_PROVEN);
		assert_non_null(strstr(replay_evidence(&bench.report->findings[0]), "drop at ip"));
		assert_int_equal(bench.report->n_unchecked, 0);
		bench_release(&bench);
	}
}

static void a_clear_way_that_the_kernel_sees_too_is_proven(void **state)
{
	struct bench bench;

	(void)state;
	bench_predict(&bench, "workstation", RULE_PORT);
	assert_true(bench.verification.clear);
	verify_judge(&bench.verification);
	report_conclude(bench.report);
	assert_int_equal(bench.report->verdict, REPORT_CLEAR);
	assert_int_equal(bench.report->certainty, CERTAINTY_PROVEN);
	bench_release(&bench);
}

static void a_program_at_the_interface_is_not_in_the_copy(void **state)
{
	struct bench bench;

	(void)state;
	bench_predict(&bench, "workstation", RULE_PORT);
	report_add(bench.report, FINDING_TRAFFIC_CONTROL, CERTAINTY_LIKELY)->severity =
		SEVERITY_WARNING;
	verify_judge(&bench.verification);
	report_conclude(bench.report);
	assert_int_equal(bench.report->verdict, REPORT_CLEAR);
	assert_int_not_equal(bench.report->certainty, CERTAINTY_PROVEN);
	bench_release(&bench);
}

static void a_copy_that_lacks_something_proves_nothing(void **state)
{
	struct replay_gap gaps[] = {{"ip filter INPUT, rule 7", "it asks an ipset", true},
				    {"ip filter FORWARD, rule 8", "it asks an ipset", false}};

	(void)state;
	for (size_t n_gaps = 1; n_gaps <= 2; n_gaps++) {
		struct bench bench;
		bench_predict(&bench, "ufw", POLICY_PORT);
		kernel_does_as_predicted(&bench);
		bench.kernel.gaps = gaps;
		bench.kernel.n_gaps = n_gaps;
		verify_judge(&bench.verification);
		assert_int_equal(bench.report->findings[0].certainty, CERTAINTY_PREDICTED);
		assert_non_null(replay_evidence(&bench.report->findings[0]));
		assert_int_equal(count_unchecked(&bench, "replay"), 1);
		bench_release(&bench);
	}
}

static void a_copy_that_lacks_something_is_no_mistake_of_the_prediction(void **state)
{
	struct replay_gap gap = {"legacy iptables tables", "they are not copied", true};
	struct bench bench;

	(void)state;
	bench_predict(&bench, "ufw", POLICY_PORT);
	bench.kernel.gaps = &gap;
	bench.kernel.n_gaps = 1;
	verify_judge(&bench.verification);
	assert_false(bench.verification.clear);
	assert_int_equal(bench.report->findings[0].certainty, CERTAINTY_PREDICTED);
	assert_int_equal(count_unchecked(&bench, "prediction"), 0);
	assert_int_equal(count_unchecked(&bench, "replay"), 2);
	bench_release(&bench);
}

static void a_gap_off_the_way_changes_nothing(void **state)
{
	struct replay_gap gap = {"ip filter FORWARD, rule 8", "it asks an ipset", false};
	struct bench bench;

	(void)state;
	bench_predict(&bench, "ufw", POLICY_PORT);
	kernel_does_as_predicted(&bench);
	bench.kernel.gaps = &gap;
	bench.kernel.n_gaps = 1;
	verify_judge(&bench.verification);
	assert_int_equal(bench.report->findings[0].certainty, CERTAINTY_PROVEN);
	assert_int_equal(bench.report->n_unchecked, 0);
	bench_release(&bench);
}

static void where_the_kernel_lets_pass_what_was_predicted_blocked_it_wins(void **state)
{
	struct bench bench;

	(void)state;
	bench_predict(&bench, "ufw", POLICY_PORT);
	assert_false(bench.verification.clear);
	verify_judge(&bench.verification);
	report_conclude(bench.report);
	assert_true(bench.verification.clear);
	assert_int_equal(bench.report->verdict, REPORT_CLEAR);
	assert_int_equal(bench.report->certainty, CERTAINTY_PROVEN);
	assert_int_equal(count_unchecked(&bench, "prediction"), 1);
	bench_release(&bench);
}

static void where_the_kernel_stops_what_was_predicted_to_pass_it_wins(void **state)
{
	struct bench bench;

	(void)state;
	bench_predict(&bench, "ufw", POLICY_PORT);
	kernel_drops(&bench, INVITATION_OUT, "OUTPUT", -1);
	verify_judge(&bench.verification);
	report_conclude(bench.report);
	assert_false(bench.verification.clear);
	assert_int_equal(bench.report->n_findings, 1);
	assert_int_equal(bench.report->findings[0].id, FINDING_FIREWALL_EGRESS);
	assert_int_equal(bench.report->findings[0].certainty, CERTAINTY_PROVEN);
	assert_string_equal(bench.report->findings[0].rule->chain, "OUTPUT");
	assert_int_equal(count_unchecked(&bench, "prediction"), 1);
	bench_release(&bench);
}

static void where_it_is_another_rule_the_kernel_names_it(void **state)
{
	struct bench bench;

	(void)state;
	bench_predict(&bench, "ufw", POLICY_PORT);
	kernel_drops(&bench, SYN_IN, "ufw-user-input", 0);
	verify_judge(&bench.verification);
	assert_int_equal(bench.report->n_findings, 1);
	assert_string_equal(bench.report->findings[0].rule->chain, "ufw-user-input");
	assert_int_equal(bench.report->findings[0].certainty, CERTAINTY_PROVEN);
	assert_int_equal(count_unchecked(&bench, "prediction"), 1);
	bench_release(&bench);
}

static void a_packet_that_got_lost_is_no_verdict_of_a_rule(void **state)
{
	struct bench bench;

	(void)state;
	bench_predict(&bench, "workstation", RULE_PORT);
	for (int packet = SYN_IN; packet < FLOW_PACKETS; packet++)
		bench.kernel.packets[packet].verdict = REPLAY_NOT_SENT;
	bench.kernel.packets[SYN_IN].verdict = REPLAY_ELSEWHERE;
	verify_judge(&bench.verification);
	report_conclude(bench.report);
	assert_int_equal(bench.report->findings[0].id, FINDING_FIREWALL_UNDECIDED);
	assert_int_equal(bench.report->exit_code, 7);
	assert_int_equal(count_unchecked(&bench, "prediction"), 1);
	bench_release(&bench);
}

static void what_hangs_on_a_limit_stays_unknown(void **state)
{
	struct bench bench;

	(void)state;
	bench_predict(&bench, "eval/limit-before-accept-is-unknown", RULE_PORT);
	assert_int_equal(bench.report->findings[0].id, FINDING_FIREWALL_UNDECIDED);
	verify_judge(&bench.verification);
	report_conclude(bench.report);
	assert_int_equal(bench.report->verdict, REPORT_UNKNOWN);
	assert_int_equal(bench.report->exit_code, 7);
	assert_int_not_equal(bench.report->certainty, CERTAINTY_PROVEN);
	assert_non_null(replay_evidence(&bench.report->findings[0]));
	bench_release(&bench);
}

static void a_cure_has_to_open_this_and_nothing_else(void **state)
{
	struct replay_answer before = {0}, after = {0};

	(void)state;
	for (int packet = 0; packet < FLOW_PACKETS; packet++)
		after.packets[packet].verdict = REPLAY_ACCEPT;
	before.strangers[0].verdict = after.strangers[0].verdict = REPLAY_DROP;
	before.strangers[1].verdict = after.strangers[1].verdict = REPLAY_REJECT;
	assert_true(verify_is_cured(&before, &after));
	after.strangers[0].verdict = REPLAY_ACCEPT;
	assert_false(verify_is_cured(&before, &after));
	before.strangers[0].verdict = REPLAY_ACCEPT;
	assert_true(verify_is_cured(&before, &after));
	after.packets[DATA_OUT].verdict = REPLAY_DROP;
	assert_false(verify_is_cured(&before, &after));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_block_that_the_kernel_sees_too_is_proven),
		cmocka_unit_test(a_clear_way_that_the_kernel_sees_too_is_proven),
		cmocka_unit_test(a_program_at_the_interface_is_not_in_the_copy),
		cmocka_unit_test(a_copy_that_lacks_something_proves_nothing),
		cmocka_unit_test(a_copy_that_lacks_something_is_no_mistake_of_the_prediction),
		cmocka_unit_test(a_gap_off_the_way_changes_nothing),
		cmocka_unit_test(where_the_kernel_lets_pass_what_was_predicted_blocked_it_wins),
		cmocka_unit_test(where_the_kernel_stops_what_was_predicted_to_pass_it_wins),
		cmocka_unit_test(where_it_is_another_rule_the_kernel_names_it),
		cmocka_unit_test(a_packet_that_got_lost_is_no_verdict_of_a_rule),
		cmocka_unit_test(what_hangs_on_a_limit_stays_unknown),
		cmocka_unit_test(a_cure_has_to_open_this_and_nothing_else),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
