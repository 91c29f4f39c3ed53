/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/alloc.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void *checked(void *memory)
{
	static const char message[] = "espota-doctor: out of memory (internal error, exit 70)\n";

	if (memory)
		return memory;
	if (write(STDERR_FILENO, message, sizeof(message) - 1) < 0)
		_exit(70);
	_exit(70);
}

void *xcalloc(size_t count, size_t size)
{
	return checked(calloc(count ? count : 1, size ? size : 1));
}

void *xreallocarray(void *old, size_t count, size_t size)
{
	return checked(reallocarray(old, count ? count : 1, size ? size : 1));
}

void *xmemdup(const void *data, size_t size)
{
	void *copy = checked(malloc(size ? size : 1));

	if (size)
		memcpy(copy, data, size);
	return copy;
}

char *xstrdup(const char *text)
{
	return checked(strdup(text));
}

char *xasprintf(const char *format, ...)
{
	char *text = NULL;
	va_list args;

	va_start(args, format);
	if (vasprintf(&text, format, args) < 0)
		text = NULL;
	va_end(args);
	return checked(text);
}

void *xgrow(void *array, size_t count, size_t *allocated, size_t size)
{
	if (count < *allocated)
		return array;
	*allocated = *allocated ? *allocated * 2 : 8;
	return xreallocarray(array, *allocated, size);
}
