/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RECORD_JOURNAL_H
#define RECORD_JOURNAL_H

#include <stdbool.h>
#include <stddef.h>

#include "record/record.h"

/*
 * The seam between this program and the host. Whatever reads the host asks here first:
 *
 *     if (journal_known(&answer, "file /proc/…", "read /proc/…"))
 *             return …;        from the journal
 *     …                        from the host
 *     journal_keep(&answer);
 *
 * Off (a normal run), nothing is known and nothing kept. Recording, each question is put to the host
 * once, and its answer kept for the file and for whoever asks again: a run sees one snapshot.
 * Replaying, every question is known: answered as recorded, or with -ENODATA, never by the host.
 *
 * One journal a process: reading the host is spread over all probes, and a test that forgets one of
 * them shows as a system call.
 */

/* Begins to record into @record, or to answer from it; it must live until journal_end(). */
void journal_record(struct record *record);
void journal_replay(struct record *record);
void journal_end(void);

/* Recording or replaying: false in a normal run and while paused. */
bool journal_on(void);
bool journal_replays(void);

/*
 * While paused a recording run asks the host anew and keeps nothing: for what has to be watched
 * while it changes, and from the moment on that something is sent. Calls nest. Replaying goes on.
 */
void journal_pause(void);
void journal_resume(void);

/*
 * True if the answer does not have to be got from the host. @what says in words what was asked
 * ("ask for the route to 10.0.0.7"), for the list of what a record does not hold. The answer's
 * pointers are valid until the next journal_keep(); ret->question stays NULL.
 */
bool journal_known(struct record_answer *ret, const char *question, const char *what);

/* Whether there is an answer, without complaint if there is none. */
bool journal_holds(const char *question);

/* Keeps what the host answered, if this is a recording and it is the first answer to the question. */
void journal_keep(const struct record_answer *answer);

/* The same for answers that are text, or a number, or none of either. */
void journal_keep_text(const char *question, int result, const char *text);

/* What replaying found missing, once each, in words: the @index-th, NULL after the last. */
const char *journal_missing(size_t index);
void journal_forget_missing(void);

#endif
