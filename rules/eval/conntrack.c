/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <linux/netfilter.h>
#include <linux/netfilter/nf_conntrack_common.h>
#include <linux/netfilter/nf_tables.h>
#include <string.h>

#include "base/cleanup.h"
#include "rules/eval/run.h"

/* The bits that nf_tables gives to the states (enum ip_conntrack_info and its relatives). */
enum {
	STATE_INVALID = 1,
	STATE_ESTABLISHED = 2,
	STATE_RELATED = 4,
	STATE_NEW = 8,
	STATE_UNTRACKED = 64,
};

static struct value_set bits(struct walk *walk, unsigned set)
{
	struct interval each[8];
	size_t n = 0;

	for (unsigned bit = 1; bit <= STATE_UNTRACKED; bit <<= 1)
		if (set & bit)
			each[n++] = (struct interval){bit, bit};
	return value_set_of(walk->arena, each, n);
}

bool conntrack_found(const struct state *state)
{
	field_value zone;

	return state->tracked && value_set_single(state->class.fields[FIELD_CT_ZONE], &zone) &&
	       zone == state->zone;
}

bool conntrack_missed_data(const struct walk *walk, const struct state *state)
{
	if (walk->facts.packet < DATA_IN)
		return false;
	return walk->facts.packet == DATA_OUT ? state->data_missed : walk->answers_missed;
}

/*
 * What conntrack calls the packet. A connection whose first packet it was told to leave alone is
 * picked up in the middle: a SYN-ACK out of nothing is invalid; later segments begin a connection
 * (nf_conntrack_tcp_loose) or are invalid, depending on what was seen before.
 */
static unsigned connection_state(const struct walk *walk, const struct state *state)
{
	if (!walk->facts.first && state->tracked && !conntrack_found(state))
		return STATE_INVALID | STATE_NEW | STATE_ESTABLISHED;
	if (conntrack_missed_data(walk, state))
		return STATE_INVALID | STATE_ESTABLISHED | (state->answered ? 0 : STATE_NEW);
	switch (walk->facts.packet) {
	case INVITATION_OUT: return STATE_NEW;
	case REPLY_IN: return state->tracked ? STATE_ESTABLISHED : STATE_NEW;
	case SYN_IN:
		return walk->question->syn_is_related && state->tracked ? STATE_RELATED : STATE_NEW;
	case SYNACK_OUT: return state->tracked ? STATE_ESTABLISHED : STATE_INVALID;
	default:
		return state->tracked && state->answered
			       ? STATE_ESTABLISHED
			       : STATE_INVALID | STATE_NEW | STATE_ESTABLISHED;
	}
}

bool conntrack_uncertain(const struct walk *walk, const struct state *state)
{
	if (walk->facts.first)
		return false;
	return !conntrack_found(state) || (walk->facts.packet >= DATA_IN && !state->answered) ||
	       conntrack_missed_data(walk, state);
}

static unsigned connection_status(const struct walk *walk, const struct state *state,
				  field_value carried)
{
	unsigned kept = IPS_EXPECTED | IPS_SRC_NAT | IPS_DST_NAT;
	unsigned done = walk->nat_hooks ? IPS_SRC_NAT_DONE | IPS_DST_NAT_DONE : 0;

	if (walk->facts.first)
		return walk->question->syn_is_related && state->tracked &&
				       walk->facts.packet == SYN_IN
			       ? IPS_EXPECTED
			       : 0;
	if (!state->tracked)
		return 0;
	return ((unsigned)carried & kept) | done | IPS_SEEN_REPLY | IPS_CONFIRMED |
	       (walk->facts.packet >= DATA_IN ? IPS_ASSURED : 0);
}

void conntrack_detach(struct walk *walk, struct state *state, enum ct_view view)
{
	state->ct = (uint8_t)view;
	/* a template is put there with the state of what is new (nft_ct_set_zone_eval()) */
	state->class.fields[FIELD_CT_STATE] = bits(walk, view == CT_UNTRACKED  ? STATE_UNTRACKED
							 : view == CT_TEMPLATE ? STATE_NEW
									       : STATE_INVALID);
}

void conntrack_attach(struct walk *walk, struct state *state)
{
	unsigned seen;
	field_value carried = 0;

	if (state->ct != CT_ABSENT && state->ct != CT_TEMPLATE)
		return;
	state->ct = CT_ABSENT;
	seen = connection_state(walk, state);
	state->class.fields[FIELD_CT_STATE] = bits(walk, seen);
	if (seen == STATE_INVALID)
		return;
	state->ct = CT_ATTACHED;
	if (value_set_single(state->class.fields[FIELD_CT_STATUS], &carried))
		state->class.fields[FIELD_CT_STATUS] =
			walk_single(walk, connection_status(walk, state, carried));
}
