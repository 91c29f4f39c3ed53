/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RULES_EVAL_TOUCHED_H
#define RULES_EVAL_TOUCHED_H

#include "rules/eval/walk.h"

struct expr;

/*
 * What rules did to an ipset or a list of recent addresses because of the packets of this case,
 * since it was read. Part of the state: another device or port has another history.
 */
struct touched {
	const struct touched *next;
	const void *object; /* struct ipset or struct recent_list */
	bool added, deleted;
	bool unclear;    /* more than the rest says may have happened */
	uint8_t field;   /* of a recent list: which address was put into it */
	unsigned stamps; /* how often */
};

/* NULL if nothing was done to @object. */
const struct touched *touched_find(const struct state *state, const void *object);
/* Puts @touched, of which next is not looked at, in place of what was known of its object. */
void touched_put(struct walk *walk, struct state *state, const struct touched *touched);
bool touched_equal(const struct touched *a, const struct touched *b);

/*
 * True if packets of this kind are more than one: what one of them does the next one meets, also in
 * rules ahead of the one that did it. Then writes_to() tells what may have been done.
 */
bool packet_repeats(const struct walk *walk);

/* What some rule, reached or not, would do to @object. */
struct writes {
	bool adds, deletes;
};
struct writes writes_to(struct walk *walk, const void *object);

#endif
