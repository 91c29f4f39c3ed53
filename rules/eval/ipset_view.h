/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RULES_EVAL_IPSET_VIEW_H
#define RULES_EVAL_IPSET_VIEW_H

#include "rules/ipset.h"
#include "rules/value_set.h"

struct arena;

/*
 * An ipset laid out for classes of packets: boxes, of which the first that holds a packet decides.
 * Elements that differ in one part only share a box.
 */
enum ipset_outcome {
	IPSET_MATCH,
	IPSET_EXCEPTION, /* an element with nomatch */
	IPSET_MISS,      /* decided, but by no element: nothing behind it is looked at */
	IPSET_UNCLEAR,
};

struct ipset_box {
	enum ipset_outcome outcome;
	struct value_set parts[IPSET_PARTS]; /* no intervals: anything */
	uint8_t protocol;
};

struct ipset_view {
	struct ipset_view *next;
	const struct ipset *set;
	struct ipset_box *boxes;
	size_t n_boxes;
};

/*
 * @interface is the name that the interface part is compared with; of other sets it is NULL. The
 * view lives in @arena.
 */
struct ipset_view *ipset_view_new(struct arena *arena, const struct ipset *set,
				  const char *interface);

#endif
