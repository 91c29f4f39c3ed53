/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RULES_HOST_H
#define RULES_HOST_H

#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/address.h"

/*
 * What the rules can ask about the host besides the packet: a plain value, filled in by whoever
 * looked (the probes, a recorded file, a test). Byte order: host order for numbers.
 */
struct host_link {
	uint32_t index;
	char name[IFNAMSIZ];
	uint16_t type; /* ARPHRD_* */
	char kind[16]; /* "bridge", "veth", … as rtnetlink says it; "" for hardware */
	uint32_t group;
	uint32_t master; /* index of the bridge or bond it is a port of, 0 for none */
	uint8_t mac[6];
	bool has_mac;
};

struct host_address {
	struct address address;
	unsigned prefix;
	uint32_t ifindex;
};

/* What nobody looked at is unknown. */
enum fact { FACT_UNKNOWN, FACT_NO, FACT_YES };

enum { HOST_MOST_CGROUPS = 16 };

struct host_state {
	const struct host_link *links;
	size_t n_links;
	const struct host_address *addresses; /* of this host: the `local` table */
	size_t n_addresses;
	uint32_t device_ifindex; /* interface that packets to the device leave through */
	uint32_t
		device_port_ifindex; /* the bridge port behind it, 0 if it is no bridge or unknown */
	/* Packets of bridges pass through the IP chains too (bridge-nf-call-iptables and -ip6tables). */
	bool bridge_calls_ip, bridge_calls_ip6;
	uint8_t device_mac[6]; /* from the neighbour table */
	bool device_mac_known;
	uid_t uid; /* of the process that owns our sockets */
	gid_t gid;
	bool listener_is_wildcard;     /* our TCP listener is bound to any address */
	enum fact transparent_sockets; /* some socket here is one (IP_TRANSPARENT) */
	/* Ids of our process's cgroup and its ancestors, from the root (0) down; 0: not known. */
	uint64_t cgroups[HOST_MOST_CGROUPS];
	size_t n_cgroups;
	bool without_class;     /* our packets have no net_cls class */
	struct address gateway; /* between us and the device; AF_UNSPEC: none, it is on the link */
	bool route_known;       /* @gateway was looked at */
	enum fact mark_routes;  /* the route may depend on a packet mark (ip rule … fwmark) */
	bool time_zone_known;
	int minutes_west; /* of Greenwich: the kernel's time zone (sys_tz) */
	int64_t time_s;   /* seconds since the epoch, for rules that look at the clock */
};

#endif
