/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rules/parse.h"

#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <string.h>

#include "base/arena.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "base/netlink_message.h"
#include "rules/read/decode.h"
#include "rules/read/newer.h"

/* A message's attributes; false when it has no place in the ruleset, which makes it no dump. */
typedef bool handler(struct parser *parser, const struct nlattr *attrs, size_t length,
		     uint8_t family);

static const struct field generation_fields[] = {
	{NFTA_GEN_ID, true, read_u32, offsetof(struct ruleset, generation)},
	{NFTA_GEN_PROC_PID, false, read_nothing, 0},
	{NFTA_GEN_PROC_NAME, false, read_nothing, 0},
};

static bool parse_generation(struct parser *parser, const struct nlattr *attrs, size_t length,
			     uint8_t)
{
	return decode(parser, attrs, length, generation_fields, ARRAY_SIZE(generation_fields),
		      parser->ruleset);
}

static const struct field table_fields[] = {
	{NFTA_TABLE_NAME, true, read_string, offsetof(struct table, name)},
	{NFTA_TABLE_FLAGS, false, read_u32, offsetof(struct table, flags)},
	{NFTA_TABLE_USE, false, read_nothing, 0},
	{NFTA_TABLE_HANDLE, false, read_u64, offsetof(struct table, handle)},
	{NFTA_TABLE_PAD, false, read_nothing, 0},
	{NFTA_TABLE_USERDATA, false, read_nothing, 0},
	{NFTA_TABLE_OWNER, false, read_nothing, 0},
};

static bool parse_table(struct parser *parser, const struct nlattr *attrs, size_t length,
			uint8_t family)
{
	struct ruleset *ruleset = parser->ruleset;
	struct table *table = arena_alloc(parser->arena, sizeof(*table));
	uint32_t known = NFT_TABLE_F_DORMANT | NFT_TABLE_F_OWNER | NEWER_TABLE_F_PERSIST;
	bool whole = decode(parser, attrs, length, table_fields, ARRAY_SIZE(table_fields), table);

	if (!table->name || ruleset_table(ruleset, family, table->name))
		return false;
	table->family = family;
	table->opaque = !whole || table->flags & ~known;
	append_pointer(parser->arena, &ruleset->tables, &ruleset->n_tables, table);
	return true;
}

static bool has_device(const struct base_hook *base, const char *name)
{
	for (size_t i = 0; i < base->n_devices; i++) {
		if (!strcmp(base->devices[i], name))
			return true;
	}
	return false;
}

/* One device is dumped twice, as NFTA_HOOK_DEV and in NFTA_HOOK_DEVS. */
static bool read_device(struct parser *parser, const struct nlattr *attr, void *at)
{
	struct base_hook *base = at;
	size_t length = mnl_attr_get_payload_len(attr);
	const char *name;

	read_string(parser, attr, &name);
	if (!memchr(mnl_attr_get_payload(attr), '\0', length)) /* a prefix, see newer.h */
		append_pointer(parser->arena, &base->device_prefixes, &base->n_device_prefixes,
			       (void *)name);
	else if (!has_device(base, name))
		append_pointer(parser->arena, &base->devices, &base->n_devices, (void *)name);
	return true;
}

static bool read_device_prefix(struct parser *parser, const struct nlattr *attr, void *at)
{
	struct base_hook *base = at;
	const char *prefix;

	read_string(parser, attr, &prefix);
	append_pointer(parser->arena, &base->device_prefixes, &base->n_device_prefixes,
		       (void *)prefix);
	return true;
}

static const struct field device_fields[] = {
	{NFTA_DEVICE_NAME, false, read_device, 0},
	{NEWER_DEVICE_PREFIX, false, read_device_prefix, 0},
};

static bool read_devices(struct parser *parser, const struct nlattr *attr, void *at)
{
	return decode_nest(parser, attr, device_fields, ARRAY_SIZE(device_fields), at);
}

static const struct field hook_fields[] = {
	{NFTA_HOOK_HOOKNUM, true, read_u32, offsetof(struct base_hook, hook)},
	{NFTA_HOOK_PRIORITY, true, read_i32, offsetof(struct base_hook, priority)},
	{NFTA_HOOK_DEV, false, read_device, 0},
	{NFTA_HOOK_DEVS, false, read_devices, 0},
};

struct chain_message {
	struct chain chain;
	struct expr counter;
	const char *table, *type;
	uint32_t policy;
};

static bool read_hook(struct parser *parser, const struct nlattr *attr, void *at)
{
	struct chain *chain = at;

	chain->base = arena_alloc(parser->arena, sizeof(*chain->base));
	return decode_nest(parser, attr, hook_fields, ARRAY_SIZE(hook_fields), chain->base);
}

static bool read_chain_counters(struct parser *parser, const struct nlattr *attr, void *at)
{
	struct chain_message *message = at;

	decode_expr(parser, "counter", attr, &message->counter);
	message->chain.has_counters = true;
	message->chain.packets = message->counter.counter.packets;
	message->chain.bytes = message->counter.counter.bytes;
	return !message->counter.opaque;
}

static const struct field chain_fields[] = {
	{NFTA_CHAIN_TABLE, true, read_string, offsetof(struct chain_message, table)},
	{NFTA_CHAIN_HANDLE, true, read_u64, offsetof(struct chain_message, chain.handle)},
	{NFTA_CHAIN_NAME, true, read_string, offsetof(struct chain_message, chain.name)},
	{NFTA_CHAIN_HOOK, false, read_hook, offsetof(struct chain_message, chain)},
	{NFTA_CHAIN_POLICY, false, read_u32, offsetof(struct chain_message, policy)},
	{NFTA_CHAIN_USE, false, read_nothing, 0},
	{NFTA_CHAIN_TYPE, false, read_string, offsetof(struct chain_message, type)},
	{NFTA_CHAIN_COUNTERS, false, read_chain_counters, 0},
	{NFTA_CHAIN_PAD, false, read_nothing, 0},
	{NFTA_CHAIN_FLAGS, false, read_u32, offsetof(struct chain_message, chain.flags)},
	{NFTA_CHAIN_ID, false, read_nothing, 0},
	{NFTA_CHAIN_USERDATA, false, read_nothing, 0},
};

/* What only a base chain has; false if that makes no sense. */
static bool complete_base(struct base_hook *base, const struct chain_message *message)
{
	base->type = message->type ? message->type : "";
	base->policy = (int)message->policy;
	return message->type && (message->policy == NF_ACCEPT || message->policy == NF_DROP);
}

static bool parse_chain(struct parser *parser, const struct nlattr *attrs, size_t length,
			uint8_t family)
{
	struct chain_message *message = arena_alloc(parser->arena, sizeof(*message));
	struct chain *chain = &message->chain;

	message->policy = NF_ACCEPT;
	bool whole = decode(parser, attrs, length, chain_fields, ARRAY_SIZE(chain_fields), message);
	if (!message->table || !chain->name)
		return false;
	chain->table = ruleset_table(parser->ruleset, family, message->table);
	if (!chain->table)
		return false;
	if (chain->base && !complete_base(chain->base, message))
		whole = false;
	chain->opaque = !whole || chain->flags & ~(uint32_t)NFT_CHAIN_FLAGS;
	chain->order = parser->n_chains++;
	append_pointer(parser->arena, &chain->table->chains, &chain->table->n_chains, chain);
	return true;
}

struct object_message {
	struct object object;
	const char *table;
	const struct nlattr *data;
};

static bool read_object_data(struct parser *, const struct nlattr *attr, void *at)
{
	*(const struct nlattr **)at = attr;
	return true;
}

static const struct field object_fields[] = {
	{NFTA_OBJ_TABLE, true, read_string, offsetof(struct object_message, table)},
	{NFTA_OBJ_NAME, true, read_string, offsetof(struct object_message, object.name)},
	{NFTA_OBJ_TYPE, true, read_u32, offsetof(struct object_message, object.type)},
	{NFTA_OBJ_DATA, false, read_object_data, offsetof(struct object_message, data)},
	{NFTA_OBJ_USE, false, read_nothing, 0},
	{NFTA_OBJ_HANDLE, false, read_u64, offsetof(struct object_message, object.handle)},
	{NFTA_OBJ_PAD, false, read_nothing, 0},
	{NFTA_OBJ_USERDATA, false, read_nothing, 0},
};

/* Objects that are an expression kept apart: the expression's name; "" for the others. */
static const char *object_expr_name(uint32_t type)
{
	switch (type) {
	case NFT_OBJECT_COUNTER: return "counter";
	case NFT_OBJECT_QUOTA: return "quota";
	case NFT_OBJECT_LIMIT: return "limit";
	case NFT_OBJECT_CONNLIMIT: return "connlimit";
	case NFT_OBJECT_SYNPROXY: return "synproxy";
	default: return "";
	}
}

static bool parse_object(struct parser *parser, const struct nlattr *attrs, size_t length,
			 uint8_t family)
{
	struct object_message *message = arena_alloc(parser->arena, sizeof(*message));
	struct object *object = &message->object;
	bool whole =
		decode(parser, attrs, length, object_fields, ARRAY_SIZE(object_fields), message);

	if (!message->table || !object->name)
		return false;
	object->table = ruleset_table(parser->ruleset, family, message->table);
	if (!object->table)
		return false;
	decode_expr(parser, object_expr_name(object->type), message->data, &object->body);
	if (!whole)
		object->body.opaque = true;
	append_pointer(parser->arena, &object->table->objects, &object->table->n_objects, object);
	return true;
}

struct rule_message {
	struct rule rule;
	const char *table, *chain;
	struct bytes userdata;
};

static bool read_rule_exprs(struct parser *parser, const struct nlattr *attr, void *at)
{
	struct rule_message *message = at;

	/* The names of chains and sets mean those of the rule's table, which is dumped before. */
	parser->table = message->table
				? ruleset_table(parser->ruleset, parser->family, message->table)
				: NULL;
	return read_expr_list(parser, attr, &message->rule.exprs, &message->rule.n_exprs);
}

static const struct field rule_fields[] = {
	{NFTA_RULE_TABLE, true, read_string, offsetof(struct rule_message, table)},
	{NFTA_RULE_CHAIN, true, read_string, offsetof(struct rule_message, chain)},
	{NFTA_RULE_HANDLE, true, read_u64, offsetof(struct rule_message, rule.handle)},
	{NFTA_RULE_EXPRESSIONS, true, read_rule_exprs, 0},
	{NFTA_RULE_POSITION, false, read_nothing, 0},
	{NFTA_RULE_USERDATA, false, read_bytes, offsetof(struct rule_message, userdata)},
	{NFTA_RULE_PAD, false, read_nothing, 0},
	{NFTA_RULE_ID, false, read_nothing, 0},
	{NFTA_RULE_POSITION_ID, false, read_nothing, 0},
	{NFTA_RULE_CHAIN_ID, false, read_nothing, 0},
};

/* nft's and iptables-nft's number for a rule's comment, NFTNL_UDATA_RULE_COMMENT of libnftnl. */
enum { RULE_COMMENT = 0 };

static bool parse_rule(struct parser *parser, const struct nlattr *attrs, size_t length,
		       uint8_t family)
{
	struct rule_message *message = arena_alloc(parser->arena, sizeof(*message));
	struct rule *rule = &message->rule;

	parser->family = family;
	bool whole = decode(parser, attrs, length, rule_fields, ARRAY_SIZE(rule_fields), message);
	if (!message->table || !message->chain)
		return false;
	struct table *table = ruleset_table(parser->ruleset, family, message->table);
	rule->chain = table ? table_chain(table, message->chain) : NULL;
	if (!rule->chain)
		return false;
	rule->comment = userdata_comment(parser, &message->userdata, RULE_COMMENT);
	rule->opaque = !whole;
	append_pointer(parser->arena, &rule->chain->rules, &rule->chain->n_rules, rule);
	rule->position = (unsigned)rule->chain->n_rules;
	for (size_t i = 0; i < rule->n_exprs; i++)
		rule->chain->kinds |= UINT64_C(1) << rule->exprs[i].kind;
	return true;
}

static bool skip(struct parser *, const struct nlattr *, size_t, uint8_t)
{
	return true;
}

/*
 * Names are resolved by going over the messages in the order of what refers to what, so that the
 * order in the dump does not matter.
 */
struct pass {
	handler *of[NFT_MSG_NEWFLOWTABLE + 1];
};

static const struct pass passes[] = {
	{{[NFT_MSG_NEWGEN] = parse_generation, [NFT_MSG_NEWTABLE] = parse_table}},
	{{[NFT_MSG_NEWCHAIN] = parse_chain,
	  [NFT_MSG_NEWSET] = parse_set,
	  [NFT_MSG_NEWOBJ] = parse_object}},
	{{[NFT_MSG_NEWSETELEM] = count_elements}},
	{{[NFT_MSG_NEWSETELEM] = parse_elements,
	  [NFT_MSG_NEWRULE] = parse_rule,
	  [NFT_MSG_NEWFLOWTABLE] = skip}},
};

static bool same_generation(struct parser *parser, const struct nlattr *attrs, size_t length,
			    uint8_t)
{
	struct ruleset now = {0};

	return decode(parser, attrs, length, generation_fields, ARRAY_SIZE(generation_fields),
		      &now) &&
	       now.generation == parser->ruleset->generation;
}

static const struct pass answers = {{[NFT_MSG_NEWGEN] = same_generation,
				     [NFT_MSG_GETSETELEM] = parse_question,
				     [NFT_MSG_NEWSETELEM] = parse_answer}};

static bool known_message(unsigned type)
{
	if (type < ARRAY_SIZE(answers.of) && answers.of[type])
		return true;
	for (size_t i = 0; i < ARRAY_SIZE(passes); i++) {
		if (type < ARRAY_SIZE(passes[i].of) && passes[i].of[type])
			return true;
	}
	return false;
}

/* Message type within nf_tables; -1 if @header is of something else. */
static int message_type(const struct nlmsghdr *header)
{
	unsigned type = header->nlmsg_type & 0xff;

	if (header->nlmsg_type >> 8 != NFNL_SUBSYS_NFTABLES || !known_message(type) ||
	    mnl_nlmsg_get_payload_len(header) < sizeof(struct nfgenmsg))
		return -1;
	return (int)type;
}

static bool run_handler(struct parser *parser, handler *handle, const struct nlmsghdr *header)
{
	const struct nfgenmsg *message = mnl_nlmsg_get_payload(header);
	size_t start = MNL_ALIGN(sizeof(*message)), length = mnl_nlmsg_get_payload_len(header);

	return handle(parser, mnl_nlmsg_get_payload_offset(header, sizeof(*message)),
		      length > start ? length - start : 0, message->nfgen_family);
}

static int run_pass(struct parser *parser, const struct pass *pass, const char *dump, size_t length,
		    struct error *err)
{
	size_t at = 0;

	while (at < length) {
		const struct nlmsghdr *header = (const struct nlmsghdr *)(dump + at);

		if (!netlink_message_is_whole(header, length - at))
			return error_set(err, EBADMSG, "ruleset dump cut off at byte %zu of %zu",
					 at, length);
		int type = message_type(header);
		if (type < 0)
			return error_set(err, EBADMSG,
					 "no ruleset dump: message type %#x at byte %zu",
					 header->nlmsg_type, at);
		if (pass->of[type] && !run_handler(parser, pass->of[type], header))
			return error_set(
				err, EBADMSG,
				"ruleset dump contradicts itself: message type %#x at byte %zu",
				header->nlmsg_type, at);
		at += MNL_ALIGN(header->nlmsg_len);
	}
	return 0;
}

static void index_tables(struct ruleset *ruleset)
{
	for (size_t i = 0; i < ruleset->n_tables; i++)
		table_index(ruleset->arena, ruleset->tables[i]);
}

struct ruleset *ruleset_parse(const void *dump, size_t length, struct error *err)
{
	struct arena *arena = arena_new();
	struct ruleset *ruleset = arena_alloc(arena, sizeof(*ruleset));
	struct parser parser = {.arena = arena, .ruleset = ruleset};
	const char *copy = arena_memdup(arena, dump, length); /* names and values point into it */

	ruleset->arena = arena;
	for (size_t i = 0; i < ARRAY_SIZE(passes); i++) {
		if (run_pass(&parser, &passes[i], copy, length, err)) {
			ruleset_free(ruleset);
			return NULL;
		}
		if (i == 1)
			index_tables(ruleset);
	}
	return ruleset;
}

int ruleset_add_answers(struct ruleset *ruleset, const void *dump, size_t length, struct error *err)
{
	struct parser parser = {.arena = ruleset->arena, .ruleset = ruleset};

	return run_pass(&parser, &answers, arena_memdup(ruleset->arena, dump, length), length, err);
}

void ruleset_free(struct ruleset *ruleset)
{
	if (ruleset)
		arena_free(ruleset->arena);
}
