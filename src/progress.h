/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SRC_PROGRESS_H
#define SRC_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buffer;

/*
 * How far an upload is, as text to be written out at once. On a terminal one line drawn again and
 * again, at most ten times a second; elsewhere a line for each 10 %, so that logs stay short. Pure:
 * times are milliseconds of any monotonic clock.
 */
struct progress {
	bool is_terminal, drawn;
	unsigned width; /* columns of the terminal */
	uint64_t total; /* bytes */
	int64_t started_ms, drawn_ms;
	size_t drawn_columns; /* of the line on the screen */
	unsigned tenths;      /* that have been told of, of 10 */
};

struct progress progress_begin(bool is_terminal, unsigned width, uint64_t total, int64_t now_ms);

/* Appends what is to be written now that @done bytes are through; often nothing. */
void progress_update(struct progress *progress, struct buffer *out, uint64_t done, int64_t now_ms);

/* Appends what ends the line, if one is drawn: before anything else is printed. */
void progress_end(struct progress *progress, struct buffer *out);

#endif
