/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SRC_OTA_STREAM_H
#define SRC_OTA_STREAM_H

#include <stddef.h>
#include <stdint.h>

/*
 * What the device writes back on the TCP connection. Counts of received bytes come first, in
 * decimal and glued together ("14601460600"), so they cannot be told apart and count as signs of
 * life only. The first letter starts the verdict: "OK", or a text that goes on until the device
 * closes. Pure; TCP may cut it anywhere. A zeroed struct is the start.
 */
enum { STREAM_TEXT_SIZE = 256 };

struct stream {
	uint64_t received;              /* bytes of any kind */
	size_t length;                  /* of @verdict, without what did not fit */
	char verdict[STREAM_TEXT_SIZE]; /* raw, from the first letter on */
};

enum stream_verdict {
	STREAM_NONE, /* counts so far, or "O" alone */
	STREAM_OK,
	STREAM_TEXT, /* anything else: complete once the device has closed */
};

void stream_feed(struct stream *stream, const void *data, size_t length);
enum stream_verdict stream_verdict(const struct stream *stream);

/* The verdict so far, fit for printing; "" if there is none. */
void stream_text(const struct stream *stream, char text[static STREAM_TEXT_SIZE]);

#endif
