/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "src/scope.h"

#include "base/arena.h"
#include "rules/address_set.h"

/* The largest network that begins at @first and ends at or before @last. */
static unsigned largest_prefix(field_value first, field_value last, unsigned width)
{
	unsigned prefix = width;

	while (prefix > 0) {
		field_value mask = host_bits(width, prefix - 1);
		if (first & mask || mask > last - first)
			break;
		prefix--;
	}
	return prefix;
}

size_t scope_cidrs(struct arena *arena, struct value_set set, int family,
		   const struct cidr **ret_cidrs)
{
	struct address of_family = {.family = family};
	unsigned width = (unsigned)address_length(&of_family) * 8;
	size_t count = 0;
	/* An interval needs at most 2 networks per bit of width. */
	struct cidr *cidrs = arena_array(arena, set.n_intervals * width * 2 + 1, sizeof(*cidrs));

	for (size_t i = 0; i < set.n_intervals; i++) {
		field_value first = set.intervals[i].first, last = set.intervals[i].last;
		for (;;) {
			unsigned prefix = largest_prefix(first, last, width);
			cidrs[count].address = value_address(first, family);
			cidrs[count++].prefix = prefix;
			field_value mask = host_bits(width, prefix);
			if (mask >= last - first)
				break;
			first += mask + 1;
		}
	}
	*ret_cidrs = cidrs;
	return count;
}
