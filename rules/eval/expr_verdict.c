/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/arena.h"
#include "base/cleanup.h"
#include "rules/eval/run.h"

void eval_reject(struct run *run, struct branch *branch, const struct expr *expr)
{
	(void)expr;
	run_end(run, branch, FLOW_REJECT, "reject");
}

/* Without a listener a queue drops, or accepts with the bypass flag; with one, who knows. */
void eval_queue(struct run *run, struct branch *branch, const struct expr *expr)
{
	(void)expr;
	run_give_up(run, branch, "what a program makes of the queued packet");
}

/* The proxy answers a SYN itself and lets the connection in only after the handshake. */
void eval_synproxy(struct run *run, struct branch *branch, const struct expr *expr)
{
	(void)expr;
	if (run->walk->facts.tcp)
		run_give_up(run, branch, "the SYN proxy");
	else
		run_break(run, branch);
}

/* The packet leaves through another device; nothing arrives here. */
void eval_forward_device(struct run *run, struct branch *branch, const struct expr *expr)
{
	(void)expr;
	run_end(run, branch, FLOW_DROP, "stolen");
}

/* How many tokens are left is not in a dump. */
void eval_limit(struct run *run, struct branch *branch, const struct expr *expr)
{
	static const struct {
		uint64_t seconds;
		const char *name;
	} units[] = {
		{1, "second"}, {60, "minute"}, {3600, "hour"}, {86400, "day"}, {604800, "week"}};
	const char *unit = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(units); i++)
		if (units[i].seconds == expr->limit.unit)
			unit = units[i].name;
	run_either(run, branch,
		   unit ? arena_printf(run->walk->arena, "limit rate %s%llu/%s",
				       expr->limit.over ? "over " : "",
				       (unsigned long long)expr->limit.rate, unit)
			: "limit rate");
}

void eval_connlimit(struct run *run, struct branch *branch, const struct expr *expr)
{
	(void)expr;
	run_either(run, branch, "the number of connections (ct count)");
}

/*
 * What was consumed is in the dump. Far from the limit the answer is certain; a transfer itself may
 * consume the rest.
 */
void eval_quota(struct run *run, struct branch *branch, const struct expr *expr)
{
	enum { HANDSHAKE = 64 * 1024, TRANSFER = 64 * 1024 * 1024 };
	uint64_t margin = run->walk->facts.packet >= DATA_IN ? TRANSFER : HANDSHAKE;
	uint64_t consumed = expr->quota.consumed, quota = expr->quota.bytes;

	if (consumed >= quota)
		expr->quota.over ? run_continue(run, branch) : run_break(run, branch);
	else if (quota - consumed > margin)
		expr->quota.over ? run_break(run, branch) : run_continue(run, branch);
	else
		run_either(run, branch, "what is left of a quota");
}
