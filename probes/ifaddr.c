/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probes/ifaddr.h"

#include <stdlib.h>

#include <linux/if_addr.h>
#include <linux/rtnetlink.h>

#include "base/alloc.h"
#include "base/cleanup.h"
#include "probes/netlink.h"

bool ifaddr_parse(const struct nlmsghdr *message, struct local_address *ret)
{
	const struct nlattr *table[IFA_MAX + 1];
	const struct ifaddrmsg *header = netlink_header(message, RTM_NEWADDR, sizeof(*header));
	struct address peer = {0};

	if (!header)
		return false;
	netlink_attributes(message, sizeof(*header), table, ARRAY_SIZE(table));
	*ret = (struct local_address){
		.prefix = header->ifa_prefixlen,
		.ifindex = header->ifa_index,
		.scope = header->ifa_scope,
		.flags = header->ifa_flags,
	};
	/* Only the attribute holds the flags above the eighth. */
	netlink_u32(table[IFA_FLAGS], &ret->flags);
	/* IFA_LOCAL is ours and IFA_ADDRESS the peer; IPv6 leaves IFA_LOCAL out without a peer. */
	netlink_address(table[IFA_ADDRESS], header->ifa_family, &peer);
	if (!netlink_address(table[IFA_LOCAL], header->ifa_family, &ret->address))
		ret->address = peer;
	if (!address_equal(&peer, &ret->address))
		ret->peer = peer;
	return ret->address.family && ret->prefix <= 8 * address_length(&ret->address);
}

static int add(const struct nlmsghdr *message, void *context)
{
	struct local_address_list *list = context;
	struct local_address entry;

	if (!ifaddr_parse(message, &entry))
		return 0;
	list->items = xgrow(list->items, list->count, &list->allocated, sizeof(*list->items));
	list->items[list->count++] = entry;
	return 0;
}

static void restart(void *context)
{
	((struct local_address_list *)context)->count = 0;
}

int ifaddr_read(struct local_address_list *ret, struct error *err)
{
	char buffer[NETLINK_REQUEST_SIZE];
	struct ifaddrmsg *header;
	struct nlmsghdr *request =
		netlink_request(buffer, RTM_GETADDR, NLM_F_DUMP, sizeof(*header), &header);
	const struct netlink_question question = {
		.protocol = NETLINK_ROUTE,
		.what = "list the addresses of this host",
		.message = add,
		.restart = restart,
		.context = ret,
	};
	int status;

	*ret = (struct local_address_list){0};
	header->ifa_family = AF_UNSPEC;
	status = netlink_ask(&question, request, NULL, err);
	if (status < 0)
		ifaddr_release(ret);
	return status;
}

void ifaddr_release(struct local_address_list *list)
{
	free(list->items);
	*list = (struct local_address_list){0};
}

const struct local_address *ifaddr_find(const struct local_address_list *list,
					const struct address *address)
{
	for (size_t i = 0; i < list->count; i++) {
		if (address_equal(&list->items[i].address, address))
			return &list->items[i];
	}
	return NULL;
}

struct cidr ifaddr_network(const struct local_address *entry)
{
	return cidr_of(entry->peer.family ? &entry->peer : &entry->address, entry->prefix);
}

const struct local_address *ifaddr_on_link(const struct local_address_list *list,
					   const struct address *address)
{
	const struct local_address *best = NULL;

	for (size_t i = 0; i < list->count; i++) {
		const struct local_address *entry = &list->items[i];
		struct cidr network = ifaddr_network(entry);

		if (cidr_contains(&network, address) && (!best || entry->prefix > best->prefix))
			best = entry;
	}
	return best;
}

const struct local_address *ifaddr_of_interface(const struct local_address_list *list,
						uint32_t ifindex, int family)
{
	const struct local_address *secondary = NULL;

	for (size_t i = 0; i < list->count; i++) {
		const struct local_address *entry = &list->items[i];

		if (entry->ifindex != ifindex || entry->address.family != family)
			continue;
		if (!(entry->flags & IFA_F_SECONDARY))
			return entry;
		if (!secondary)
			secondary = entry;
	}
	return secondary;
}
