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
struct ruleset;
struct target;

/* What is seen of this host without privilege, read once at the start of a run. */
struct host {
	struct link_list links;
	struct local_address_list addresses;
	struct sysctl sysctl;
	struct surroundings surroundings; /* see host_surroundings() */
	bool surroundings_known;
	char name[256];
	uid_t uid; /* of this process: the owner of our sockets */
	gid_t gid;
};

int host_read(struct host *host, struct error *err);
void host_release(struct host *host);

/* Container, VM, WSL: read when first asked for, for only what lies behind a router makes it matter. */
const struct surroundings *host_surroundings(struct host *host);

/*
 * What the rules can ask of it, for packets to and from @target, whose route and neighbour have been
 * looked up. What is costly to look at is looked at only if @ruleset (may be NULL) asks for it.
 * Allocated in @arena.
 */
struct host_state *host_state_for(struct arena *arena, const struct host *host,
				  const struct target *target, const struct ruleset *ruleset,
				  int64_t time_s);

#endif
