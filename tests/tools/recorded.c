/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/tools/recorded.h"

#include <stdio.h>

#include "base/buffer.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "record/format.h"

static int read_file(const char *path, struct buffer *ret)
{
	FILE *file = fopen(path, "rb");
	char chunk[65536];
	size_t n;

	if (!file) {
		perror(path);
		return -1;
	}
	while ((n = fread(chunk, 1, sizeof(chunk), file)) > 0)
		buffer_add(ret, chunk, n);
	fclose(file);
	return 0;
}

int recorded_ruleset(const char *path, struct buffer *dump)
{
	cleanup(buffer_release) struct buffer file = {0};
	const struct record_answer *answer;
	struct record record;
	struct error err = {0};

	if (read_file(path, &file))
		return -1;
	if (file.length == 0 || *buffer_text(&file) != '{') {
		buffer_add(dump, buffer_text(&file), file.length);
		return 0;
	}
	if (record_read(buffer_text(&file), file.length, &record, &err)) {
		fprintf(stderr, "%s: %s\n", path, err.text);
		return -1;
	}
	answer = record_find(&record, RECORD_RULESET);
	if (answer)
		buffer_add(dump, answer->bytes, answer->length);
	else
		fprintf(stderr, "%s: the record holds no ruleset\n", path);
	record_release(&record);
	return answer ? 0 : -1;
}
