/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "base/cleanup.h"
#include "src/report.h"
#include "src/report_print.h"

/* Escape, bell, a C1 control as UTF-8, and no UTF-8. */
#define EVIL "\033[31mx\a\xc2\x9b\xff"

static struct report *evil_report(struct arena *arena)
{
	static const struct rule_reference rule = {
		.kind = "rule",
		.backend = "nft",
		.family = "ip",
		.table = EVIL,
		.chain = EVIL,
		.set = EVIL,
		.text = EVIL,
	};
	static const struct fix fix = {
		.kind = "nft", .command = EVIL, .undo = EVIL, .lasts_s = -1, .verified = "ruleset"};
	static const struct upload_result upload = {.result = EVIL};
	static struct flow_report_step step;
	static struct flow_report flow = {
		.packet = "syn-in", .verdict = "drop", .steps = &step, .n_steps = 1};
	static struct found_device device;
	struct report *report = report_new(arena, REPORT_UPLOAD, 0);
	struct finding *finding = report_add(report, FINDING_FIREWALL_DROP, CERTAINTY_PREDICTED);

	step = (struct flow_report_step){"input", "ip", EVIL, EVIL, 0, 1, EVIL, "drop"};
	device = (struct found_device){.name = EVIL, .board = EVIL, .interface = EVIL};
	finding->rule = &rule;
	report_title(report, finding, "%s", EVIL);
	report_detail(report, finding, "%s", EVIL);
	report_evidence(report, finding, "socket", "%s", EVIL);
	report_fix(report, finding, &fix);
	report_passed(report, "route", "%s", EVIL);
	report_unchecked(report, "mDNS", "%s", EVIL);
	report->device.name = report->host.name = report->host.interface = EVIL;
	report->upload = &upload;
	report->flow = &flow;
	report->n_flow = 1;
	report->devices = &device;
	report->n_devices = 1;
	report_conclude(report);
	return report;
}

static void expect_printable(const struct buffer *text)
{
	assert_true(text->length > 0);
	for (size_t i = 0; i < text->length; i++) {
		uint8_t byte = (uint8_t)text->data[i];
		assert_true(byte == '\n' || (byte >= 0x20 && byte < 0x7f));
	}
}

static void no_text_of_a_report_reaches_the_terminal_as_it_came(void **state)
{
	static const struct text_style style = {.verbose = true, .debug = true, .width = 80};
	cleanup(buffer_release) struct buffer text = {0}, json = {0}, devices = {0};
	struct arena *arena = arena_new();
	struct report *report = evil_report(arena);

	(void)state;
	report_make_safe(report);
	report_text(&text, report, &style);
	report_json(&json, report);
	report_devices(&devices, report);
	expect_printable(&text);
	expect_printable(&json);
	expect_printable(&devices);
	assert_null(strstr(buffer_text(&json), "\\u00"));
	arena_free(arena);
}

static void a_command_is_left_out_rather_than_changed(void **state)
{
	cleanup(buffer_release) struct buffer commands = {0};
	struct arena *arena = arena_new();
	struct report *report = evil_report(arena);

	(void)state;
	report_make_safe(report);
	report_fix_commands(&commands, report);
	assert_string_equal(buffer_text(&commands), "");
	assert_null(report->findings[0].fixes[0].command);
	assert_non_null(report->findings[0].fixes[0].note);
	arena_free(arena);
}

static void reports_of_a_fleet_are_made_safe_too(void **state)
{
	static const struct text_style style = {.verbose = true, .debug = true, .width = 80};
	cleanup(buffer_release) struct buffer text = {0};
	struct arena *arena = arena_new();
	struct report *fleet = report_new(arena, REPORT_FLEET, 0), *one = evil_report(arena);

	(void)state;
	fleet->reports = &one;
	fleet->n_reports = 1;
	report_conclude(fleet);
	report_make_safe(fleet);
	report_text(&text, fleet, &style);
	expect_printable(&text);
	arena_free(arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_text_of_a_report_reaches_the_terminal_as_it_came),
		cmocka_unit_test(a_command_is_left_out_rather_than_changed),
		cmocka_unit_test(reports_of_a_fleet_are_made_safe_too),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
