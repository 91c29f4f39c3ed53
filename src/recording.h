/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SRC_RECORDING_H
#define SRC_RECORDING_H

struct buffer;
struct error;
struct report;
struct run;

/*
 * --record and --from-record: from here on the journal keeps what is read of the host, or stands for
 * it. @text is the file of --from-record, else empty. 0, or a negative errno with @err filled: then
 * the options cannot be followed.
 */
int recording_begin(struct run *run, const struct buffer *text, struct error *err);

/*
 * --record: reads what any question about any device may need, also if this run does not, and writes
 * the file, before anything is sent. Does nothing without the option.
 */
int recording_gather(struct run *run, struct error *err);

/* Writes the file again, with what was asked since; not after a signal. */
int recording_end(struct run *run, struct error *err);

/* A number that the program knows of its own process: recorded, or as it was recorded. */
long long recording_number(const char *question, long long live);

/* Adds to the report what the record did not hold of what was asked since the last call. */
void recording_say_missing(struct report *report);

#endif
