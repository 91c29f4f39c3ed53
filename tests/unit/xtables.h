/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TESTS_UNIT_XTABLES_H
#define TESTS_UNIT_XTABLES_H

#include <stdio.h>
#include <string.h>

#include "base/buffer.h"
#include "base/error.h"
#include "rules/ipset.h"
#include "rules/legacy.h"
#include "rules/parse.h"
#include "rules/recent.h"

/* Appends the recording tests/fixtures/xtables.PART.bin; include after cmocka.h. */
static inline void xtables_load(const char *part, struct buffer *dump)
{
	char path[512], chunk[4096];
	size_t length;

	snprintf(path, sizeof(path), "%s/xtables.%s.bin", FIXTURES, part);
	FILE *file = fopen(path, "rb");
	if (!file)
		fail_msg("cannot open %s", path);
	while ((length = fread(chunk, 1, sizeof(chunk), file)) > 0)
		buffer_add(dump, chunk, length);
	fclose(file);
}

typedef int xtables_parser(struct ruleset *, const void *, size_t, struct error *);

static inline void xtables_add(struct ruleset *ruleset, const char *part, xtables_parser *parse)
{
	struct buffer dump = {0};
	struct error err = {0};

	xtables_load(part, &dump);
	if (parse(ruleset, dump.data, dump.length, &err))
		fail_msg("%s: %s", part, err.text);
	buffer_release(&dump);
}

/* The whole of it beside an nf_tables ruleset without tables; the caller frees it. */
static inline struct ruleset *xtables_parse(void)
{
	struct ruleset *ruleset = ruleset_parse(NULL, 0, NULL);

	xtables_add(ruleset, "legacy", legacy_parse);
	xtables_add(ruleset, "ipsets", ipset_parse);
	xtables_add(ruleset, "recent", recent_parse);
	return ruleset;
}

#endif
