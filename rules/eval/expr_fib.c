/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <linux/netfilter/nf_tables.h>
#include <linux/rtnetlink.h>
#include <string.h>

#include "base/arena.h"
#include "rules/eval/run.h"

static enum field asked_end(const struct branch *branch, const struct expr *expr)
{
	return expr->fib.flags & NFTA_FIB_F_SADDR ? (enum field)branch->state->source
						  : (enum field)branch->state->dest;
}

static uint32_t asked_device(const struct walk *walk, const struct expr *expr)
{
	const struct host_link *link = expr->fib.flags & NFTA_FIB_F_OIF   ? walk->out
				       : expr->fib.flags & NFTA_FIB_F_IIF ? walk->in
									  : NULL;

	return link ? link->index : 0;
}

/* Takes the part of the branch whose field lies in @values, continues it with @number loaded. */
static struct branch *give_number(struct run *run, struct branch *branch, enum field field,
				  struct value_set values, const struct expr *expr, uint32_t number)
{
	struct test test = test_begin(run->walk->arena, &branch->state->class);
	struct branch *rest = NULL, *held;

	test_add_values(&test, field, values);
	held = run_split(run, branch, &test, &rest);
	if (held)
		run_load_number(run, held, expr->fib.dreg, number, 4);
	return rest; /* one field: at most one part is left */
}

static void eval_type(struct run *run, struct branch *branch, const struct expr *expr)
{
	static const uint32_t types[] = {RTN_LOCAL, RTN_MULTICAST, RTN_BROADCAST, RTN_UNICAST};
	enum field field = asked_end(branch, expr);
	uint32_t device = asked_device(run->walk, expr);

	for (size_t i = 0; branch && i < sizeof(types) / sizeof(*types); i++)
		branch =
			give_number(run, branch, field,
				    host_address_type(run->walk, types[i], device), expr, types[i]);
	if (branch)
		run_load_unknown(run, branch, expr->fib.dreg, 4, "the type of an address");
}

static void load_device(struct run *run, struct branch *branch, const struct expr *expr,
			const struct host_link *link)
{
	char name[IFNAMSIZ] = {};

	if (expr->fib.flags & NFTA_FIB_F_PRESENT) {
		run_load_number(run, branch, expr->fib.dreg, link != NULL, 1);
	} else if (expr->fib.result == NFT_FIB_RESULT_OIF) {
		run_load_number(run, branch, expr->fib.dreg, link ? link->index : 0, 4);
	} else {
		if (link)
			memcpy(name, link->name, sizeof(name));
		registers_load_bytes(&branch->registers, expr->fib.dreg, name, sizeof(name));
		run_continue(run, branch);
	}
}

/*
 * The device that a packet to the address would leave through. That is the device's interface for
 * the addresses of the question, none for our own; with a mark, policy routing might differ.
 */
static void eval_device(struct run *run, struct branch *branch, const struct expr *expr)
{
	struct walk *walk = run->walk;
	enum field field = asked_end(branch, expr);
	const struct host_link *route = walk->facts.input ? walk->in : walk->out;
	uint32_t wanted = asked_device(walk, expr);
	struct test test = test_begin(walk->arena, &branch->state->class);
	struct branch *rest = NULL, *local;
	field_value mark;

	test_add_values(&test, field, host_address_type(walk, RTN_LOCAL, 0));
	local = run_split(run, branch, &test, &rest);
	if (local)
		load_device(run, local, expr, NULL);
	if (!rest)
		return;
	if (field != FIELD_DEVICE_ADDRESS ||
	    ((expr->fib.flags & NFTA_FIB_F_MARK) && walk->host->mark_routes != FACT_NO &&
	     !(value_set_single(rest->state->class.fields[FIELD_MARK], &mark) && mark == 0)))
		run_load_unknown(run, rest, expr->fib.dreg, IFNAMSIZ, "a route");
	else
		load_device(run, rest, expr,
			    route && (!wanted || wanted == route->index) ? route : NULL);
}

void eval_fib(struct run *run, struct branch *branch, const struct expr *expr)
{
	if (expr->fib.result == NFT_FIB_RESULT_ADDRTYPE)
		eval_type(run, branch, expr);
	else if (expr->fib.result == NFT_FIB_RESULT_OIF ||
		 expr->fib.result == NFT_FIB_RESULT_OIFNAME)
		eval_device(run, branch, expr);
	else
		run_load_unknown(run, branch, expr->fib.dreg, IFNAMSIZ, "a route");
}

/* Of what leaves: the router, or who it is for (rt_nexthop()). */
static void load_next_hop(struct run *run, struct branch *branch, int dreg)
{
	const struct host_state *host = run->walk->host;
	size_t length = run->walk->facts.ipv6 ? 16 : 4;

	if (!host->route_known || branch->state->dest == FIELD_NEW_DEST)
		run_load_unknown(run, branch, dreg, length, "the next hop");
	else if (host->gateway.family == AF_UNSPEC)
		run_load_field(run, branch, dreg, (enum field)branch->state->dest);
	else if (address_length(&host->gateway) != length)
		run_load_unknown(run, branch, dreg, length, "the next hop");
	else {
		registers_load_bytes(&branch->registers, dreg, host->gateway.bytes, length);
		run_continue(run, branch);
	}
}

/* A packet coming in has no route before the routing decision. */
void eval_rt(struct run *run, struct branch *branch, const struct expr *expr)
{
	struct walk *walk = run->walk;
	bool for_ipv6 = expr->rt.key == NFT_RT_NEXTHOP6;

	if (walk->stage == STAGE_PREROUTING || walk->stage == STAGE_INGRESS)
		run_break(run, branch);
	else if (expr->rt.key == NFT_RT_XFRM)
		run_load_number(run, branch, expr->rt.dreg, 0, 1); /* no IPsec */
	else if (expr->rt.key != NFT_RT_NEXTHOP4 && expr->rt.key != NFT_RT_NEXTHOP6)
		run_load_doubtful(run, branch, expr->rt.dreg, 4, "a property of the route");
	else if (for_ipv6 != walk->facts.ipv6)
		run_break(run, branch);
	else if (walk->stage == STAGE_INPUT)
		run_load_field(run, branch, expr->rt.dreg, (enum field)branch->state->dest);
	else
		load_next_hop(run, branch, expr->rt.dreg);
}
