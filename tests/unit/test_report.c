/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "base/cleanup.h"
#include "src/report.h"
#include "src/report_print.h"

enum { NOON = 1795348800 }; /* 2026-11-22T12:00:00Z */

static const struct text_style plain = {.unicode = true, .width = 80};

static void arena_release(struct arena **arena)
{
	arena_free(*arena);
}

#define REPORT(name, mode)                                                                         \
	cleanup(arena_release) struct arena *arena_of_##name = arena_new();                        \
	struct report *name = report_new(arena_of_##name, mode, NOON)

static struct address host_v4(uint8_t last)
{
	return address_v4(0xc0a80100u + last);
}

static const struct rule_reference ufw_policy = {
	.kind = "policy",
	.backend = "nft",
	.family = "ip",
	.table = "filter",
	.chain = "INPUT",
	.text = "UFW default: deny (incoming)",
	.owner = "ufw",
};

static const struct fix ufw_allow = {
	.kind = "ufw",
	.command = "ufw allow from 192.168.1.77 to any port 18266 proto tcp && ufw reload",
	.undo = "ufw delete allow from 192.168.1.77 to any port 18266 proto tcp",
	.lasts_s = -1,
	.verified = "ruleset",
};

/* UFW on, its default policy drops the SYN; the rules were read and nothing was sent. */
static void fill_seed_case(struct report *report)
{
	report->device.address = host_v4(77);
	report->device.port = 8266;
	report->host.interface = "eth0";
	report->host.address = host_v4(50);
	report->host.port = 18266;
	report->host.port_source = "default";

	struct finding *finding = report_add(report, FINDING_FIREWALL_DROP, CERTAINTY_PREDICTED);
	report_title(report, finding, "UFW on this computer blocks the device's connection");
	report_detail(report, finding,
		      "The device would accept the invitation and connect to %s port %d, but that "
		      "connection is thrown away.",
		      "192.168.1.50", 18266);
	finding->packet = "syn-in";
	finding->rule = &ufw_policy;
	report_evidence(report, finding, "ruleset", "%d rules read, none accepts it", 47);
	report_fix(report, finding, &ufw_allow);
	report_conclude(report);
}

static struct flow_report_step policy_step = {
	.hook = "input",
	.family = "ip",
	.table = "filter",
	.chain = "INPUT",
	.text = "policy drop",
	.verdict = "drop",
};

static struct flow_report syn_dropped = {
	.packet = "syn-in", .verdict = "drop", .steps = &policy_step, .n_steps = 1};

/* Parses the report's JSON; the caller gives it back. */
static json_t *json_of(const struct report *report)
{
	cleanup(buffer_release) struct buffer text = {0};
	json_error_t error;

	report_json(&text, report);
	assert_int_equal(text.data[text.length - 1], '\n');
	json_t *root = json_loads(buffer_text(&text), JSON_REJECT_DUPLICATES, &error);
	assert_non_null(root);
	return root;
}

/* The object has just these keys, in this order. */
static void expect_keys(const json_t *object, const char *expected)
{
	cleanup(buffer_release) struct buffer keys = {0};
	const char *key;
	json_t *value;

	assert_true(json_is_object(object));
	json_object_foreach((json_t *)object, key, value)
		buffer_printf(&keys, "%s%s", keys.length ? " " : "", key);
	assert_string_equal(buffer_text(&keys), expected);
}

static const char *const root_keys =
	"tool version schema time mode verdict certainty exit_code device host findings flow "
	"unchecked ports devices reports summary flash upload";

#define EXPECT_TEXT(report, style, expected)                                                       \
	do {                                                                                       \
		cleanup(buffer_release) struct buffer text_ = {0};                                 \
		report_text(&text_, report, style);                                                \
		assert_string_equal(buffer_text(&text_), expected);                                \
	} while (0)

static void a_blocked_check_reads_answer_why_proof_cure_fate(void **state)
{
	(void)state;
	REPORT(report, REPORT_CHECK);
	fill_seed_case(report);
	struct text_style style = plain;
	style.sudo = true;

	EXPECT_TEXT(
		report, &style,
		"✗ UFW on this computer blocks the device's connection            [firewall-drop]\n"
		"\n"
		"  The device would accept the invitation and connect to 192.168.1.50 port 18266,\n"
		"  but that connection is thrown away.\n"
		"\n"
		"  basis   predicted: it follows from the rules as read\n"
		"          ip filter INPUT, policy: UFW default: deny (incoming)\n"
		"          ruleset: 47 rules read, none accepts it\n"
		"\n"
		"  fix     sudo ufw allow from 192.168.1.77 to any port 18266 proto tcp && sudo ufw "
		"reload\n"
		"          Checked against the rules as read: the device gets in, another host\n"
		"          and another port stay shut. Stays until undone.\n"
		"          undo: sudo ufw delete allow from 192.168.1.77 to any port 18266 proto "
		"tcp\n"
		"\n"
		"  Nothing was flashed: the device was not asked for anything.\n"
		"\n"
		"espota-doctor: firewall-drop, exit 3 (espota-doctor explain firewall-drop)\n");
}

static void without_utf8_and_as_root_the_same_is_ascii_without_sudo(void **state)
{
	(void)state;
	REPORT(report, REPORT_CHECK);
	fill_seed_case(report);
	struct text_style style = {.width = 80};
	cleanup(buffer_release) struct buffer text = {0};

	report_text(&text, report, &style);
	assert_int_equal(strncmp(buffer_text(&text), "x UFW", 5), 0);
	assert_null(strstr(buffer_text(&text), "sudo"));
	for (size_t i = 0; i < text.length; i++)
		assert_true((unsigned char)text.data[i] < 0x80 && text.data[i] != '\033');
}

static void colour_changes_nothing_but_colour(void **state)
{
	(void)state;
	REPORT(report, REPORT_CHECK);
	fill_seed_case(report);
	struct text_style style = plain;
	cleanup(buffer_release) struct buffer without = {0}, with = {0}, stripped = {0};

	report_text(&without, report, &style);
	style.color = true;
	report_text(&with, report, &style);
	assert_non_null(strstr(buffer_text(&with), "\033[31m✗\033[0m"));
	for (const char *at = buffer_text(&with); *at; at++) {
		if (*at == '\033')
			at += strcspn(at, "m");
		else
			buffer_add(&stripped, at, 1);
	}
	assert_string_equal(buffer_text(&stripped), buffer_text(&without));
}

static const struct upload_result uploaded = {.bytes = 301200, .seconds = 2.0, .result = "OK"};

static void a_success_is_two_lines(void **state)
{
	(void)state;
	REPORT(report, REPORT_UPLOAD);
	report->device.name = "kitchen.local";
	report->device.address = host_v4(77);
	report->host.address = host_v4(50);
	report->host.port = 18266;
	report->upload = &uploaded;
	report->flash = FLASH_WRITTEN;
	report->device_contacted = true;
	report_passed(report, "route", "eth0");
	report_conclude(report);

	assert_int_equal(report->exit_code, 0);
	assert_int_equal(report->certainty, CERTAINTY_PROVEN);
	EXPECT_TEXT(
		report, &plain,
		"✓ kitchen.local (192.168.1.77) can call back to 192.168.1.50:18266 (proven: it "
		"did)\n"
		"✓ 301 kB in 2.0 s (151 kB/s); the device confirmed it and restarts\n");
	struct text_style verbose = plain;
	verbose.verbose = true;
	cleanup(buffer_release) struct buffer text = {0};
	report_text(&text, report, &verbose);
	assert_non_null(strstr(buffer_text(&text), "  ✓ route      eth0\n"));
}

static void warnings_stand_beside_and_change_no_exit_code(void **state)
{
	(void)state;
	REPORT(report, REPORT_CHECK);
	report->device.address = host_v4(77);
	report_add(report, FINDING_DEVICE_ROUTED, CERTAINTY_PREDICTED);
	report_conclude(report);

	assert_int_equal(report->verdict, REPORT_CLEAR);
	EXPECT_TEXT(report, &plain,
		    "✓ 192.168.1.77 can call back to this computer\n"
		    "  also:   ! The device is in another subnet [device-routed]\n");
}

static void what_could_not_be_seen_is_said(void **state)
{
	(void)state;
	REPORT(report, REPORT_CHECK);
	report_add(report, FINDING_RULES_UNREADABLE, CERTAINTY_PROVEN);
	report_unchecked(report, "the firewall's rules", "reading them needs %s", "CAP_NET_ADMIN");
	report_conclude(report);

	assert_int_equal(report->exit_code, 7);
	EXPECT_TEXT(
		report, &plain,
		"? The firewall rules of this computer may not be read         [rules-unreadable]\n"
		"\n"
		"  proof   proven: it was observed\n"
		"\n"
		"  unseen  the firewall's rules: reading them needs CAP_NET_ADMIN\n"
		"\n"
		"  Nothing was flashed: the device was not asked for anything.\n"
		"\n"
		"espota-doctor: rules-unreadable, exit 7 (espota-doctor explain "
		"rules-unreadable)\n");
}

static void no_open_port_is_an_answer_without_a_finding(void **state)
{
	(void)state;
	REPORT(report, REPORT_PORTS);
	report_conclude(report);

	assert_int_equal(report->exit_code, 3);
	EXPECT_TEXT(report, &plain,
		    "✗ No port of 1024 and above is both open to the device and free here\n"
		    "\n"
		    "espota-doctor: no open port, exit 3 (espota-doctor explain 3)\n");
}

static void ports_are_listed_with_their_network_when_there_are_several(void **state)
{
	static struct port_range ranges[] = {{1024, 1030}, {31337, 31337}};

	(void)state;
	REPORT(one, REPORT_PORTS);
	one->ports = ranges;
	one->n_ports = 2;
	cleanup(buffer_release) struct buffer text = {0}, several = {0};
	report_ports(&text, one);
	assert_string_equal(buffer_text(&text), "1024-1030\n31337-31337\n");

	REPORT(fleet, REPORT_FLEET);
	struct address network = host_v4(0);
	one->device.is_network = true;
	one->device.network = cidr_of(&network, 24);
	fleet->reports = &one;
	fleet->n_reports = 1;
	report_ports(&several, fleet);
	assert_string_equal(buffer_text(&several),
			    "192.168.1.0/24 1024-1030\n192.168.1.0/24 31337-31337\n");
}

static void an_unreadable_image_is_one_line_like_any_wrong_argument(void **state)
{
	(void)state;
	REPORT(report, REPORT_UPLOAD);
	struct finding *finding = report_add(report, FINDING_IMAGE_UNREADABLE, CERTAINTY_PROVEN);
	report_title(report, finding, "cannot read x.bin: No such file or directory");
	report_evidence(report, finding, "config", "the same once more");
	report_conclude(report);

	assert_int_equal(report->exit_code, 2);
	EXPECT_TEXT(
		report, &plain,
		"espota-doctor: cannot read x.bin: No such file or directory; image-unreadable, "
		"exit 2 (espota-doctor explain image-unreadable)\n");
}

static void a_fleet_says_of_whom_it_speaks_and_sums_up(void **state)
{
	(void)state;
	REPORT(fleet, REPORT_FLEET);
	REPORT(fine, REPORT_CHECK);
	REPORT(silent, REPORT_CHECK);
	struct report *reports[] = {fine, silent};
	fine->device.address = host_v4(11);
	silent->device.address = host_v4(12);
	silent->device.name = "cam.local";
	silent->device_contacted = true;
	report_add(silent, FINDING_DEVICE_SILENT, CERTAINTY_LIKELY);
	fleet->reports = reports;
	fleet->n_reports = 2;
	report_conclude(fleet);

	assert_int_equal(fleet->exit_code, 5);
	EXPECT_TEXT(
		fleet, &plain,
		"✓ 192.168.1.11 can call back to this computer\n"
		"cam.local (192.168.1.12)\n"
		"✗ The device is there, but does not answer the invitation        [device-silent]\n"
		"\n"
		"  signs   likely: it fits what was seen; something else could too\n"
		"\n"
		"  Nothing was flashed; the device still runs its old firmware.\n"
		"\n"
		"1 clear, 1 blocked or failed, 0 unknown\n"
		"\n"
		"espota-doctor: device-silent, exit 5 (espota-doctor explain device-silent)\n");
	json_t *root = json_of(fleet), *summary = json_object_get(root, "summary");
	expect_keys(summary, "ok failed unknown");
	assert_int_equal(json_integer_value(json_object_get(summary, "failed")), 1);
	expect_keys(json_array_get(json_object_get(root, "reports"), 1), root_keys);
	json_decref(root);
}

static void debug_shows_the_way_of_each_packet(void **state)
{
	(void)state;
	REPORT(report, REPORT_CHECK);
	fill_seed_case(report);
	report->flow = &syn_dropped;
	report->n_flow = 1;
	struct text_style style = plain;
	style.debug = true;
	cleanup(buffer_release) struct buffer text = {0};
	report_text(&text, report, &style);
	assert_non_null(strstr(buffer_text(&text),
			       "  syn-in          drop\n"
			       "      input        ip filter INPUT: policy drop\n"));
}

static void the_cure_is_printed_one_command_a_line_without_sudo(void **state)
{
	(void)state;
	REPORT(report, REPORT_CHECK);
	fill_seed_case(report);
	cleanup(buffer_release) struct buffer text = {0};

	report_fix_commands(&text, report);
	assert_string_equal(buffer_text(&text),
			    "ufw allow from 192.168.1.77 to any port 18266 proto tcp\n"
			    "ufw reload\n");
}

static void only_a_proven_firewall_command_is_for_the_shell(void **state)
{
	static const struct fix unfit[] = {
		{.kind = "port", .command = "espota-doctor -P 8266", .verified = "ruleset"},
		{.kind = "pinhole", .command = "espota-doctor --pinhole", .verified = "ruleset"},
		{.kind = "other", .command = "wg-quick down wg0", .verified = "ruleset"},
		{.kind = "nft", .command = NULL, .verified = "no", .note = "by hand"},
		{.kind = "ufw", .command = "ufw disable", .verified = "no"},
		{.kind = "ufw", .command = "ufw disable", .verified = NULL},
	};

	(void)state;
	REPORT(report, REPORT_CHECK);
	struct finding *finding = report_add(report, FINDING_FIREWALL_DROP, CERTAINTY_PREDICTED);
	for (size_t i = 0; i < ARRAY_SIZE(unfit); i++)
		report_fix(report, finding, &unfit[i]);
	report_conclude(report);
	cleanup(buffer_release) struct buffer text = {0}, after = {0};
	report_fix_commands(&text, report);
	assert_string_equal(buffer_text(&text), "");

	report_fix(report, finding,
		   &(struct fix){.kind = "nft", .command = "nft add rule x", .verified = "kernel"});
	report_fix_commands(&after, report);
	assert_string_equal(buffer_text(&after), "nft add rule x\n");
}

static void an_empty_report_has_every_key_and_no_guess(void **state)
{
	static const char *const nulls[] = {"certainty", "summary", "upload"};
	static const char *const lists[] = {"findings", "unchecked", "ports", "devices", "reports"};
	const char *key;
	json_t *value;

	(void)state;
	REPORT(report, REPORT_CHECK);
	report_conclude(report);
	json_t *root = json_of(report);

	expect_keys(root, root_keys);
	assert_string_equal(json_string_value(json_object_get(root, "time")),
			    "2026-11-22T12:00:00Z");
	assert_int_equal(json_integer_value(json_object_get(root, "schema")), 1);
	assert_true(strlen(json_string_value(json_object_get(root, "version"))) > 0);
	for (size_t i = 0; i < ARRAY_SIZE(nulls); i++)
		assert_true(json_is_null(json_object_get(root, nulls[i])));
	for (size_t i = 0; i < ARRAY_SIZE(lists); i++)
		assert_int_equal(json_array_size(json_object_get(root, lists[i])), 0);
	assert_int_equal(json_array_size(json_object_get(root, "flow")), 6);
	for (size_t i = 0; i < 6; i++) {
		value = json_array_get(json_object_get(root, "flow"), i);
		value = json_object_get(value, "verdict");
		assert_string_equal(json_string_value(value), "unknown");
	}
	expect_keys(json_object_get(root, "device"), "name address port mac family auth network");
	expect_keys(json_object_get(root, "host"), "name interface address port port_source");
	json_object_foreach(json_object_get(root, "device"), key, value)
		assert_true(json_is_null(value));
	json_object_foreach(json_object_get(root, "host"), key, value)
		assert_true(json_is_null(value));
	json_decref(root);
}

static struct found_device found = {.name = "kitchen", .port = 8266, .auth = -1};

static void a_full_report_has_every_nested_key(void **state)
{
	static struct port_range range = {20000, 20009};

	(void)state;
	REPORT(report, REPORT_CHECK);
	fill_seed_case(report);
	report->flow = &syn_dropped;
	report->n_flow = 1;
	report->devices = &found;
	report->n_devices = 1;
	report->ports = &range;
	report->n_ports = 1;
	report->upload = &uploaded;
	report_unchecked(report, "what", "reason");
	json_t *root = json_of(report), *finding, *fix, *flow, *step, *device;

	assert_int_equal(json_unpack(root, "{s[o]s[o]s[o]}", "findings", &finding, "flow", &flow,
				     "devices", &device),
			 0);
	expect_keys(finding, "id severity certainty title detail scope packet rule evidence fixes");
	expect_keys(json_object_get(finding, "rule"),
		    "kind backend family table chain handle position set text owner");
	fix = json_array_get(json_object_get(finding, "fixes"), 0);
	expect_keys(fix, "kind command undo lasts_s verified note");
	assert_true(json_is_null(json_object_get(fix, "lasts_s")));
	expect_keys(json_array_get(json_object_get(finding, "evidence"), 0), "source text");
	expect_keys(flow, "packet verdict scope steps");
	step = json_array_get(json_object_get(flow, "steps"), 0);
	expect_keys(step, "hook family table chain priority handle text verdict");
	assert_true(json_is_null(json_object_get(step, "handle")));
	assert_int_equal(json_integer_value(json_object_get(step, "priority")), 0);
	expect_keys(device, "name address port board auth interface");
	assert_true(json_is_null(json_object_get(device, "auth")));
	expect_keys(json_array_get(json_object_get(root, "unchecked"), 0), "what reason");
	expect_keys(json_object_get(root, "upload"), "bytes seconds result");
	json_decref(root);
}

static void json_says_what_the_contract_says_of_the_seed_case(void **state)
{
	const char *verdict, *id, *packet, *kind, *chain, *owner, *certainty;
	int exit_code;

	(void)state;
	REPORT(report, REPORT_CHECK);
	fill_seed_case(report);
	json_t *root = json_of(report);

	assert_int_equal(json_unpack(root, "{ss si s[{ss ss ss s{ss ss ss}}]}", "verdict", &verdict,
				     "exit_code", &exit_code, "findings", "id", &id, "packet",
				     &packet, "certainty", &certainty, "rule", "kind", &kind,
				     "chain", &chain, "owner", &owner),
			 0);
	assert_string_equal(verdict, "blocked");
	assert_int_equal(exit_code, 3);
	assert_string_equal(id, "firewall-drop");
	assert_string_equal(packet, "syn-in");
	assert_string_equal(certainty, "predicted");
	assert_string_equal(kind, "policy");
	assert_string_equal(chain, "INPUT");
	assert_string_equal(owner, "ufw");
	json_decref(root);
}

static void json_survives_bytes_that_are_no_utf8(void **state)
{
	(void)state;
	REPORT(report, REPORT_CHECK);
	struct finding *finding = report_add(report, FINDING_DEVICE_REFUSED, CERTAINTY_PROVEN);
	report_evidence(report, finding, "device", "ERR: \xff,\xc3,\xed\xa0\x80 ok");
	json_t *root = json_of(report);
	const char *text;

	assert_int_equal(json_unpack(root, "{s[{s[{ss}]}]}", "findings", "evidence", "text", &text),
			 0);
	assert_string_equal(text, "ERR: ?,?,??? ok");
	json_decref(root);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_blocked_check_reads_answer_why_proof_cure_fate),
		cmocka_unit_test(without_utf8_and_as_root_the_same_is_ascii_without_sudo),
		cmocka_unit_test(colour_changes_nothing_but_colour),
		cmocka_unit_test(a_success_is_two_lines),
		cmocka_unit_test(warnings_stand_beside_and_change_no_exit_code),
		cmocka_unit_test(what_could_not_be_seen_is_said),
		cmocka_unit_test(no_open_port_is_an_answer_without_a_finding),
		cmocka_unit_test(ports_are_listed_with_their_network_when_there_are_several),
		cmocka_unit_test(an_unreadable_image_is_one_line_like_any_wrong_argument),
		cmocka_unit_test(a_fleet_says_of_whom_it_speaks_and_sums_up),
		cmocka_unit_test(debug_shows_the_way_of_each_packet),
		cmocka_unit_test(the_cure_is_printed_one_command_a_line_without_sudo),
		cmocka_unit_test(only_a_proven_firewall_command_is_for_the_shell),
		cmocka_unit_test(an_empty_report_has_every_key_and_no_guess),
		cmocka_unit_test(a_full_report_has_every_nested_key),
		cmocka_unit_test(json_says_what_the_contract_says_of_the_seed_case),
		cmocka_unit_test(json_survives_bytes_that_are_no_utf8),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
