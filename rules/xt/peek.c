/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rules/xt/peek.h"

#include <linux/netfilter/nf_tables.h>

#include "rules/eval/payload.h"

static enum xt_peek presence(const struct state *state, uint64_t end)
{
	struct value_set length = state->class.fields[FIELD_SKB_LENGTH];

	if (!length.n_intervals)
		return XT_PEEK_MAYBE;
	if (end <= length.intervals[0].first)
		return XT_PEEK_THERE;
	return end > length.intervals[length.n_intervals - 1].last ? XT_PEEK_BEYOND : XT_PEEK_MAYBE;
}

enum xt_peek xt_peek(const struct walk *walk, const struct state *state, uint64_t offset,
		     unsigned size, struct xt_bits *ret)
{
	enum xt_peek there = presence(state, offset + size);
	struct registers registers;

	*ret = (struct xt_bits){};
	if (there != XT_PEEK_THERE)
		return there;
	registers_reset(&registers);
	for (unsigned i = 0; i < size; i++) {
		unsigned shift = 8 * (size - 1 - i);
		uint8_t byte;

		if (!payload_read(walk, state, NFT_PAYLOAD_NETWORK_HEADER, (uint32_t)offset + i,
				  &registers, 0, 1) ||
		    !registers_constant(&registers, &state->class, 0, 1, &byte))
			continue;
		ret->known |= (uint32_t)0xff << shift;
		ret->value |= (uint32_t)byte << shift;
	}
	/* bits above the size are zero */
	if (size < 4)
		ret->known |= ~(uint32_t)0 << 8 * size;
	return XT_PEEK_THERE;
}
