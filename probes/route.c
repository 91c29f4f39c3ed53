/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probes/route.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <linux/rtnetlink.h>

#include "base/alloc.h"
#include "base/cleanup.h"
#include "probes/netlink.h"
#include "probes/route_lookup.h"
#include "record/journal.h"

/* A gateway of the other family (IPv4 by an IPv6 router) comes as RTA_VIA: family, then bytes. */
static void parse_via(const struct nlattr *attribute, struct address *ret)
{
	const struct rtvia *via;
	size_t length;

	if (!attribute || mnl_attr_get_payload_len(attribute) < sizeof(*via))
		return;
	via = mnl_attr_get_payload(attribute);
	length = mnl_attr_get_payload_len(attribute) - sizeof(*via);
	struct address gateway = {.family = via->rtvia_family};
	if (address_length(&gateway) == 0 || length < address_length(&gateway))
		return;
	memcpy(gateway.bytes, via->rtvia_addr, address_length(&gateway));
	*ret = gateway;
}

/* A route over several paths: the first of them stands for it. */
static void parse_multipath(const struct nlattr *attribute, int family, struct route *ret)
{
	const struct nlattr *table[RTA_MAX + 1];
	const struct rtnexthop *hop;
	size_t length = attribute ? mnl_attr_get_payload_len(attribute) : 0;

	if (length < sizeof(*hop))
		return;
	hop = mnl_attr_get_payload(attribute);
	if (hop->rtnh_len < sizeof(*hop) || hop->rtnh_len > length)
		return;
	ret->oif = hop->rtnh_ifindex;
	netlink_payload(RTNH_DATA(hop), hop->rtnh_len - sizeof(*hop), table, ARRAY_SIZE(table));
	netlink_address(table[RTA_GATEWAY], family, &ret->gateway);
	parse_via(table[RTA_VIA], &ret->gateway);
}

bool route_parse(const struct nlmsghdr *message, struct route_entry *ret)
{
	const struct nlattr *table[RTA_MAX + 1];
	const struct rtmsg *header = netlink_header(message, RTM_NEWROUTE, sizeof(*header));
	struct address destination;
	struct route *route = &ret->route;

	if (!header)
		return false;
	destination = (struct address){.family = header->rtm_family};
	if (header->rtm_dst_len > 8 * address_length(&destination))
		return false;
	netlink_attributes(message, sizeof(*header), table, ARRAY_SIZE(table));
	netlink_address(table[RTA_DST], header->rtm_family, &destination);
	*ret = (struct route_entry){
		.destination = cidr_of(&destination, header->rtm_dst_len),
		.route = {.type = header->rtm_type, .table = header->rtm_table},
		.scope = header->rtm_scope,
		.protocol = header->rtm_protocol,
		.tos = header->rtm_tos,
		.flags = header->rtm_flags,
		.is_multipath = table[RTA_MULTIPATH] != NULL,
	};
	parse_multipath(table[RTA_MULTIPATH], header->rtm_family, route);
	netlink_u32(table[RTA_TABLE], &route->table);
	netlink_u32(table[RTA_OIF], &route->oif);
	netlink_u32(table[RTA_PRIORITY], &ret->priority);
	netlink_address(table[RTA_PREFSRC], header->rtm_family, &route->source);
	netlink_address(table[RTA_GATEWAY], header->rtm_family, &route->gateway);
	parse_via(table[RTA_VIA], &route->gateway);
	return address_length(&destination) > 0;
}

static void put_address(struct nlmsghdr *request, uint16_t type, const struct address *address)
{
	if (address->family)
		mnl_attr_put(request, type, address_length(address), address->bytes);
}

static void put_u32(struct nlmsghdr *request, uint16_t type, uint32_t value)
{
	if (value)
		mnl_attr_put_u32(request, type, value);
}

static void put_port(struct nlmsghdr *request, uint16_t type, uint16_t port)
{
	if (port)
		mnl_attr_put_u16(request, type, htons(port));
}

static void put_query(struct nlmsghdr *request, const struct route_query *query)
{
	put_address(request, RTA_DST, &query->destination);
	put_address(request, RTA_SRC, &query->source);
	put_u32(request, RTA_IIF, query->iif);
	put_u32(request, RTA_OIF, query->oif);
	put_u32(request, RTA_MARK, query->mark);
	if (query->has_uid)
		mnl_attr_put_u32(request, RTA_UID, query->uid);
	if (query->protocol)
		mnl_attr_put_u8(request, RTA_IP_PROTO, query->protocol);
	put_port(request, RTA_SPORT, query->source_port);
	put_port(request, RTA_DPORT, query->destination_port);
}

static int take_answer(const struct nlmsghdr *message, void *context)
{
	struct route *ret = context;
	struct route_entry entry;

	if (route_parse(message, &entry))
		*ret = entry.route;
	return 0;
}

int route_read(const struct route_query *query, struct route *ret, struct error *err)
{
	char buffer[NETLINK_REQUEST_SIZE] = {0}; /* libmnl leaves the padding of short attributes */
	char text[ADDRESS_TEXT_SIZE];
	char what[ADDRESS_TEXT_SIZE + 32] = "ask for the route to ";
	struct rtmsg *header;
	struct nlmsghdr *request =
		netlink_request(buffer, RTM_GETROUTE, 0, sizeof(*header), &header);
	const struct netlink_question question = {
		.protocol = NETLINK_ROUTE, .what = what, .message = take_answer, .context = ret};
	bool refused = false;
	int status;

	*ret = (struct route){0};
	strcat(what, address_format(&query->destination, text));
	header->rtm_family = query->destination.family;
	header->rtm_dst_len = 8 * address_length(&query->destination);
	header->rtm_src_len = 8 * address_length(&query->source);
	/* Else the kernel names the main table, whichever it was. */
	header->rtm_flags = RTM_F_LOOKUP_TABLE;
	put_query(request, query);
	if (journal_replays() && !netlink_is_recorded(&question, request) &&
	    route_derive(query, ret))
		return 0;
	status = netlink_ask(&question, request, &refused, err);
	if (!refused)
		return status;
	*ret = (struct route){.errnum = -status};
	return 0;
}

static int add(const struct nlmsghdr *message, void *context)
{
	struct route_list *list = context;
	struct route_entry entry;

	if (!route_parse(message, &entry))
		return 0;
	list->items = xgrow(list->items, list->count, &list->allocated, sizeof(*list->items));
	list->items[list->count++] = entry;
	return 0;
}

static void restart(void *context)
{
	((struct route_list *)context)->count = 0;
}

int route_list_read(int family, struct route_list *ret, struct error *err)
{
	char buffer[NETLINK_REQUEST_SIZE];
	struct rtmsg *header;
	struct nlmsghdr *request =
		netlink_request(buffer, RTM_GETROUTE, NLM_F_DUMP, sizeof(*header), &header);
	const struct netlink_question question = {
		.protocol = NETLINK_ROUTE,
		.what = "list the routes",
		.message = add,
		.restart = restart,
		.context = ret,
	};
	int status;

	*ret = (struct route_list){0};
	header->rtm_family = family;
	status = netlink_ask(&question, request, NULL, err);
	if (status < 0)
		route_list_release(ret);
	return status;
}

void route_list_release(struct route_list *list)
{
	free(list->items);
	*list = (struct route_list){0};
}

const struct route_entry *route_default(const struct route_list *list)
{
	const struct route_entry *best = NULL;

	for (size_t i = 0; i < list->count; i++) {
		const struct route_entry *entry = &list->items[i];

		if (entry->destination.prefix == 0 && entry->route.table == RT_TABLE_MAIN &&
		    entry->route.type == RTN_UNICAST && (!best || entry->priority < best->priority))
			best = entry;
	}
	return best;
}

const char *route_type_name(uint8_t type)
{
	static const char *const names[] = {
		[RTN_UNICAST] = "unicast",     [RTN_LOCAL] = "local",
		[RTN_BROADCAST] = "broadcast", [RTN_ANYCAST] = "anycast",
		[RTN_MULTICAST] = "multicast", [RTN_BLACKHOLE] = "blackhole",
		[RTN_PROHIBIT] = "prohibit",   [RTN_UNREACHABLE] = "unreachable",
		[RTN_THROW] = "throw",         [RTN_NAT] = "nat",
	};

	return type < ARRAY_SIZE(names) && names[type] ? names[type] : "unknown";
}
