/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "src/ota/stream.h"

#include <stdbool.h>
#include <string.h>

#include "src/ota/printable.h"

static bool is_letter(char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

void stream_feed(struct stream *stream, const void *data, size_t length)
{
	const char *bytes = data;

	stream->received += length;
	for (size_t i = 0; i < length; i++) {
		if (!stream->length && !is_letter(bytes[i]))
			continue;
		if (stream->length == sizeof(stream->verdict))
			return;
		stream->verdict[stream->length++] = bytes[i];
	}
}

enum stream_verdict stream_verdict(const struct stream *stream)
{
	char text[STREAM_TEXT_SIZE];

	stream_text(stream, text);
	if (!text[0] || !strcmp(text, "O"))
		return STREAM_NONE;
	return strcmp(text, "OK") ? STREAM_TEXT : STREAM_OK;
}

void stream_text(const struct stream *stream, char text[static STREAM_TEXT_SIZE])
{
	printable(text, STREAM_TEXT_SIZE, stream->verdict, stream->length);
}
