/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probes/route_lookup.h"

#include <errno.h>

#include <linux/if_addr.h>
#include <linux/rtnetlink.h>

#include "base/cleanup.h"
#include "probes/policy_rules.h"

enum { LOOPBACK_INDEX = 1 /* LOOPBACK_IFINDEX, in every namespace */ };

/* The longest prefix, then the lowest metric (fib_table_lookup()); NULL too if two of them tie. */
static const struct route_entry *best_in(const struct route_list *routes, uint32_t table,
					 const struct address *destination, bool *ret_tie)
{
	const struct route_entry *best = NULL;

	*ret_tie = false;
	for (size_t i = 0; i < routes->count; i++) {
		const struct route_entry *entry = &routes->items[i];
		if (entry->route.table != table || entry->flags & RTM_F_CLONED ||
		    !cidr_contains(&entry->destination, destination))
			continue;
		bool longer = !best || entry->destination.prefix > best->destination.prefix;
		bool as_long = best && entry->destination.prefix == best->destination.prefix;
		if (as_long && entry->priority == best->priority)
			*ret_tie = true;
		if (longer || (as_long && entry->priority < best->priority)) {
			best = entry;
			*ret_tie = false;
		}
	}
	return *ret_tie ? NULL : best;
}

/* A route for some type of service could be meant for this packet's. */
static bool has_tos_routes(const struct route_list *routes)
{
	for (size_t i = 0; i < routes->count; i++)
		if (routes->items[i].tos)
			return true;
	return false;
}

static int refusal_of(uint8_t type)
{
	switch (type) {
	case RTN_BLACKHOLE: return EINVAL;
	case RTN_PROHIBIT: return EACCES;
	case RTN_UNREACHABLE: return EHOSTUNREACH;
	default: return 0;
	}
}

/*
 * inet_select_addr(): the first primary address of the interface, better one whose network holds the
 * gateway. IPv6 weighs more than that, so only the single candidate counts.
 */
static bool select_source(const struct route_entry *entry, int family,
			  const struct local_address_list *addresses, struct address *ret)
{
	const struct address *gateway = &entry->route.gateway;
	size_t candidates = 0;

	for (size_t i = 0; i < addresses->count; i++) {
		const struct local_address *own = &addresses->items[i];
		if (own->ifindex != entry->route.oif || own->address.family != family ||
		    own->flags & IFA_F_SECONDARY)
			continue;
		/* Whether one of narrower scope is taken depends on more than is looked at here. */
		if (own->scope > RT_SCOPE_UNIVERSE && family == AF_INET)
			return false;
		if (own->scope > RT_SCOPE_UNIVERSE)
			continue;
		struct cidr network = ifaddr_network(own);
		bool holds = gateway->family == family && cidr_contains(&network, gateway);
		if (!candidates++ || (holds && family == AF_INET))
			*ret = own->address;
		if (holds && family == AF_INET)
			return true;
	}
	return family == AF_INET ? candidates > 0 : candidates == 1;
}

static bool answer_from(const struct route_entry *entry, const struct route_query *query,
			const struct local_address_list *addresses, struct route *ret)
{
	int family = query->destination.family;
	int errnum = refusal_of(entry->route.type);

	if (entry->is_multipath || entry->flags & (RTNH_F_DEAD | RTNH_F_LINKDOWN))
		return false;
	if (errnum) {
		*ret = (struct route){.errnum = errnum};
		return family == AF_INET;
	}
	*ret = entry->route;
	if (entry->route.type == RTN_LOCAL) {
		/* Our own address is its own source, and reached through the loopback interface. */
		ret->oif = LOOPBACK_INDEX;
		ret->source = entry->route.source.family ? entry->route.source : query->destination;
	} else if (entry->route.type != RTN_UNICAST) {
		return false;
	} else if (!entry->route.source.family &&
		   !select_source(entry, family, addresses, &ret->source)) {
		return false;
	}
	if (query->source.family)
		ret->source = (struct address){0}; /* it was given: the kernel does not repeat it */
	return true;
}

/* fe80::/10 is on every interface. */
static bool is_link_local(const struct address *address)
{
	return address->family == AF_INET6 && address->bytes[0] == 0xfe &&
	       (address->bytes[1] & 0xc0) == 0x80;
}

static bool look_out(const struct route_query *query, const struct route_list *routes,
		     const struct local_address_list *addresses, struct route *ret)
{
	static const uint32_t tables[] = {RT_TABLE_LOCAL, RT_TABLE_MAIN, RT_TABLE_DEFAULT};
	bool tie;

	if (is_link_local(&query->destination))
		return false;
	if (query->source.family && !ifaddr_find(addresses, &query->source))
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(tables); i++) {
		const struct route_entry *entry =
			best_in(routes, tables[i], &query->destination, &tie);
		if (tie)
			return false;
		if (entry && entry->route.type != RTN_THROW)
			return answer_from(entry, query, addresses, ret);
	}
	*ret = (struct route){.errnum = ENETUNREACH};
	return query->destination.family == AF_INET;
}

/* What comes from where answers go passes every source check; of the rest nothing is said here. */
static bool look_in(const struct route_query *query, const struct route_list *routes,
		    const struct local_address_list *addresses, struct route *ret)
{
	struct route_query back = {.destination = query->source}, here = {0};
	struct route way;

	here.destination = query->destination;
	if (ifaddr_find(addresses, &query->source) || address_is_loopback(&query->source) ||
	    !look_out(&here, routes, addresses, ret) || ret->errnum || ret->type != RTN_LOCAL)
		return false;
	return look_out(&back, routes, addresses, &way) && !way.errnum && way.type == RTN_UNICAST &&
	       way.oif == query->iif;
}

bool route_lookup(const struct route_query *query, const struct route_list *routes,
		  const struct local_address_list *addresses, struct route *ret)
{
	if (query->oif || query->mark || query->has_uid || has_tos_routes(routes))
		return false;
	return query->iif ? look_in(query, routes, addresses, ret)
			  : look_out(query, routes, addresses, ret);
}

bool route_derive(const struct route_query *query, struct route *ret)
{
	cleanup(route_list_release) struct route_list routes = {0};
	cleanup(ifaddr_release) struct local_address_list addresses = {0};
	struct policy_rules rules;

	return !policy_rules_read(query->destination.family, &rules, NULL) && rules.are_default &&
	       !route_list_read(query->destination.family, &routes, NULL) &&
	       !ifaddr_read(&addresses, NULL) && route_lookup(query, &routes, &addresses, ret);
}
