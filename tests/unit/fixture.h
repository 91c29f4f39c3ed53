/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TESTS_UNIT_FIXTURE_H
#define TESTS_UNIT_FIXTURE_H

#include <stdio.h>

#include "base/buffer.h"
#include "base/error.h"
#include "rules/parse.h"

/* Appends the recorded dump tests/fixtures/NAME.nft.bin; include after cmocka.h. */
static inline void fixture_load(const char *name, struct buffer *dump)
{
	char path[512], chunk[4096];
	size_t length;

	snprintf(path, sizeof(path), "%s/%s.nft.bin", FIXTURES, name);
	FILE *file = fopen(path, "rb");
	if (!file)
		fail_msg("cannot open %s", path);
	while ((length = fread(chunk, 1, sizeof(chunk), file)) > 0)
		buffer_add(dump, chunk, length);
	fclose(file);
}

/* The ruleset of a recorded dump; the caller frees it with ruleset_free(). */
static inline struct ruleset *fixture_parse(const char *name)
{
	struct buffer dump = {0};
	struct error err = {0};

	fixture_load(name, &dump);
	struct ruleset *ruleset = ruleset_parse(dump.data, dump.length, &err);
	buffer_release(&dump);
	if (!ruleset)
		fail_msg("%s: %s", name, err.text);
	return ruleset;
}

#endif
