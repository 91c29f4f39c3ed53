/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rules/read/decode.h"

#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <string.h>

#include "base/arena.h"
#include "base/cleanup.h"

/* mnl_attr_for_each() ends silently at bytes that are no attribute; here they count. */
static bool attr_at(const char *position, const char *end, const struct nlattr **attr, bool *whole)
{
	if (position >= end)
		return false;
	*attr = (const struct nlattr *)position;
	if (mnl_attr_ok(*attr, (int)(end - position)))
		return true;
	*whole = false;
	return false;
}

bool next_attr(const struct nlattr *nest, const struct nlattr **attr, bool *whole)
{
	const char *first = mnl_attr_get_payload(nest);
	const char *end = first + mnl_attr_get_payload_len(nest);
	const char *position = *attr ? (const char *)mnl_attr_next(*attr) : first;

	return attr_at(position, end, attr, whole);
}

const struct nlattr *find_attr(const struct nlattr *nest, uint16_t type)
{
	const struct nlattr *attr = NULL;
	bool whole = true;

	while (next_attr(nest, &attr, &whole)) {
		if (mnl_attr_get_type(attr) == type)
			return attr;
	}
	return NULL;
}

static void set_absent(const struct field *fields, size_t n_fields, void *into)
{
	for (size_t i = 0; i < n_fields; i++) {
		int *member = (int *)((char *)into + fields[i].offset);

		if (fields[i].read == read_register)
			*member = REGISTER_NONE;
		else if (fields[i].read == read_u8_or_none)
			*member = -1;
	}
}

static const struct field *field_of(const struct field *fields, size_t n_fields, uint16_t type)
{
	for (size_t i = 0; i < n_fields; i++) {
		if (fields[i].type == type)
			return &fields[i];
	}
	return NULL;
}

bool decode(struct parser *parser, const void *attrs, size_t length, const struct field *fields,
	    size_t n_fields, void *into)
{
	const char *end = length ? (const char *)attrs + length : attrs; /* NULL of no length */
	const struct nlattr *attr;
	bool whole = true;
	uint64_t seen = 0;

	set_absent(fields, n_fields, into);
	for (const char *at = attrs; attr_at(at, end, &attr, &whole);
	     at = (const char *)mnl_attr_next(attr)) {
		const struct field *field = field_of(fields, n_fields, mnl_attr_get_type(attr));

		if (!field || !field->read(parser, attr, (char *)into + field->offset))
			whole = false;
		if (field)
			seen |= UINT64_C(1) << (field - fields);
	}
	for (size_t i = 0; i < n_fields; i++) {
		if (fields[i].needed && !(seen & UINT64_C(1) << i))
			whole = false;
	}
	return whole;
}

bool decode_nest(struct parser *parser, const struct nlattr *nest, const struct field *fields,
		 size_t n_fields, void *into)
{
	return decode(parser, mnl_attr_get_payload(nest), mnl_attr_get_payload_len(nest), fields,
		      n_fields, into);
}

bool read_nothing(struct parser *, const struct nlattr *, void *)
{
	return true;
}

/* @size bytes of big-endian number; false if the attribute has another length. */
static bool get_number(const struct nlattr *attr, size_t size, uint64_t *ret_number)
{
	const uint8_t *bytes = mnl_attr_get_payload(attr);
	uint64_t number = 0;

	if (mnl_attr_get_payload_len(attr) != size)
		return false;
	for (size_t i = 0; i < size; i++)
		number = number << 8 | bytes[i];
	*ret_number = number;
	return true;
}

static bool read_number(const struct nlattr *attr, size_t size, uint32_t *at)
{
	uint64_t number;

	if (!get_number(attr, size, &number))
		return false;
	*at = (uint32_t)number;
	return true;
}

bool read_u8(struct parser *, const struct nlattr *attr, void *at)
{
	return read_number(attr, 1, at);
}

bool read_u8_or_none(struct parser *, const struct nlattr *attr, void *at)
{
	return read_number(attr, 1, at);
}

bool read_u16(struct parser *, const struct nlattr *attr, void *at)
{
	return read_number(attr, 2, at);
}

bool read_u32(struct parser *, const struct nlattr *attr, void *at)
{
	return read_number(attr, 4, at);
}

bool read_i32(struct parser *, const struct nlattr *attr, void *at)
{
	return read_number(attr, 4, at);
}

bool read_u64(struct parser *, const struct nlattr *attr, void *at)
{
	return get_number(attr, 8, at);
}

/* Bit 1 tells nothing new: NFT_DYNSET_F_EXPR, NFT_QUOTA_F_DEPLETED. */
bool read_set_if_bit0(struct parser *, const struct nlattr *attr, void *at)
{
	uint32_t flags;

	if (!read_number(attr, 4, &flags))
		return false;
	*(bool *)at = flags & 1;
	return !(flags & ~UINT32_C(3));
}

bool read_register(struct parser *, const struct nlattr *attr, void *at)
{
	uint32_t number;

	if (!read_number(attr, 4, &number))
		return false;
	if (number == NFT_REG_VERDICT)
		*(int *)at = REGISTER_VERDICT;
	else if (number <= NFT_REG_4)
		*(int *)at = (int)(number - NFT_REG_1) * NFT_REG_SIZE;
	else if (number >= NFT_REG32_00 && number <= NFT_REG32_15)
		*(int *)at = (int)(number - NFT_REG32_00) * NFT_REG32_SIZE;
	else
		return false;
	return true;
}

bool read_string(struct parser *parser, const struct nlattr *attr, void *at)
{
	size_t length = mnl_attr_get_payload_len(attr);
	const char *text = mnl_attr_get_payload(attr);

	if (!memchr(text, '\0', length)) {
		char *copy = arena_alloc(parser->arena, length + 1);

		text = length ? memcpy(copy, text, length) : copy;
	}
	*(const char **)at = text;
	return true;
}

bool read_bytes(struct parser *, const struct nlattr *attr, void *at)
{
	struct bytes *bytes = at;

	bytes->data = mnl_attr_get_payload(attr);
	bytes->length = mnl_attr_get_payload_len(attr);
	return true;
}

static const struct field verdict_fields[] = {
	{NFTA_VERDICT_CODE, true, read_i32, offsetof(struct verdict, code)},
	{NFTA_VERDICT_CHAIN, false, read_string, offsetof(struct verdict, chain)},
	{NFTA_VERDICT_CHAIN_ID, false, read_nothing, 0},
};

static bool read_verdict(struct parser *parser, const struct nlattr *attr, void *at)
{
	struct data *data = at;
	struct verdict *verdict = &data->verdict;
	bool whole = decode_nest(parser, attr, verdict_fields, ARRAY_SIZE(verdict_fields), verdict);

	data->is_verdict = true;
	if (verdict->code >= 0)
		verdict->code &= NF_VERDICT_MASK;
	if (verdict->chain && parser->table)
		verdict->target = table_chain(parser->table, verdict->chain);
	return whole && verdict->code >= VERDICT_RETURN && verdict->code <= VERDICT_QUEUE;
}

static const struct field data_fields[] = {
	{NFTA_DATA_VALUE, false, read_bytes, offsetof(struct data, value)},
	{NFTA_DATA_VERDICT, false, read_verdict, 0},
};

bool read_data(struct parser *parser, const struct nlattr *attr, void *at)
{
	struct data *data = at;

	return decode_nest(parser, attr, data_fields, ARRAY_SIZE(data_fields), data) &&
	       data->is_verdict == !data->value.data;
}

static const struct field value_fields[] = {{NFTA_DATA_VALUE, true, read_bytes, 0}};

bool read_value(struct parser *parser, const struct nlattr *attr, void *at)
{
	return decode_nest(parser, attr, value_fields, ARRAY_SIZE(value_fields), at);
}

/* How many bytes at @text form one character that is safe to print; 0 for none. */
static size_t printable_character(const uint8_t *text, size_t length)
{
	if (text[0] >= 0x20 && text[0] < 0x7f)
		return 1;

	size_t size = text[0] >= 0xf0 && text[0] < 0xf5 ? 4 : text[0] >= 0xe0 ? 3 : 2;

	if (text[0] < 0xc2 || text[0] >= 0xf5 || size > length)
		return 0;
	for (size_t i = 1; i < size; i++) {
		if ((text[i] & 0xc0) != 0x80)
			return 0;
	}
	/* U+0080 to U+009F are control characters too: U+009B starts a terminal sequence. */
	return text[0] == 0xc2 && text[1] < 0xa0 ? 0 : size;
}

static const char *printable(struct arena *arena, const uint8_t *text, size_t length)
{
	char *copy = arena_alloc(arena, length + 1);

	for (size_t i = 0; i < length && text[i];) {
		size_t size = printable_character(text + i, length - i);

		if (size)
			memcpy(copy + i, text + i, size);
		else
			copy[i] = '?';
		i += size ? size : 1;
	}
	return copy;
}

const char *userdata_comment(struct parser *parser, const struct bytes *userdata, uint8_t type)
{
	size_t left = userdata->length;

	for (const uint8_t *at = userdata->data; left >= 2 && left >= 2U + at[1];) {
		if (at[0] == type)
			return printable(parser->arena, at + 2, at[1]);
		left -= 2U + at[1];
		at += 2 + at[1];
	}
	return NULL;
}

void append_pointer(struct arena *arena, void *array, size_t *count, void *pointer)
{
	void **pointers = *(void ***)array;

	if (!(*count & (*count - 1))) { /* full: room for 1, 2, 4, … */
		void **larger = arena_array(arena, *count ? *count * 2 : 1, sizeof(void *));

		if (*count)
			memcpy(larger, pointers, *count * sizeof(void *));
		*(void ***)array = pointers = larger;
	}
	pointers[(*count)++] = pointer;
}
