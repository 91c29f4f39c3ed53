/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef PROBES_NEIGHBOUR_H
#define PROBES_NEIGHBOUR_H

#include <stdbool.h>
#include <stdint.h>

#include <libmnl/libmnl.h>

#include "base/address.h"
#include "base/error.h"

/* What the kernel knows of the hardware address of a neighbour (ARP, IPv6 discovery). */
struct neighbour {
	uint16_t state; /* one NUD_… of <linux/neighbour.h>; 0 (NUD_NONE): no entry */
	bool has_mac;
	uint8_t mac[6];
	uint32_t ifindex;
	struct address address;
	uint32_t confirmed_ms; /* since its last sign of life; UINT32_MAX: not told */
};

/* 0 also when there is no entry (state NUD_NONE). Needs no privilege. */
int neighbour_read(uint32_t ifindex, const struct address *address, struct neighbour *ret,
		   struct error *err);

/*
 * The entry for @address among all that the kernel has (state NUD_NONE if there is none), as a record
 * keeps them: without hardware addresses.
 */
int neighbour_find(uint32_t ifindex, const struct address *address, struct neighbour *ret,
		   struct error *err);

struct neighbour_provocation {
	struct neighbour neighbour; /* as it stood at the end */
	int send_errnum; /* 0, or why the datagram could not leave: EPERM is our own firewall */
	bool timed_out;  /* no final state in time: neither found nor failed */
};

/*
 * Has the kernel resolve @address, which must be on the link of interface @ifindex (a routed one
 * has no neighbour entry, and would be waited for in vain): one empty datagram to its discard port
 * (UDP 9) from @source, then waits at most @timeout_ms for the hardware address to be known or the
 * resolution to have failed (three unanswered requests: about 3 s). An entry with a hardware
 * address, stale or not, ends the wait at once. Asks nothing when neighbour_read() would already
 * show one.
 */
int neighbour_provoke(uint32_t ifindex, const struct address *source, const struct address *address,
		      unsigned timeout_ms, struct neighbour_provocation *ret, struct error *err);

/* Pure: one RTM_NEWNEIGH message; false if it is anything else or cut short. */
bool neighbour_parse(const struct nlmsghdr *message, struct neighbour *ret);
/* The hardware address is known, or the interface needs none (NUD_VALID states). */
bool neighbour_is_known(const struct neighbour *neighbour);
bool neighbour_is_failed(const struct neighbour *neighbour);
/* "REACHABLE", "FAILED", …; "NONE" without entry. */
const char *neighbour_state_name(uint16_t state);

#endif
