/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <arpa/inet.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/cleanup.h"
#include "rules/read/newer.h"
#include "rules/replay/copy.h"

/* A message may grow by an identifier, the compat protocol, a device list. */
enum { ROOM = 256, COMPAT_INVERTED = 1 << 1, QUOTA_DEPLETED = 1 << 1, DYNSET_HAS_EXPRS = 1 << 1 };

static void put(struct nlmsghdr *out, const struct nlattr *attr)
{
	mnl_attr_put(out, attr->nla_type, mnl_attr_get_payload_len(attr),
		     mnl_attr_get_payload(attr));
}

static void put_be32(struct nlmsghdr *out, uint16_t type, uint32_t value)
{
	mnl_attr_put_u32(out, type, htonl(value));
}

static uint32_t get_be32(const struct nlattr *attr)
{
	return mnl_attr_get_payload_len(attr) == sizeof(uint32_t) ? ntohl(mnl_attr_get_u32(attr))
								  : 0;
}

/* In place: attributes keep their size. */
static void set_be32(const struct nlattr *attr, uint32_t value)
{
	uint32_t wire = htonl(value);

	if (mnl_attr_get_payload_len(attr) == sizeof(wire))
		memcpy(mnl_attr_get_payload(attr), &wire, sizeof(wire));
}

static const struct nlattr *child(const struct nlattr *nest, uint16_t type)
{
	const struct nlattr *attr;

	mnl_attr_for_each_nested (attr, nest)
		if (mnl_attr_get_type(attr) == type)
			return attr;
	return NULL;
}

static bool is_named(const struct nlattr *name, const char *text)
{
	return name && mnl_attr_get_payload_len(name) == strlen(text) + 1 &&
	       !memcmp(mnl_attr_get_payload(name), text, strlen(text) + 1);
}

static void mend_expr(const struct nlattr *expr);

static void mend_exprs(const struct nlattr *list)
{
	const struct nlattr *expr;

	mnl_attr_for_each_nested (expr, list)
		mend_expr(expr);
}

/* nft_quota_do_dump() adds a flag that nft_quota_do_init() refuses. */
static void mend_quota(const struct nlattr *data)
{
	const struct nlattr *flags = child(data, NFTA_QUOTA_FLAGS);

	if (flags)
		set_be32(flags, get_be32(flags) & ~(uint32_t)QUOTA_DEPLETED);
}

/* nla_parse() passes over a type that is none: gone without moving the rest. */
static void hide(struct nlattr *attr)
{
	attr->nla_type = 0;
}

/* One that stands for none is dumped, but taken only for sets with a timeout: out of the way with it. */
static void mend_timeout(struct nlattr *timeout)
{
	uint64_t value = 0;

	memcpy(&value, mnl_attr_get_payload(timeout),
	       mnl_attr_get_payload_len(timeout) == sizeof(value) ? sizeof(value) : 0);
	if (!value)
		hide(timeout);
}

/* nft_dynset_init() wants to be told that a list of expressions comes; the dump does not tell. */
static void mend_dynset(const struct nlattr *data)
{
	const struct nlattr *timeout = child(data, NFTA_DYNSET_TIMEOUT);
	const struct nlattr *list = child(data, NFTA_DYNSET_EXPRESSIONS),
			    *one = child(data, NFTA_DYNSET_EXPR),
			    *flags = child(data, NFTA_DYNSET_FLAGS);

	if (timeout)
		mend_timeout((struct nlattr *)timeout);
	if (list && flags)
		set_be32(flags, get_be32(flags) | DYNSET_HAS_EXPRS);
	if (list)
		mend_exprs(list);
	if (one)
		mend_expr(one);
}

static void hide_child(const struct nlattr *nest, uint16_t type)
{
	struct nlattr *attr = (struct nlattr *)child(nest, type);

	if (attr)
		hide(attr);
}

/*
 * All kinds dump the same (nft_exthdr_dump_common()); those that set an option refuse flags, that
 * which strips one refuses nearly all (nft_exthdr_tcp_set_init(), nft_exthdr_tcp_strip_init()).
 */
static void mend_exthdr(const struct nlattr *data)
{
	bool strips = !child(data, NFTA_EXTHDR_SREG) && !child(data, NFTA_EXTHDR_DREG);

	if (strips || child(data, NFTA_EXTHDR_SREG))
		hide_child(data, NFTA_EXTHDR_FLAGS);
	if (!strips)
		return;
	hide_child(data, NFTA_EXTHDR_OFFSET);
	hide_child(data, NFTA_EXTHDR_LEN);
}

/* nft_osf_init() takes the one flag there is, and not that there is none. */
static void mend_osf(const struct nlattr *data)
{
	const struct nlattr *flags = child(data, NFTA_OSF_FLAGS);

	if (flags && !get_be32(flags))
		hide_child(data, NFTA_OSF_FLAGS);
}

static void mend_expr(const struct nlattr *expr)
{
	const struct nlattr *name = child(expr, NFTA_EXPR_NAME),
			    *data = child(expr, NFTA_EXPR_DATA);

	if (data && is_named(name, "quota"))
		mend_quota(data);
	if (data && is_named(name, "dynset"))
		mend_dynset(data);
	if (data && is_named(name, "exthdr"))
		mend_exthdr(data);
	if (data && is_named(name, "osf"))
		mend_osf(data);
}

/* A message of the same type and family, to be filled; freed by the caller. */
static struct nlmsghdr *begin(const struct nlmsghdr *message, uint16_t flags)
{
	const struct nfgenmsg *from = mnl_nlmsg_get_payload(message);
	struct nlmsghdr *out =
		mnl_nlmsg_put_header(xcalloc(1, MNL_ALIGN(message->nlmsg_len) + ROOM));
	struct nfgenmsg *to;

	out->nlmsg_type = message->nlmsg_type;
	out->nlmsg_flags = NLM_F_REQUEST | flags;
	to = mnl_nlmsg_put_extra_header(out, sizeof(*to));
	*to = (struct nfgenmsg){.nfgen_family = from->nfgen_family, .version = NFNETLINK_V0};
	return out;
}

static void copy_table(struct nlmsghdr *out, const struct nlmsghdr *message)
{
	const struct nlattr *attr;

	mnl_attr_for_each (attr, message, sizeof(struct nfgenmsg)) {
		switch (mnl_attr_get_type(attr)) {
		case NFTA_TABLE_USE:
		case NFTA_TABLE_HANDLE:
		case NFTA_TABLE_OWNER:
		case NFTA_TABLE_PAD: break;
		case NFTA_TABLE_FLAGS: /* nobody owns the copy */
			put_be32(out, NFTA_TABLE_FLAGS, get_be32(attr) & NFT_TABLE_F_DORMANT);
			break;
		default: put(out, attr);
		}
	}
}

static bool is_hooked(const struct base_hook *base, const char *device)
{
	for (size_t i = 0; device && i < base->n_devices; i++)
		if (!strcmp(base->devices[i], device))
			return true;
	for (size_t i = 0; device && i < base->n_device_prefixes; i++)
		if (!strncmp(base->device_prefixes[i], device, strlen(base->device_prefixes[i])))
			return true;
	return false;
}

static bool needs_device(const struct base_hook *base)
{
	return base->n_devices || base->n_device_prefixes;
}

static bool has_device_here(const struct base_hook *base, const struct copy_plan *plan)
{
	for (size_t i = 0; i < ARRAY_SIZE(plan->devices); i++)
		if (is_hooked(base, plan->devices[i]))
			return true;
	return false;
}

static void put_hook(struct nlmsghdr *out, const struct base_hook *base,
		     const struct copy_plan *plan)
{
	struct nlattr *nest = mnl_attr_nest_start(out, NFTA_CHAIN_HOOK), *devices;
	const char *here[ARRAY_SIZE(plan->devices)];
	size_t count = 0;

	put_be32(out, NFTA_HOOK_HOOKNUM, base->hook);
	put_be32(out, NFTA_HOOK_PRIORITY, (uint32_t)base->priority);
	for (size_t i = 0; i < ARRAY_SIZE(plan->devices); i++)
		if (is_hooked(base, plan->devices[i]))
			here[count++] = plan->devices[i];
	/* Kernels before 5.5 know no list of them. */
	if (count == 1) {
		mnl_attr_put_strz(out, NFTA_HOOK_DEV, here[0]);
	} else if (count > 1) {
		devices = mnl_attr_nest_start(out, NFTA_HOOK_DEVS);
		for (size_t i = 0; i < count; i++)
			mnl_attr_put_strz(out, NFTA_DEVICE_NAME, here[i]);
		mnl_attr_nest_end(out, devices);
	}
	mnl_attr_nest_end(out, nest);
}

/* A chain on foreign devices alone is inert here: it stays, for others may name it, unhooked. */
static void copy_chain(struct nlmsghdr *out, const struct nlmsghdr *message,
		       const struct chain *chain, const struct copy_plan *plan)
{
	const struct base_hook *base = chain->base;
	const struct nlattr *attr;

	if (base && needs_device(base) && !has_device_here(base, plan))
		base = NULL;
	mnl_attr_for_each (attr, message, sizeof(struct nfgenmsg)) {
		switch (mnl_attr_get_type(attr)) {
		case NFTA_CHAIN_HANDLE: /* it would be a change of that chain */
		case NFTA_CHAIN_USE:
		case NFTA_CHAIN_COUNTERS:
		case NFTA_CHAIN_ID:
		case NFTA_CHAIN_PAD:
		case NFTA_CHAIN_FLAGS: /* what a rule binds is a chain like another, by its name */
			break;
		case NFTA_CHAIN_HOOK:
			if (base)
				put_hook(out, base, plan);
			break;
		case NFTA_CHAIN_TYPE:
		case NFTA_CHAIN_POLICY:
			if (base)
				put(out, attr);
			break;
		default: put(out, attr);
		}
	}
}

static void copy_object(struct nlmsghdr *out, const struct nlmsghdr *message, bool is_quota)
{
	const struct nlattr *attr;

	mnl_attr_for_each (attr, message, sizeof(struct nfgenmsg)) {
		uint16_t type = mnl_attr_get_type(attr);
		if (type != NFTA_OBJ_HANDLE && type != NFTA_OBJ_USE && type != NFTA_OBJ_PAD)
			put(out, attr);
	}
	mnl_attr_for_each (attr, out, sizeof(struct nfgenmsg))
		if (mnl_attr_get_type(attr) == NFTA_OBJ_DATA && is_quota)
			mend_quota(attr);
}

/*
 * A rule that updates a set of no given size gives it one (nft_dynset_init()); the same size at the
 * set's creation would get it a backend that cannot be updated (nft_select_set_ops()).
 */
static void mend_set(struct nlmsghdr *out)
{
	enum { SIZE_OF_UPDATED = 0xffff };
	const struct nlattr *attr, *size = NULL;
	uint32_t flags = 0;

	mnl_attr_for_each (attr, out, sizeof(struct nfgenmsg)) {
		if (mnl_attr_get_type(attr) == NFTA_SET_DESC)
			size = child(attr, NFTA_SET_DESC_SIZE);
		if (mnl_attr_get_type(attr) == NFTA_SET_FLAGS)
			flags = get_be32(attr);
	}
	if (size && get_be32(size) == SIZE_OF_UPDATED &&
	    !(flags & (NFT_SET_EVAL | NFT_SET_TIMEOUT)))
		hide((struct nlattr *)size);
}

static void copy_set(struct nlmsghdr *out, const struct nlmsghdr *message, size_t id)
{
	const struct nlattr *attr;

	mnl_attr_for_each (attr, message, sizeof(struct nfgenmsg)) {
		switch (mnl_attr_get_type(attr)) {
		case NFTA_SET_HANDLE:
		case NFTA_SET_ID:
		case NFTA_SET_PAD:
		case NEWER_SET_TYPE:
		case NEWER_SET_COUNT: break;
		default: put(out, attr);
		}
	}
	mend_set(out);
	/* Within a batch sets may be named by it; one is demanded, and nothing uses it. */
	put_be32(out, NFTA_SET_ID, (uint32_t)id);
}

void message_name_set(struct buffer *out, size_t start)
{
	const struct nlmsghdr *message = (const struct nlmsghdr *)(out->data + start);
	const struct nlattr *attr;

	mnl_attr_for_each (attr, message, sizeof(struct nfgenmsg))
		if (mnl_attr_get_type(attr) == NFTA_SET_FLAGS)
			set_be32(attr, get_be32(attr) &
					       ~(uint32_t)(NFT_SET_ANONYMOUS | NFT_SET_CONSTANT));
}

static void copy_element(struct nlmsghdr *out, const struct nlattr *element)
{
	struct nlattr *nest = mnl_attr_nest_start(out, mnl_attr_get_type(element));
	const struct nlattr *attr;

	mnl_attr_for_each_nested (attr, element) {
		uint16_t type = mnl_attr_get_type(attr);
		/* What was dumped is there now; its time begins anew. */
		if (type != NFTA_SET_ELEM_EXPIRATION && type != NFTA_SET_ELEM_PAD)
			put(out, attr);
	}
	mnl_attr_nest_end(out, nest);
	mnl_attr_for_each_nested (attr, nest) {
		if (mnl_attr_get_type(attr) == NFTA_SET_ELEM_EXPR)
			mend_expr(attr);
		if (mnl_attr_get_type(attr) == NFTA_SET_ELEM_EXPRESSIONS)
			mend_exprs(attr);
	}
}

static void copy_elements(struct nlmsghdr *out, const struct nlmsghdr *message)
{
	const struct nlattr *attr, *element;

	mnl_attr_for_each (attr, message, sizeof(struct nfgenmsg)) {
		if (mnl_attr_get_type(attr) != NFTA_SET_ELEM_LIST_ELEMENTS) {
			put(out, attr);
			continue;
		}
		struct nlattr *nest = mnl_attr_nest_start(out, NFTA_SET_ELEM_LIST_ELEMENTS);
		mnl_attr_for_each_nested (element, attr)
			copy_element(out, element);
		mnl_attr_nest_end(out, nest);
	}
}

static void copy_rule(struct nlmsghdr *out, const struct nlmsghdr *message, const struct rule *rule)
{
	const struct nfgenmsg *about = mnl_nlmsg_get_payload(message);
	const struct nlattr *attr;
	uint32_t protocol;
	bool inverted;

	mnl_attr_for_each (attr, message, sizeof(struct nfgenmsg)) {
		uint16_t type = mnl_attr_get_type(attr);
		if (type != NFTA_RULE_HANDLE && type != NFTA_RULE_POSITION && type != NFTA_RULE_PAD)
			put(out, attr);
	}
	mnl_attr_for_each (attr, out, sizeof(struct nfgenmsg))
		if (mnl_attr_get_type(attr) == NFTA_RULE_EXPRESSIONS)
			mend_exprs(attr);
	if (!compat_protocol(rule, about->nfgen_family, &protocol, &inverted))
		return;
	struct nlattr *nest = mnl_attr_nest_start(out, NFTA_RULE_COMPAT);
	put_be32(out, NFTA_RULE_COMPAT_PROTO, protocol);
	put_be32(out, NFTA_RULE_COMPAT_FLAGS, inverted ? COMPAT_INVERTED : 0);
	mnl_attr_nest_end(out, nest);
}

static bool is_quota_object(const struct nlmsghdr *message)
{
	const struct nlattr *attr;

	mnl_attr_for_each (attr, message, sizeof(struct nfgenmsg))
		if (mnl_attr_get_type(attr) == NFTA_OBJ_TYPE)
			return get_be32(attr) == NFT_OBJECT_QUOTA;
	return false;
}

void message_copy(struct buffer *out, const struct nlmsghdr *message, const struct copy_plan *plan,
		  const struct chain *chain, const struct rule *rule)
{
	uint16_t append = rule ? NLM_F_APPEND : 0;
	cleanup(free_pointer) struct nlmsghdr *made = begin(message, NLM_F_CREATE | append);

	switch (message->nlmsg_type & 0xff) {
	case NFT_MSG_NEWTABLE: copy_table(made, message); break;
	case NFT_MSG_NEWCHAIN: copy_chain(made, message, chain, plan); break;
	case NFT_MSG_NEWOBJ: copy_object(made, message, is_quota_object(message)); break;
	case NFT_MSG_NEWSET: copy_set(made, message, out->length + 1); break;
	case NFT_MSG_NEWSETELEM: copy_elements(made, message); break;
	case NFT_MSG_NEWRULE: copy_rule(made, message, rule); break;
	default: return;
	}
	buffer_add(out, made, MNL_ALIGN(made->nlmsg_len));
}
