/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <linux/netfilter/nf_tables.h>
#include <string.h>

#include "base/arena.h"
#include "base/cleanup.h"
#include "rules/read/decode.h"
#include "rules/read/newer.h"

struct set_message {
	struct set set;
	const char *table;
};

/* The length is in bytes, though the header's comment says bits: nft_set_desc_concat_parse(). */
static const struct field concat_fields[] = {{NFTA_SET_FIELD_LEN, true, read_u32, 0}};

static bool read_concat(struct parser *parser, const struct nlattr *list, void *at)
{
	struct set *set = at;
	const struct nlattr *attr = NULL;
	bool whole = true;

	while (next_attr(list, &attr, &whole)) {
		uint32_t length = 0;

		if (set->n_fields == ARRAY_SIZE(set->field_lengths) ||
		    mnl_attr_get_type(attr) != NFTA_LIST_ELEM ||
		    !decode_nest(parser, attr, concat_fields, ARRAY_SIZE(concat_fields), &length) ||
		    !length || length > UINT8_MAX)
			return false;
		set->field_lengths[set->n_fields++] = (uint8_t)length;
	}
	return whole;
}

static const struct field desc_fields[] = {
	{NFTA_SET_DESC_SIZE, false, read_u32, offsetof(struct set, size)},
	{NFTA_SET_DESC_CONCAT, false, read_concat, 0},
};

static bool read_desc(struct parser *parser, const struct nlattr *attr, void *at)
{
	return decode_nest(parser, attr, desc_fields, ARRAY_SIZE(desc_fields), at);
}

static bool read_set_expr(struct parser *parser, const struct nlattr *attr, void *at)
{
	struct set *set = at;

	return read_one_expr(parser, attr, &set->exprs, &set->n_exprs);
}

static bool read_set_exprs(struct parser *parser, const struct nlattr *attr, void *at)
{
	struct set *set = at;

	return read_expr_list(parser, attr, &set->exprs, &set->n_exprs);
}

#define SET(type, read, member)                                                                    \
	{                                                                                          \
		type, false, read, offsetof(struct set_message, set.member)                        \
	}

static const struct field set_fields[] = {
	{NFTA_SET_TABLE, true, read_string, offsetof(struct set_message, table)},
	{NFTA_SET_NAME, true, read_string, offsetof(struct set_message, set.name)},
	SET(NFTA_SET_FLAGS, read_u32, flags),
	SET(NFTA_SET_KEY_TYPE, read_u32, key_type),
	SET(NFTA_SET_KEY_LEN, read_u32, key_length),
	SET(NFTA_SET_DATA_TYPE, read_u32, data_type),
	SET(NFTA_SET_DATA_LEN, read_u32, data_length),
	{NFTA_SET_POLICY, false, read_nothing, 0},
	{NFTA_SET_DESC, false, read_desc, offsetof(struct set_message, set)},
	SET(NFTA_SET_ID, read_u32, id),
	{NFTA_SET_TIMEOUT, false, read_nothing, 0},
	{NFTA_SET_GC_INTERVAL, false, read_nothing, 0},
	SET(NFTA_SET_USERDATA, read_bytes, userdata),
	{NFTA_SET_PAD, false, read_nothing, 0},
	SET(NFTA_SET_OBJ_TYPE, read_u32, object_type),
	SET(NFTA_SET_HANDLE, read_u64, handle),
	{NFTA_SET_EXPR, false, read_set_expr, offsetof(struct set_message, set)},
	{NFTA_SET_EXPRESSIONS, false, read_set_exprs, offsetof(struct set_message, set)},
	{NEWER_SET_TYPE, false, read_nothing, 0},
	{NEWER_SET_COUNT, false, read_nothing, 0},
};

/* A verdict map says how long its data is not in bytes that a register could hold. */
static bool set_fits(const struct set *set)
{
	size_t fields = 0;

	for (size_t i = 0; i < set->n_fields; i++)
		fields += (set->field_lengths[i] + 3u) & ~3u;
	return set->key_length && set->key_length <= REGISTER_BYTES &&
	       set->data_length <= REGISTER_BYTES && (!fields || fields == set->key_length);
}

/* nft's number for a set's comment, NFTNL_UDATA_SET_COMMENT of libnftnl. */
enum { SET_COMMENT = 7, ELEMENT_COMMENT = 0 };

bool parse_set(struct parser *parser, const struct nlattr *attrs, size_t length, uint8_t family)
{
	struct set_message *message = arena_alloc(parser->arena, sizeof(*message));
	struct set *set = &message->set;
	bool whole = decode(parser, attrs, length, set_fields, ARRAY_SIZE(set_fields), message);

	if (!message->table || !set->name)
		return false;
	set->table = ruleset_table(parser->ruleset, family, message->table);
	if (!set->table)
		return false;
	set->comment = userdata_comment(parser, &set->userdata, SET_COMMENT);
	set->opaque = !whole || !set_fits(set);
	set->incomplete = true; /* until a message with its elements comes, be there none in it */
	append_pointer(parser->arena, &set->table->sets, &set->table->n_sets, set);
	return true;
}

struct elements_message {
	const char *table, *set;
	const struct nlattr *list;
};

static bool read_list(struct parser *, const struct nlattr *attr, void *at)
{
	*(const struct nlattr **)at = attr;
	return true;
}

static const struct field elements_fields[] = {
	{NFTA_SET_ELEM_LIST_TABLE, true, read_string, offsetof(struct elements_message, table)},
	{NFTA_SET_ELEM_LIST_SET, true, read_string, offsetof(struct elements_message, set)},
	{NFTA_SET_ELEM_LIST_ELEMENTS, false, read_list, offsetof(struct elements_message, list)},
	{NFTA_SET_ELEM_LIST_SET_ID, false, read_nothing, 0},
};

/* The set that the message is about, or NULL. */
static struct set *find_set(struct parser *parser, const struct nlattr *attrs, size_t length,
			    uint8_t family, struct elements_message *ret_message, bool *ret_whole)
{
	*ret_message = (struct elements_message){0};
	*ret_whole = decode(parser, attrs, length, elements_fields, ARRAY_SIZE(elements_fields),
			    ret_message);
	if (!ret_message->table || !ret_message->set)
		return NULL;
	parser->table = ruleset_table(parser->ruleset, family, ret_message->table);
	return parser->table ? table_set(parser->table, ret_message->set) : NULL;
}

bool count_elements(struct parser *parser, const struct nlattr *attrs, size_t length,
		    uint8_t family)
{
	struct elements_message message;
	const struct nlattr *attr = NULL;
	bool whole;
	struct set *set = find_set(parser, attrs, length, family, &message, &whole);

	if (!set)
		return false;
	while (message.list && next_attr(message.list, &attr, &whole))
		set->n_elements++;
	set->incomplete = false;
	return true;
}

struct element_message {
	struct set_element element;
	struct bytes userdata;
};

static bool read_element_expr(struct parser *parser, const struct nlattr *attr, void *at)
{
	struct set_element *element = at;

	return read_one_expr(parser, attr, &element->exprs, &element->n_exprs);
}

static bool read_element_exprs(struct parser *parser, const struct nlattr *attr, void *at)
{
	struct set_element *element = at;

	return read_expr_list(parser, attr, &element->exprs, &element->n_exprs);
}

#define ELEMENT(type, read, member)                                                                \
	{                                                                                          \
		type, false, read, offsetof(struct element_message, element.member)                \
	}

static const struct field element_fields[] = {
	ELEMENT(NFTA_SET_ELEM_KEY, read_value, key),
	ELEMENT(NFTA_SET_ELEM_DATA, read_data, data),
	ELEMENT(NFTA_SET_ELEM_FLAGS, read_u32, flags),
	ELEMENT(NFTA_SET_ELEM_TIMEOUT, read_u64, timeout_ms),
	ELEMENT(NFTA_SET_ELEM_EXPIRATION, read_u64, expires_ms),
	{NFTA_SET_ELEM_USERDATA, false, read_bytes, offsetof(struct element_message, userdata)},
	{NFTA_SET_ELEM_EXPR, false, read_element_expr, offsetof(struct element_message, element)},
	{NFTA_SET_ELEM_PAD, false, read_nothing, 0},
	ELEMENT(NFTA_SET_ELEM_OBJREF, read_string, object),
	ELEMENT(NFTA_SET_ELEM_KEY_END, read_value, key_end),
	{NFTA_SET_ELEM_EXPRESSIONS, false, read_element_exprs,
	 offsetof(struct element_message, element)},
};

/* The key has the set's length, as has the data of a map that is no verdict. */
static bool element_fits(const struct set *set, const struct set_element *element)
{
	bool catch_all = element->flags & ELEMENT_CATCH_ALL;
	bool end = element->flags & ELEMENT_INTERVAL_END;

	if (element->flags & ~(uint32_t)(ELEMENT_CATCH_ALL | ELEMENT_INTERVAL_END))
		return false;
	if (!catch_all && element->key.length != set->key_length)
		return false;
	if (element->key_end.data && element->key_end.length != set->key_length)
		return false;
	if (!(set->flags & NFT_SET_MAP) || end)
		return true;
	return set->data_type == NFT_DATA_VERDICT ? element->data.is_verdict
						  : element->data.value.length == set->data_length;
}

static void parse_element(struct parser *parser, const struct set *set, const struct nlattr *attr,
			  struct set_element *ret_element)
{
	struct element_message message = {0};
	bool whole = mnl_attr_get_type(attr) == NFTA_LIST_ELEM;

	if (!decode_nest(parser, attr, element_fields, ARRAY_SIZE(element_fields), &message))
		whole = false;
	message.element.comment = userdata_comment(parser, &message.userdata, ELEMENT_COMMENT);
	message.element.opaque = !whole || !element_fits(set, &message.element);
	*ret_element = message.element;
}

bool parse_elements(struct parser *parser, const struct nlattr *attrs, size_t length,
		    uint8_t family)
{
	struct elements_message message;
	const struct nlattr *attr = NULL;
	bool whole;
	struct set *set = find_set(parser, attrs, length, family, &message, &whole);

	if (!set)
		return false;
	if (!set->elements) { /* count_elements() has been through all messages */
		set->elements = arena_array(parser->arena, set->n_elements, sizeof(*set->elements));
		set->n_elements = 0;
	}
	while (message.list && next_attr(message.list, &attr, &whole))
		parse_element(parser, set, attr, &set->elements[set->n_elements++]);
	if (!whole)
		set->opaque = true;
	return true;
}

/*
 * The question to a set that was not read whole stands for an element that it has not, until the
 * answer takes its place.
 */
bool parse_question(struct parser *parser, const struct nlattr *attrs, size_t length,
		    uint8_t family)
{
	struct elements_message message;
	const struct nlattr *attr = NULL;
	struct set_element *elements, *asked;
	bool whole;
	struct set *set = find_set(parser, attrs, length, family, &message, &whole);

	if (!set || !message.list || !next_attr(message.list, &attr, &whole))
		return false;
	if (!set->incomplete)
		return true;
	elements = arena_array(parser->arena, set->n_elements + 1, sizeof(*elements));
	if (set->n_elements > 0)
		memcpy(elements, set->elements, set->n_elements * sizeof(*elements));
	set->elements = elements;
	asked = &elements[set->n_elements++];
	parse_element(parser, set, attr, asked);
	asked->absent = true;
	asked->opaque = false;
	return asked->flags & ELEMENT_CATCH_ALL || asked->key.length == set->key_length;
}

/* An interval that holds the key is answered with its start. */
bool parse_answer(struct parser *parser, const struct nlattr *attrs, size_t length, uint8_t family)
{
	struct elements_message message;
	const struct nlattr *attr = NULL;
	struct set_element *asked, answer;
	bool whole;
	struct set *set = find_set(parser, attrs, length, family, &message, &whole);

	if (!set || !message.list || !next_attr(message.list, &attr, &whole))
		return false;
	if (!set->incomplete)
		return true;
	if (set->n_elements == 0)
		return false;
	asked = &set->elements[set->n_elements - 1];
	parse_element(parser, set, attr, &answer);
	if (answer.flags & ELEMENT_INTERVAL_END)
		return true;
	answer.key = asked->key;
	answer.key_end = (struct bytes){0};
	*asked = answer;
	return true;
}
