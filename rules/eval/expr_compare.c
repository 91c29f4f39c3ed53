/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <linux/netfilter/nf_tables.h>
#include <string.h>

#include "rules/eval/run.h"

/* Adds one to the number that the bytes are, or takes one off; false if there is no such number. */
static bool step_up(uint8_t *bytes, size_t length)
{
	while (length > 0)
		if (++bytes[--length] != 0)
			return true;
	return false;
}

static bool step_down(uint8_t *bytes, size_t length)
{
	while (length > 0)
		if (bytes[--length]-- != 0)
			return true;
	return false;
}

/* Bounds of the values that an ordering operator lets through; false if there are none. */
static bool bounds_of(uint32_t op, uint8_t *from, uint8_t *to, const uint8_t *value, size_t length)
{
	memset(from, 0, length);
	memset(to, 0xff, length);
	switch (op) {
	case NFT_CMP_LT: memcpy(to, value, length); return step_down(to, length);
	case NFT_CMP_LTE: memcpy(to, value, length); return true;
	case NFT_CMP_GT: memcpy(from, value, length); return step_up(from, length);
	case NFT_CMP_GTE: memcpy(from, value, length); return true;
	default: return false;
	}
}

void eval_cmp(struct run *run, struct branch *branch, const struct expr *expr)
{
	struct test test = test_begin(run->walk->arena, &branch->state->class);
	const struct bytes *value = &expr->cmp.value;
	uint8_t from[REGISTER_BYTES], to[REGISTER_BYTES];

	if (value->length > REGISTER_BYTES || expr->cmp.op > NFT_CMP_GTE) {
		run_either(run, branch, "a comparison");
		return;
	}
	if (expr->cmp.op == NFT_CMP_EQ || expr->cmp.op == NFT_CMP_NEQ)
		test_add_equal(&test, &branch->registers, expr->cmp.sreg, value->data,
			       value->length);
	else if (bounds_of(expr->cmp.op, from, to, value->data, value->length))
		test_add_range(&test, &branch->registers, expr->cmp.sreg, from, to, value->length);
	else
		test.never = true;
	run_test(run, branch, &test, expr->cmp.op == NFT_CMP_NEQ);
}

void eval_range(struct run *run, struct branch *branch, const struct expr *expr)
{
	struct test test = test_begin(run->walk->arena, &branch->state->class);
	size_t length = expr->range.from.length;

	if (length > REGISTER_BYTES || length != expr->range.to.length) {
		run_either(run, branch, "a comparison");
		return;
	}
	test_add_range(&test, &branch->registers, expr->range.sreg, expr->range.from.data,
		       expr->range.to.data, length);
	run_test(run, branch, &test, expr->range.op == NFT_RANGE_NEQ);
}

void eval_bitwise(struct run *run, struct branch *branch, const struct expr *expr)
{
	registers_bitwise(&branch->registers, &branch->state->class, expr);
	run_continue(run, branch);
}

void eval_byteorder(struct run *run, struct branch *branch, const struct expr *expr)
{
	registers_byteorder(&branch->registers, expr);
	run_continue(run, branch);
}

void eval_immediate(struct run *run, struct branch *branch, const struct expr *expr)
{
	if (expr->immediate.data.is_verdict) {
		run_verdict(run, branch, &expr->immediate.data.verdict);
		return;
	}
	registers_load_bytes(&branch->registers, expr->immediate.dreg,
			     expr->immediate.data.value.data, expr->immediate.data.value.length);
	run_continue(run, branch);
}
