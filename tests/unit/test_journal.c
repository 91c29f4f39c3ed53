/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "record/journal.h"

static int end_journal(void **)
{
	journal_end();
	return 0;
}

static void switched_off_it_knows_and_keeps_nothing(void **)
{
	struct record_answer answer;

	journal_keep_text("a", 0, "1");
	assert_false(journal_on());
	assert_false(journal_known(&answer, "a", "a"));
	assert_false(journal_holds("a"));
	assert_null(journal_missing(0));
}

static void a_recording_keeps_the_first_answer_and_gives_it_again(void **)
{
	cleanup(record_release) struct record record = {0};
	struct record_answer answer;

	journal_record(&record);
	assert_true(journal_on());
	assert_false(journal_replays());
	assert_false(journal_known(&answer, "a", "a"));
	assert_null(journal_missing(0)); /* it is only now going to be asked */
	journal_keep_text("a", 0, "first");
	journal_keep_text("a", 0, "second");
	assert_true(journal_known(&answer, "a", "a"));
	assert_string_equal(answer.bytes, "first");
	assert_int_equal(record.count, 1);
	journal_end();
}

static void a_pause_asks_anew_and_keeps_nothing(void **)
{
	cleanup(record_release) struct record record = {0};
	struct record_answer answer;

	journal_record(&record);
	journal_keep_text("a", 0, "1");
	journal_pause();
	journal_pause();
	assert_false(journal_known(&answer, "a", "a"));
	journal_resume();
	assert_false(journal_known(&answer, "a", "a"));
	journal_keep_text("b", 0, "2");
	journal_resume();
	assert_true(journal_known(&answer, "a", "a"));
	assert_false(journal_known(&answer, "b", "b"));
	journal_end();
}

static void replaying_answers_everything_also_in_a_pause(void **)
{
	cleanup(record_release) struct record record = {0};
	struct record_answer answer;

	record_add(&record, &(struct record_answer){"a", -ENOENT, NULL, "x", 1});
	journal_replay(&record);
	assert_true(journal_known(&answer, "a", "a"));
	assert_int_equal(answer.result, -ENOENT);
	journal_pause();
	assert_true(journal_on());
	assert_true(journal_known(&answer, "b", "read the file b"));
	assert_int_equal(answer.result, -ENODATA);
	assert_non_null(answer.error);
	assert_string_equal(answer.bytes, "");
	journal_resume();
	journal_keep_text("b", 0, "live");
	assert_int_equal(record.count, 1);
	journal_end();
}

static void what_a_record_does_not_hold_is_listed_once(void **)
{
	cleanup(record_release) struct record record = {0};
	struct record_answer answer;

	journal_replay(&record);
	assert_false(journal_holds("a"));
	assert_null(journal_missing(0));
	journal_known(&answer, "a", "ask for a");
	journal_known(&answer, "a", "ask for a");
	journal_known(&answer, "b", "ask for b");
	assert_string_equal(journal_missing(0), "ask for a");
	assert_string_equal(journal_missing(1), "ask for b");
	assert_null(journal_missing(2));
	journal_forget_missing();
	assert_null(journal_missing(0));
	journal_end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(switched_off_it_knows_and_keeps_nothing, end_journal),
		cmocka_unit_test_teardown(a_recording_keeps_the_first_answer_and_gives_it_again,
					  end_journal),
		cmocka_unit_test_teardown(a_pause_asks_anew_and_keeps_nothing, end_journal),
		cmocka_unit_test_teardown(replaying_answers_everything_also_in_a_pause,
					  end_journal),
		cmocka_unit_test_teardown(what_a_record_does_not_hold_is_listed_once, end_journal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
