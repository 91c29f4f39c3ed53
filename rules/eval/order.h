/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RULES_EVAL_ORDER_H
#define RULES_EVAL_ORDER_H

#include "rules/flow.h"

/*
 * True if a legacy chain and one of nf_tables hang at the same hook with the same priority, so that
 * their order hangs on which was registered first, which nothing tells.
 */
bool order_matters(const struct ruleset *ruleset, bool ipv6);

/*
 * Makes of @answer, found for one order, and @other, for the opposite one, the answer that holds for
 * both, in @answer.
 */
void order_combine(struct arena *arena, struct flow_answer *answer,
		   const struct flow_answer *other);

#endif
