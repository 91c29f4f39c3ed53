/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef PROBES_BRIDGE_PORT_H
#define PROBES_BRIDGE_PORT_H

#include <stdbool.h>
#include <stdint.h>

#include <libmnl/libmnl.h>

#include "base/error.h"

/* Where a bridge has learnt that a hardware address is (its forwarding database). */
struct bridge_entry {
	uint32_t bridge, port; /* interface indices */
	uint8_t mac[6];
};

/*
 * The port of @bridge behind which @mac was last seen; *@ret_port is 0 if it has not learnt that.
 * Needs no privilege.
 */
int bridge_port_read(uint32_t bridge, const uint8_t mac[static 6], uint32_t *ret_port,
		     struct error *err);

/* Pure: one RTM_NEWNEIGH message of the bridge family; false if it is anything else or cut short. */
bool bridge_entry_parse(const struct nlmsghdr *message, struct bridge_entry *ret);

#endif
