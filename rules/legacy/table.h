/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RULES_LEGACY_TABLE_H
#define RULES_LEGACY_TABLE_H

#include <net/if.h>
#include <linux/netfilter.h>
#include <linux/netfilter_ipv4/ip_tables.h>

#include "rules/ruleset.h"

/* One legacy table from its entries: the inside of legacy.h. */

enum { LEGACY_NO_HOOK = INT32_MAX };

struct legacy_kind {
	const char *name;
	int32_t priorities[NF_INET_NUMHOOKS]; /* by hook; LEGACY_NO_HOOK */
};

struct legacy_source {
	struct arena *arena;
	struct table *table; /* name, family, backend and opaque are set */
	const struct legacy_kind *kind;
	struct ipt_getinfo info;
	struct bytes entries;
	unsigned *order; /* of the next chain */
};

/*
 * Gives the table its chains and rules. If the entries make no sense the table becomes opaque and
 * has its base chains only, so that whoever comes to them does not know what happens.
 */
void legacy_table_fill(struct legacy_source *source);

#endif
