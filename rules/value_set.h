/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RULES_VALUE_SET_H
#define RULES_VALUE_SET_H

#include <stdbool.h>
#include <stddef.h>

struct arena;

/*
 * A set of unsigned numbers of up to 128 bits, as sorted, disjoint, non-adjacent intervals. Packet
 * fields are numbers in network byte order (an address, a port, an interface name padded with
 * zeros), so that the kernel's memcmp() is the order of the numbers. Sets are immutable; the
 * intervals live in the arena that the operation was given.
 */
__extension__ typedef unsigned __int128 field_value;

struct interval {
	field_value first, last; /* both inside */
};

struct value_set {
	const struct interval *intervals;
	size_t n_intervals;
};

struct value_set value_set_range(struct arena *arena, field_value first, field_value last);
/* Any order, overlapping allowed. */
struct value_set value_set_of(struct arena *arena, const struct interval *intervals, size_t count);
struct value_set value_set_intersect(struct arena *arena, struct value_set a, struct value_set b);
struct value_set value_set_subtract(struct arena *arena, struct value_set a, struct value_set b);
struct value_set value_set_unite(struct arena *arena, struct value_set a, struct value_set b);

bool value_set_empty(struct value_set set);
bool value_set_equal(struct value_set a, struct value_set b);
bool value_set_contains(struct value_set set, field_value value);
/* True if it holds exactly one value, which is then stored. */
bool value_set_single(struct value_set set, field_value *ret_value);
/* All bits below the highest one in which two of its values differ; it must not be empty. */
field_value value_set_varying_bits(struct value_set set);
/* How many values it holds; saturates at the largest number. */
field_value value_set_size(struct value_set set);

#endif
