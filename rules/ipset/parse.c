/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <net/if.h>
#include <linux/netfilter.h>
#include <linux/netfilter/ipset/ip_set.h>
#include <linux/netfilter/nfnetlink.h>
#include <string.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/netlink_message.h"
#include "rules/ipset/element.h"
#include "rules/read/decode.h"
#include "rules/ruleset.h"
#include "rules/xt.h"

/*
 * A set comes in one message or several: the first has type and head, each has some of the elements
 * (ip_set_dump_do()). Two passes, because the number of elements is known at the end only.
 */
struct sets {
	struct arena *arena;
	struct ipset **sets;
	size_t n_sets;
};

/* The attributes of one message that matter. */
struct message {
	const char *name, *type;
	const struct nlattr *head, *elements;
	uint8_t family;
	int index;
	bool whole;
};

static void take(const struct nlattr *attr, struct message *ret)
{
	bool text = mnl_attr_validate(attr, MNL_TYPE_NUL_STRING) >= 0;
	bool byte = mnl_attr_get_payload_len(attr) == 1;

	switch (mnl_attr_get_type(attr)) {
	case IPSET_ATTR_PROTOCOL:
	case IPSET_ATTR_REVISION: break;
	case IPSET_ATTR_SETNAME: ret->name = text ? mnl_attr_get_str(attr) : NULL; break;
	case IPSET_ATTR_TYPENAME: ret->type = text ? mnl_attr_get_str(attr) : NULL; break;
	case IPSET_ATTR_FAMILY:
		ret->whole = ret->whole && byte;
		ret->family = byte ? mnl_attr_get_u8(attr) : 0;
		break;
	case IPSET_ATTR_INDEX:
		if (mnl_attr_get_payload_len(attr) == 2)
			ret->index = ntohs(mnl_attr_get_u16(attr));
		break;
	case IPSET_ATTR_DATA: ret->head = attr; break;
	case IPSET_ATTR_ADT: ret->elements = attr; break;
	default: ret->whole = false;
	}
}

static struct message message_read(const struct nlmsghdr *header)
{
	struct message message = {.index = -1, .whole = true};
	const struct nlattr *attr;
	size_t seen = MNL_ALIGN(sizeof(struct nfgenmsg));

	mnl_attr_for_each (attr, header, sizeof(struct nfgenmsg)) {
		take(attr, &message);
		seen += MNL_ALIGN(attr->nla_len);
	}
	if (seen < mnl_nlmsg_get_payload_len(header))
		message.whole = false;
	return message;
}

static struct ipset *find_set(const struct sets *sets, const char *name)
{
	for (size_t i = sets->n_sets; i-- > 0;) /* the one that was begun last, mostly */
		if (strcmp(sets->sets[i]->name, name) == 0)
			return sets->sets[i];
	return NULL;
}

static size_t elements_in(const struct message *message)
{
	const struct nlattr *attr;
	size_t count = 0;

	if (message->elements)
		mnl_attr_for_each_nested (attr, message->elements)
			count++;
	return count;
}

static struct ipset *begin_set(struct sets *sets, const struct message *message)
{
	struct ipset *set = arena_alloc(sets->arena, sizeof(*set));

	set->name = arena_strdup(sets->arena, message->name);
	set->type = arena_strdup(sets->arena, message->type ? message->type : "");
	set->family = message->family;
	set->index = message->index;
	set->opaque =
		!ipset_type_fill(set) || !message->head ||
		(set->family != 0 && set->family != NFPROTO_IPV4 && set->family != NFPROTO_IPV6);
	if (message->head && !ipset_head_read(set, message->head))
		set->opaque = true;
	append_pointer(sets->arena, &sets->sets, &sets->n_sets, set);
	return set;
}

static bool declare(struct sets *sets, const struct nlmsghdr *header)
{
	struct message message = message_read(header);
	struct ipset *set = message.name ? find_set(sets, message.name) : NULL;

	if (!message.name || (set && message.type))
		return false;
	if (!set)
		set = begin_set(sets, &message);
	if (!message.whole)
		set->opaque = true;
	set->n_elements += elements_in(&message);
	return true;
}

static bool fill(struct sets *sets, const struct nlmsghdr *header)
{
	struct message message = message_read(header);
	struct ipset *set = find_set(sets, message.name);
	const struct nlattr *attr;

	if (!set->elements) {
		set->elements =
			arena_array(sets->arena, set->n_elements + 1, sizeof(*set->elements));
		set->n_elements = 0;
	}
	if (!message.elements)
		return true;
	mnl_attr_for_each_nested (attr, message.elements) {
		struct ipset_element *element = &set->elements[set->n_elements++];

		if (mnl_attr_get_type(attr) != IPSET_ATTR_DATA ||
		    !ipset_element_read(sets->arena, set, attr, element))
			set->opaque = true;
		set->has_nomatch = set->has_nomatch || element->nomatch;
	}
	return true;
}

static int run_pass(struct sets *sets, const char *dump, size_t length,
		    bool (*handle)(struct sets *, const struct nlmsghdr *), struct error *err)
{
	for (size_t at = 0; at < length;) {
		const struct nlmsghdr *header = (const struct nlmsghdr *)(dump + at);

		if (!netlink_message_is_whole(header, length - at))
			return error_set(err, EBADMSG, "dump of ipsets cut off at byte %zu of %zu",
					 at, length);
		if (header->nlmsg_type != (NFNL_SUBSYS_IPSET << 8 | IPSET_CMD_LIST) ||
		    mnl_nlmsg_get_payload_len(header) < sizeof(struct nfgenmsg) ||
		    !handle(sets, header))
			return error_set(err, EBADMSG, "no dump of ipsets: byte %zu", at);
		at += MNL_ALIGN(header->nlmsg_len);
	}
	return 0;
}

static void resolve_members(const struct sets *sets)
{
	for (size_t i = 0; i < sets->n_sets; i++) {
		struct ipset *set = sets->sets[i];

		for (size_t k = 0; set->is_list && k < set->n_elements; k++) {
			const char *name = set->elements[k].member_name;
			struct ipset *member = name ? find_set(sets, name) : NULL;

			/* The kernel has no lists in lists. */
			if (!member || member->is_list)
				set->opaque = true;
			else
				set->elements[k].member = member;
		}
	}
}

static const struct ipset *set_by_index(const struct ruleset *ruleset, unsigned index)
{
	for (size_t i = 0; i < ruleset->n_ipsets; i++)
		if (ruleset->ipsets[i]->index == (int)index)
			return ruleset->ipsets[i];
	return NULL;
}

static bool names_set(const struct expr *expr)
{
	return (expr->kind == EXPR_XT_MATCH && expr->xt.name && !strcmp(expr->xt.name, "set")) ||
	       (expr->kind == EXPR_XT_TARGET && expr->xt.name && !strcmp(expr->xt.name, "SET"));
}

static bool give_sets(struct expr *expr, const struct table *table, void *data)
{
	const struct ruleset *ruleset = data;
	struct xt_extension extension;

	if (!names_set(expr) || expr->opaque)
		return false;
	if (expr->kind == EXPR_XT_MATCH) {
		if (xt_match_decode(expr->xt.name, expr->xt.revision, expr->xt.info, table->family,
				    &extension))
			expr->xt.ipsets[0] = set_by_index(ruleset, extension.set.index);
	} else if (xt_target_decode(expr->xt.name, expr->xt.revision, expr->xt.info, table->family,
				    &extension)) {
		expr->xt.ipsets[0] = set_by_index(ruleset, extension.set_target.add.index);
		expr->xt.ipsets[1] = set_by_index(ruleset, extension.set_target.del.index);
		expr->xt.ipsets[2] = set_by_index(ruleset, extension.set_target.map.index);
	}
	return false;
}

static bool visit_user(struct expr *expr, const struct table *, void *)
{
	return names_set(expr);
}

bool ruleset_uses_ipsets(const struct ruleset *ruleset)
{
	return ruleset_visit_exprs(ruleset, visit_user, NULL);
}

int ipset_parse(struct ruleset *ruleset, const void *dump, size_t length, struct error *err)
{
	struct sets sets = {.arena = ruleset->arena};
	const char *copy = arena_memdup(ruleset->arena, dump, length);
	int result = run_pass(&sets, copy, length, declare, err);

	if (!result)
		result = run_pass(&sets, copy, length, fill, err);
	if (result)
		return result;
	resolve_members(&sets);
	ruleset->ipsets = sets.sets;
	ruleset->n_ipsets = sets.n_sets;
	ruleset_visit_exprs(ruleset, give_sets, ruleset);
	return 0;
}
