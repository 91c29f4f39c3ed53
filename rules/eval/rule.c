/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rules/eval/run.h"

#include "base/arena.h"

/* Loads, comparisons and other effects of which a part was not understood. */
static void eval_opaque(struct run *run, struct branch *branch, const struct expr *expr)
{
	switch (expr->kind) {
	case EXPR_COUNTER:
	case EXPR_LAST:
	case EXPR_LOG: run_continue(run, branch); break;
	case EXPR_CMP:
	case EXPR_RANGE:
	case EXPR_LIMIT:
	case EXPR_QUOTA:
	case EXPR_CONNLIMIT:
	case EXPR_XT_MATCH: run_either(run, branch, expr->name); break;
	case EXPR_PAYLOAD:
	case EXPR_META:
	case EXPR_CT:
	case EXPR_FIB:
	case EXPR_RT:
	case EXPR_SOCKET:
	case EXPR_EXTHDR:
	case EXPR_BITWISE:
	case EXPR_BYTEORDER:
	case EXPR_HASH:
	case EXPR_NUMGEN:
	case EXPR_OSF:
	case EXPR_TUNNEL:
	case EXPR_XFRM:
		registers_reset(&branch->registers);
		branch->registers.why = expr->name;
		run_either(run, branch, expr->name);
		break;
	default:
		run_give_up(run, branch,
			    arena_printf(run->walk->arena, "expression %s",
					 expr->name ? expr->name : "without a name"));
	}
}

static void evaluate(struct run *run, struct branch *branch)
{
	const struct expr *expr = &run->rule->exprs[branch->at++];

	if (expr->opaque || expr->kind >= EXPR_KINDS || !expressions[expr->kind].evaluate)
		eval_opaque(run, branch, expr);
	else
		expressions[expr->kind].evaluate(run, branch, expr);
}

void run_stateful(struct run *run, struct branch *branch, const struct expr *expr)
{
	switch (expr->kind) {
	case EXPR_COUNTER:
	case EXPR_LAST: run_continue(run, branch); break;
	case EXPR_LIMIT: eval_limit(run, branch, expr); break;
	case EXPR_QUOTA: eval_quota(run, branch, expr); break;
	case EXPR_CONNLIMIT: eval_connlimit(run, branch, expr); break;
	default: run_either(run, branch, expr->name ? expr->name : "an unknown expression");
	}
}

void run_rule(struct run *run, struct state *state)
{
	struct branch *branch = run_start(run, state);

	if (run->rule->opaque) {
		run_give_up(run, branch, "a rule that was not understood");
		return;
	}
	run_continue(run, branch);
	while (run->branches) {
		branch = run->branches;
		run->branches = branch->next;
		if (branch->at == run->rule->n_exprs)
			run_finish(run, branch);
		else
			evaluate(run, branch);
	}
}
