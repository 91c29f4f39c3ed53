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

struct host_state {
	const struct host_link *links;
	size_t n_links;
	const struct host_address *addresses; /* of this host: the `local` table */
	size_t n_addresses;
	uint32_t device_ifindex; /* interface that packets to the device leave through */
	uint32_t
		device_port_ifindex; /* the bridge port behind it, 0 if it is no bridge or unknown */
	uint8_t device_mac[6];       /* from the neighbour table */
	bool device_mac_known;
	uid_t uid; /* of the process that owns our sockets */
	gid_t gid;
	int64_t time_s; /* seconds since the epoch, for rules that look at the clock */
};

#endif
