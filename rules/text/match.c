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

/* The text of a load with its first @n_steps steps. */
static bool load_text(struct nft_text *text, struct buffer *out, const struct load *load, int word,
		      unsigned n_steps, struct value_type *ret_type)
{
	const struct expr *source = load->source;
	size_t start = out->length;

	if (text->texts[word]) {
		buffer_puts(out, text->texts[word]);
		*ret_type = (struct value_type){TYPE_INTEGER, true, 32, 0};
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

/* The field, like dscp, that a mask cuts out of what a load reads; false if there is none. */
static bool masked_field(const struct nft_text *text, const struct load *load,
			 const struct value *mask, struct place *ret, unsigned *ret_shift)
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

/* Tells the implied matches that @place is read. */
static void place_read(struct nft_text *text, const struct expr *source, const struct place *place)
{
	if (source->kind == EXPR_EXTHDR)
		implied_drop_at(text, exthdr_base(source));
	else
		implied_drop(text, place);
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
			header_find_start(&text->headers, base, offset, &place) ? place.field
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
	value_text(&piece->left, text->host, type.type, &mask);
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
	bool steps = false;

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

bool range_match_text(struct nft_text *text, const struct expr *expr)
{
	const struct load *load = load_of(&text->registers, expr->range.sreg);
	struct value_type type = {};
	struct value from, to;
	struct piece *piece;

	if (!load)
		return false;
	piece = piece_add(text);
	piece->is_match = true;
	piece->source = load->source->kind;
	piece->cmp_op = expr->range.op == NFT_RANGE_NEQ ? NFT_CMP_NEQ : NFT_CMP_EQ;
	if (!load_text(text, &piece->left, load, expr->range.sreg / 4, load->n_steps, &type)) {
		piece->dropped = true;
		return false;
	}
	piece->op = op_text(piece->cmp_op);
	from = value_of(&type, expr->range.from);
	to = value_of(&type, expr->range.to);
	value_range_text(&piece->right, text->host, type.type, &from, &to);
	text->previous = (int)text->n_pieces - 1;
	return true;
}

/* A part of a key: in sets of sub-byte fields, the mask and shift are nft's own doing. */
static bool part_text(struct nft_text *text, struct buffer *out, const struct load *load, int word,
		      const struct value_type *hint, struct value_type *ret_type)
{
	const struct expr *step = load->n_steps ? load->steps[0] : NULL;
	unsigned shift = 0;

	if (step && step->kind == EXPR_BITWISE && step->bitwise.op == NFT_BITWISE_BOOL) {
		struct load first = *load;
		struct value mask =
			value_of(&(struct value_type){TYPE_INTEGER, false, 0}, step->bitwise.mask);
		struct place place;

		first.n_steps = 1;
		if (masked_field(text, &first, &mask, &place, &shift)) {
			text->used[word] = true;
			buffer_printf(out, "%s %s", place.header->name, place.field->name);
			place_read(text, load->source, &place);
			*ret_type = (struct value_type){place.field->type, false, place.field->bits,
							load->n_steps == 1 ? shift : 0};
			return true;
		}
	}
	if (load->source->kind == EXPR_IMMEDIATE) {
		struct value value = value_of(hint, load->source->immediate.data.value);

		text->used[word] = true;
		value_text(out, text->host, hint->type, &value);
		*ret_type = *hint;
		ret_type->bits = (unsigned)value.length * 8;
		return true;
	}
	return load_text(text, out, load, word, load->n_steps, ret_type);
}

bool key_text(struct nft_text *text, int reg, size_t length, const struct set *set,
	      struct key_text *ret)
{
	bool concatenated = !set || set_is_concatenated(set);
	struct value_type hints[KEY_FIELDS_MAX] = {};
	size_t at = 0;

	if (set)
		set_types(set->key_type, hints);

	do {
		const struct load *load = load_of(&text->registers, reg + (int)at);
		struct value_type *type = &ret->types[ret->n_types];
		size_t bytes;

		if (!load || ret->n_types == KEY_FIELDS_MAX)
			return false;
		buffer_puts(&ret->text, ret->n_types ? " . " : "");
		if (!part_text(text, &ret->text, load, (reg + (int)at) / 4, &hints[ret->n_types],
			       type))
			return false;
		ret->n_types++;
		bytes = (type->bits + 7) / 8;
		at += (bytes + 3) / 4 * 4;
		if (!bytes)
			break;
	} while (concatenated && at < length);
	return true;
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

static bool finish_lookup(struct nft_text *text, const struct expr *expr, struct key_text *key)
{
	const struct set *set = expr->lookup.set;
	bool map = expr->lookup.dreg != REGISTER_NONE;
	cleanup(buffer_release) struct buffer reference = {};
	struct piece *piece;

	set_reference_text(&reference, text->host, set, expr->lookup.set_name, key->types,
			   key->n_types);
	if (map && expr->lookup.dreg >= 0) {
		char **slot = &text->texts[expr->lookup.dreg / 4];

		buffer_printf(&key->text, " map %s", buffer_text(&reference));
		free(*slot);
		*slot = strdup(buffer_text(&key->text));
		return *slot != NULL;
	}
	piece = piece_add(text);
	piece->is_match = true;
	piece->source = EXPR_LOOKUP;
	piece->cmp_op = UINT32_MAX;
	buffer_puts(&piece->left, buffer_text(&key->text));
	if (map)
		buffer_puts(&piece->left, " vmap");
	piece->op = expr->lookup.invert ? " != " : " ";
	buffer_puts(&piece->right, buffer_text(&reference));
	text->previous = (int)text->n_pieces - 1;
	return true;
}

bool lookup_text(struct nft_text *text, const struct expr *expr)
{
	const struct set *set = expr->lookup.set;
	struct key_text key = {};
	bool said = set && key_text(text, expr->lookup.sreg, set->key_length, set, &key) &&
		    finish_lookup(text, expr, &key);

	buffer_release(&key.text);
	return said;
}
