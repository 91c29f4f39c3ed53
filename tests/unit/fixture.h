/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TESTS_UNIT_FIXTURE_H
#define TESTS_UNIT_FIXTURE_H

#include <stdio.h>

#include "base/buffer.h"
#include "base/error.h"
#include "record/format.h"
#include "rules/parse.h"

/* Appends the text of the file tests/fixtures/NAME.record; include after cmocka.h. */
static inline void fixture_text(const char *name, struct buffer *text)
{
	char path[512], chunk[4096];
	size_t length;

	snprintf(path, sizeof(path), "%s/%s.record", FIXTURES, name);
	FILE *file = fopen(path, "rb");
	if (!file)
		fail_msg("cannot open %s", path);
	while ((length = fread(chunk, 1, sizeof(chunk), file)) > 0)
		buffer_add(text, chunk, length);
	fclose(file);
}

/* Appends the answer to a question of that record. */
static inline void fixture_answer(const char *name, const char *question, struct buffer *dump)
{
	struct buffer text = {0};
	struct record record;
	struct error err = {0};

	fixture_text(name, &text);
	if (record_read(buffer_text(&text), text.length, &record, &err))
		fail_msg("%s: %s", name, err.text);
	const struct record_answer *answer = record_find(&record, question);
	if (!answer)
		fail_msg("%s: no answer to %s", name, question);
	else
		buffer_add(dump, answer->bytes, answer->length);
	record_release(&record);
	buffer_release(&text);
}

/* Appends the ruleset's messages of that record. */
static inline void fixture_load(const char *name, struct buffer *dump)
{
	fixture_answer(name, RECORD_RULESET, dump);
}

/* The ruleset of a record; the caller frees it with ruleset_free(). */
static inline struct ruleset *fixture_parse(const char *name)
{
	struct buffer dump = {0};
	struct error err = {0};

	fixture_load(name, &dump);
	struct ruleset *ruleset = ruleset_parse(dump.data, dump.length, &err);
	buffer_release(&dump);
	if (!ruleset)
		fail_msg("%s: %s", name, err.text);
	return ruleset;
}

#endif
