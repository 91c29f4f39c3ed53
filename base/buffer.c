/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/buffer.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

static char *buffer_reserve(struct buffer *buffer, size_t more)
{
	size_t needed = buffer->length + more + 1;

	if (needed > buffer->allocated) {
		size_t doubled = buffer->allocated * 2;
		buffer->allocated = doubled > needed ? doubled : needed + 64;
		buffer->data = xreallocarray(buffer->data, buffer->allocated, 1);
	}
	return buffer->data + buffer->length;
}

char *buffer_extend(struct buffer *buffer, size_t length)
{
	char *end = buffer_reserve(buffer, length);

	end[length] = '\0';
	buffer->length += length;
	return end;
}

void buffer_add(struct buffer *buffer, const void *data, size_t length)
{
	char *end = buffer_extend(buffer, length);

	if (length)
		memcpy(end, data, length);
}

void buffer_puts(struct buffer *buffer, const char *text)
{
	buffer_add(buffer, text, strlen(text));
}

void buffer_printf(struct buffer *buffer, const char *format, ...)
{
	va_list args, again;

	va_start(args, format);
	va_copy(again, args);
	int length = vsnprintf(NULL, 0, format, args);
	va_end(args);
	if (length > 0) {
		vsnprintf(buffer_reserve(buffer, (size_t)length), (size_t)length + 1, format,
			  again);
		buffer->length += (size_t)length;
	}
	va_end(again);
}

void buffer_release(struct buffer *buffer)
{
	free(buffer->data);
	*buffer = (struct buffer){0};
}

const char *buffer_text(const struct buffer *buffer)
{
	return buffer->data ? buffer->data : "";
}
