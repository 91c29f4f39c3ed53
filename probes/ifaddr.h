/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef PROBES_IFADDR_H
#define PROBES_IFADDR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <libmnl/libmnl.h>

#include "base/address.h"
#include "base/error.h"

/* An address of this host (RTM_GETADDR). */
struct local_address {
	struct address address;
	struct address peer; /* other end of a point-to-point interface, else AF_UNSPEC */
	unsigned prefix;     /* of @peer where there is one, else of @address */
	uint32_t ifindex;
	uint32_t flags; /* IFA_F_… of <linux/if_addr.h> */
	uint8_t scope;  /* RT_SCOPE_… of <linux/rtnetlink.h> */
};

struct local_address_list {
	struct local_address *items;
	size_t count, allocated;
};

/* All IPv4 and IPv6 addresses of this network namespace. Needs no privilege. */
int ifaddr_read(struct local_address_list *ret, struct error *err);
void ifaddr_release(struct local_address_list *list);

/* Pure: one RTM_NEWADDR message; false if it is anything else, cut short or without address. */
bool ifaddr_parse(const struct nlmsghdr *message, struct local_address *ret);

/* The entry that is exactly @address, NULL if this host does not have it. */
const struct local_address *ifaddr_find(const struct local_address_list *list,
					const struct address *address);
/*
 * The entry whose network holds @address, the longest prefix first: @address is in a directly
 * connected network. NULL if it is in none. What the routes make of it is route_read()'s to say.
 */
const struct local_address *ifaddr_on_link(const struct local_address_list *list,
					   const struct address *address);
/* The first entry of @family on interface @ifindex, primary ones first; NULL if there is none. */
const struct local_address *ifaddr_of_interface(const struct local_address_list *list,
						uint32_t ifindex, int family);
/* The network that the entry puts directly on its interface. */
struct cidr ifaddr_network(const struct local_address *entry);

#endif
