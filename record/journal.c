/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "record/journal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

static struct {
	struct record *record; /* NULL: off */
	bool replays;
	unsigned pauses;
	char **missing;
	size_t n_missing, missing_allocated;
} journal;

void journal_record(struct record *record)
{
	journal.record = record;
	journal.replays = false;
}

void journal_replay(struct record *record)
{
	journal.record = record;
	journal.replays = true;
}

void journal_forget_missing(void)
{
	while (journal.n_missing)
		free(journal.missing[--journal.n_missing]);
}

void journal_end(void)
{
	journal_forget_missing();
	free(journal.missing);
	memset(&journal, 0, sizeof(journal));
}

bool journal_on(void)
{
	return journal.record && (journal.replays || !journal.pauses);
}

bool journal_replays(void)
{
	return journal.record && journal.replays;
}

void journal_pause(void)
{
	journal.pauses++;
}

void journal_resume(void)
{
	journal.pauses--;
}

static void note_missing(const char *what)
{
	for (size_t i = 0; i < journal.n_missing; i++)
		if (!strcmp(journal.missing[i], what))
			return;
	journal.missing = xgrow(journal.missing, journal.n_missing, &journal.missing_allocated,
				sizeof(*journal.missing));
	journal.missing[journal.n_missing++] = xstrdup(what);
}

bool journal_known(struct record_answer *ret, const char *question, const char *what)
{
	const struct record_answer *answer =
		journal_on() ? record_find(journal.record, question) : NULL;

	*ret = (struct record_answer){.bytes = ""};
	if (answer) {
		*ret = *answer;
		ret->question = NULL;
		return true;
	}
	if (!journal_replays())
		return false;
	note_missing(what);
	ret->result = -ENODATA;
	ret->error = "the record does not hold it";
	return true;
}

bool journal_holds(const char *question)
{
	return journal_on() && record_find(journal.record, question);
}

void journal_keep(const struct record_answer *answer)
{
	if (journal_on() && !journal.replays && journal.record->count < RECORD_ANSWERS_MAX &&
	    !record_find(journal.record, answer->question))
		record_add(journal.record, answer);
}

void journal_keep_text(const char *question, int result, const char *text)
{
	journal_keep(&(struct record_answer){
		.question = (char *)question,
		.result = result,
		.bytes = (char *)text,
		.length = text ? strlen(text) : 0,
	});
}

const char *journal_missing(size_t index)
{
	return index < journal.n_missing ? journal.missing[index] : NULL;
}
