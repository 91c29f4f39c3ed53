/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "src/explain.h"
#include "src/findings.h"
#include "src/layout.h"
#include "src/progress.h"
#include "src/safe_text.h"
#include "src/shell_text.h"
#include "src/text_style.h"
#include "src/units.h"

static const struct text_style plain = {.unicode = true, .width = 80};

#define EXPECT(call, expected)                                                                     \
	do {                                                                                       \
		cleanup(buffer_release) struct buffer out = {0};                                   \
		call;                                                                              \
		assert_string_equal(buffer_text(&out), expected);                                  \
	} while (0)

static void a_device_cannot_reach_the_terminal_with_control_bytes(void **state)
{
	static const struct {
		const char *raw;
		size_t length;
		const char *safe;
	} cases[] = {
		{"OK", 2, "OK"},
		{"ERROR[4]: Not Enough Space\r\n", 28, "ERROR[4]: Not Enough Space"},
		{"\033[2J\a\0x\177", 8, "?[2J??x?"},
		{"a\nb", 3, "a?b"},
		{"K\xc3\xbc"
		 "che",
		 6, "Küche"},
		{"\xc2\x9b"
		 "31m",
		 5, "??31m"},
		{"\xc0\xaf\xe0\x80\xaf", 5, "?????"},
		{"\xed\xa0\x80\xf4\x90\x80\x80", 7, "???????"},
		{"\xe2\x82", 2, "??"},
		{"", 0, ""},
	};
	struct arena *arena = arena_new();

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_string_equal(safe_text(arena, cases[i].raw, cases[i].length), cases[i].safe);
	arena_free(arena);
}

static void sudo_goes_before_each_command_of_a_chain(void **state)
{
	(void)state;
	EXPECT(shell_add_with_sudo(&out, "ufw allow 1 && ufw reload"),
	       "sudo ufw allow 1 && sudo ufw reload");
	EXPECT(shell_add_with_sudo(&out, "nft add element 'a && b' && true"),
	       "sudo nft add element 'a && b' && sudo true");
	EXPECT(shell_add_with_sudo(&out, "echo \"a \\\" && b\" && true"),
	       "sudo echo \"a \\\" && b\" && sudo true");
	EXPECT(shell_add_with_sudo(&out, "echo \\' && true"), "sudo echo \\' && sudo true");
	EXPECT(shell_add_with_sudo(&out, "sudo ufw reload"), "sudo ufw reload");
	EXPECT(shell_add_with_sudo(&out, "echo 'never closed && x"),
	       "sudo echo 'never closed && x");
	EXPECT(shell_add_with_sudo(&out, ""), "");
}

static void prose_is_wrapped_and_commands_are_not(void **state)
{
	struct text_style narrow = {.width = 40};
	const char *long_text = "one two three four five six seven eight nine ten";

	(void)state;
	EXPECT(layout_prose(&out, &narrow, long_text),
	       "  one two three four five six seven\n  eight nine ten\n");
	EXPECT(layout_entry(&out, &narrow, "fix", long_text),
	       "  fix     one two three four five six\n          seven eight nine ten\n");
	EXPECT(layout_command(&out, &narrow, "or", long_text),
	       "  or      one two three four five six seven eight nine ten\n");
	EXPECT(layout_entry(&out, &narrow, "", "first\nsecond"),
	       "          first\n          second\n");
	EXPECT(layout_prose(&out, &narrow, NULL), "");
	EXPECT(layout_prose(&out, &narrow, "a-word-that-is-longer-than-the-whole-line-is x"),
	       "  a-word-that-is-longer-than-the-whole-line-is\n  x\n");
}

static void a_character_takes_one_column(void **state)
{
	struct text_style narrow = {.width = 40};

	(void)state;
	assert_int_equal(layout_columns("Küche ✓"), 7);
	EXPECT(layout_prose(&out, &narrow, "äääääääääääääääää ääääääääääääääääääää x"),
	       "  äääääääääääääääää ääääääääääääääääääää\n  x\n");
}

static void amounts_are_short(void **state)
{
	(void)state;
	EXPECT(units_bytes(&out, 0), "0 B");
	EXPECT(units_bytes(&out, 999), "999 B");
	EXPECT(units_bytes(&out, 999.6), "1.0 kB");
	EXPECT(units_bytes(&out, 12345), "12.3 kB");
	EXPECT(units_bytes(&out, 301234), "301 kB");
	EXPECT(units_bytes(&out, 999600), "1.00 MB");
	EXPECT(units_bytes(&out, 1264000), "1.26 MB");
	EXPECT(units_duration(&out, 45), "45 s");
	EXPECT(units_duration(&out, 900), "15 min");
	EXPECT(units_duration(&out, 7200), "2 h");
	EXPECT(units_duration(&out, 61), "61 s");
	EXPECT(units_clock(&out, 1), "0:01");
	EXPECT(units_clock(&out, 3605), "1:00:05");
}

static void on_a_pipe_progress_is_a_line_for_each_tenth(void **state)
{
	struct progress progress = progress_begin(false, 80, 1000000, 0);

	(void)state;
	cleanup(buffer_release) struct buffer out = {0};
	for (uint64_t done = 0; done <= 1000000; done += 1000)
		progress_update(&progress, &out, done, (int64_t)(done / 1000));
	progress_end(&progress, &out);

	size_t lines = 0;
	for (const char *at = buffer_text(&out); *at; at++) {
		assert_true(*at != '\r' && *at != '\033');
		lines += *at == '\n';
	}
	assert_int_equal(lines, 10);
	assert_int_equal(strncmp(buffer_text(&out), "Uploading:  10 %  1.00 MB/s  0:01 left\n", 39),
			 0);
	assert_non_null(strstr(buffer_text(&out), "Uploading: 100 %  1.00 MB/s\n"));
}

static void tenths_that_were_jumped_over_are_not_told(void **state)
{
	struct progress progress = progress_begin(false, 80, 100, 0);

	(void)state;
	EXPECT(progress_update(&progress, &out, 0, 0), "");
	EXPECT(progress_update(&progress, &out, 55, 0), "Uploading:  50 %\n");
	EXPECT(progress_update(&progress, &out, 59, 0), "");
}

static void on_a_terminal_progress_is_drawn_at_most_ten_times_a_second(void **state)
{
	struct progress progress = progress_begin(true, 80, 100000, 0);
	size_t drawn = 0;

	(void)state;
	for (int64_t now = 0; now < 1000; now++) {
		cleanup(buffer_release) struct buffer out = {0};
		progress_update(&progress, &out, (uint64_t)now, now);
		assert_true(!out.length || buffer_text(&out)[0] == '\r');
		assert_null(strchr(buffer_text(&out), '\n'));
		drawn += out.length > 0;
	}
	assert_int_equal(drawn, 10);
	EXPECT(progress_end(&progress, &out), "\n");
	EXPECT(progress_end(&progress, &out), "");
}

static void the_end_of_an_upload_is_always_drawn_and_wipes_the_longer_line(void **state)
{
	struct progress progress = progress_begin(true, 60, 1000, 0);
	size_t columns = 0;

	(void)state;
	EXPECT(progress_update(&progress, &out, 500, 1000),
	       "\rUploading: [========>       ]  50 %  500 B/s  0:01 left");
	for (uint64_t done = 990; done <= 1000; done += 10) {
		cleanup(buffer_release) struct buffer out = {0};
		progress_update(&progress, &out, done, 1001);
		columns = out.length;
	}
	assert_int_equal(columns, 1 + 55);
	assert_true(columns <= 60);
}

static void colour_needs_a_terminal_that_has_it_and_nobody_against_it(void **state)
{
	static const struct {
		struct terminal terminal;
		enum color_when when;
		bool color;
	} cases[] = {
		{{.is_terminal = true, .term = "xterm"}, COLOR_AUTO, true},
		{{.is_terminal = false, .term = "xterm"}, COLOR_AUTO, false},
		{{.is_terminal = true, .term = "dumb"}, COLOR_AUTO, false},
		{{.is_terminal = true}, COLOR_AUTO, false},
		{{.is_terminal = true, .term = "xterm", .no_color = "1"}, COLOR_AUTO, false},
		{{.is_terminal = true, .term = "xterm", .no_color = ""}, COLOR_AUTO, true},
		{{.no_color = "1"}, COLOR_ALWAYS, true},
		{{.is_terminal = true, .term = "xterm"}, COLOR_NEVER, false},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_int_equal(text_style_for(&cases[i].terminal, cases[i].when).color,
				 cases[i].color);
}

static void symbols_follow_the_locale_and_the_width_the_terminal(void **state)
{
	const struct terminal utf8 = {.codeset = "utf-8", .columns = 200};
	const struct terminal ascii = {.codeset = "ANSI_X3.4-1968", .columns = 20};
	const struct terminal unknown = {0};

	(void)state;
	assert_true(text_style_for(&utf8, COLOR_AUTO).unicode);
	assert_int_equal(text_style_for(&utf8, COLOR_AUTO).width, 88);
	assert_false(text_style_for(&ascii, COLOR_AUTO).unicode);
	assert_int_equal(text_style_for(&ascii, COLOR_AUTO).width, 60);
	assert_false(text_style_for(&unknown, COLOR_AUTO).unicode);
	assert_int_equal(text_style_for(&unknown, COLOR_AUTO).width, 80);
}

static void every_finding_and_exit_code_is_explained(void **state)
{
	(void)state;
	for (enum finding_id id = 0; id < FINDING_COUNT; id++) {
		cleanup(buffer_release) struct buffer out = {0};
		assert_int_equal(explain(&out, finding_name(id), &plain, NULL), 0);
		assert_non_null(strstr(buffer_text(&out), finding_title(id)));
		assert_non_null(strstr(buffer_text(&out), "  known   "));
		assert_non_null(strstr(buffer_text(&out), "  cure    "));
		assert_true(strlen(finding_explanation(id)) > 100);
		assert_int_equal(finding_by_name(finding_name(id)), id);
	}
	for (size_t i = 0; explain_exit_code_at(i) >= 0; i++) {
		char code[8];
		cleanup(buffer_release) struct buffer out = {0};
		snprintf(code, sizeof(code), "%d", explain_exit_code_at(i));
		assert_int_equal(explain(&out, code, &plain, NULL), 0);
		assert_int_equal(strncmp(buffer_text(&out), "exit ", 5), 0);
	}
}

static void an_exit_code_lists_its_findings_and_no_others(void **state)
{
	cleanup(buffer_release) struct buffer out = {0};

	(void)state;
	assert_int_equal(explain(&out, "5", &plain, NULL), 0);
	assert_non_null(strstr(buffer_text(&out), "\n  device-silent "));
	assert_null(strstr(buffer_text(&out), "firewall-drop"));
}

static void explain_alone_lists_everything(void **state)
{
	cleanup(buffer_release) struct buffer out = {0};

	(void)state;
	assert_int_equal(explain(&out, NULL, &plain, NULL), 0);
	for (enum finding_id id = 0; id < FINDING_COUNT; id++)
		assert_non_null(strstr(buffer_text(&out), finding_name(id)));
}

static void an_unknown_topic_is_quoted(void **state)
{
	static const char *const topics[] = {"no-such-finding", "99", "-1", "", "3x", "128"};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(topics); i++) {
		cleanup(buffer_release) struct buffer out = {0};
		struct error err = {0};
		assert_int_equal(explain(&out, topics[i], &plain, &err), -EINVAL);
		assert_non_null(strstr(err.text, topics[i]));
		assert_int_equal(out.length, 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_device_cannot_reach_the_terminal_with_control_bytes),
		cmocka_unit_test(sudo_goes_before_each_command_of_a_chain),
		cmocka_unit_test(prose_is_wrapped_and_commands_are_not),
		cmocka_unit_test(a_character_takes_one_column),
		cmocka_unit_test(amounts_are_short),
		cmocka_unit_test(on_a_pipe_progress_is_a_line_for_each_tenth),
		cmocka_unit_test(tenths_that_were_jumped_over_are_not_told),
		cmocka_unit_test(on_a_terminal_progress_is_drawn_at_most_ten_times_a_second),
		cmocka_unit_test(the_end_of_an_upload_is_always_drawn_and_wipes_the_longer_line),
		cmocka_unit_test(colour_needs_a_terminal_that_has_it_and_nobody_against_it),
		cmocka_unit_test(symbols_follow_the_locale_and_the_width_the_terminal),
		cmocka_unit_test(every_finding_and_exit_code_is_explained),
		cmocka_unit_test(an_exit_code_lists_its_findings_and_no_others),
		cmocka_unit_test(explain_alone_lists_everything),
		cmocka_unit_test(an_unknown_topic_is_quoted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
