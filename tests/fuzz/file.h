/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TESTS_FUZZ_FILE_H
#define TESTS_FUZZ_FILE_H

#include <stdbool.h>
#include <stdio.h>

#include "base/buffer.h"

/* Appends the whole file; false if it cannot be read. */
static inline bool file_read(const char *path, struct buffer *out)
{
	char chunk[4096];
	size_t length;
	FILE *file = fopen(path, "rb");

	if (!file)
		return false;
	while ((length = fread(chunk, 1, sizeof(chunk), file)) > 0)
		buffer_add(out, chunk, length);
	bool whole = !ferror(file);
	fclose(file);
	return whole;
}

#endif
