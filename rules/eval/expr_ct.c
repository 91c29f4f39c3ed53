/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <netinet/in.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>

#include "rules/eval/run.h"

/* A rule that wrote over the packet may have done so before or after conntrack looked at it. */
static void load_tuple(struct run *run, struct branch *branch, const struct expr *expr, bool source,
		       bool port)
{
	enum { DIRECTION_ORIGINAL = 0 };
	enum tuple_end end = port ? (source ? TUPLE_SOURCE_PORT : TUPLE_DEST_PORT)
				  : (source ? TUPLE_SOURCE : TUPLE_DEST);

	if (branch->state->rewritten)
		run_load_unknown(run, branch, expr->ct.reg, port ? 2 : 16,
				 "the ends of a connection whose packets are written over");
	else
		run_load_field(run, branch, expr->ct.reg,
			       translation_tuple(run->walk, branch->state, end,
						 expr->ct.direction == DIRECTION_ORIGINAL));
}

static void load_address(struct run *run, struct branch *branch, const struct expr *expr,
			 bool source, bool for_ipv6)
{
	if (run->walk->facts.ipv6 == for_ipv6)
		load_tuple(run, branch, expr, source, false);
	else
		run_break(run, branch);
}

/* A new connection has none. */
static void load_labels(struct run *run, struct branch *branch, int dreg)
{
	static const uint8_t none[16];

	if (branch->state->labelled) {
		run_load_unknown(run, branch, dreg, sizeof(none), "the connection's labels");
		return;
	}
	registers_load_bytes(&branch->registers, dreg, none, sizeof(none));
	run_continue(run, branch);
}

static void load_of_connection(struct run *run, struct branch *branch, const struct expr *expr)
{
	struct walk *walk = run->walk;
	int dreg = expr->ct.reg;

	switch (expr->ct.key) {
	case NFT_CT_DIRECTION: run_load_number(run, branch, dreg, !walk->facts.original, 1); break;
	case NFT_CT_STATUS: run_load_field(run, branch, dreg, FIELD_CT_STATUS); break;
	case NFT_CT_MARK: run_load_field(run, branch, dreg, FIELD_CT_MARK); break;
	case NFT_CT_ZONE: run_load_field(run, branch, dreg, FIELD_CT_ZONE); break;
	case NFT_CT_HELPER:
		/* the master's helper: only expected connections have a master */
		if (walk->question->syn_is_related && walk->facts.tcp)
			run_load_doubtful(run, branch, dreg, 16, "the conntrack helper");
		else
			run_break(run, branch);
		break;
	case NFT_CT_L3PROTOCOL:
		run_load_number(run, branch, dreg, walk->facts.ipv6 ? NFPROTO_IPV6 : NFPROTO_IPV4,
				1);
		break;
	case NFT_CT_PROTOCOL: run_load_field(run, branch, dreg, FIELD_PROTOCOL); break;
	case NFT_CT_SRC: load_tuple(run, branch, expr, true, false); break;
	case NFT_CT_DST: load_tuple(run, branch, expr, false, false); break;
	case NFT_CT_PROTO_SRC: load_tuple(run, branch, expr, true, true); break;
	case NFT_CT_PROTO_DST: load_tuple(run, branch, expr, false, true); break;
	case NFT_CT_SRC_IP: load_address(run, branch, expr, true, false); break;
	case NFT_CT_DST_IP: load_address(run, branch, expr, false, false); break;
	case NFT_CT_SRC_IP6: load_address(run, branch, expr, true, true); break;
	case NFT_CT_DST_IP6: load_address(run, branch, expr, false, true); break;
	case NFT_CT_LABELS: load_labels(run, branch, dreg); break;
	case NFT_CT_BYTES:
	case NFT_CT_PKTS:
	case NFT_CT_AVGPKT:
		run_load_unknown(run, branch, dreg, 8, "the connection's counters");
		break;
	default: run_load_unknown(run, branch, dreg, 4, "a property of the connection");
	}
}

/* Bridges track connections only with a module of their own (nf_conntrack_bridge). */
static bool in_bridge(const struct walk *walk)
{
	return walk->base->table->family == NFPROTO_BRIDGE;
}

void eval_ct(struct run *run, struct branch *branch, const struct expr *expr)
{
	if (in_bridge(run->walk))
		run_load_doubtful(run, branch, expr->ct.reg, 16, "connection tracking in a bridge");
	else if (expr->ct.key == NFT_CT_STATE)
		run_load_field(run, branch, expr->ct.reg, FIELD_CT_STATE);
	else if (branch->state->ct == CT_TEMPLATE)
		run_load_doubtful(run, branch, expr->ct.reg, 16, "what a template looks like");
	else if (branch->state->ct != CT_ATTACHED)
		run_break(run, branch);
	else if (conntrack_uncertain(run->walk, branch->state))
		run_load_doubtful(run, branch, expr->ct.reg, 16, "a connection tracked in part");
	else
		load_of_connection(run, branch, expr);
}

static void set_field(struct run *run, struct branch *branch, enum field field, int sreg,
		      unsigned width)
{
	uint8_t bytes[4] = {};
	uint32_t value = 0;

	if (registers_constant(&branch->registers, &branch->state->class, sreg, width, bytes)) {
		for (unsigned i = 0; i < width; i++) {
			bool little = __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__;

			value = value << 8 | bytes[little ? width - 1 - i : i];
		}
		branch->state->class.fields[field] = walk_single(run->walk, value);
	} else {
		branch->state->class.fields[field] =
			value_set_range(run->walk->arena, 0, width == 2 ? UINT16_MAX : UINT32_MAX);
	}
}

/*
 * By a template, before conntrack sees the packet, also where it was told not to; what there is of a
 * connection or of a template stays (nft_ct_set_zone_eval()). One of one direction is not followed.
 */
static void set_zone(struct run *run, struct branch *branch, const struct expr *expr)
{
	struct state *state = branch->state;

	if (state->ct == CT_ATTACHED || state->ct == CT_TEMPLATE)
		return;
	conntrack_detach(run->walk, state, CT_TEMPLATE);
	if (expr->ct.direction < 0)
		set_field(run, branch, FIELD_CT_ZONE, expr->ct.reg, 2);
	else
		state->class.fields[FIELD_CT_ZONE] =
			value_set_range(run->walk->arena, 0, UINT16_MAX);
}

void eval_ct_set(struct run *run, struct branch *branch, const struct expr *expr)
{
	if (expr->ct.key == NFT_CT_ZONE)
		set_zone(run, branch, expr);
	else if (expr->ct.key == NFT_CT_MARK && branch->state->ct == CT_ATTACHED)
		set_field(run, branch, FIELD_CT_MARK, expr->ct.reg, 4);
	else if (expr->ct.key == NFT_CT_LABELS && branch->state->ct == CT_ATTACHED)
		branch->state->labelled = true;
	run_continue(run, branch);
}

/* Only before conntrack has seen the packet (nft_notrack_eval() looks for an entry first). */
void eval_notrack(struct run *run, struct branch *branch, const struct expr *expr)
{
	(void)expr;
	if (branch->state->ct == CT_ABSENT)
		conntrack_detach(run->walk, branch->state, CT_UNTRACKED);
	run_continue(run, branch);
}
