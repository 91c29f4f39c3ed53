/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SRC_OTA_TRANSFER_H
#define SRC_OTA_TRANSFER_H

#include <stdbool.h>
#include <stdint.h>

#include "src/ota/session.h"
#include "src/ota/stream.h"

/*
 * The image on its way over one TCP connection, as a value: how far it is, what the device wrote
 * back, and what that amounts to. Pure; used by session.c. Times in ms of one monotonic clock.
 */
struct transfer {
	uint64_t size, sent, acknowledged;
	uint64_t held_at;    /* send no more than this for now; @size if nothing is held back */
	int64_t held_until;  /* INT64_MAX: nothing is */
	int64_t complete_at; /* every byte acknowledged; -1 before */
	int64_t progress_at, received_at, text_at;
	struct stream stream;
};

struct transfer transfer_start(uint64_t size, int64_t now);
/*
 * Sends no more than @bytes before @until, so that the device can say what it thinks of them: it
 * closes with a reset, and its words are lost, if there is more in its buffer than it has read.
 */
void transfer_hold(struct transfer *transfer, uint64_t bytes, int64_t until);
/* Lets the rest go if its time has come; true if it did. */
bool transfer_release(struct transfer *transfer, int64_t now);
void transfer_received(struct transfer *transfer, const void *data, size_t length, int64_t now);
/* Totals; an acknowledgement beyond what was sent is cut to that. */
void transfer_progress(struct transfer *transfer, uint64_t sent, uint64_t acknowledged,
		       int64_t now);

/*
 * True if it is over, with the result in *@ret_result. @ended: nothing more can be read. It has
 * succeeded only when the device has said OK *and* its TCP has acknowledged every byte: whoever
 * says OK earlier has not seen the image.
 */
bool transfer_over(const struct transfer *transfer, bool ended, enum session_result *ret_result);

/* When to stop waiting if nothing happens, and what it then is. */
int64_t transfer_deadline(const struct transfer *transfer);
enum session_result transfer_timed_out(const struct transfer *transfer);

#endif
