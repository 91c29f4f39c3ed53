/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "src/options.h"
#include "src/options_table.h"

/* A call and what came of it; the arguments are separated by '|', since none holds one. */
struct call {
	char *line;
	char *argv[32];
	int argc;
	int result;
	struct options options;
	struct error err;
};

static void call_with(struct call *call, const char *line, const char *environment_auth)
{
	memset(call, 0xa5, sizeof(*call)); /* what is not set would be noticed */
	call->argc = 0;
	call->err = (struct error){0};
	call->line = xasprintf("espota-doctor%s%s", *line ? "|" : "", line);
	for (char *rest = call->line, *argument; (argument = strsep(&rest, "|"));)
		call->argv[call->argc++] = argument;
	call->result =
		options_parse(call->argc, call->argv, environment_auth, &call->options, &call->err);
}

static void call_release(struct call *call)
{
	options_release(&call->options);
	free(call->line);
}

#define CALL(name, line)                                                                           \
	cleanup(call_release) struct call name;                                                    \
	call_with(&name, line, NULL)

static void expect_success(const struct call *call)
{
	if (call->result)
		print_error("%s\n", call->err.text);
	assert_int_equal(call->result, 0);
}

static void the_call_of_espota_py_is_an_upload(void **state)
{
	(void)state;
	CALL(call, "-d|-r|-i|192.168.1.77|-p|8266|-I|192.168.1.5|-P|20000|-t|10|-s|-m|"
		   "--auth=|-f|blink.bin");
	const struct options *options = &call.options;

	expect_success(&call);
	assert_int_equal(options->command, COMMAND_UPLOAD);
	assert_int_equal(options->n_devices, 1);
	assert_string_equal(options->devices[0], "192.168.1.77");
	assert_int_equal(options->ota_port, 8266);
	assert_int_equal(options->host_port, 20000);
	assert_int_equal(options->host.bytes[3], 5);
	assert_int_equal(options->timeout_s, 10);
	assert_string_equal(options->image, "blink.bin");
	assert_true(options->debug && options->progress && options->filesystem &&
		    options->md5_target);
	assert_null(options->password);
}

static void a_device_without_an_image_is_a_check(void **state)
{
	(void)state;
	CALL(call, "-i|kitchen.local");

	expect_success(&call);
	assert_int_equal(call.options.command, COMMAND_CHECK);
	assert_int_equal(call.options.timeout_s, 20);
	assert_int_equal(call.options.ota_port, 0);
}

static void asking_for_the_cure_is_a_check_even_beside_an_image(void **state)
{
	(void)state;
	CALL(upload, "--fix|-i|192.168.1.77|-f|blink.bin");
	CALL(network, "--fix|--from|192.168.1.0/24");

	expect_success(&upload);
	assert_int_equal(upload.options.command, COMMAND_CHECK);
	expect_success(&network);
	assert_int_equal(network.options.command, COMMAND_CHECK);
	assert_int_equal(network.options.from.prefix, 24);
}

static void from_a_record_everything_but_ports_is_a_check(void **state)
{
	(void)state;
	CALL(alone, "--from-record|a");
	CALL(device, "--from-record=a|-i|192.168.1.77|-P|20000|--fix");
	CALL(ports, "ports|--from-record|a");
	CALL(upload, "-i|192.168.1.77|-f|blink.bin|--record|b");

	expect_success(&alone);
	assert_int_equal(alone.options.command, COMMAND_CHECK);
	assert_string_equal(alone.options.from_record, "a");
	expect_success(&device);
	assert_int_equal(device.options.command, COMMAND_CHECK);
	expect_success(&ports);
	assert_int_equal(ports.options.command, COMMAND_PORTS);
	expect_success(&upload);
	assert_int_equal(upload.options.command, COMMAND_UPLOAD);
	assert_string_equal(upload.options.record, "b");
	assert_null(upload.options.from_record);
}

static void each_command_is_known_by_its_word(void **state)
{
	(void)state;
	CALL(check, "check");
	CALL(ports, "ports|--from|192.168.1.0/24");
	CALL(discover, "discover|--json");
	CALL(list, "explain");
	CALL(one, "explain|firewall-drop");

	assert_int_equal(check.options.command, COMMAND_CHECK);
	assert_int_equal(ports.options.command, COMMAND_PORTS);
	assert_int_equal(discover.options.command, COMMAND_DISCOVER);
	assert_int_equal(list.options.command, COMMAND_EXPLAIN);
	assert_null(list.options.explain);
	assert_string_equal(one.options.explain, "firewall-drop");
}

static void help_and_version_win_over_what_follows(void **state)
{
	(void)state;
	CALL(help, "-i|192.168.1.77|-vh|--no-such-option");
	CALL(version, "--version|stray");

	expect_success(&help);
	assert_int_equal(help.options.command, COMMAND_HELP);
	expect_success(&version);
	assert_int_equal(version.options.command, COMMAND_VERSION);
}

static void letters_may_share_a_dash_and_carry_their_argument(void **state)
{
	(void)state;
	CALL(call, "-drvi192.168.1.77|-p3232|-fblink.bin");

	expect_success(&call);
	assert_true(call.options.debug && call.options.progress && call.options.verbose);
	assert_string_equal(call.options.devices[0], "192.168.1.77");
	assert_int_equal(call.options.ota_port, 3232);
}

static void both_spellings_of_the_host_options_are_taken(void **state)
{
	(void)state;
	CALL(dash, "check|--host-ip=10.0.0.1|--host-port=20000");
	CALL(underscore, "check|--host_ip|10.0.0.1|--host_port|20000");

	expect_success(&dash);
	expect_success(&underscore);
	assert_true(address_equal(&dash.options.host, &underscore.options.host));
	assert_int_equal(dash.options.host_port, underscore.options.host_port);
}

static void the_host_address_0_0_0_0_is_the_same_as_none(void **state)
{
	(void)state;
	CALL(call, "check|-I|0.0.0.0");

	expect_success(&call);
	assert_int_equal(call.options.host.family, 0);
}

static void several_devices_and_forwarders_are_kept_in_order(void **state)
{
	(void)state;
	CALL(call, "-i|10.0.0.1|-i|10.0.0.2|--accept-from|10.9.0.0/16|--accept-from|10.0.0.254");

	expect_success(&call);
	assert_int_equal(call.options.n_devices, 2);
	assert_string_equal(call.options.devices[1], "10.0.0.2");
	assert_int_equal(call.options.n_accept_from, 2);
	assert_int_equal(call.options.accept_from[0].prefix, 16);
	assert_int_equal(call.options.accept_from[1].prefix, 32);
}

static void a_password_is_taken_and_wiped_in_every_form(void **state)
{
	static const char *const forms[] = {"-a|Xylo 4711", "-aXylo 4711", "--auth=Xylo 4711",
					    "--auth|Xylo 4711", "-a|first|-a|Xylo 4711"};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(forms); i++) {
		cleanup(free_pointer) char *line = xasprintf("-i|10.0.0.1|%s|-v", forms[i]);
		CALL(call, line);
		expect_success(&call);
		assert_string_equal(call.options.password, "Xylo 4711");
		for (int n = 0; n < call.argc; n++) {
			assert_null(strstr(call.argv[n], "Xylo"));
			assert_null(strstr(call.argv[n], "first"));
		}
		assert_true(call.options.verbose);
	}
}

static void a_password_may_look_like_an_option(void **state)
{
	(void)state;
	CALL(call, "-i|10.0.0.1|-a|-f");

	expect_success(&call);
	assert_string_equal(call.options.password, "-f");
}

static void the_environment_gives_the_password_only_if_nothing_else_does(void **state)
{
	struct call environment, empty, given;

	(void)state;
	call_with(&environment, "-i|10.0.0.1", "from-environment");
	call_with(&empty, "-i|10.0.0.1|--auth=", "from-environment");
	call_with(&given, "-i|10.0.0.1|-a|given", "from-environment");
	assert_string_equal(environment.options.password, "from-environment");
	assert_null(empty.options.password);
	assert_string_equal(given.options.password, "given");
	call_release(&environment);
	call_release(&empty);
	call_release(&given);
}

static void call_with_password_file(struct call *call, const void *content, size_t length)
{
	char path[] = "/tmp/test-options-XXXXXX";
	int fd = mkstemp(path);

	assert_true(fd >= 0 && write(fd, content, length) == (ssize_t)length);
	close(fd);
	cleanup(free_pointer) char *line = xasprintf("-i|10.0.0.1|--auth-file|%s", path);
	call_with(call, line, NULL);
	unlink(path);
}

static void a_password_file_gives_its_first_line(void **state)
{
	static const char *const contents[] = {"pass word", "pass word\n", "pass word\r\nmore\n"};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(contents); i++) {
		cleanup(call_release) struct call call;
		call_with_password_file(&call, contents[i], strlen(contents[i]));
		expect_success(&call);
		assert_string_equal(call.options.password, "pass word");
	}
}

static void a_password_file_without_a_password_is_refused(void **state)
{
	char too_long[2000];

	(void)state;
	memset(too_long, 'x', sizeof(too_long));
	const struct {
		const void *content;
		size_t length;
	} cases[] = {{"", 0}, {"\nsecond\n", 8}, {"a\0b\n", 4}, {too_long, sizeof(too_long)}};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		cleanup(call_release) struct call call;
		call_with_password_file(&call, cases[i].content, cases[i].length);
		assert_int_equal(call.result, -EINVAL);
		assert_non_null(strstr(call.err.text, "/tmp/test-options-"));
	}
}

static void an_unreadable_password_file_says_why(void **state)
{
	(void)state;
	CALL(missing, "-i|10.0.0.1|--auth-file|/nowhere/password");
	CALL(directory, "-i|10.0.0.1|--auth-file|/tmp");

	assert_int_equal(missing.result, -ENOENT);
	assert_string_equal(missing.err.text, "cannot read password file '/nowhere/password': "
					      "No such file or directory");
	assert_int_equal(directory.result, -EISDIR);
}

/* Each line is refused, and its message quotes the second text and says the third. */
static const struct {
	const char *line, *quoted, *advice;
} mistakes[] = {
	{"-i|10.0.0.1|-p|0", "OTA port '0'", "from 1 to 65535"},
	{"-i|10.0.0.1|-p|70000", "'70000'", "from 1 to 65535"},
	{"-i|10.0.0.1|-P|abc", "host port 'abc'", "from 1 to 65535"},
	{"-i|10.0.0.1|-P|-1", "'-1'", "from 1 to 65535"},
	{"-i|10.0.0.1|-P|80x", "'80x'", "from 1 to 65535"},
	{"-i|10.0.0.1|-P|+80", "'+80'", "from 1 to 65535"},
	{"-i|10.0.0.1|-P|4294967297", "'4294967297'", "from 1 to 65535"},
	{"-i|10.0.0.1|-p|", "''", "from 1 to 65535"},
	{"-i|10.0.0.1|-p|{upload.port.properties.port}", "'{upload.port.properties.port}'",
	 "placeholder that the IDE left in place"},
	{"-i|{upload.port.address}", "'{upload.port.address}'", "placeholder"},
	{"-i|10.0.0.1|-t|0", "timeout '0'", "seconds"},
	{"-i|10.0.0.1|-t|1.5", "'1.5'", "seconds"},
	{"-i|192.168.1.300", "'192.168.1.300'", "0 to 255"},
	{"-i|192.168.178", "'192.168.178'", "four numbers"},
	{"-i|192.168.1.7.", "'192.168.1.7.'", "four numbers"},
	{"-i|1.2.3.4.5", "'1.2.3.4.5'", "four numbers"},
	{"-i|0.0.0.0", "'0.0.0.0'", "no device can have"},
	{"-i|239.1.1.1", "'239.1.1.1'", "no device can have"},
	{"-i|fd00::178", "'fd00::178'", "no IPv6"},
	{"-i|192.168.1.7:8266", "'192.168.1.7:8266'", "-p"},
	{"-i|192.168.1.0/24", "'192.168.1.0/24'", "--from"},
	{"-i|", "''", "IPv4 address or name"},
	{"-i|two words", "'two words'", "host name"},
	{"-i|a..b", "'a..b'", "host name"},
	{"check|-I|nonsense", "'nonsense'", "IPv4 address"},
	{"check|-I|fd00::1", "'fd00::1'", "IPv4 address"},
	{"check|-I|224.0.0.1", "'224.0.0.1'", "IPv4 address"},
	{"check|--from|192.168.178.0/33", "'192.168.178.0/33'", "prefix length"},
	{"check|--from|nonsense", "'nonsense'", "192.168.1.0/24"},
	{"check|-i|10.0.0.1|--from|10.0.0.0/24", "--ip and --from", "exclude"},
	{"-f|blink.bin|--from|10.0.0.0/24", "--from", "-i DEVICE"},
	{"-i|10.0.0.1|-P|20000|--host-port-range|1-2", "--host_port and --host-port-range",
	 "range"},
	{"-i|10.0.0.1|--host-port-range|30000-20000", "'30000-20000'", "20000-30000"},
	{"-i|10.0.0.1|--host-port-range|20000", "'20000'", "two ports"},
	{"-i|10.0.0.1|--host-port-range|0-9", "'0-9'", "from 1"},
	{"-i|10.0.0.1|--host-port-range|1-70000", "'1-70000'", "65535"},
	{"-i|10.0.0.1|--accept-from|fd00::1", "'fd00::1'", "IPv4"},
	{"-i|10.0.0.1|--accept-from|10.0.0.1/33", "'10.0.0.1/33'", "IPv4"},
	{"-i|10.0.0.1|--color|blue", "'blue'", "auto, always and never"},
	{"--fix|--json|-i|10.0.0.1", "--fix and --json", "exclude"},
	{"-i|10.0.0.1|-a|one|--auth-file|two", "--auth and --auth-file", "once"},
	{"-i|10.0.0.1|-f|blink.bin|--ask", "--ask", "check"},
	{"-i|10.0.0.1|-f|blink.bin|--rehearse", "--rehearse", "check"},
	{"check|--ask", "--ask", "-i DEVICE"},
	{"check|--rehearse|--from|10.0.0.0/8", "--rehearse and --from", "-i DEVICE"},
	{"-i|10.0.0.1|--no-preflight", "--no-preflight", "-f"},
	{"-i|10.0.0.1|-f|x|--verify|--no-preflight", "--verify and --no-preflight", "exclude"},
	{"ports|--verify", "--verify", "ports"},
	{"ports|-f|blink.bin", "--file", "ports"},
	{"discover|-i|10.0.0.1", "--ip", "discover"},
	{"explain|--json", "--json", "explain"},
	{"-i|10.0.0.1|-f|blink.bin|--from-record|a", "--from-record and --file", "uploaded"},
	{"check|-i|10.0.0.1|--ask|--from-record|a", "--from-record and --ask", "no device"},
	{"check|-i|10.0.0.1|--rehearse|--from-record|a", "--from-record and --rehearse",
	 "no device"},
	{"check|--record|a|--from-record|b", "--from-record and --record", "exclude"},
	{"discover|--from-record|a", "--from-record", "discover"},
	{"discover|--record|a", "--record", "discover"},
	{"check|--record|", "--record is empty", "file"},
	{"check|--from-record=", "--from-record is empty", "file"},
	{"check|--record", "--record", "needs an argument: FILE"},
	{"-f|blink.bin", "-f needs -i", "blink.bin"},
	{"-i|10.0.0.1|-f|", "image is empty", "file"},
	{"-v", "nothing to do", "-i DEVICE"},
	{"-i|10.0.0.1|stray", "'stray'", "-f"},
	{"check|ports", "'ports'", "unexpected"},
	{"explain|a|b", "'b'", "unexpected"},
	{"-i|10.0.0.1|--|-v", "'-v'", "unexpected"},
	{"-i|10.0.0.1|-", "'-'", "unexpected"},
	{"-i|10.0.0.1|-f", "-f", "needs an argument: IMAGE"},
	{"-i|-f|blink.bin", "-i needs an argument (DEVICE)", "'-f' follows"},
	{"-i|10.0.0.1|--prog", "'--prog'", "in full"},
	{"-i|10.0.0.1|-x", "'-x'", "--help"},
	{"-i|10.0.0.1|--json=yes", "--json", "no argument"},
	{"-i|10.0.0.1|--pinhole", "--pinhole", "not in this version"},
	{"-i|10.0.0.1|--pcap=x", "--pcap", "not in this version"},
};

static void each_mistake_is_told_in_one_line_that_quotes_it(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(mistakes); i++) {
		CALL(call, mistakes[i].line);
		bool told = call.result == -EINVAL && strstr(call.err.text, mistakes[i].quoted) &&
			    strstr(call.err.text, mistakes[i].advice) &&
			    !strchr(call.err.text, '\n');
		if (!told)
			print_error("%s: %d %s\n", mistakes[i].line, call.result, call.err.text);
		assert_true(told);
	}
}

static void no_message_repeats_what_may_be_a_password(void **state)
{
	static const char *const lines[] = {
		"-i|10.0.0.1|--auht=Xylophon",     "-i|10.0.0.1|-a|two|Xylophon",
		"-i|10.0.0.1|--auth=two|Xylophon", "-i|10.0.0.1|-aXylophon|-p|0",
		"-i|10.0.0.1|-p|--auth=Xylophon",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		CALL(call, lines[i]);
		assert_int_equal(call.result, -EINVAL);
		assert_null(strstr(call.err.text, "Xylophon"));
	}
}

static void every_option_is_in_the_help_under_all_its_names(void **state)
{
	(void)state;
	for (enum option_id id = 0; id < OPTION_COUNT; id++) {
		const struct option_entry *entry = option_entry(id);
		assert_non_null(strstr(options_help(), entry->name));
		assert_non_null(strstr(options_help(), entry->alias));
		assert_non_null(strstr(options_help(), entry->help));
		assert_int_equal(option_by_name(entry->name, strlen(entry->name)), id);
		if (entry->letter)
			assert_int_equal(option_by_letter(entry->letter), id);
		assert_false(option_is_planned(entry->name, strlen(entry->name)));
	}
}

static void help_fits_a_terminal_of_80_columns(void **state)
{
	const char *const texts[] = {options_help(), options_usage()};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		for (const char *line = texts[i]; *line; line += strcspn(line, "\n") + 1)
			assert_true(strcspn(line, "\n") <= 80);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_call_of_espota_py_is_an_upload),
		cmocka_unit_test(a_device_without_an_image_is_a_check),
		cmocka_unit_test(asking_for_the_cure_is_a_check_even_beside_an_image),
		cmocka_unit_test(from_a_record_everything_but_ports_is_a_check),
		cmocka_unit_test(each_command_is_known_by_its_word),
		cmocka_unit_test(help_and_version_win_over_what_follows),
		cmocka_unit_test(letters_may_share_a_dash_and_carry_their_argument),
		cmocka_unit_test(both_spellings_of_the_host_options_are_taken),
		cmocka_unit_test(the_host_address_0_0_0_0_is_the_same_as_none),
		cmocka_unit_test(several_devices_and_forwarders_are_kept_in_order),
		cmocka_unit_test(a_password_is_taken_and_wiped_in_every_form),
		cmocka_unit_test(a_password_may_look_like_an_option),
		cmocka_unit_test(the_environment_gives_the_password_only_if_nothing_else_does),
		cmocka_unit_test(a_password_file_gives_its_first_line),
		cmocka_unit_test(a_password_file_without_a_password_is_refused),
		cmocka_unit_test(an_unreadable_password_file_says_why),
		cmocka_unit_test(each_mistake_is_told_in_one_line_that_quotes_it),
		cmocka_unit_test(no_message_repeats_what_may_be_a_password),
		cmocka_unit_test(every_option_is_in_the_help_under_all_its_names),
		cmocka_unit_test(help_fits_a_terminal_of_80_columns),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
