/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rules/draft.h"

#include <linux/netfilter/nf_tables.h>

#include "base/arena.h"

struct expr *draft_add(struct draft *draft, enum expr_kind kind, const char *name)
{
	struct expr *expr = &draft->exprs[draft->count++];

	expr->kind = kind;
	expr->name = name;
	return expr;
}

static struct bytes copied(struct draft *draft, const void *data, size_t length)
{
	return (struct bytes){arena_memdup(draft->arena, data, length), length};
}

void draft_meta(struct draft *draft, uint32_t key)
{
	draft_add(draft, EXPR_META, "meta")->meta.key = key;
}

void draft_payload(struct draft *draft, uint32_t base, uint32_t offset, size_t length)
{
	struct expr *expr = draft_add(draft, EXPR_PAYLOAD, "payload");

	expr->payload.base = base;
	expr->payload.offset = offset;
	expr->payload.length = (uint32_t)length;
}

void draft_mask(struct draft *draft, const void *mask, size_t length)
{
	struct expr *expr = draft_add(draft, EXPR_BITWISE, "bitwise");

	expr->bitwise.sreg2 = REGISTER_NONE;
	expr->bitwise.op = NFT_BITWISE_BOOL;
	expr->bitwise.length = (uint32_t)length;
	expr->bitwise.mask = copied(draft, mask, length);
	expr->bitwise.xor = (struct bytes){arena_alloc(draft->arena, length), length};
}

void draft_compare(struct draft *draft, uint32_t op, const void *value, size_t length)
{
	struct expr *expr = draft_add(draft, EXPR_CMP, "cmp");

	expr->cmp.op = op;
	expr->cmp.value = copied(draft, value, length);
}

struct verdict *draft_verdict(struct draft *draft, int code)
{
	struct expr *expr = draft_add(draft, EXPR_IMMEDIATE, "immediate");

	expr->immediate.dreg = REGISTER_VERDICT;
	expr->immediate.data.is_verdict = true;
	expr->immediate.data.verdict.code = code;
	return &expr->immediate.data.verdict;
}
