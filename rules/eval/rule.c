/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rules/eval/run.h"

#include "base/arena.h"
#include "base/cleanup.h"

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

static void eval_nothing(struct run *run, struct branch *branch, const struct expr *expr)
{
	(void)expr;
	run_continue(run, branch);
}

/* The device speaks neither IPsec nor through a tunnel of ours. */
static void eval_missing(struct run *run, struct branch *branch, const struct expr *expr)
{
	(void)expr;
	run_break(run, branch);
}

static evaluator *const evaluators[EXPR_KINDS] = {
	[EXPR_BITWISE] = eval_bitwise,
	[EXPR_BYTEORDER] = eval_byteorder,
	[EXPR_CMP] = eval_cmp,
	[EXPR_CONNLIMIT] = eval_connlimit,
	[EXPR_COUNTER] = eval_nothing,
	[EXPR_CT] = eval_ct,
	[EXPR_CT_SET] = eval_ct_set,
	[EXPR_DUP] = eval_nothing,
	[EXPR_DYNSET] = eval_dynset,
	[EXPR_EXTHDR] = eval_exthdr,
	[EXPR_FIB] = eval_fib,
	[EXPR_FLOW_OFFLOAD] = eval_nothing,
	[EXPR_FWD] = eval_forward_device,
	[EXPR_HASH] = eval_hash,
	[EXPR_IMMEDIATE] = eval_immediate,
	[EXPR_LAST] = eval_nothing,
	[EXPR_LIMIT] = eval_limit,
	[EXPR_LOG] = eval_nothing,
	[EXPR_LOOKUP] = eval_lookup,
	[EXPR_MASQ] = eval_masquerade,
	[EXPR_META] = eval_meta,
	[EXPR_META_SET] = eval_meta_set,
	[EXPR_NAT] = eval_nat,
	[EXPR_NOTRACK] = eval_notrack,
	[EXPR_NUMGEN] = eval_numgen,
	[EXPR_OBJREF] = eval_object_reference,
	[EXPR_OSF] = eval_osf,
	[EXPR_PAYLOAD] = eval_payload,
	[EXPR_PAYLOAD_SET] = eval_payload_set,
	[EXPR_QUEUE] = eval_queue,
	[EXPR_QUOTA] = eval_quota,
	[EXPR_RANGE] = eval_range,
	[EXPR_REDIR] = eval_redirect,
	[EXPR_REJECT] = eval_reject,
	[EXPR_RT] = eval_rt,
	[EXPR_SOCKET] = eval_socket,
	[EXPR_SYNPROXY] = eval_synproxy,
	[EXPR_TPROXY] = eval_tproxy,
	[EXPR_TUNNEL] = eval_missing,
	[EXPR_XFRM] = eval_missing,
	[EXPR_XT_MATCH] = eval_xt_match,
	[EXPR_XT_TARGET] = eval_xt_target,
};

static void evaluate(struct run *run, struct branch *branch)
{
	const struct expr *expr = &run->rule->exprs[branch->at++];

	if (expr->opaque || expr->kind >= EXPR_KINDS || !evaluators[expr->kind])
		eval_opaque(run, branch, expr);
	else
		evaluators[expr->kind](run, branch, expr);
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
