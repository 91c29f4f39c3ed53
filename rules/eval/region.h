/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RULES_EVAL_REGION_H
#define RULES_EVAL_REGION_H

#include "rules/eval/walk.h"

/*
 * From the outcomes of a packet, boxes in many dimensions that may overlap, to disjoint regions of
 * device address and host port with one verdict each. What else made a difference becomes a doubt.
 * If they are too many for WALK_MOST_MEMORY_OF_REGIONS, the walk is exhausted and all is unknown.
 */
struct flow_packet_answer region_project(struct walk *walk);

/* A region with all that it points to, but for the ruleset, moved to another arena. */
struct flow_region region_copy(struct arena *arena, const struct flow_region *region);

/* Disjoint regions, from parts of a question, united where they give one answer, in order. */
struct flow_packet_answer region_tidy(struct arena *arena, const struct flow_region *regions,
				      size_t count);

#endif
