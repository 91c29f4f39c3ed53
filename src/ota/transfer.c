/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "src/ota/transfer.h"

enum {
	STALL_TIMEOUT = 15000,  /* no acknowledgement and no byte */
	STARVE_TIMEOUT = 60000, /* bytes, but no acknowledgement */
	RESULT_TIMEOUT = 60000,
	TEXT_QUIET = 3000, /* an error text goes on until the device closes, or to this silence */
	TEXT_TIMEOUT = 10000,
};

struct transfer transfer_start(uint64_t size, int64_t now)
{
	return (struct transfer){
		.size = size,
		.held_at = size,
		.held_until = INT64_MAX,
		.complete_at = size ? -1 : now,
		.progress_at = now,
		.received_at = now,
		.text_at = now,
	};
}

void transfer_hold(struct transfer *transfer, uint64_t bytes, int64_t until)
{
	if (bytes >= transfer->size)
		return;
	transfer->held_at = bytes;
	transfer->held_until = until;
}

bool transfer_release(struct transfer *transfer, int64_t now)
{
	if (now < transfer->held_until)
		return false;
	transfer->held_at = transfer->size;
	transfer->held_until = INT64_MAX;
	return true;
}

void transfer_received(struct transfer *transfer, const void *data, size_t length, int64_t now)
{
	if (!transfer->stream.length)
		transfer->text_at = now;
	stream_feed(&transfer->stream, data, length);
	transfer->received_at = now;
}

void transfer_progress(struct transfer *transfer, uint64_t sent, uint64_t acknowledged, int64_t now)
{
	transfer->sent = sent;
	if (acknowledged > sent)
		acknowledged = sent;
	if (acknowledged <= transfer->acknowledged)
		return;
	transfer->acknowledged = acknowledged;
	transfer->progress_at = now;
	if (acknowledged >= transfer->size && transfer->complete_at < 0)
		transfer->complete_at = now;
}

bool transfer_over(const struct transfer *transfer, bool ended, enum session_result *ret_result)
{
	char text[STREAM_TEXT_SIZE];
	enum stream_verdict verdict = stream_verdict(&transfer->stream);
	bool complete = transfer->complete_at >= 0;

	if (verdict == STREAM_OK && complete) {
		*ret_result = SESSION_UPLOADED;
		return true;
	}
	stream_text(&transfer->stream, text);
	if (verdict == STREAM_TEXT)
		*ret_result = session_judge_text(text);
	else
		*ret_result = complete ? SESSION_VERDICT_MISSING : SESSION_BROKE_OFF;
	return ended;
}

static int64_t earlier(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

int64_t transfer_deadline(const struct transfer *transfer)
{
	int64_t last = transfer->progress_at > transfer->received_at ? transfer->progress_at
								     : transfer->received_at;

	if (stream_verdict(&transfer->stream) == STREAM_TEXT)
		return earlier(transfer->received_at + TEXT_QUIET,
			       transfer->text_at + TEXT_TIMEOUT);
	if (transfer->complete_at >= 0)
		return transfer->complete_at + RESULT_TIMEOUT;
	return earlier(transfer->held_until,
		       earlier(last + STALL_TIMEOUT, transfer->progress_at + STARVE_TIMEOUT));
}

enum session_result transfer_timed_out(const struct transfer *transfer)
{
	enum session_result result;

	if (stream_verdict(&transfer->stream) == STREAM_NONE && transfer->complete_at < 0)
		return SESSION_STALLED;
	transfer_over(transfer, true, &result);
	return result;
}
