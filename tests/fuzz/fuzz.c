/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/fuzz/fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "record/format.h"
#include "tests/fuzz/file.h"

unsigned long fuzz_taken_count;

/* A sanitizer that finds something must end the program; it is looked up by the runtimes. */
const char *__asan_default_options(void);
const char *__ubsan_default_options(void);

const char *__asan_default_options(void)
{
	return "detect_leaks=1:quarantine_size_mb=16:detect_stack_use_after_return=1";
}

const char *__ubsan_default_options(void)
{
	return "halt_on_error=1:print_stacktrace=1";
}

void fuzz_taken(void)
{
	fuzz_taken_count++;
}

void fuzz_broken(const char *condition, const char *file, int line)
{
	fprintf(stderr, "%s:%d: not so: %s\n", file, line, condition);
	abort();
}

const struct record_answer *fuzz_fixture(const char *name, const char *question)
{
	static struct {
		char name[32];
		struct record record;
	} known[4];
	size_t i = 0;

	while (i < ARRAY_SIZE(known) && known[i].name[0] && strcmp(known[i].name, name) != 0)
		i++;
	fuzz_require(i < ARRAY_SIZE(known));
	if (!known[i].name[0]) {
		cleanup(buffer_release) struct buffer text = {0};
		char path[512];
		struct error err = {0};

		snprintf(path, sizeof(path), FIXTURES "/%s.record", name);
		fuzz_require(file_read(path, &text));
		fuzz_require(!record_read(buffer_text(&text), text.length, &known[i].record, &err));
		snprintf(known[i].name, sizeof(known[i].name), "%s", name);
	}
	const struct record_answer *answer = record_find(&known[i].record, question);
	fuzz_require(answer);
	return answer;
}
