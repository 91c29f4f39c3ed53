/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <linux/netfilter/nf_tables.h>
#include <linux/rtnetlink.h>
#include <string.h>

#include "base/arena.h"
#include "base/cleanup.h"
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

static void load_unread_route(struct run *run, struct branch *branch, const struct expr *expr)
{
	run_load_unknown(run, branch, expr->fib.dreg, IFNAMSIZ, "a route");
}

static const char route_how[] =
	"the device's interface for the device, none for the host's own addresses; unknown for "
	"others, and with a mark if some routing rule asks for marks";

static const struct key fib_rows[] = {
	[NFT_FIB_RESULT_OIF] = {"oif", eval_device,
				DECIDED(BY_PACKET | BY_HOST | BY_NOBODY, route_how)},
	[NFT_FIB_RESULT_OIFNAME] = {"oifname", eval_device,
				    DECIDED(BY_PACKET | BY_HOST | BY_NOBODY, route_how)},
	[NFT_FIB_RESULT_ADDRTYPE] = {"type", eval_type,
				     DECIDED(BY_PACKET | BY_HOST,
					     "local, broadcast, multicast or else unicast, by the "
					     "host's addresses")},
};

const struct keys fib_results = {
	fib_rows,
	ARRAY_SIZE(fib_rows),
	{"any other", load_unread_route, DECIDED(BY_NOBODY, "not known to this program")},
};

void eval_fib(struct run *run, struct branch *branch, const struct expr *expr)
{
	key_evaluate(&fib_results, expr->fib.result, run, branch, expr);
}

/* Of what leaves: the router, or who it is for (rt_nexthop()). */
static void load_router(struct run *run, struct branch *branch, int dreg)
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

static void load_next_hop(struct run *run, struct branch *branch, const struct expr *expr)
{
	bool for_ipv6 = expr->rt.key == NFT_RT_NEXTHOP6;

	if (for_ipv6 != run->walk->facts.ipv6)
		run_break(run, branch);
	else if (run->walk->stage == STAGE_INPUT)
		run_load_field(run, branch, expr->rt.dreg, (enum field)branch->state->dest);
	else
		load_router(run, branch, expr->rt.dreg);
}

static void load_no_ipsec(struct run *run, struct branch *branch, const struct expr *expr)
{
	run_load_number(run, branch, expr->rt.dreg, 0, 1);
}

static void load_unread(struct run *run, struct branch *branch, const struct expr *expr)
{
	run_load_doubtful(run, branch, expr->rt.dreg, 4, "a property of the route");
}

static const char hop_how[] =
	"the host itself on the way in, the router or the device on the way out; unknown for a "
	"rewritten destination, and if the route was not seen";

static const struct key rt_rows[] = {
	[NFT_RT_CLASSID] = {"classid", load_unread,
			    DECIDED(BY_NOBODY, "the realm of the route is not read")},
	[NFT_RT_NEXTHOP4] = {"ip nexthop", load_next_hop,
			     DECIDED(BY_PACKET | BY_HOST | BY_NOBODY, hop_how)},
	[NFT_RT_NEXTHOP6] = {"ip6 nexthop", load_next_hop,
			     DECIDED(BY_PACKET | BY_HOST | BY_NOBODY, hop_how)},
	[NFT_RT_TCPMSS] = {"mtu", load_unread,
			   DECIDED(BY_NOBODY, "the route's segment size is not read")},
	[NFT_RT_XFRM] = {"ipsec", load_no_ipsec,
			 DECIDED(BY_NATURE, "missing: the device speaks no IPsec")},
};

const struct keys rt_keys = {
	rt_rows,
	ARRAY_SIZE(rt_rows),
	{"any other", load_unread, DECIDED(BY_NOBODY, "not known to this program")},
};

/* A packet coming in has no route before the routing decision. */
void eval_rt(struct run *run, struct branch *branch, const struct expr *expr)
{
	enum stage stage = run->walk->stage;

	if (stage == STAGE_PREROUTING || stage == STAGE_INGRESS)
		run_break(run, branch);
	else
		key_evaluate(&rt_keys, expr->rt.key, run, branch, expr);
}
