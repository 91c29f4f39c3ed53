/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Messages of rtnetlink, sock_diag and nftrace, each put to every parser, for these tell by the type
 * whether it is theirs; and what is worked out from them.
 */
#include <libmnl/libmnl.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/netlink_message.h"
#include "probes/bridge_port.h"
#include "probes/ifaddr.h"
#include "probes/link.h"
#include "probes/neighbour.h"
#include "probes/policy_rules.h"
#include "probes/route.h"
#include "probes/route_lookup.h"
#include "probes/sockets.h"
#include "rules/replay/trace.h"
#include "tests/fuzz/fuzz.h"

struct seen {
	struct link_list links;
	struct local_address_list addresses;
	struct route_list routes;
	struct tcp_socket_list sockets;
	struct trace trace;
};

#define add(list, item)                                                                            \
	do {                                                                                       \
		(list)->items =                                                                    \
			xgrow((list)->items, (list)->count, &(list)->allocated, sizeof(item));     \
		(list)->items[(list)->count++] = (item);                                           \
		fuzz_taken();                                                                      \
	} while (0)

static void take(struct seen *seen, const struct nlmsghdr *message)
{
	struct local_address address;
	struct route_entry route;
	struct tcp_socket socket;
	struct link link;
	struct neighbour neighbour;
	struct bridge_entry entry;
	struct policy_rule rule;
	struct trace_event event;

	if (link_parse(message, &link))
		add(&seen->links, link);
	if (ifaddr_parse(message, &address))
		add(&seen->addresses, address);
	if (route_parse(message, &route))
		add(&seen->routes, route);
	if (sockets_parse(message, &socket))
		add(&seen->sockets, socket);
	if (neighbour_parse(message, &neighbour))
		neighbour_state_name(neighbour.state);
	bridge_entry_parse(message, &entry);
	policy_rule_parse(message, &rule);
	if (trace_parse(message, &event))
		trace_take(&seen->trace, &event);
}

static void ask(const struct seen *seen, const char *from, const char *to)
{
	struct route_query query = {0};
	struct route route;

	fuzz_require(address_parse(from, &query.source) && address_parse(to, &query.destination));
	route_lookup(&query, &seen->routes, &seen->addresses, &route);
	query.iif = 2;
	route_lookup(&query, &seen->routes, &seen->addresses, &route);
	ifaddr_on_link(&seen->addresses, &query.destination);
	ifaddr_of_interface(&seen->addresses, 2, query.destination.family);
	sockets_port_in_use(&seen->sockets, &query.source, 18266);
	sockets_port_maybe_in_use(&seen->sockets, &query.source, 18266);
}

static void conclude(const struct seen *seen)
{
	ask(seen, "192.168.178.24", "192.168.178.178");
	ask(seen, "fd00::24", "fd00::178");
	route_default(&seen->routes);
	for (size_t i = 0; i < seen->links.count; i++) {
		link_is_tunnel(&seen->links.items[i]);
		link_is_virtual_bridge(&seen->links, &seen->links.items[i]);
	}
	for (size_t i = 0; i < seen->addresses.count; i++)
		ifaddr_network(&seen->addresses.items[i]);
	for (size_t i = 0; i < seen->routes.count; i++)
		route_type_name(seen->routes.items[i].route.type);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct seen seen = {.trace.fd = -1};

	trace_reset(&seen.trace);
	/* A copy of each, so that a read behind the message is one behind the memory. */
	while (netlink_message_is_whole((const struct nlmsghdr *)data, size)) {
		size_t step = MNL_ALIGN(((const struct nlmsghdr *)data)->nlmsg_len);
		struct nlmsghdr *message = xmemdup(data, step);

		take(&seen, message);
		free(message);
		data += step;
		size -= step;
	}
	conclude(&seen);
	link_release(&seen.links);
	ifaddr_release(&seen.addresses);
	route_list_release(&seen.routes);
	sockets_release(&seen.sockets);
	return 0;
}
