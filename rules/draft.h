/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RULES_DRAFT_H
#define RULES_DRAFT_H

#include "rules/ruleset.h"

struct arena;

/*
 * Expressions of a rule that no dump has: register 0 is loaded and compared, again and again, in the
 * forms that nft and iptables-nft use. @exprs has room for all that is added; what they point to is
 * copied into @arena.
 */
struct draft {
	struct arena *arena;
	struct expr *exprs;
	size_t count;
};

/* A zeroed expression with kind and name; register 0 wherever it loads or compares. */
struct expr *draft_add(struct draft *draft, enum expr_kind kind, const char *name);
void draft_meta(struct draft *draft, uint32_t key);
void draft_payload(struct draft *draft, uint32_t base, uint32_t offset, size_t length);
/* What is loaded keeps the bits of @mask only. */
void draft_mask(struct draft *draft, const void *mask, size_t length);
/* Compares with NFT_CMP_EQ or NFT_CMP_NEQ. */
void draft_compare(struct draft *draft, uint32_t op, const void *value, size_t length);
/* Ends the rule with a verdict; jump and goto name their chain in what is returned. */
struct verdict *draft_verdict(struct draft *draft, int code);

#endif
