/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rules/ipset/element.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <linux/netfilter.h>
#include <linux/netfilter/ipset/ip_set.h>
#include <string.h>

#include "base/arena.h"
#include "base/cleanup.h"

enum { BITMASK = 12 }; /* IPSET_ATTR_BITMASK of Linux 6.3 and newer */

/* has_networks: elements have prefixes and may be exceptions (IPSET_TYPE_NOMATCH). */
static const struct type {
	const char *name;
	enum ipset_part parts[IPSET_PARTS];
	bool has_networks, has_protocol;
} types[] = {
	{"bitmap:ip", {PART_ADDRESS}, false, false},
	{"bitmap:ip,mac", {PART_ADDRESS, PART_MAC}, false, false},
	{"bitmap:port", {PART_PORT}, false, false},
	{"hash:ip", {PART_ADDRESS}, false, false},
	{"hash:ip,mac", {PART_ADDRESS, PART_MAC}, false, false},
	{"hash:ip,mark", {PART_ADDRESS, PART_MARK}, false, false},
	{"hash:ip,port", {PART_ADDRESS, PART_PORT}, false, true},
	{"hash:ip,port,ip", {PART_ADDRESS, PART_PORT, PART_ADDRESS}, false, true},
	{"hash:ip,port,net", {PART_ADDRESS, PART_PORT, PART_ADDRESS}, true, true},
	{"hash:mac", {PART_MAC}, false, false},
	{"hash:net", {PART_ADDRESS}, true, false},
	{"hash:net,iface", {PART_ADDRESS, PART_INTERFACE}, true, false},
	{"hash:net,net", {PART_ADDRESS, PART_ADDRESS}, true, false},
	{"hash:net,port", {PART_ADDRESS, PART_PORT}, true, true},
	{"hash:net,port,net", {PART_ADDRESS, PART_PORT, PART_ADDRESS}, true, true},
};

bool ipset_type_fill(struct ipset *set)
{
	set->mark_mask = UINT32_MAX;
	if (strcmp(set->type, "list:set") == 0) {
		set->is_list = true;
		set->n_parts = 1;
		return true;
	}
	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		const struct type *type = &types[i];

		if (strcmp(type->name, set->type) != 0)
			continue;
		memcpy(set->parts, type->parts, sizeof(set->parts));
		set->has_networks = type->has_networks;
		set->has_protocol = type->has_protocol;
		while (set->n_parts < IPSET_PARTS && set->parts[set->n_parts])
			set->n_parts++;
		return true;
	}
	return false;
}

static bool read_number(const struct nlattr *attr, size_t length, uint32_t *ret)
{
	const uint8_t *bytes = mnl_attr_get_payload(attr);

	if (mnl_attr_get_payload_len(attr) != length)
		return false;
	*ret = 0;
	for (size_t i = 0; i < length; i++)
		*ret = *ret << 8 | bytes[i];
	return true;
}

static bool is_whole_nest(const struct nlattr *nest)
{
	const struct nlattr *attr;
	size_t seen = 0;

	mnl_attr_for_each_nested (attr, nest)
		seen += MNL_ALIGN(attr->nla_len);
	return seen >= mnl_attr_get_payload_len(nest);
}

/* What is kept beside the elements, and sizes: of no consequence to a test for membership. */
static bool is_known_head(unsigned type)
{
	switch (type) {
	case IPSET_ATTR_CADT_FLAGS:
	case IPSET_ATTR_TIMEOUT:
	case IPSET_ATTR_INITVAL:
	case IPSET_ATTR_HASHSIZE:
	case IPSET_ATTR_MAXELEM:
	case IPSET_ATTR_BUCKETSIZE:
	case IPSET_ATTR_RESIZE:
	case IPSET_ATTR_SIZE:
	case IPSET_ATTR_ELEMENTS:
	case IPSET_ATTR_REFERENCES:
	case IPSET_ATTR_MEMSIZE:
	/* the range of a bitmap, outside which it has no elements */
	case IPSET_ATTR_IP_FROM:
	case IPSET_ATTR_IP_TO:
	case IPSET_ATTR_PORT_FROM:
	case IPSET_ATTR_PORT_TO: return true;
	default: return false;
	}
}

/* Where the first part is one address, a netmask makes it a network. */
static bool takes_netmask(const struct ipset *set)
{
	return !set->has_networks && set->parts[0] == PART_ADDRESS &&
	       (set->n_parts == 1 || strcmp(set->type, "hash:ip,port") == 0);
}

static bool read_head(struct ipset *set, const struct nlattr *attr)
{
	uint32_t number;

	switch (mnl_attr_get_type(attr)) {
	case IPSET_ATTR_NETMASK:
		if (!read_number(attr, 1, &number) || number == 0 || !takes_netmask(set))
			return false;
		set->netmask = (uint8_t)number;
		return true;
	case IPSET_ATTR_MARKMASK: return read_number(attr, 4, &set->mark_mask);
	case BITMASK: return set->netmask != 0; /* the same once more */
	default: return is_known_head(mnl_attr_get_type(attr));
	}
}

bool ipset_head_read(struct ipset *set, const struct nlattr *nest)
{
	const struct nlattr *attr, *bitmask = NULL;
	bool whole = is_whole_nest(nest);

	mnl_attr_for_each_nested (attr, nest) {
		if (mnl_attr_get_type(attr) == BITMASK)
			bitmask = attr;
		else if (!read_head(set, attr))
			whole = false;
	}
	return whole && (!bitmask || read_head(set, bitmask));
}

/* An address lies in a nest of its own; network order. */
static bool read_address(const struct ipset *set, const struct nlattr *nest, field_value *ret)
{
	size_t length = set->family == NFPROTO_IPV6 ? 16 : 4;
	unsigned wanted = length == 16 ? IPSET_ATTR_IPADDR_IPV6 : IPSET_ATTR_IPADDR_IPV4;
	const struct nlattr *attr;
	bool found = false;

	mnl_attr_for_each_nested (attr, nest) {
		const uint8_t *bytes = mnl_attr_get_payload(attr);

		if (mnl_attr_get_type(attr) != wanted || found ||
		    mnl_attr_get_payload_len(attr) != length)
			return false;
		*ret = 0;
		for (size_t i = 0; i < length; i++)
			*ret = *ret << 8 | bytes[i];
		found = true;
	}
	return found;
}

/* Attributes of one element as they come. */
struct raw {
	field_value addresses[2];
	uint32_t prefixes[2], port, protocol, mark, flags;
	field_value mac;
	bool has_address[2], has_prefix[2], has_port, has_protocol, has_mark, has_mac;
	const char *interface, *name;
};

static bool read_mac(const struct nlattr *attr, struct raw *raw)
{
	enum { MAC_LENGTH = 6 };
	const uint8_t *bytes = mnl_attr_get_payload(attr);

	if (mnl_attr_get_payload_len(attr) != MAC_LENGTH)
		return false;
	for (size_t i = 0; i < MAC_LENGTH; i++)
		raw->mac = raw->mac << 8 | bytes[i];
	raw->has_mac = true;
	return true;
}

static bool read_name(struct arena *arena, const struct nlattr *attr, const char **ret)
{
	if (mnl_attr_validate(attr, MNL_TYPE_NUL_STRING) < 0)
		return false;
	*ret = arena_strdup(arena, mnl_attr_get_str(attr));
	return true;
}

static bool read_attribute(struct arena *arena, const struct ipset *set, const struct nlattr *attr,
			   struct raw *raw)
{
	switch (mnl_attr_get_type(attr)) {
	case IPSET_ATTR_IP:
		return (raw->has_address[0] = read_address(set, attr, &raw->addresses[0]));
	case IPSET_ATTR_IP2:
		return (raw->has_address[1] = read_address(set, attr, &raw->addresses[1]));
	case IPSET_ATTR_CIDR: return (raw->has_prefix[0] = read_number(attr, 1, &raw->prefixes[0]));
	case IPSET_ATTR_CIDR2:
		return (raw->has_prefix[1] = read_number(attr, 1, &raw->prefixes[1]));
	case IPSET_ATTR_PORT: return (raw->has_port = read_number(attr, 2, &raw->port));
	case IPSET_ATTR_PROTO: return (raw->has_protocol = read_number(attr, 1, &raw->protocol));
	case IPSET_ATTR_MARK: return (raw->has_mark = read_number(attr, 4, &raw->mark));
	case IPSET_ATTR_CADT_FLAGS: return read_number(attr, 4, &raw->flags);
	case IPSET_ATTR_ETHER: return read_mac(attr, raw);
	case IPSET_ATTR_IFACE: return read_name(arena, attr, &raw->interface);
	case IPSET_ATTR_NAME: return set->is_list && read_name(arena, attr, &raw->name);
	case IPSET_ATTR_TIMEOUT:
	case IPSET_ATTR_BYTES:
	case IPSET_ATTR_PACKETS:
	case IPSET_ATTR_COMMENT:
	case IPSET_ATTR_SKBMARK:
	case IPSET_ATTR_SKBPRIO:
	case IPSET_ATTR_SKBQUEUE:
	case IPSET_ATTR_PAD: return true;
	default: return false;
	}
}

static bool take_address(const struct ipset *set, const struct raw *raw, unsigned part,
			 struct ipset_element *ret)
{
	unsigned which = part > 0, width = set->family == NFPROTO_IPV6 ? 128 : 32;
	unsigned prefix = raw->has_prefix[which] ? raw->prefixes[which] : width;
	field_value host;

	if (set->netmask && part == 0)
		prefix = set->netmask;
	if (!raw->has_address[which] || prefix > width)
		return false;
	host = width - prefix >= 128 ? ~(field_value)0 : ((field_value)1 << (width - prefix)) - 1;
	ret->parts[part] =
		(struct interval){raw->addresses[which] & ~host, raw->addresses[which] | host};
	ret->prefixes[part] = (uint8_t)prefix;
	return true;
}

static bool take_part(const struct ipset *set, const struct raw *raw, unsigned part,
		      struct ipset_element *ret)
{
	switch (set->parts[part]) {
	case PART_ADDRESS: return take_address(set, raw, part, ret);
	case PART_PORT:
		ret->parts[part] = (struct interval){raw->port, raw->port};
		ret->protocol = (uint8_t)raw->protocol;
		return raw->has_port && raw->has_protocol == set->has_protocol;
	case PART_MAC:
		ret->parts[part] = (struct interval){raw->mac, raw->mac};
		ret->any_mac = !raw->has_mac;
		return raw->has_mac || strcmp(set->type, "bitmap:ip,mac") == 0;
	case PART_MARK:
		ret->parts[part] = (struct interval){raw->mark, raw->mark};
		return raw->has_mark;
	case PART_INTERFACE: ret->interface = raw->interface; return raw->interface != NULL;
	default: return false;
	}
}

bool ipset_element_read(struct arena *arena, const struct ipset *set, const struct nlattr *nest,
			struct ipset_element *ret)
{
	enum { KNOWN = IPSET_FLAG_NOMATCH | IPSET_FLAG_PHYSDEV | IPSET_FLAG_IFACE_WILDCARD };
	const struct nlattr *attr;
	struct raw raw = {};
	bool whole = is_whole_nest(nest);

	mnl_attr_for_each_nested (attr, nest)
		whole = read_attribute(arena, set, attr, &raw) && whole;
	for (unsigned part = 0; !set->is_list && part < set->n_parts; part++)
		whole = take_part(set, &raw, part, ret) && whole;
	ret->nomatch = raw.flags & IPSET_FLAG_NOMATCH;
	ret->physical = raw.flags & IPSET_FLAG_PHYSDEV;
	ret->wildcard = raw.flags & IPSET_FLAG_IFACE_WILDCARD;
	ret->member_name = raw.name;
	return whole && !(raw.flags & ~(uint32_t)KNOWN) && (!set->is_list || raw.name);
}
