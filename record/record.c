/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "record/record.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

const struct record_answer *record_find(const struct record *record, const char *question)
{
	for (size_t i = 0; i < record->count; i++)
		if (!strcmp(record->answers[i].question, question))
			return &record->answers[i];
	return NULL;
}

void record_add(struct record *record, const struct record_answer *answer)
{
	char *bytes = xcalloc(1, answer->length + 1);

	if (answer->length)
		memcpy(bytes, answer->bytes, answer->length);
	record->answers =
		xgrow(record->answers, record->count, &record->allocated, sizeof(*record->answers));
	record->answers[record->count++] = (struct record_answer){
		.question = xstrdup(answer->question),
		.result = answer->result,
		.error = answer->error ? xstrdup(answer->error) : NULL,
		.bytes = bytes,
		.length = answer->length,
	};
}

void record_release(struct record *record)
{
	for (size_t i = 0; i < record->count; i++) {
		free(record->answers[i].question);
		free(record->answers[i].error);
		free(record->answers[i].bytes);
	}
	free(record->answers);
	*record = (struct record){0};
}
