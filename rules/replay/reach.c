/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rules/replay/reach.h"

#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>

#include "base/arena.h"
#include "rules/replay/copy.h"

size_t reach_count_chains(const struct ruleset *ruleset)
{
	size_t count = 0;

	for (size_t i = 0; i < ruleset->n_tables; i++)
		count += ruleset->tables[i]->n_chains;
	return count;
}

/* What is passed on to others is not ours: forward alone is off the way. */
static bool is_on_the_way(const struct copy_plan *plan, const struct chain *chain)
{
	uint8_t family = chain->table->family;

	if (!chain->base || chain->table->flags & NFT_TABLE_F_DORMANT)
		return false;
	switch (family) {
	case NFPROTO_NETDEV: return true;
	case NFPROTO_INET: return chain->base->hook != NF_INET_FORWARD;
	case NFPROTO_IPV4: return plan->family == AF_INET && chain->base->hook != NF_INET_FORWARD;
	case NFPROTO_IPV6: return plan->family == AF_INET6 && chain->base->hook != NF_INET_FORWARD;
	case NFPROTO_BRIDGE: return plan->is_bridge && chain->base->hook != NF_INET_FORWARD;
	default: return false;
	}
}

static void mark(const struct chain *chain, bool *reached);

static void mark_data(const struct data *data, bool *reached)
{
	if (data->is_verdict && data->verdict.target)
		mark(data->verdict.target, reached);
}

static void mark_expr(const struct expr *expr, bool *reached)
{
	if (expr->kind == EXPR_IMMEDIATE)
		mark_data(&expr->immediate.data, reached);
	if (expr->kind != EXPR_LOOKUP || !expr->lookup.set)
		return;
	for (size_t i = 0; i < expr->lookup.set->n_elements; i++)
		mark_data(&expr->lookup.set->elements[i].data, reached);
}

/* The kernel allows jumps 16 deep, and a dump that says otherwise ends here all the same. */
static void mark(const struct chain *chain, bool *reached)
{
	if (reached[chain->order])
		return;
	reached[chain->order] = true;
	for (size_t i = 0; i < chain->n_rules; i++)
		for (size_t j = 0; j < chain->rules[i]->n_exprs; j++)
			mark_expr(&chain->rules[i]->exprs[j], reached);
}

bool *reach_chains(struct arena *arena, const struct copy_plan *plan)
{
	const struct ruleset *ruleset = plan->ruleset;
	bool *reached = arena_array(arena, reach_count_chains(ruleset) + 1, sizeof(*reached));

	for (size_t i = 0; i < ruleset->n_tables; i++)
		for (size_t j = 0; j < ruleset->tables[i]->n_chains; j++)
			if (is_on_the_way(plan, ruleset->tables[i]->chains[j]))
				mark(ruleset->tables[i]->chains[j], reached);
	return reached;
}

/* Chains of family inet stand at the hooks of both; those of a device at a hook of its own. */
static bool is_same_hook(const struct chain *a, const struct chain *b)
{
	bool netdev = a->table->family == NFPROTO_NETDEV || b->table->family == NFPROTO_NETDEV,
	     bridge = a->table->family == NFPROTO_BRIDGE || b->table->family == NFPROTO_BRIDGE;

	if ((netdev || bridge) && a->table->family != b->table->family)
		return false;
	return a->base->hook == b->base->hook && a->base->priority == b->base->priority;
}

static bool meets_other_table(const struct copy_plan *plan, const struct chain *chain, size_t table)
{
	for (size_t i = 0; i < table; i++)
		for (size_t j = 0; j < plan->ruleset->tables[i]->n_chains; j++) {
			const struct chain *other = plan->ruleset->tables[i]->chains[j];
			if (is_on_the_way(plan, other) && is_same_hook(chain, other))
				return true;
		}
	return false;
}

bool reach_order_is_open(const struct copy_plan *plan)
{
	const struct ruleset *ruleset = plan->ruleset;

	for (size_t i = 1; i < ruleset->n_tables; i++)
		for (size_t j = 0; j < ruleset->tables[i]->n_chains; j++) {
			const struct chain *chain = ruleset->tables[i]->chains[j];
			if (is_on_the_way(plan, chain) && meets_other_table(plan, chain, i))
				return true;
		}
	return false;
}
