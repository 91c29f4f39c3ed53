/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Statements that write into the packet or what is known of it: "meta mark set 1". */
#include "rules/text/nft_private.h"

#include <linux/netfilter/nf_tables.h>

#include "base/cleanup.h"
#include "rules/text/exthdr.h"

bool set_meta_text(struct nft_text *text, struct buffer *out, const struct expr *expr)
{
	struct value_type type = {};

	if (!meta_key_text(out, expr->meta.key, &type))
		return false;
	buffer_puts(out, " set ");
	return register_text(text, out, expr->meta.reg, &type);
}

bool set_ct_text(struct nft_text *text, struct buffer *out, const struct expr *expr)
{
	const struct load *load = load_of(&text->registers, expr->ct.reg);
	struct value_type type = {};

	if (!ct_key_text(out, &text->headers, expr->ct.key, expr->ct.direction, &type))
		return false;
	buffer_puts(out, " set ");
	if (expr->ct.key == NFT_CT_EVENTMASK && load && load->source->kind == EXPR_IMMEDIATE) {
		struct value value = value_of(&type, load->source->immediate.data.value);

		text->used[expr->ct.reg / 4] = true;
		value_flags_text(out, type.type, value_number(&value), ",");
		return true;
	}
	return register_text(text, out, expr->ct.reg, &type);
}

/* A field that is no whole number of bytes is written by loading its bytes and mixing it in. */
static bool set_bits_text(struct nft_text *text, struct buffer *out, const struct expr *expr)
{
	const struct load *load = load_of(&text->registers, expr->payload_set.sreg);
	unsigned total = expr->payload_set.length * 8, first = 0, last;
	struct value_type type = {};
	const struct expr *step;
	struct value mask, value;
	struct place place;

	if (!load || load->source->kind != EXPR_PAYLOAD || load->n_steps != 1)
		return false;
	step = load->steps[0];
	if (step->kind != EXPR_BITWISE || step->bitwise.op != NFT_BITWISE_BOOL)
		return false;
	mask = value_of(&type, step->bitwise.mask);
	while (first < total && mask.bytes[first / 8] & (0x80 >> first % 8))
		first++;
	last = first;
	while (last < total && !(mask.bytes[last / 8] & (0x80 >> last % 8)))
		last++;
	if (!header_find(&text->headers, expr->payload_set.base,
			 expr->payload_set.offset * 8 + first, last - first, &place))
		return false;
	value = value_of(&type, step->bitwise.xor);
	value = value_shift_right(&value, total - last);
	text->used[expr->payload_set.sreg / 4] = true;
	buffer_printf(out, "%s %s set ", place.header->name, place.field->name);
	implied_drop(text, &place);
	value_text(out, text->host, place.field->type, &value);
	return true;
}

bool set_payload_text(struct nft_text *text, struct buffer *out, const struct expr *expr)
{
	unsigned base = expr->payload_set.base, offset = expr->payload_set.offset * 8;
	unsigned bits = expr->payload_set.length * 8;
	struct value_type type = {};
	struct place place;
	bool known = header_find(&text->headers, base, offset, bits, &place);

	if (!known && set_bits_text(text, out, expr))
		return true;
	payload_text(out, &text->headers, base, offset, bits, &type);
	if (known)
		implied_drop(text, &place);
	buffer_puts(out, " set ");
	return register_text(text, out, expr->payload_set.sreg, &type);
}

/* "tcp option maxseg size set 1400", or "reset tcp option sack-perm": turned into padding. */
bool set_option_text(struct nft_text *text, struct buffer *out, const struct expr *expr)
{
	struct value_type type = {};

	if (expr->exthdr.sreg < 0) {
		buffer_puts(out, "reset ");
		return exthdr_option_text(out, expr);
	}
	if (!exthdr_text(out, expr, &type))
		return false;
	implied_drop_at(text, exthdr_base(expr));
	buffer_puts(out, " set ");
	return register_text(text, out, expr->exthdr.sreg, &type);
}
