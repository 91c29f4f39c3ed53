/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BASE_BUFFER_H
#define BASE_BUFFER_H

#include <stddef.h>

/*
 * Bytes that grow. Always followed by a NUL that is not counted, so that a buffer of text can be
 * used as a string. A zeroed struct is an empty buffer.
 */
struct buffer {
	char *data;
	size_t length, allocated;
};

void buffer_add(struct buffer *buffer, const void *data, size_t length);
/* Adds @length bytes that the caller fills in, where it returns. */
char *buffer_extend(struct buffer *buffer, size_t length);
void buffer_puts(struct buffer *buffer, const char *text);
void buffer_printf(struct buffer *buffer, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Empties the buffer and frees its memory; it can be used again. */
void buffer_release(struct buffer *buffer);

/* The text so far, "" when nothing was added; owned by the buffer, valid until the next add. */
const char *buffer_text(const struct buffer *buffer);

#endif
