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

/* The bits of one byte that are the same in all packets of the class. */
static struct xt_bits byte_bits(const struct walk *walk, const struct state *state, uint32_t offset)
{
	struct registers registers;
	struct register_byte byte;
	field_value open;

	registers_reset(&registers);
	if (!payload_read(walk, state, NFT_PAYLOAD_NETWORK_HEADER, offset, &registers, 0, 1))
		return (struct xt_bits){};
	byte = registers.bytes[0];
	if (byte.mask == 0)
		return (struct xt_bits){byte.xor, 0xff};
	if (byte.source == SOURCE_UNKNOWN)
		return (struct xt_bits){};
	open = value_set_varying_bits(state->class.fields[byte.source]);
	byte.mask &= (uint8_t) ~(open >> byte.place);
	return (struct xt_bits){
		register_byte_value(byte, state->class.fields[byte.source].intervals[0].first),
		(uint8_t) ~(open >> byte.place),
	};
}

enum xt_peek xt_peek(const struct walk *walk, const struct state *state, uint64_t offset,
		     unsigned size, struct xt_bits *ret)
{
	enum xt_peek there = presence(state, offset + size);

	*ret = (struct xt_bits){};
	if (there != XT_PEEK_THERE)
		return there;
	for (unsigned i = 0; i < size; i++) {
		struct xt_bits byte = byte_bits(walk, state, (uint32_t)offset + i);

		ret->known = ret->known << 8 | byte.known;
		ret->value = ret->value << 8 | byte.value;
	}
	/* bits above the size are zero */
	if (size < 4)
		ret->known |= ~(uint32_t)0 << 8 * size;
	return XT_PEEK_THERE;
}
