/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RULES_EVAL_STATE_H
#define RULES_EVAL_STATE_H

#include "rules/flow.h"
#include "rules/eval/packet_class.h"

/* A path is built forwards and read backwards; @depth finds where two of them parted. */
struct path {
	struct flow_step step;
	unsigned depth;
};

/* Why a packet may be here and may not: the tests without a known answer that led here. */
struct doubt {
	const struct doubt *parent;
	const char *text;
};

/*
 * What nf_ct_get() finds on the packet at this point. A template is what a rule ahead of conntrack has
 * put there to say in which zone, or with which helper, the connection is to be.
 */
enum ct_view { CT_ABSENT, CT_TEMPLATE, CT_ATTACHED, CT_UNTRACKED };

/* The ends of the connection's first packet that translation put a FIELD_NEW_… in place of. */
enum translated {
	TRANSLATED_SOURCE = 1 << 0,
	TRANSLATED_DEST = 1 << 1,
	TRANSLATED_SOURCE_PORT = 1 << 2,
	TRANSLATED_DEST_PORT = 1 << 3,
};

/*
 * A class of packets at one point of its way, with what the rules did to it so far. Two states may
 * overlap: then a test without a known answer lies behind them.
 */
struct state {
	struct state *next;
	struct packet_class class;
	/* which fields the header holds now; translation puts FIELD_NEW_… there */
	uint8_t source, dest, source_port, dest_port;
	uint8_t ct;                  /* enum ct_view */
	bool tracked;                /* the flow's first packet left a conntrack entry */
	uint8_t translation;         /* enum translated: ends of the connection that were changed */
	bool rewritten;              /* a rule wrote over an end of its first packet itself */
	bool answered;               /* and conntrack has seen a packet the other way */
	bool data_missed;            /* but not the device's later ones */
	uint32_t zone;               /* of the connection; UINT32_MAX: unknown */
	bool source_done, dest_done; /* address translation has been decided on */
	bool labelled;               /* its connection was given labels */
	bool compared; /* with the others of its list, and unchanged since: no use to try again */
	const struct touched *touched; /* ipsets and lists that its packets changed */
	const struct doubt *doubt;
	const struct path *path;
};

struct outcome {
	struct outcome *next;
	struct state state;
	enum flow_verdict verdict;
};

/*
 * A list of states that keeps itself small: what can be one box becomes one. With @by_decision only
 * states that the same rule decided on are united, as long as there are few, so that the answer can
 * name the rule: between chains, and until the next one has a word in it.
 */
struct state_list {
	struct state *first;
	size_t count;
	bool by_decision;
};

/* Adds @state, which the list then owns; it may be united with one that is there. */
void state_list_add(struct arena *arena, struct state_list *list, struct state *state);
struct state *state_list_take(struct state_list *list);

struct state *state_copy(struct arena *arena, const struct state *state);
void state_doubt(struct state *state, const struct doubt *doubt);
const struct doubt *doubt_new(struct arena *arena, const struct state *state, const char *text);

void state_step(struct arena *arena, struct state *state, const struct flow_step *step);

#endif
