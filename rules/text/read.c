/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a register holds, in words: the packet's fields and what is known of the packet. */
#include "rules/text/nft_private.h"

#include <linux/netfilter/nf_tables.h>

#include "rules/text/exthdr.h"

/* A byteorder step turns what was in the host's order into the network's. */
static void apply_byteorder(const struct load *load, struct value_type *type)
{
	for (unsigned i = 0; i < load->n_steps; i++) {
		if (load->steps[i]->kind == EXPR_BYTEORDER)
			type->host_order = false;
	}
}

/* Tells the implied matches that a payload field is read here. */
static void payload_read(struct nft_text *text, unsigned base, unsigned offset, unsigned bits)
{
	struct place place;

	if (header_find(&text->headers, base, offset, bits, &place))
		implied_drop(text, &place);
}

bool load_text(struct nft_text *text, struct buffer *out, const struct load *load, int word,
	       unsigned n_steps, struct value_type *ret_type)
{
	const struct expr *source = load->source;
	size_t start = out->length;

	if (text->texts[word]) {
		buffer_puts(out, text->texts[word]);
		*ret_type = text->text_types[word];
	} else if (!source_text(out, &text->headers, source, ret_type)) {
		return false;
	}
	text->used[word] = true;
	if (source->kind == EXPR_PAYLOAD)
		payload_read(text, source->payload.base, source->payload.offset * 8,
			     source->payload.length * 8);
	if (source->kind == EXPR_EXTHDR)
		implied_drop_at(text, exthdr_base(source));
	steps_text(out, start, load, n_steps, ret_type);
	apply_byteorder(load, ret_type);
	return true;
}

bool masked_field(const struct nft_text *text, const struct load *load, const struct value *mask,
		  struct place *ret, unsigned *ret_shift)
{
	const struct expr *source = load->source;
	unsigned total = (unsigned)mask->length * 8, first = 0, last;

	if (load->n_steps != 1)
		return false;
	while (first < total && !(mask->bytes[first / 8] & (0x80 >> first % 8)))
		first++;
	last = first;
	while (last < total && (mask->bytes[last / 8] & (0x80 >> last % 8)))
		last++;
	for (unsigned i = last; i < total; i++) {
		if (mask->bytes[i / 8] & (0x80 >> i % 8))
			return false;
	}
	*ret_shift = total - last;
	if (source->kind == EXPR_PAYLOAD && source->payload.base < BASES) {
		if (!header_find(&text->headers, source->payload.base,
				 source->payload.offset * 8 + first, last - first, ret))
			return false;
	} else if (source->kind == EXPR_EXTHDR && !source->opaque) {
		ret->field = exthdr_field(source, source->exthdr.offset * 8 + first, last - first,
					  &ret->header);
	} else {
		return false;
	}
	return ret->field && ret->field->bits % 8;
}

void place_read(struct nft_text *text, const struct expr *source, const struct place *place)
{
	if (source->kind == EXPR_EXTHDR)
		implied_drop_at(text, exthdr_base(source));
	else
		implied_drop(text, place);
}

bool register_text(struct nft_text *text, struct buffer *out, int reg,
		   const struct value_type *type)
{
	const struct load *load = load_of(&text->registers, reg);
	struct value_type ignored;
	struct value value;

	if (!load)
		return false;
	if (load->source->kind != EXPR_IMMEDIATE)
		return load_text(text, out, load, reg / 4, load->n_steps, &ignored);
	text->used[reg / 4] = true;
	value = value_of(type, load->source->immediate.data.value);
	value_text(out, text->host, type->type, &value);
	return true;
}
