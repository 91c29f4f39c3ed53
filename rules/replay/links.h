/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RULES_REPLAY_LINKS_H
#define RULES_REPLAY_LINKS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/address.h"

struct error;

/* Requests to rtnetlink, in the namespace that @rtnl was opened in; 0 or a negative errno. */

struct link_pair {
	const char *name, *peer;
	uint32_t index, group; /* of @name; 0: any */
	const uint8_t *mac;    /* of @name, NULL: any */
	int peer_namespace;    /* where @peer goes */
};

int rtnl_open(void);
/* Two virtual Ethernet interfaces at the two ends of one wire, without addresses of their own. */
int rtnl_add_pair(int rtnl, const struct link_pair *pair);
int rtnl_add_bridge(int rtnl, const char *name, uint32_t index, uint32_t group, const uint8_t *mac);
int rtnl_set_master(int rtnl, uint32_t index, uint32_t master);
/* Without link-local addresses of its own making. */
int rtnl_set_up(int rtnl, uint32_t index);
int rtnl_add_address(int rtnl, uint32_t index, const struct address *address, unsigned prefix);
/* @destination is directly on the wire of @index. */
int rtnl_add_route(int rtnl, uint32_t index, const struct cidr *destination);
int rtnl_add_neighbour(int rtnl, uint32_t index, const struct address *address,
		       const uint8_t mac[static 6]);

#endif
