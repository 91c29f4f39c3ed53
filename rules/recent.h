/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RULES_RECENT_H
#define RULES_RECENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/address.h"

struct buffer;
struct error;
struct ruleset;

/*
 * The lists of the match `recent`: addresses with the times at which rules have met them. Values of
 * the ruleset; an expression points to the one that it names (expr.xt.recent).
 */
struct recent_entry {
	struct address address;
	uint64_t *stamps;  /* in ticks of the kernel, in no order */
	unsigned n_stamps; /* 1 or more */
};

struct recent_list {
	const char *name;
	struct recent_entry *entries;
	size_t n_entries;
	uint64_t now; /* the kernel's clock when it was read, in the same ticks; 0: not known */
};

/*
 * Appends the contents of all files in /proc/net/xt_recent to @dump, and the kernel's clock, which
 * root may read. Without that directory nothing is appended: the kernel has no such lists. Returns 0, or a negative errno with @err filled.
 */
int recent_dump(struct buffer *dump, struct error *err);

/*
 * Decodes such a dump and gives the rules of @ruleset their lists. Pure. A list with a line that is
 * not understood is left out, so that it counts as not read.
 *
 * Returns 0, or -EBADMSG with @err filled, and @ruleset unchanged, if the bytes are no such dump.
 */
int recent_parse(struct ruleset *ruleset, const void *dump, size_t length, struct error *err);

/* True if some rule has the match. */
bool ruleset_uses_recent(const struct ruleset *ruleset);

#endif
