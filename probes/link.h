/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef PROBES_LINK_H
#define PROBES_LINK_H

#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <libmnl/libmnl.h>

#include "base/error.h"

enum { LINK_MAC_SIZE = 6, LINK_MAC_TEXT_SIZE = 18 };

/* A network interface, as RTM_GETLINK shows it to anyone. */
struct link {
	uint32_t index;
	char name[IFNAMSIZ];
	uint16_t type;      /* ARPHRD_… */
	char kind[32];      /* IFLA_INFO_KIND: "bridge", "veth", "tun", …; "" for hardware */
	char port_kind[32]; /* IFLA_INFO_SLAVE_KIND: of what it is a port; "" for none */
	uint32_t group;     /* IFLA_GROUP, 0 by default */
	uint32_t master;    /* index of the bridge, bond or VRF that it is a port of, or 0 */
	uint32_t lower;     /* IFLA_LINK: what it lies upon (VLAN, macvlan) or its peer; 0 = none */
	uint32_t flags;     /* IFF_… of <net/if.h> */
	uint32_t mtu;       /* bytes */
	uint8_t mac[LINK_MAC_SIZE];
	bool has_mac;        /* false for interfaces without a 6-byte hardware address */
	bool has_xdp;        /* an XDP program is attached (IFLA_XDP_ATTACHED) */
	bool has_peer_netns; /* IFLA_LINK_NETNSID: @lower is in another network namespace */
};

struct link_list {
	struct link *items;
	size_t count, allocated;
};

/* All interfaces of this network namespace. Needs no privilege. */
int link_read(struct link_list *ret, struct error *err);
void link_release(struct link_list *list);

/* Pure: one RTM_NEWLINK message; false if it is anything else or cut short. */
bool link_parse(const struct nlmsghdr *message, struct link *ret);

/* NULL when there is none. */
const struct link *link_by_index(const struct link_list *list, uint32_t index);
const struct link *link_by_name(const struct link_list *list, const char *name);

bool link_is_up(const struct link *link);
bool link_is_loopback(const struct link *link);
/*
 * Leads to the other end of a tunnel instead of onto a shared wire: tun and tap, WireGuard, PPP,
 * IP-in-IP, GRE, SIT, VTI, XFRM, or anything point-to-point.
 */
bool link_is_tunnel(const struct link *link);
/*
 * A bridge of which every port is a veth or tap: no packet from a real wire comes in through it
 * (docker0, virbr0, lxdbr0). A bridge without ports is one too. False for what is no bridge.
 */
bool link_is_virtual_bridge(const struct link_list *list, const struct link *link);

/* "aa:bb:cc:dd:ee:ff" into @text (LINK_MAC_TEXT_SIZE bytes), which is returned. */
const char *link_mac_format(const uint8_t mac[static LINK_MAC_SIZE], char *text);

#endif
