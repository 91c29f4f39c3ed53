/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rules/eval/decision.h"

const struct key *key_of(const struct keys *keys, uint32_t key)
{
	return key < keys->count && keys->keys[key].name ? &keys->keys[key] : &keys->other;
}

void key_evaluate(const struct keys *keys, uint32_t key, struct run *run, struct branch *branch,
		  const struct expr *expr)
{
	key_of(keys, key)->evaluate(run, branch, expr);
}
