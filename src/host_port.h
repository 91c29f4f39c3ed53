/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SRC_HOST_PORT_H
#define SRC_HOST_PORT_H

#include <stdbool.h>
#include <stdint.h>

#include "rules/host.h"

struct report;
struct run;
struct target;

/* The port of a rule that has to be made only once. */
enum { DEFAULT_HOST_PORT = 18266, LAST_DEFAULT_HOST_PORT = 18275 };

/* Where the device is to connect to, held by our listener (-1: none was needed). */
struct host_port {
	uint16_t port;
	int listener;
};

/*
 * Chooses the host port as the manual describes it (-P, --host-port-range, 18266, or one that is
 * open already) and opens the listener on it. False after adding the error.
 */
bool host_port_choose(struct run *run, const struct target *target, const struct host_state *state,
		      struct report *report, struct host_port *ret_port);

#endif
