/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RULES_REPLAY_REACH_H
#define RULES_REPLAY_REACH_H

#include <stdbool.h>
#include <stddef.h>

struct arena;
struct copy_plan;
struct ruleset;

size_t reach_count_chains(const struct ruleset *ruleset);

/*
 * By chain->order: whether packets between the device and this host could come to that chain, from a
 * base chain at a hook on their way by jumps and verdict maps, whatever the rules test. Pure.
 */
bool *reach_chains(struct arena *arena, const struct copy_plan *plan);

/*
 * Whether two tables have base chains of equal priority at one hook on that way. The one registered
 * last is the first to see a packet, and which that was a dump does not tell.
 */
bool reach_order_is_open(const struct copy_plan *plan);

#endif
