/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rules/text/nft_private.h"

#include <linux/netfilter/nf_tables.h>
#include <string.h>

#include "base/cleanup.h"
#include "rules/text/exthdr.h"

static const char *op_text(uint32_t op)
{
	static const char *const ops[] = {" ", " != ", " < ", " <= ", " > ", " >= "};

	return op < ARRAY_SIZE(ops) ? ops[op] : NULL;
}

/* The one mask of a load, if that is its last step and nothing else is done to it. */
static const struct expr *last_mask(const struct load *load)
{
	const struct expr *step = load->n_steps ? load->steps[load->n_steps - 1] : NULL;

	if (!step || step->kind != EXPR_BITWISE || step->bitwise.op != NFT_BITWISE_BOOL)
		return NULL;
	for (size_t i = 0; i < step->bitwise.xor.length; i++) {
		if (step->bitwise.xor.data[i])
			return NULL;
	}
	return step;
}

/* One field of a comparison; @bits may be fewer than the field has: a prefix. */
static void field_piece(struct nft_text *text, const struct expr *source, const struct place *place,
			unsigned bits, uint32_t op, struct value value)
{
	const struct header_field *field = place->field;
	struct piece *piece = piece_add(text);

	piece->is_match = true;
	piece->source = source->kind;
	piece->cmp_op = op;
	piece->header = place->header;
	piece->value = value_number(&value);
	piece->type = field->type;
	piece->operand = value;
	buffer_printf(&piece->left, "%s %s", place->header->name, field->name);
	piece->op = op_text(op);
	if (bits < field->bits) {
		value.length = (field->bits + 7) / 8;
		value_text(&piece->right, text->host, field->type, &value);
		buffer_printf(&piece->right, "/%u", bits);
	} else {
		if (type_is_bitmask(field->type) && op == NFT_CMP_EQ)
			piece->op = " == ";
		value_text(&piece->right, text->host, field->type, &value);
	}
	place_read(text, source, place);
	piece = &text->pieces[text->n_pieces - 1];
	if (op == NFT_CMP_EQ && bits == field->bits && source->kind == EXPR_PAYLOAD)
		implied_by_payload(text, piece, field);
}

static void raw_payload_piece(struct nft_text *text, unsigned base, unsigned offset, uint32_t op,
			      const struct value *value)
{
	struct piece *piece = piece_add(text);
	struct value_type type;

	piece->is_match = true;
	piece->source = EXPR_PAYLOAD;
	piece->cmp_op = op;
	payload_text(&piece->left, &text->headers, base, offset, (unsigned)value->length * 8,
		     &type);
	piece->op = op_text(op);
	value_text(&piece->right, text->host, TYPE_NONE, value);
}

/* nft joins neighbouring fields that must be equal into one load; they are told apart again. */
static void payload_equality(struct nft_text *text, const struct expr *payload, uint32_t op,
			     struct bytes bytes)
{
	unsigned base = payload->payload.base, offset = payload->payload.offset * 8;

	while (bytes.length > 0) {
		struct place place = {};
		const struct header_field *field =
			header_find_start(&text->headers, base, offset, (unsigned)bytes.length * 8,
					  &place)
				? place.field
				: NULL;
		unsigned left = (unsigned)bytes.length * 8;
		unsigned bits = field && field->bits < left ? field->bits : left;
		struct value value = value_of(&(struct value_type){TYPE_INTEGER, false, 0}, bytes);

		if (!field || field->bits % 8 ||
		    (bits < field->bits && !type_has_prefix(field->type) &&
		     field->type != TYPE_ETHERADDR)) {
			raw_payload_piece(text, base, offset, op, &value);
			return;
		}
		value.length = bits / 8;
		memset(value.bytes + value.length, 0, sizeof(value.bytes) - value.length);
		field_piece(text, payload, &place, bits, op, value);
		bytes.data += bits / 8;
		bytes.length -= bits / 8;
		offset += bits;
	}
}

/* "flags set / flags looked at" and its short forms. */
static void flags_piece(struct piece *piece, enum data_type type, uint32_t op, uint64_t value,
			uint64_t mask)
{
	bool single = mask && !(mask & (mask - 1));

	if (value == 0) {
		piece->op = op == NFT_CMP_NEQ ? " " : " ! ";
		value_flags_text(&piece->right, type, mask, ",");
		return;
	}
	if (single && value == mask) {
		buffer_puts(&piece->left, " & ");
		value_flags_text(&piece->left, type, mask, " | ");
		piece->op = op == NFT_CMP_NEQ ? " != " : " == ";
		value_flags_text(&piece->right, type, value, " | ");
		return;
	}
	piece->op = op_text(op);
	value_flags_text(&piece->right, type, value, ",");
	buffer_puts(&piece->right, " / ");
	value_flags_text(&piece->right, type, mask, ",");
}

/* "ct original ip saddr" says the family, which was matched only for that. */
static void address_read(struct nft_text *text, const struct expr *source, uint32_t op)
{
	if (source->kind == EXPR_CT && op == NFT_CMP_EQ &&
	    (source->ct.key == NFT_CT_SRC || source->ct.key == NFT_CT_DST))
		implied_drop_at(text, BASE_NETWORK);
}

static bool masked_match(struct nft_text *text, const struct load *load, int word,
			 const struct expr *step, uint32_t op, struct bytes bytes)
{
	struct piece *piece;
	struct value_type type = {};
	struct value value, mask;
	struct place place;
	unsigned shift = 0;
	int prefix;

	mask = value_of(&type, step->bitwise.mask);
	if (masked_field(text, load, &mask, &place, &shift)) {
		struct value shifted = value_of(&type, bytes);

		text->used[word] = true;
		shifted = value_shift_right(&shifted, shift);
		field_piece(text, load->source, &place, place.field->bits, op, shifted);
		return true;
	}
	piece = piece_add(text);
	piece->is_match = true;
	piece->source = load->source->kind;
	piece->cmp_op = op;
	if (!load_text(text, &piece->left, load, word, load->n_steps - 1, &type)) {
		piece->dropped = true;
		return false;
	}
	address_read(text, load->source, op);
	value = value_of(&type, bytes);
	mask = value_of(&type, step->bitwise.mask);
	prefix = value_prefix(&mask);
	if (type.type == TYPE_CT_LABEL && value_is_zero(&value)) {
		piece->op = op == NFT_CMP_NEQ ? " " : " ! ";
		value_text(&piece->right, text->host, type.type, &mask);
		return true;
	}
	if ((op == NFT_CMP_EQ || op == NFT_CMP_NEQ) && type_is_bitmask(type.type)) {
		flags_piece(piece, type.type, op, value_number(&value), value_number(&mask));
		return true;
	}
	if (type_has_prefix(type.type) && prefix >= 0) {
		piece->op = op_text(op);
		value_text(&piece->right, text->host, type.type, &value);
		buffer_printf(&piece->right, "/%d", prefix);
		return true;
	}
	buffer_puts(&piece->left, " & ");
	mask_text(&piece->left, type.type, &mask);
	piece->op = op == NFT_CMP_EQ ? " == " : op_text(op);
	value_text(&piece->right, text->host, type.type, &value);
	return true;
}

/* Names are compared up to and with their NUL, or without it for "eth*". */
static struct value string_value(struct bytes bytes)
{
	return value_of(&(struct value_type){TYPE_STRING, true, 0}, bytes);
}

static bool plain_match(struct nft_text *text, const struct load *load, int word, uint32_t op,
			struct bytes bytes)
{
	struct piece *piece = piece_add(text);
	struct value_type type = {};
	struct value value;
	bool steps = load->source->kind == EXPR_BITWISE;

	piece->is_match = true;
	piece->source = load->source->kind;
	piece->cmp_op = op;
	for (unsigned i = 0; i < load->n_steps; i++)
		steps = steps || load->steps[i]->kind == EXPR_BITWISE;
	if (!load_text(text, &piece->left, load, word, load->n_steps, &type)) {
		piece->dropped = true;
		return false;
	}
	address_read(text, load->source, op);
	piece->op = op_text(op);
	if (op == NFT_CMP_EQ && (type_is_bitmask(type.type) || steps))
		piece->op = " == ";
	value = type_is_string(type.type) ? string_value(bytes) : value_of(&type, bytes);
	if (type_has_prefix(type.type) && bytes.length * 8 < type.bits) {
		value_text(&piece->right, text->host, type.type, &value);
		buffer_printf(&piece->right, "/%zu", bytes.length * 8);
	} else {
		value_text(&piece->right, text->host, type.type, &value);
	}
	piece->value = value_number(&value);
	piece->type = type.type;
	piece->operand = value;
	if (op == NFT_CMP_EQ && load->source->kind == EXPR_META && !load->n_steps) {
		piece->meta_key = load->source->meta.key;
		implied_by_meta(text, piece);
	}
	return true;
}

/* ">= 1" and "<= 9" of the same thing, one right after the other, are "1-9". */
static void join_range(struct nft_text *text)
{
	int last = (int)text->n_pieces - 1;
	struct piece *second = &text->pieces[last];
	struct piece *first = text->previous == NO_PIECE ? NULL : &text->pieces[text->previous];
	bool inside, outside;

	if (!first || first == second || !first->is_match || !second->is_match ||
	    strcmp(buffer_text(&first->left), buffer_text(&second->left)))
		return;
	if (!first->operand.length || first->operand.length != second->operand.length)
		return;
	inside = first->cmp_op == NFT_CMP_GTE && second->cmp_op == NFT_CMP_LTE;
	outside = first->cmp_op == NFT_CMP_LT && second->cmp_op == NFT_CMP_GT;
	if (!inside && !outside)
		return;
	buffer_release(&second->right);
	value_range_text(&second->right, text->host, second->type, &first->operand,
			 &second->operand);
	second->op = inside ? " " : " != ";
	second->cmp_op = inside ? NFT_CMP_EQ : NFT_CMP_NEQ;
	piece_drop(text, text->previous);
}

bool cmp_text(struct nft_text *text, const struct expr *expr)
{
	const struct load *load = load_of(&text->registers, expr->cmp.sreg);
	uint32_t op = expr->cmp.op;
	const struct expr *step;
	bool said = true;
	int word;

	if (!load || !op_text(op) || !expr->cmp.value.length)
		return false;
	word = expr->cmp.sreg / 4;
	step = last_mask(load);
	if (!load->n_steps && load->source->kind == EXPR_PAYLOAD &&
	    (op == NFT_CMP_EQ || op == NFT_CMP_NEQ)) {
		text->used[word] = true;
		payload_equality(text, load->source, op, expr->cmp.value);
		text->previous = NO_PIECE;
		return true;
	}
	if (step && step->bitwise.mask.length == expr->cmp.value.length)
		said = masked_match(text, load, word, step, op, expr->cmp.value);
	else
		said = plain_match(text, load, word, op, expr->cmp.value);
	if (said) {
		join_range(text);
		text->previous = (int)text->n_pieces - 1;
	}
	return said;
}

/* Of a field that a mask cuts out, the ends of a range are shifted as the field is. */
static bool masked_range_text(struct nft_text *text, const struct load *load, int word,
			      struct piece *piece, struct value *from, struct value *to,
			      struct value_type *ret_type)
{
	const struct expr *step = last_mask(load);
	struct place place;
	struct value mask;
	unsigned shift;

	if (!step)
		return false;
	mask = value_of(&(struct value_type){TYPE_INTEGER, false, 0}, step->bitwise.mask);
	if (!masked_field(text, load, &mask, &place, &shift))
		return false;
	text->used[word] = true;
	buffer_printf(&piece->left, "%s %s", place.header->name, place.field->name);
	place_read(text, load->source, &place);
	*from = value_shift_right(from, shift);
	*to = value_shift_right(to, shift);
	ret_type->type = place.field->type;
	return true;
}

bool range_match_text(struct nft_text *text, const struct expr *expr)
{
	const struct load *load = load_of(&text->registers, expr->range.sreg);
	int word = expr->range.sreg / 4;
	struct value_type type = {TYPE_INTEGER, false, 0};
	struct value from, to;
	struct piece *piece;

	if (!load)
		return false;
	piece = piece_add(text);
	piece->is_match = true;
	piece->source = load->source->kind;
	piece->cmp_op = expr->range.op == NFT_RANGE_NEQ ? NFT_CMP_NEQ : NFT_CMP_EQ;
	piece->op = op_text(piece->cmp_op);
	from = value_of(&type, expr->range.from);
	to = value_of(&type, expr->range.to);
	if (!masked_range_text(text, load, word, piece, &from, &to, &type)) {
		if (!load_text(text, &piece->left, load, word, load->n_steps, &type)) {
			piece->dropped = true;
			return false;
		}
		from = value_of(&type, expr->range.from);
		to = value_of(&type, expr->range.to);
	}
	value_range_text(&piece->right, text->host, type.type, &from, &to);
	text->previous = (int)text->n_pieces - 1;
	return true;
}
