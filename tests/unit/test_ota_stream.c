/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/cleanup.h"

#include "src/ota/stream.h"

static const struct {
	const char *written;
	enum stream_verdict verdict;
	const char *text;
} streams[] = {
	{"", STREAM_NONE, ""},
	{"14601460600", STREAM_NONE, ""},
	{"307200OK", STREAM_OK, "OK"},
	{"1460600OK", STREAM_OK, "OK"},
	{"OK", STREAM_OK, "OK"},
	{"1024O", STREAM_NONE, "O"},
	{"1024OK\r\n", STREAM_OK, "OK"},
	{"1024OKAY", STREAM_TEXT, "OKAY"},
	{"1024MD5 Check Failed\r\n", STREAM_TEXT, "MD5 Check Failed"},
	{"600ERROR[7]: MD5 Failed: expected:a, calculated:b\n", STREAM_TEXT,
	 "ERROR[7]: MD5 Failed: expected:a, calculated:b"},
	{"Decryption error\r\n", STREAM_TEXT, "Decryption error"},
	{" \r\n12\t34", STREAM_NONE, ""},
	{"\001\377\03312", STREAM_NONE, ""},
	{"12bad\033[31mnews\001", STREAM_TEXT, "bad?[31mnews?"},
};

static void check(const struct stream *stream, size_t i)
{
	char text[STREAM_TEXT_SIZE];

	stream_text(stream, text);
	assert_int_equal(stream_verdict(stream), streams[i].verdict);
	assert_string_equal(text, streams[i].text);
	assert_int_equal(stream->received, strlen(streams[i].written));
}

static void it_does_not_matter_where_tcp_cuts(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(streams); i++) {
		size_t length = strlen(streams[i].written);
		for (size_t cut = 0; cut <= length; cut++) {
			struct stream stream = {0};
			stream_feed(&stream, streams[i].written, cut);
			stream_feed(&stream, streams[i].written + cut, length - cut);
			check(&stream, i);
		}
	}
}

static void byte_by_byte_is_the_same_as_whole(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(streams); i++) {
		struct stream stream = {0};
		for (const char *c = streams[i].written; *c; c++)
			stream_feed(&stream, c, 1);
		check(&stream, i);
	}
}

static void counts_alone_are_never_a_verdict(void **state)
{
	struct stream stream = {0};

	(void)state;
	for (int i = 0; i < 100000; i++)
		stream_feed(&stream, "1460", 4);
	assert_int_equal(stream_verdict(&stream), STREAM_NONE);
	assert_int_equal(stream.received, 400000);
}

static void an_endless_text_is_cut_and_stays_a_text(void **state)
{
	struct stream stream = {0};
	char text[STREAM_TEXT_SIZE];

	(void)state;
	for (int i = 0; i < 10000; i++)
		stream_feed(&stream, "ERROR", 5);
	stream_text(&stream, text);
	assert_int_equal(stream_verdict(&stream), STREAM_TEXT);
	assert_int_equal(strlen(text), STREAM_TEXT_SIZE - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_does_not_matter_where_tcp_cuts),
		cmocka_unit_test(byte_by_byte_is_the_same_as_whole),
		cmocka_unit_test(counts_alone_are_never_a_verdict),
		cmocka_unit_test(an_endless_text_is_cut_and_stays_a_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
