/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "base/buffer.h"
#include "src/shell.h"

static void quoted(const char *word, const char *expected)
{
	struct buffer text = {0};

	shell_quote(&text, word);
	assert_string_equal(buffer_text(&text), expected);
	buffer_release(&text);
}

static void plain_words_stay_as_they_are(void **state)
{
	(void)state;
	quoted("esp32-cam.local", "esp32-cam.local");
	quoted("192.168.178.178", "192.168.178.178");
}

static void everything_else_is_one_quoted_word(void **state)
{
	(void)state;
	quoted("", "''");
	quoted("a b", "'a b'");
	quoted("$(reboot)", "'$(reboot)'");
	quoted("it's", "'it'\\''s'");
	quoted("-\n", "'-\n'");
}

/* The real shell is the judge: what it makes of the quoted text is the word again. */
static void a_shell_reads_back_the_same_word(void **state)
{
	static const char *const words[] = {"a'b", "\"", "`id`", "a;b", "*", "\\", "~", "x y'z'"};
	(void)state;

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
		struct buffer command = {0};
		char back[64] = "";
		buffer_puts(&command, "printf %s ");
		shell_quote(&command, words[i]);
		FILE *shell = popen(buffer_text(&command), "r");
		assert_non_null(shell);
		assert_true(fread(back, 1, sizeof(back) - 1, shell) == strlen(words[i]));
		assert_int_equal(pclose(shell), 0);
		assert_string_equal(back, words[i]);
		buffer_release(&command);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plain_words_stay_as_they_are),
		cmocka_unit_test(everything_else_is_one_quoted_word),
		cmocka_unit_test(a_shell_reads_back_the_same_word),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
