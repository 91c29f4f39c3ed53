/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RULES_LEGACY_ENTRY_H
#define RULES_LEGACY_ENTRY_H

#include <net/if.h>
#include <linux/netfilter/x_tables.h>

#include "rules/ruleset.h"

/* One entry of a legacy table: the inside of legacy.h. */

struct legacy_address {
	uint8_t address[16], mask[16];
	bool invert;
};

struct legacy_interface {
	uint8_t name[IFNAMSIZ], mask[IFNAMSIZ];
	bool invert;
};

struct legacy_entry {
	size_t offset; /* in the table, which jumps name */
	struct bytes bytes;
	uint8_t family;
	size_t matches, target; /* where they begin in @bytes */
	struct legacy_address source, dest;
	struct legacy_interface in, out;
	uint8_t protocol; /* 0: not tested */
	bool protocol_inverted, fragment, fragment_inverted, is_goto;
	uint64_t packets, byte_count;
	char target_name[XT_EXTENSION_MAXNAMELEN + 1]; /* "" for a verdict */
	bool opaque; /* of the rule part something was not understood */
};

/*
 * Reads the entry at @offset of @table; false if it does not lie within the table or contradicts
 * itself, so that no other entry can be found behind it.
 */
bool legacy_entry_read(struct bytes table, size_t offset, uint8_t family,
		       struct legacy_entry *ret_entry);

/* The contents of the target behind its head. */
struct bytes legacy_target_info(const struct legacy_entry *entry);

/* The number in a standard target; false if the entry has another target. */
bool legacy_standard_verdict(const struct legacy_entry *entry, int *ret_verdict);

/* True if it tests nothing, so that its target holds for every packet. */
bool legacy_unconditional(const struct legacy_entry *entry);

/*
 * The expressions of a rule, without the verdict of a standard target, for which space for one more
 * is left behind @n_exprs. False if a match was cut or impossible; the rule is opaque then.
 */
bool legacy_entry_exprs(struct arena *arena, const struct legacy_entry *entry,
			struct expr **ret_exprs, size_t *ret_n_exprs);

#endif
