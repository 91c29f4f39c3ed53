/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rules/text/nft_private.h"

#include <linux/netfilter/nf_tables.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/cleanup.h"

/*
 * nft numbers the type of a concatenation by its parts, six bits each. A single type fits into the
 * lowest six.
 */
enum { CONCAT_BITS = 6, CONCAT_MASK = (1 << CONCAT_BITS) - 1 };

bool set_is_concatenated(const struct set *set)
{
	return set->n_fields > 1 || set->key_type > CONCAT_MASK;
}

void verdict_text(struct buffer *out, const struct verdict *verdict)
{
	const char *chain = verdict->chain ? verdict->chain : "?";

	switch (verdict->code) {
	case VERDICT_CONTINUE: buffer_puts(out, "continue"); break;
	case VERDICT_BREAK: buffer_puts(out, "break"); break;
	case VERDICT_JUMP: buffer_printf(out, "jump %s", chain); break;
	case VERDICT_GOTO: buffer_printf(out, "goto %s", chain); break;
	case VERDICT_RETURN: buffer_puts(out, "return"); break;
	case VERDICT_DROP: buffer_puts(out, "drop"); break;
	case VERDICT_ACCEPT: buffer_puts(out, "accept"); break;
	case VERDICT_STOLEN: buffer_puts(out, "stolen"); break;
	case VERDICT_QUEUE: buffer_puts(out, "queue"); break;
	default: buffer_printf(out, "<verdict %d>", verdict->code); break;
	}
}

static bool is_host_order(enum data_type type)
{
	return type == TYPE_MARK || type == TYPE_IFINDEX || type == TYPE_CLASSID ||
	       type == TYPE_UID || type == TYPE_GID || type == TYPE_CT_STATE ||
	       type == TYPE_CT_STATUS || type == TYPE_REALM || type == TYPE_DEVGROUP;
}

unsigned set_types(uint32_t id, struct value_type *ret_types)
{
	unsigned n_types = 0;

	for (int shift = 4 * CONCAT_BITS; shift >= 0; shift -= CONCAT_BITS) {
		enum data_type type = id >> shift & CONCAT_MASK;
		unsigned bits = type == TYPE_IPADDR    ? 32
				: type == TYPE_IP6ADDR ? 128
				: type == TYPE_SERVICE ? 16
						       : 32;

		if (type)
			ret_types[n_types++] =
				(struct value_type){type, is_host_order(type), bits, 0};
	}
	return n_types;
}

/*
 * What nft noted with a set for its own listing (NFTNL_UDATA_SET_* of libnftnl): numbers of four
 * bytes, each behind its type and length. 0 if it is not there.
 */
enum note { NOTE_DATA_BYTEORDER = 1, NOTE_DATA_INTERVAL = 6 };

static uint32_t set_note(const struct set *set, enum note wanted)
{
	const uint8_t *at = set->userdata.data;
	const uint8_t *end = set->userdata.length ? at + set->userdata.length : at;
	uint32_t value;

	while (end - at >= 2 && at[1] <= end - at - 2) {
		if (at[0] == wanted && at[1] == sizeof(value)) {
			memcpy(&value, at + 2, sizeof(value));
			return value;
		}
		at += 2 + at[1];
	}
	return 0;
}

unsigned set_data_types(const struct set *set, struct value_type *ret_types)
{
	enum { HOST_ORDER = 1 };
	unsigned n_types = set_types(set->data_type, ret_types);

	if (n_types == 1 && ret_types[0].type == TYPE_INTEGER)
		ret_types[0].host_order = set_note(set, NOTE_DATA_BYTEORDER) == HOST_ORDER;
	return n_types;
}

bool set_data_is_interval(const struct set *set)
{
	return set_note(set, NOTE_DATA_INTERVAL) != 0;
}

/* From first to last, both included. */
static void span_text(struct buffer *out, const struct host_state *host,
		      const struct value_type *type, const struct value *from,
		      const struct value *to)
{
	int prefix = value_range_prefix(from, to);
	struct value shortened = *from;

	if (!memcmp(from->bytes, to->bytes, from->length)) {
		value_text(out, host, type->type, from);
		return;
	}
	if (type_is_string(type->type) && prefix >= 0) {
		/* "eth*": the names that begin so. */
		shortened.length = (size_t)prefix / 8;
		value_text(out, host, type->type, &shortened);
		return;
	}
	if (type_has_prefix(type->type) && prefix >= 0) {
		value_text(out, host, type->type, from);
		buffer_printf(out, "/%d", prefix);
		return;
	}
	value_range_text(out, host, type->type, from, to);
}

static size_t field_bytes(const struct value_type *type)
{
	return (type->bits + type->shift + 7) / 8;
}

/* Each part of a concatenation begins at a multiple of four bytes. */
static void concat_text(struct buffer *out, const struct host_state *host, struct bytes from,
			struct bytes to, const struct value_type *types, unsigned n_types)
{
	size_t at = 0;

	for (unsigned i = 0; i < n_types; i++) {
		size_t length = field_bytes(&types[i]);
		struct value first, last;

		if (at + length > from.length || length == 0)
			break;
		first = value_of(&types[i], (struct bytes){from.data + at, length});
		last = at + length <= to.length
			       ? value_of(&types[i], (struct bytes){to.data + at, length})
			       : first;
		if (i)
			buffer_puts(out, " . ");
		span_text(out, host, &types[i], &first, &last);
		at += (length + 3) / 4 * 4;
	}
}

struct entry {
	const struct set_element *element;
	struct value from, to; /* not yet shifted to where the field begins */
	bool is_span;
	uint8_t order[VALUE_BYTES_MAX]; /* by which nft sorts */
};

/* nft's sort turns the order of equals around. */
static int by_order(const void *a, const void *b)
{
	const struct entry *left = a, *right = b;
	int order = memcmp(left->order, right->order, VALUE_BYTES_MAX);

	return order ? order : (right->element > left->element) - (right->element < left->element);
}

/* Catch-all elements come last; ends before the starts that share their key. */
static int by_key(const void *a, const void *b)
{
	const struct entry *left = a, *right = b;
	int order = memcmp(left->from.bytes, right->from.bytes, VALUE_BYTES_MAX);

	if (order)
		return order;
	return (int)(right->element->flags & ELEMENT_INTERVAL_END) -
	       (int)(left->element->flags & ELEMENT_INTERVAL_END);
}

static void decrement(struct value *value)
{
	for (size_t i = value->length; i-- > 0;) {
		if (value->bytes[i]--)
			break;
	}
}

/* Interval sets are dumped as starts and ends, in no order; a span up to the last value has no
 * end. Returns the number of spans, which are left in @entries. */
static size_t pair_spans(struct entry *entries, size_t n_entries)
{
	size_t n_spans = 0;

	qsort(entries, n_entries, sizeof(*entries), by_key);
	for (size_t i = 0; i < n_entries; i++) {
		struct entry span = entries[i];

		if (span.element->flags & ELEMENT_INTERVAL_END)
			continue;
		span.is_span = true;
		span.to = span.from;
		memset(span.to.bytes, 0xff, span.to.length);
		if (i + 1 < n_entries && span.element->key.length == span.from.length) {
			span.to = entries[i + 1].from;
			decrement(&span.to);
		}
		entries[n_spans++] = span;
	}
	return n_spans;
}

/* nft sorts the keys as numbers in its host's order of bytes where the type has that order. */
static void set_order(struct entry *entry, const struct value_type *types, unsigned n_types)
{
	struct bytes key = entry->element->key;
	uint8_t joined[VALUE_BYTES_MAX] = {};
	size_t length = 0, at = 0;

	/* A set of flags counts by the first of them that is written. */
	if (n_types == 1 && type_is_bitmask(types[0].type)) {
		uint64_t flags = value_number(&entry->from);

		entry->order[0] = flags ? (uint8_t)(1 + __builtin_ctzll(flags)) : 0;
		return;
	}
	if (n_types <= 1) {
		for (size_t i = 0; i < entry->from.length; i++)
			entry->order[VALUE_BYTES_MAX - 1 - i] =
				type_is_string(types[0].type)
					? entry->from.bytes[i]
					: entry->from.bytes[entry->from.length - 1 - i];
		return;
	}
	for (unsigned i = 0; i < n_types; i++) {
		size_t bytes = field_bytes(&types[i]);

		if (at + bytes > key.length || length + bytes > VALUE_BYTES_MAX)
			break;
		memcpy(joined + length, key.data + at, bytes);
		length += bytes;
		at += (bytes + 3) / 4 * 4;
	}
	for (size_t i = 0; i < length; i++)
		entry->order[VALUE_BYTES_MAX - 1 - i] = joined[i];
}

static void data_text(struct buffer *out, const struct host_state *host, const struct set *set,
		      const struct set_element *element)
{
	struct bytes from = element->data.value, to = from;
	struct value_type types[KEY_FIELDS_MAX];
	unsigned n_types;

	if (element->object) {
		buffer_printf(out, " : \"%s\"", element->object);
		return;
	}
	if (!(set->flags & NFT_SET_MAP))
		return;
	buffer_puts(out, " : ");
	if (element->data.is_verdict) {
		verdict_text(out, &element->data.verdict);
		return;
	}
	n_types = set_data_types(set, types);
	/* The last of the values follows the first. */
	if (set_data_is_interval(set) && from.length) {
		from.length /= 2;
		to = (struct bytes){from.data + from.length, from.length};
	}
	if (n_types > 1) {
		concat_text(out, host, from, to, types, n_types);
	} else {
		struct value_type type = n_types ? types[0] : (struct value_type){TYPE_INTEGER};
		struct value first = value_of(&type, from), last = value_of(&type, to);

		span_text(out, host, &type, &first, &last);
	}
}

/* Counters, limits and quotas that an element has of its own. */
static void element_statements_text(struct buffer *out, const struct host_state *host,
				    const struct set_element *element)
{
	struct nft_text without_rule = {.host = host};

	for (size_t i = 0; i < element->n_exprs; i++) {
		buffer_puts(out, " ");
		if (!statement_text(&without_rule, out, &element->exprs[i]))
			buffer_printf(out, "[ %s ]", element->exprs[i].name);
	}
}

static void key_only_text(struct buffer *out, const struct host_state *host,
			  const struct entry *entry, const struct value_type *types,
			  unsigned n_types)
{
	const struct set_element *element = entry->element;
	struct value from = value_shift_right(&entry->from, types[0].shift);
	struct value to = value_shift_right(&entry->to, types[0].shift);

	if (element->flags & ELEMENT_CATCH_ALL)
		buffer_puts(out, "*");
	else if (entry->is_span)
		span_text(out, host, &types[0], &from, &to);
	else if (n_types > 1)
		concat_text(out, host, element->key,
			    element->key_end.length ? element->key_end : element->key, types,
			    n_types);
	else
		value_text(out, host, types[0].type, &from);
}

static void entry_text(struct buffer *out, const struct host_state *host, const struct set *set,
		       const struct entry *entry, const struct value_type *types, unsigned n_types)
{
	const struct set_element *element = entry->element;

	key_only_text(out, host, entry, types, n_types);
	element_statements_text(out, host, element);
	if (element->timeout_ms) {
		buffer_puts(out, " timeout ");
		duration_text(out, element->timeout_ms);
	}
	if (element->comment)
		buffer_printf(out, " comment \"%s\"", element->comment);
	data_text(out, host, set, element);
}

static void elements_text(struct buffer *out, const struct host_state *host, const struct set *set,
			  const struct value_type *types, unsigned n_types)
{
	bool spans = (set->flags & NFT_SET_INTERVAL) && n_types == 1;
	const struct value_type whole = {types[0].type, types[0].host_order, types[0].bits, 0};
	cleanup(free_pointer) struct entry *entries =
		xcalloc(set->n_elements + 1, sizeof(*entries));
	size_t n_entries = 0, n_sorted;
	size_t n_catch_all = 0;

	for (size_t i = 0; i < set->n_elements; i++) {
		const struct set_element *element = &set->elements[i];

		if (element->flags & ELEMENT_CATCH_ALL) {
			n_catch_all++;
			continue;
		}
		entries[n_entries].element = element;
		entries[n_entries].from = value_of(&whole, element->key);
		set_order(&entries[n_entries], types, n_types);
		n_entries++;
	}
	n_sorted = n_entries;
	if (spans)
		n_sorted = pair_spans(entries, n_entries);
	else if (!(set->flags & NFT_SET_INTERVAL))
		qsort(entries, n_entries, sizeof(*entries), by_order);
	buffer_puts(out, "{ ");
	for (size_t i = 0; i < n_sorted; i++) {
		buffer_puts(out, i ? ", " : "");
		entry_text(out, host, set, &entries[i], types, n_types);
	}
	for (size_t i = 0; n_catch_all && i < set->n_elements; i++) {
		struct entry entry = {.element = &set->elements[i]};

		if (!(entry.element->flags & ELEMENT_CATCH_ALL))
			continue;
		buffer_puts(out, n_sorted ? ", " : "");
		entry_text(out, host, set, &entry, types, n_types);
	}
	buffer_puts(out, " }");
}

void set_reference_text(struct buffer *out, const struct host_state *host, const struct set *set,
			const char *name, const struct value_type *types, unsigned n_types)
{
	struct value_type stored[KEY_FIELDS_MAX];

	if (!set || !(set->flags & NFT_SET_ANONYMOUS) || !n_types) {
		buffer_printf(out, "@%s", name ? name : "?");
		return;
	}
	/* Intervals need numbers whose order is that of memcmp(): network order for all. */
	for (unsigned i = 0; i < n_types; i++) {
		stored[i] = types[i];
		if (set->flags & NFT_SET_INTERVAL)
			stored[i].host_order = false;
		if (set->n_fields == n_types && set->field_lengths[i] > field_bytes(&stored[i]))
			stored[i].bits = set->field_lengths[i] * 8u - stored[i].shift;
	}
	elements_text(out, host, set, stored, n_types);
}
