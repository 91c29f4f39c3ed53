/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SRC_HOST_H
#define SRC_HOST_H

#include "base/address.h"
#include "probes/ifaddr.h"
#include "probes/link.h"
#include "probes/neighbour.h"
#include "probes/surroundings.h"
#include "probes/sysctl.h"
#include "rules/host.h"

struct arena;
struct error;

/* What is seen of this host without privilege, read once at the start of a run. */
struct host {
	struct link_list links;
	struct local_address_list addresses;
	struct sysctl sysctl;
	struct surroundings surroundings;
	char name[256];
};

int host_read(struct host *host, struct error *err);
void host_release(struct host *host);

/*
 * What the rules can ask of it, for packets to and from a device that is reached through interface
 * @ifindex. @neighbour may be NULL (hardware address not known). Allocated in @arena.
 */
struct host_state *host_state_for(struct arena *arena, const struct host *host, uint32_t ifindex,
				  const struct neighbour *neighbour, int64_t time_s);

#endif
