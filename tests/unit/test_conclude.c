/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/cleanup.h"
#include "src/report.h"

static struct arena *arena;

static int set_up(void **state)
{
	(void)state;
	arena = arena_new();
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	arena_free(arena);
	return 0;
}

/* A concluded report with this one finding. */
static struct report *report_with(enum report_mode mode, enum finding_id id)
{
	struct report *report = report_new(arena, mode, 0);

	report_add(report, id, CERTAINTY_LIKELY);
	report_conclude(report);
	return report;
}

static void expect(const struct report *report, enum report_verdict verdict,
		   enum certainty certainty, int exit_code)
{
	assert_int_equal(report->verdict, verdict);
	assert_int_equal(report->certainty, certainty);
	assert_int_equal(report->exit_code, exit_code);
}

static void every_finding_ends_with_its_exit_code(void **state)
{
	static const enum report_verdict verdicts[] = {
		REPORT_CLEAR,   REPORT_FAILED,  REPORT_FAILED,  REPORT_BLOCKED,
		REPORT_BLOCKED, REPORT_BLOCKED, REPORT_BLOCKED, REPORT_UNKNOWN};

	(void)state;
	for (enum finding_id id = 0; id < FINDING_COUNT; id++) {
		int exit_code = finding_exit_code(id);
		expect(report_with(REPORT_CHECK, id), verdicts[exit_code],
		       exit_code ? CERTAINTY_LIKELY : CERTAINTY_NONE, exit_code);
	}
}

static void the_worst_kind_leads_and_the_first_of_a_kind_stays_first(void **state)
{
	static const enum finding_id added[] = {FINDING_DEVICE_ROUTED, FINDING_RULES_UNREADABLE,
						FINDING_PORT_IN_USE, FINDING_NO_ROUTE,
						FINDING_INTRUDER};
	static const enum finding_id sorted[] = {FINDING_PORT_IN_USE, FINDING_NO_ROUTE,
						 FINDING_RULES_UNREADABLE, FINDING_DEVICE_ROUTED,
						 FINDING_INTRUDER};
	struct report *report = report_new(arena, REPORT_CHECK, 0);

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(added); i++)
		report_add(report, added[i], CERTAINTY_PROVEN);
	report_conclude(report);
	for (size_t i = 0; i < ARRAY_SIZE(sorted); i++)
		assert_int_equal(report->findings[i].id, sorted[i]);
	expect(report, REPORT_BLOCKED, CERTAINTY_PROVEN, 4);
}

static void clear_is_as_certain_as_what_was_done(void **state)
{
	static struct flow_report flow = {.packet = "syn-in", .verdict = "accept"};
	struct report *nothing = report_new(arena, REPORT_CHECK, 0);
	struct report *evaluated = report_new(arena, REPORT_CHECK, 0);
	struct report *rehearsed = report_new(arena, REPORT_CHECK, 0);

	(void)state;
	evaluated->flow = &flow;
	evaluated->n_flow = 1;
	rehearsed->rehearsed = true;
	report_conclude(nothing);
	report_conclude(evaluated);
	report_conclude(rehearsed);
	expect(nothing, REPORT_CLEAR, CERTAINTY_NONE, 0);
	expect(evaluated, REPORT_CLEAR, CERTAINTY_PREDICTED, 0);
	expect(rehearsed, REPORT_CLEAR, CERTAINTY_PROVEN, 0);
}

static void an_upload_that_worked_settles_every_doubt(void **state)
{
	static const struct upload_result result = {.bytes = 1, .seconds = 1, .result = "OK"};
	struct report *report = report_new(arena, REPORT_UPLOAD, 0);

	(void)state;
	report_add(report, FINDING_RULES_UNREADABLE, CERTAINTY_PROVEN);
	report_add(report, FINDING_DEVICE_ROUTED, CERTAINTY_PROVEN);
	report->upload = &result;
	report->flash = FLASH_WRITTEN;
	report_conclude(report);
	expect(report, REPORT_CLEAR, CERTAINTY_PROVEN, 0);
	assert_int_equal(report->findings[0].id, FINDING_DEVICE_ROUTED);
	assert_int_equal(report->findings[1].severity, SEVERITY_INFO);
}

static void an_upload_that_failed_settles_none(void **state)
{
	static const struct upload_result result = {.bytes = 1, .seconds = 1};
	struct report *report = report_new(arena, REPORT_UPLOAD, 0);

	(void)state;
	report_add(report, FINDING_CONNECTION_MISSING, CERTAINTY_PROVEN);
	report->upload = &result;
	report_conclude(report);
	expect(report, REPORT_UNKNOWN, CERTAINTY_PROVEN, 7);
}

static void address_translation_leaves_it_open_until_rehearsed(void **state)
{
	struct report *report = report_new(arena, REPORT_CHECK, 0);

	(void)state;
	report_add(report, FINDING_DEVICE_ROUTED, CERTAINTY_PROVEN);
	report_add(report, FINDING_HOST_BEHIND_NAT, CERTAINTY_LIKELY)->severity = SEVERITY_WARNING;
	report_conclude(report);
	expect(report, REPORT_UNKNOWN, CERTAINTY_LIKELY, 7);
	assert_int_equal(report->findings[0].id, FINDING_HOST_BEHIND_NAT);
	report->rehearsed = true;
	report_conclude(report);
	expect(report, REPORT_CLEAR, CERTAINTY_PROVEN, 0);
}

static void ports_ends_with_0_if_there_is_any(void **state)
{
	static struct port_range range = {1024, 65535};
	struct report *some = report_new(arena, REPORT_PORTS, 0);
	struct report *none = report_new(arena, REPORT_PORTS, 0);

	(void)state;
	some->ports = &range;
	some->n_ports = 1;
	report_add(some, FINDING_FIREWALL_UNDECIDED, CERTAINTY_PREDICTED);
	report_conclude(some);
	report_conclude(none);
	expect(some, REPORT_CLEAR, CERTAINTY_PREDICTED, 0);
	expect(none, REPORT_BLOCKED, CERTAINTY_PREDICTED, 3);
	expect(report_with(REPORT_PORTS, FINDING_RULES_UNREADABLE), REPORT_UNKNOWN,
	       CERTAINTY_LIKELY, 7);
}

/* The exit code of a fleet whose devices had these findings. */
static int fleet_of(const enum finding_id *ids, size_t count)
{
	struct report *fleet = report_new(arena, REPORT_FLEET, 0);

	fleet->reports = arena_array(arena, count, sizeof(*fleet->reports));
	for (size_t i = 0; i < count; i++)
		fleet->reports[fleet->n_reports++] = report_with(REPORT_CHECK, ids[i]);
	report_conclude(fleet);
	return fleet->exit_code;
}

static void a_fleet_ends_with_the_highest_of_1_to_6_and_7_only_without(void **state)
{
	static const enum finding_id mixed[] = {FINDING_RULES_UNREADABLE, FINDING_DEVICE_REFUSED,
						FINDING_SYN_MISSING, FINDING_FIREWALL_DROP};
	static const enum finding_id doubtful[] = {FINDING_DEVICE_ROUTED, FINDING_RULES_UNREADABLE};
	static const enum finding_id fine[] = {FINDING_DEVICE_ROUTED, FINDING_INTRUDER};

	(void)state;
	assert_int_equal(fleet_of(mixed, ARRAY_SIZE(mixed)), 6);
	assert_int_equal(fleet_of(doubtful, ARRAY_SIZE(doubtful)), 7);
	assert_int_equal(fleet_of(fine, ARRAY_SIZE(fine)), 0);
	assert_int_equal(fleet_of(NULL, 0), 7);
}

static void a_stopped_run_ends_with_its_signal_and_knows_nothing(void **state)
{
	struct report *report = report_new(arena, REPORT_CHECK, 0);

	(void)state;
	report_add(report, FINDING_DEVICE_NOT_FOUND, CERTAINTY_PROVEN);
	report_add(report, FINDING_DEFAULT_PORT_SHUT, CERTAINTY_PROVEN);
	report->stopped_by = 15;
	report_conclude(report);
	expect(report, REPORT_UNKNOWN, CERTAINTY_NONE, 128 + 15);
	assert_int_equal(report->n_findings, 1);
	assert_int_equal(report->findings[0].id, FINDING_DEFAULT_PORT_SHUT);
}

static void a_fleet_with_a_stopped_device_is_stopped(void **state)
{
	struct report *fleet = report_new(arena, REPORT_FLEET, 0);
	struct report *reports[] = {report_with(REPORT_CHECK, FINDING_DEVICE_REFUSED),
				    report_new(arena, REPORT_CHECK, 0)};

	(void)state;
	reports[1]->stopped_by = 2;
	fleet->reports = reports;
	fleet->n_reports = 2;
	report_conclude(fleet);
	expect(fleet, REPORT_UNKNOWN, CERTAINTY_NONE, 128 + 2);
	assert_int_equal(fleet->stopped_by, 2);
	assert_int_equal(reports[0]->exit_code, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_finding_ends_with_its_exit_code),
		cmocka_unit_test(the_worst_kind_leads_and_the_first_of_a_kind_stays_first),
		cmocka_unit_test(clear_is_as_certain_as_what_was_done),
		cmocka_unit_test(an_upload_that_worked_settles_every_doubt),
		cmocka_unit_test(an_upload_that_failed_settles_none),
		cmocka_unit_test(address_translation_leaves_it_open_until_rehearsed),
		cmocka_unit_test(ports_ends_with_0_if_there_is_any),
		cmocka_unit_test(a_stopped_run_ends_with_its_signal_and_knows_nothing),
		cmocka_unit_test(a_fleet_with_a_stopped_device_is_stopped),
		cmocka_unit_test(a_fleet_ends_with_the_highest_of_1_to_6_and_7_only_without),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
