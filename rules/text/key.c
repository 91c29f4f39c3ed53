/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Keys of sets and maps, of one part or several, and the matches that look them up. */
#include "rules/text/nft_private.h"

#include <linux/netfilter/nf_tables.h>
#include <string.h>

#include "base/alloc.h"
#include "base/cleanup.h"

static void shift_text(struct buffer *out, const struct load *load)
{
	const struct expr *step = load->n_steps > 1 ? load->steps[1] : NULL;
	uint32_t shift = 0;

	if (!step || step->kind != EXPR_BITWISE || step->bitwise.op != NFT_BITWISE_RSHIFT ||
	    step->bitwise.shift.length != sizeof(shift))
		return;
	memcpy(&shift, step->bitwise.shift.data, sizeof(shift));
	buffer_printf(out, " >> %u", shift);
}

/*
 * A part of a key: in sets of sub-byte fields, the mask and shift are nft's own doing. In a
 * concatenation and when it adds to a set, nft 1.0.6 forgets that of the shift, and the kernel shifts in its host's order of
 * bytes, so that the words would be wrong without it.
 */
static bool part_text(struct nft_text *text, struct key_text *ret, const struct load *load,
		      int word, const struct value_type *hint, struct value_type *ret_type)
{
	struct buffer *out = &ret->text;
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
			if (ret->says_shifts)
				shift_text(out, load);
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
	for (unsigned i = 0; i < load->n_steps; i++)
		ret->calculated = ret->calculated || load->steps[i]->kind == EXPR_BITWISE;
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
	ret->says_shifts = ret->says_shifts || (set && concatenated);

	do {
		const struct load *load = load_of(&text->registers, reg + (int)at);
		struct value_type *type = &ret->types[ret->n_types];
		size_t bytes;

		if (!load || ret->n_types == KEY_FIELDS_MAX)
			return false;
		buffer_puts(&ret->text, ret->n_types ? " . " : "");
		if (!part_text(text, ret, load, (reg + (int)at) / 4, &hints[ret->n_types], type))
			return false;
		ret->n_types++;
		bytes = (type->bits + 7) / 8;
		at += (bytes + 3) / 4 * 4;
		if (!bytes)
			break;
	} while (concatenated && at < length);
	return true;
}

static struct value_type map_type(const struct set *set)
{
	struct value_type types[KEY_FIELDS_MAX];

	return set_data_types(set, types) == 1 ? types[0]
					       : (struct value_type){TYPE_INTEGER, true, 32, 0};
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
		*slot = xstrdup(buffer_text(&key->text));
		text->text_types[expr->lookup.dreg / 4] = map_type(set);
		return true;
	}
	piece = piece_add(text);
	piece->is_match = true;
	piece->source = EXPR_LOOKUP;
	piece->cmp_op = UINT32_MAX;
	buffer_puts(&piece->left, buffer_text(&key->text));
	if (map)
		buffer_puts(&piece->left, " vmap");
	piece->op = expr->lookup.invert                            ? " != "
		    : key->calculated && key->n_types == 1 && !map ? " == "
								   : " ";
	buffer_puts(&piece->right, buffer_text(&reference));
	text->previous = (int)text->n_pieces - 1;
	return true;
}

/* A set of ICMP types that are one in what follows the header tells that as a type does. */
static void icmp_types_read(struct nft_text *text, const struct expr *expr)
{
	const struct load *load = load_of(&text->registers, expr->lookup.sreg);
	const struct set *set = expr->lookup.set;
	struct place place;
	int type = -1;

	if (!load || load->source->kind != EXPR_PAYLOAD || load->n_steps || expr->lookup.invert ||
	    !(set->flags & NFT_SET_ANONYMOUS) || set->flags & NFT_SET_INTERVAL ||
	    !header_find(&text->headers, load->source->payload.base,
			 load->source->payload.offset * 8, load->source->payload.length * 8,
			 &place))
		return;
	for (size_t i = 0; i < set->n_elements; i++) {
		const struct set_element *element = &set->elements[i];
		int other = element->key.length == 1
				    ? icmp_layout(place.header, element->key.data[0])
				    : -1;

		if (other < 0 || element->flags || (type >= 0 && type != other))
			return;
		type = other;
	}
	if (place.field == place.header->fields && type >= 0)
		text->headers.icmp_type = type;
}

bool lookup_text(struct nft_text *text, const struct expr *expr)
{
	const struct set *set = expr->lookup.set;
	struct key_text key = {};
	bool said = set && key_text(text, expr->lookup.sreg, set->key_length, set, &key) &&
		    finish_lookup(text, expr, &key);

	if (said)
		icmp_types_read(text, expr);
	buffer_release(&key.text);
	return said;
}
