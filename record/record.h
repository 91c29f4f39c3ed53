/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RECORD_RECORD_H
#define RECORD_RECORD_H

#include <stddef.h>

/*
 * What was read of a host: questions and the answers that were got. A plain value without any
 * system call; format.h turns it into a file and back, journal.h fills it and answers from it.
 */
struct record_answer {
	char *question; /* stable between machines: "file /proc/…", "worker ruleset" */
	int result;     /* 0, or the negative errno of a refusal or failure */
	char *error;    /* in words what failed; NULL if it did not, or if that was the answer */
	char *bytes;    /* never NULL; a NUL follows that is not counted */
	size_t length;
};

struct record {
	struct record_answer *answers;
	size_t count, allocated;
};

/* The question that is answered by the bytes of ruleset_dump(). */
#define RECORD_RULESET "worker ruleset"
/* Likewise those of legacy_dump(), ipset_dump() and recent_dump(). */
#define RECORD_LEGACY "worker legacy tables"
#define RECORD_IPSETS "worker ipsets"
#define RECORD_RECENT "worker recent addresses"

/* More than any host gives rise to; a file that holds more is damaged. */
enum { RECORD_ANSWERS_MAX = 20000 };

/* The first answer to this very question, NULL if there is none. Owned by the record. */
const struct record_answer *record_find(const struct record *record, const char *question);

/* Appends a copy of all that @answer points to (@bytes may be NULL if @length is 0). */
void record_add(struct record *record, const struct record_answer *answer);

void record_release(struct record *record);

#endif
