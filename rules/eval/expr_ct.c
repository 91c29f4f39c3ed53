/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <netinet/in.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>

#include "base/cleanup.h"
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

static void load_source(struct run *run, struct branch *branch, const struct expr *expr)
{
	load_tuple(run, branch, expr, true, false);
}

static void load_dest(struct run *run, struct branch *branch, const struct expr *expr)
{
	load_tuple(run, branch, expr, false, false);
}

static void load_source_port(struct run *run, struct branch *branch, const struct expr *expr)
{
	load_tuple(run, branch, expr, true, true);
}

static void load_dest_port(struct run *run, struct branch *branch, const struct expr *expr)
{
	load_tuple(run, branch, expr, false, true);
}

/* The keys that name a family; of another one's packets they are missing. */
static void load_address(struct run *run, struct branch *branch, const struct expr *expr)
{
	uint32_t key = expr->ct.key;
	bool for_ipv6 = key == NFT_CT_SRC_IP6 || key == NFT_CT_DST_IP6;
	bool source = key == NFT_CT_SRC_IP || key == NFT_CT_SRC_IP6;

	if (run->walk->facts.ipv6 == for_ipv6)
		load_tuple(run, branch, expr, source, false);
	else
		run_break(run, branch);
}

/* A new connection has none. */
static void load_labels(struct run *run, struct branch *branch, const struct expr *expr)
{
	static const uint8_t none[16];

	if (branch->state->labelled) {
		run_load_unknown(run, branch, expr->ct.reg, sizeof(none),
				 "the connection's labels");
		return;
	}
	registers_load_bytes(&branch->registers, expr->ct.reg, none, sizeof(none));
	run_continue(run, branch);
}

static void load_state(struct run *run, struct branch *branch, const struct expr *expr)
{
	run_load_field(run, branch, expr->ct.reg, FIELD_CT_STATE);
}

static void load_direction(struct run *run, struct branch *branch, const struct expr *expr)
{
	run_load_number(run, branch, expr->ct.reg, !run->walk->facts.original, 1);
}

static void load_status(struct run *run, struct branch *branch, const struct expr *expr)
{
	run_load_field(run, branch, expr->ct.reg, FIELD_CT_STATUS);
}

static void load_mark(struct run *run, struct branch *branch, const struct expr *expr)
{
	run_load_field(run, branch, expr->ct.reg, FIELD_CT_MARK);
}

/* That of one direction may be another one (nf_ct_zone_id()), which is not followed. */
static void load_zone(struct run *run, struct branch *branch, const struct expr *expr)
{
	if (expr->ct.direction >= 0)
		run_load_unknown(run, branch, expr->ct.reg, 2, "the zone of one direction");
	else
		run_load_field(run, branch, expr->ct.reg, FIELD_CT_ZONE);
}

/* The master's helper: only expected connections have a master. */
static void load_helper(struct run *run, struct branch *branch, const struct expr *expr)
{
	if (run->walk->question->syn_is_related && run->walk->facts.tcp)
		run_load_doubtful(run, branch, expr->ct.reg, 16, "the conntrack helper");
	else
		run_break(run, branch);
}

static void load_family(struct run *run, struct branch *branch, const struct expr *expr)
{
	run_load_number(run, branch, expr->ct.reg,
			run->walk->facts.ipv6 ? NFPROTO_IPV6 : NFPROTO_IPV4, 1);
}

static void load_protocol(struct run *run, struct branch *branch, const struct expr *expr)
{
	run_load_field(run, branch, expr->ct.reg, FIELD_PROTOCOL);
}

static void load_counters(struct run *run, struct branch *branch, const struct expr *expr)
{
	run_load_unknown(run, branch, expr->ct.reg, 8, "the connection's counters");
}

static void load_unread(struct run *run, struct branch *branch, const struct expr *expr)
{
	run_load_unknown(run, branch, expr->ct.reg, 4, "a property of the connection");
}

static const char tuple_how[] =
	"the ends of the connection, translation included; unknown if a rule wrote over them "
	"itself";
static const char counters_how[] = "what the connection has carried by then is not foreseen";
static const char unread_how[] = "not read";

static const struct key ct_rows[] = {
	[NFT_CT_STATE] = {"state", load_state,
			  DECIDED(BY_CONNECTION | BY_NOBODY,
				  "new, established, related, invalid or untracked, as the "
				  "packets before and the rules have made it; several for "
				  "what was tracked in part")},
	[NFT_CT_DIRECTION] = {"direction", load_direction, DECIDED(BY_CONNECTION, "who began it")},
	[NFT_CT_STATUS] = {"status", load_status,
			   DECIDED(BY_CONNECTION, "the bits that an upload can set")},
	[NFT_CT_MARK] = {"mark", load_mark, DECIDED(BY_CONNECTION, "0, or as rules have set it")},
	[NFT_CT_SECMARK] = {"secmark", load_unread, DECIDED(BY_NOBODY, unread_how)},
	[NFT_CT_EXPIRATION] = {"expiration", load_unread, DECIDED(BY_NOBODY, unread_how)},
	[NFT_CT_HELPER] = {"helper", load_helper,
			   DECIDED(BY_CONNECTION | BY_NOBODY,
				   "none; unknown if a helper is to expect the device's "
				   "connection")},
	[NFT_CT_L3PROTOCOL] = {"l3proto", load_family, DECIDED(BY_PACKET, "IPv4 or IPv6")},
	[NFT_CT_SRC] = {"saddr", load_source, DECIDED(BY_CONNECTION | BY_NOBODY, tuple_how)},
	[NFT_CT_DST] = {"daddr", load_dest, DECIDED(BY_CONNECTION | BY_NOBODY, tuple_how)},
	[NFT_CT_PROTOCOL] = {"protocol", load_protocol, DECIDED(BY_PACKET, "TCP or UDP")},
	[NFT_CT_PROTO_SRC] = {"proto-src", load_source_port,
			      DECIDED(BY_CONNECTION | BY_NOBODY, tuple_how)},
	[NFT_CT_PROTO_DST] = {"proto-dst", load_dest_port,
			      DECIDED(BY_CONNECTION | BY_NOBODY, tuple_how)},
	[NFT_CT_LABELS] = {"label", load_labels,
			   DECIDED(BY_CONNECTION | BY_NOBODY,
				   "none, until a rule sets one: then unknown")},
	[NFT_CT_PKTS] = {"packets", load_counters, DECIDED(BY_NOBODY, counters_how)},
	[NFT_CT_BYTES] = {"bytes", load_counters, DECIDED(BY_NOBODY, counters_how)},
	[NFT_CT_AVGPKT] = {"avgpkt", load_counters, DECIDED(BY_NOBODY, counters_how)},
	[NFT_CT_ZONE] = {"zone", load_zone,
			 DECIDED(BY_CONNECTION | BY_NOBODY,
				 "0, or as rules have set it; that of one direction: "
				 "unknown")},
	[NFT_CT_EVENTMASK] = {"event", load_unread, DECIDED(BY_NOBODY, "can only be set")},
	[NFT_CT_SRC_IP] = {"ip saddr", load_address, DECIDED(BY_CONNECTION | BY_NOBODY, tuple_how)},
	[NFT_CT_DST_IP] = {"ip daddr", load_address, DECIDED(BY_CONNECTION | BY_NOBODY, tuple_how)},
	[NFT_CT_SRC_IP6] = {"ip6 saddr", load_address,
			    DECIDED(BY_CONNECTION | BY_NOBODY, tuple_how)},
	[NFT_CT_DST_IP6] = {"ip6 daddr", load_address,
			    DECIDED(BY_CONNECTION | BY_NOBODY, tuple_how)},
	[NFT_CT_ID] = {"id", load_unread, DECIDED(BY_NOBODY, unread_how)},
};

const struct keys ct_keys = {
	ct_rows,
	ARRAY_SIZE(ct_rows),
	{"any other", load_unread, DECIDED(BY_NOBODY, "not known to this program")},
};

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
		load_state(run, branch, expr);
	else if (branch->state->ct == CT_TEMPLATE)
		run_load_doubtful(run, branch, expr->ct.reg, 16, "what a template looks like");
	else if (branch->state->ct != CT_ATTACHED)
		run_break(run, branch);
	else if (conntrack_uncertain(run->walk, branch->state))
		run_load_doubtful(run, branch, expr->ct.reg, 16, "a connection tracked in part");
	else
		key_evaluate(&ct_keys, expr->ct.key, run, branch, expr);
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

static void set_mark(struct run *run, struct branch *branch, const struct expr *expr)
{
	if (branch->state->ct == CT_ATTACHED)
		set_field(run, branch, FIELD_CT_MARK, expr->ct.reg, 4);
	run_continue(run, branch);
}

/*
 * A zone is set before conntrack sees the packet, by a template, and only by the first; it undoes a
 * notrack (nft_ct_set_zone_eval()). One of a single direction is not followed.
 */
static void set_zone(struct run *run, struct branch *branch, const struct expr *expr)
{
	struct state *state = branch->state;

	if (state->ct == CT_ABSENT || state->ct == CT_UNTRACKED) {
		conntrack_detach(run->walk, state, CT_TEMPLATE);
		if (expr->ct.direction >= 0)
			state->class.fields[FIELD_CT_ZONE] =
				value_set_range(run->walk->arena, 0, UINT16_MAX);
		else
			set_field(run, branch, FIELD_CT_ZONE, expr->ct.reg, 2);
	}
	run_continue(run, branch);
}

static void set_labels(struct run *run, struct branch *branch, const struct expr *expr)
{
	(void)expr;
	if (branch->state->ct == CT_ATTACHED)
		branch->state->labelled = true;
	run_continue(run, branch);
}

static void set_nothing(struct run *run, struct branch *branch, const struct expr *expr)
{
	(void)expr;
	run_continue(run, branch);
}

/* The others can only be read (nft_ct_set_init()). */
static const struct key ct_set_rows[] = {
	[NFT_CT_MARK] = {"mark", set_mark,
			 DECIDED(BY_CHANGING,
				 "of a tracked packet, becomes what is written; anything, "
				 "if that is not known")},
	[NFT_CT_SECMARK] = {"secmark", set_nothing, DECIDED(BY_NATURE, "goes on")},
	[NFT_CT_LABELS] = {"label", set_labels,
			   DECIDED(BY_CHANGING,
				   "which labels a connection has is not known any more")},
	[NFT_CT_ZONE] = {"zone", set_zone,
			 DECIDED(BY_CHANGING,
				 "becomes what is written, if conntrack has not seen the "
				 "packet and no rule has given it a zone; undoes a "
				 "notrack; anything, if that is not known or for one "
				 "direction")},
	[NFT_CT_EVENTMASK] = {"event", set_nothing, DECIDED(BY_NATURE, "goes on")},
};

const struct keys ct_set_keys = {
	ct_set_rows,
	ARRAY_SIZE(ct_set_rows),
	{"any other", set_nothing, DECIDED(BY_NATURE, "goes on")},
};

void eval_ct_set(struct run *run, struct branch *branch, const struct expr *expr)
{
	key_evaluate(&ct_set_keys, expr->ct.key, run, branch, expr);
}

/* Only before conntrack has seen the packet (nft_notrack_eval() looks for an entry first). */
void eval_notrack(struct run *run, struct branch *branch, const struct expr *expr)
{
	(void)expr;
	if (branch->state->ct == CT_ABSENT)
		conntrack_detach(run->walk, branch->state, CT_UNTRACKED);
	run_continue(run, branch);
}
