/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Records as files: what is written is read again, and whatever else is read is refused or survived. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "base/cleanup.h"
#include "fixture.h"

static void add(struct record *record, const char *question, int result, const char *error,
		const char *bytes, size_t length)
{
	record_add(record, &(struct record_answer){(char *)question, result, (char *)error,
						   (char *)bytes, length});
}

static void check(const struct record *record, const char *question, int result, const char *error,
		  const char *bytes, size_t length)
{
	const struct record_answer *answer = record_find(record, question);

	assert_non_null(answer);
	assert_int_equal(answer->result, result);
	if (error)
		assert_string_equal(answer->error, error);
	else
		assert_null(answer->error);
	assert_int_equal(answer->length, length);
	assert_memory_equal(answer->bytes, bytes, length);
	assert_int_equal(answer->bytes[length], '\0');
}

static void what_is_written_is_read_again(void **)
{
	static const char binary[] = {0, 1, 2, (char)0xff, 0};
	cleanup(buffer_release) struct buffer text = {0};
	cleanup(record_release) struct record record = {0}, again = {0};

	add(&record, "text", 0, NULL, "größer \"als\" \\\n", 16);
	add(&record, "bytes", 0, NULL, binary, sizeof(binary));
	add(&record, "not UTF-8", 0, NULL, "\xc3(", 2);
	add(&record, "nothing", 0, NULL, NULL, 0);
	add(&record, "refused", -ENOENT, NULL, NULL, 0);
	add(&record, "failed", -EPERM, "cannot: Operation not permitted", "", 0);
	add(&record, "text", 0, NULL, "another", 7);
	record_write(&text, &record, "0");
	assert_int_equal(record_read(buffer_text(&text), text.length, &again, NULL), 0);
	assert_int_equal(again.count, record.count);
	check(&again, "text", 0, NULL, "größer \"als\" \\\n", 16); /* the first of two */
	check(&again, "bytes", 0, NULL, binary, sizeof(binary));
	check(&again, "not UTF-8", 0, NULL, "\xc3(", 2);
	check(&again, "nothing", 0, NULL, "", 0);
	check(&again, "refused", -ENOENT, NULL, "", 0);
	check(&again, "failed", -EPERM, "cannot: Operation not permitted", "", 0);
	assert_null(record_find(&again, "never asked"));
}

static int read_text(const char *text, struct error *err)
{
	struct record record;
	int result = record_read(text, strlen(text), &record, err);

	if (result)
		assert_int_equal(record.count, 0);
	record_release(&record);
	return result;
}

#define HEAD  "{\"format\": \"espota-doctor record\", \"version\": 1, "
#define ORDER (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? "little" : "big")

/* @rest of a file of this machine's byte order. */
static int read_rest(const char *rest, struct error *err)
{
	cleanup(free_pointer) char *text = xasprintf(HEAD "\"byte_order\": \"%s\"%s}", ORDER, rest);

	return read_text(text, err);
}

static void what_is_no_record_is_refused_in_one_line(void **)
{
	static const struct {
		const char *text, *why;
		int result;
	} cases[] = {
		{"", "damaged, or no record", -EBADMSG},
		{"[]", "does not say that it is one", -EBADMSG},
		{"3", "damaged, or no record", -EBADMSG},
		{"{}", "does not say that it is one", -EBADMSG},
		{"{\"format\": 7}", "does not say that it is one", -EBADMSG},
		{"{\"format\": \"espota-doctor record\"}", "no version", -EBADMSG},
		{"{\"format\": \"espota-doctor record\", \"version\": \"1\"}", "no version",
		 -EBADMSG},
		{"{\"format\": \"espota-doctor record\", \"version\": 0}", "no version", -EBADMSG},
		{"{\"format\": \"espota-doctor record\", \"version\": 2}",
		 "a record of version 2: this espota-doctor reads version 1", -EPROTONOSUPPORT},
		{"{\"format\": \"espota-doctor record\", \"version\": 99999999999}",
		 "a record of version 99999999999", -EPROTONOSUPPORT},
		{HEAD "\"answers\": []}", "byte order", -EBADMSG},
		{HEAD "\"byte_order\": \"middle\"}", "byte order", -EBADMSG},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct error err = {0};

		assert_int_equal(read_text(cases[i].text, &err), cases[i].result);
		if (!strstr(err.text, cases[i].why))
			fail_msg("%s: %s", cases[i].text, err.text);
		assert_null(strchr(err.text, '\n'));
	}
}

static void the_other_byte_order_is_refused(void **)
{
	const char *other = strcmp(ORDER, "big") ? "big" : "little";
	cleanup(free_pointer) char *text =
		xasprintf(HEAD "\"byte_order\": \"%s\", \"answers\": []}", other);
	struct error err = {0};

	assert_int_equal(read_text(text, &err), -EPROTONOSUPPORT);
	assert_non_null(strstr(err.text, other));
}

static void malformed_answers_are_refused(void **)
{
	static const char *const answers[] = {
		"7",
		"[]",
		"{}",
		"{\"question\": 7}",
		"{\"question\": \"a\", \"result\": \"0\"}",
		"{\"question\": \"a\", \"result\": 0.5}",
		"{\"question\": \"a\", \"result\": 1}",
		"{\"question\": \"a\", \"result\": -4096}",
		"{\"question\": \"a\", \"result\": -99999999999}",
		"{\"question\": \"a\", \"error\": \"words, but no failure\"}",
		"{\"question\": \"a\", \"result\": -1, \"error\": 7}",
		"{\"question\": \"a\", \"text\": 7}",
		"{\"question\": \"a\", \"bytes\": [1]}",
		"{\"question\": \"a\", \"text\": \"b\", \"bytes\": \"YQ==\"}",
		"{\"question\": \"a\", \"bytes\": \"YQ=\"}",
		"{\"question\": \"a\", \"bytes\": \"Y\"}",
		"{\"question\": \"a\", \"bytes\": \"%%%%\"}",
		"{\"question\": \"a\", \"bytes\": \"YQ==YQ==\"}",
	};

	assert_int_equal(read_rest(", \"answers\": []", NULL), 0);
	assert_int_equal(read_rest(", \"answers\": [], \"later\": {}", NULL), 0);
	assert_int_equal(read_rest("", NULL), -EBADMSG);
	assert_int_equal(read_rest(", \"answers\": {}", NULL), -EBADMSG);
	for (size_t i = 0; i < ARRAY_SIZE(answers); i++) {
		cleanup(free_pointer) char *rest =
			xasprintf(", \"answers\": [{\"question\": \"fine\"}, %s]", answers[i]);
		struct error err = {0};

		if (read_rest(rest, &err) != -EBADMSG)
			fail_msg("taken: %s", answers[i]);
		assert_non_null(strstr(err.text, "answer 2 is malformed"));
	}
}

static void more_answers_than_any_host_gives_are_refused(void **)
{
	cleanup(buffer_release) struct buffer rest = {0};

	buffer_puts(&rest, ", \"answers\": [{\"question\": \"a\"}");
	for (int i = 0; i < RECORD_ANSWERS_MAX; i++)
		buffer_puts(&rest, ",{\"question\": \"a\"}");
	buffer_puts(&rest, "]");
	assert_int_equal(read_rest(buffer_text(&rest), NULL), -EBADMSG);
}

/* The same sequence everywhere: xorshift64. */
static uint64_t next_random(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

/* Reads an exact copy, so that a read past the end is one past the allocation. */
static bool survives(const char *data, size_t length)
{
	cleanup(free_pointer) char *copy = xmemdup(data, length);
	cleanup(record_release) struct record record = {0};
	struct error err = {0};
	size_t sum = 0;

	if (record_read(copy, length, &record, &err)) {
		assert_true(err.text[0] != '\0');
		assert_int_equal(record.count, 0);
		return false;
	}
	for (size_t i = 0; i < record.count; i++) {
		const struct record_answer *answer = &record.answers[i];

		sum += strlen(answer->question) + (answer->error ? strlen(answer->error) : 0);
		for (size_t k = 0; k <= answer->length; k++)
			sum += (unsigned char)answer->bytes[k];
	}
	return sum > 0;
}

static void damaged_files_are_survived(void **)
{
	static const char likely[] = "\"\\{}[],:0-9eE.=AZ \n\0\xff\xc3";
	cleanup(buffer_release) struct buffer text = {0};
	uint64_t random = 28;
	size_t taken = 0;

	fixture_text("host", &text);
	assert_true(survives(text.data, text.length));
	for (int round = 0; round < 300; round++) {
		cleanup(free_pointer) char *damaged = xmemdup(text.data, text.length);
		size_t changes = 1 + next_random(&random) % 4;

		for (size_t i = 0; i < changes; i++) {
			uint64_t r = next_random(&random);
			damaged[(r >> 16) % text.length] =
				r & 1 ? likely[(r >> 8) % sizeof(likely)] : (char)(r >> 1);
		}
		taken += survives(damaged, text.length);
	}
	/* Most of it is base64 or text, where much of the damage is another value. */
	assert_true(taken > 20 && taken < 280);
	for (int round = 0; round < 100; round++)
		assert_false(survives(text.data, next_random(&random) % (text.length - 2)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_written_is_read_again),
		cmocka_unit_test(what_is_no_record_is_refused_in_one_line),
		cmocka_unit_test(the_other_byte_order_is_refused),
		cmocka_unit_test(malformed_answers_are_refused),
		cmocka_unit_test(more_answers_than_any_host_gives_are_refused),
		cmocka_unit_test(damaged_files_are_survived),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
