/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <linux/netfilter/nf_tables.h>

#include "base/cleanup.h"
#include "rules/eval/run.h"

/*
 * Numbers that rules draw or compute: which one it will be is not known, but it is one of @modulus
 * from @offset on, so that a verdict map that has an answer for each of them leaves nothing open.
 * Each draw is a new one: what an earlier draw was is forgotten.
 */
static void load_one_of(struct run *run, struct branch *branch, int dreg, uint32_t offset,
			uint32_t modulus)
{
	field_value last = (field_value)offset + (modulus ? modulus - 1 : 0);

	if (last > UINT32_MAX) {
		run_load_unknown(run, branch, dreg, 4, field_name(FIELD_NUMBER));
		return;
	}
	branch->state->class.fields[FIELD_NUMBER] = value_set_range(run->walk->arena, offset, last);
	branch->state->compared = false;
	run_load_field(run, branch, dreg, FIELD_NUMBER);
}

static const char number_how[] =
	"one of the numbers that it can be, not known which; no doubt is left where the rules "
	"answer alike for each";

static const struct key numgen_rows[] = {
	[NFT_NG_INCREMENTAL] = {"inc", NULL, DECIDED(BY_NOBODY, number_how)},
	[NFT_NG_RANDOM] = {"random", NULL, DECIDED(BY_NOBODY, number_how)},
};

static const struct key hash_rows[] = {
	[NFT_HASH_JENKINS] = {"jhash", NULL, DECIDED(BY_NOBODY, number_how)},
	[NFT_HASH_SYM] = {"symhash", NULL, DECIDED(BY_NOBODY, number_how)},
};

const struct keys numgen_types = {
	numgen_rows, ARRAY_SIZE(numgen_rows), {"any other", NULL, DECIDED(BY_NOBODY, number_how)}};
const struct keys hash_types = {
	hash_rows, ARRAY_SIZE(hash_rows), {"any other", NULL, DECIDED(BY_NOBODY, number_how)}};

void eval_numgen(struct run *run, struct branch *branch, const struct expr *expr)
{
	load_one_of(run, branch, expr->numgen.dreg, expr->numgen.offset, expr->numgen.modulus);
}

void eval_hash(struct run *run, struct branch *branch, const struct expr *expr)
{
	load_one_of(run, branch, expr->hash.dreg, expr->hash.offset, expr->hash.modulus);
}
