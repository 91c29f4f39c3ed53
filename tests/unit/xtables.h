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
#include "tests/unit/fixture.h"

typedef int xtables_parser(struct ruleset *, const void *, size_t, struct error *);

static inline void xtables_add(struct ruleset *ruleset, const char *question, xtables_parser *parse)
{
	struct buffer dump = {0};
	struct error err = {0};

	fixture_answer("xtables", question, &dump);
	if (parse(ruleset, dump.data, dump.length, &err))
		fail_msg("%s: %s", question, err.text);
	buffer_release(&dump);
}

/* The whole of it beside an nf_tables ruleset without tables; the caller frees it. */
static inline struct ruleset *xtables_parse(void)
{
	struct ruleset *ruleset = ruleset_parse(NULL, 0, NULL);

	xtables_add(ruleset, RECORD_LEGACY, legacy_parse);
	xtables_add(ruleset, RECORD_IPSETS, ipset_parse);
	xtables_add(ruleset, RECORD_RECENT, recent_parse);
	return ruleset;
}

#endif
