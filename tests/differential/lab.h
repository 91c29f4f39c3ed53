/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TESTS_DIFFERENTIAL_LAB_H
#define TESTS_DIFFERENTIAL_LAB_H

#include <stdbool.h>
#include <stdint.h>

#include "base/address.h"

/*
 * A host and its peer, each a network namespace without a name that ends with this process. The
 * process itself stays in the host's; of the peer it keeps raw sockets only, so that nothing there
 * ever answers by itself.
 *
 *   host  eth0  192.168.178.20/24   fd00::20/64   52:54:00:17:80:20
 *   peer  eth0  192.168.178.178     fd00::178     2c:f4:32:17:81:78
 *
 * The process stays on one CPU: a frame that it sends is then taken in order with all others by
 * that CPU's backlog, so that a sentinel on a second pair of interfaces, both in the peer's
 * namespace where no rule of the host can touch it, comes out after everything sent before it was
 * dealt with.
 */
enum lab_bridge { LAB_NO_BRIDGE, LAB_BRIDGE, LAB_BRIDGE_NF };

struct lab {
	int wire;        /* raw: frames of the peer's eth0 */
	int sentinel[2]; /* raw: either end of the second pair */
	enum lab_bridge bridge;
	uint32_t ifindex; /* of the interface with the addresses */
	uint8_t host_mac[6], peer_mac[6];
	struct address host[2], peer[2]; /* IPv4, IPv6 */
};

enum { LAB_IPV4, LAB_IPV6 };

/*
 * Needs root. Ends the process with a message if the lab cannot be made. @bridge: the host's eth0 is a
 * port of a bridge "lan", which has the addresses; with LAB_BRIDGE_NF br_netfilter shows IP packets to
 * the rules already there.
 */
void lab_make(struct lab *lab, enum lab_bridge bridge);

/* A bridge without ports called @name, as rulesets name interfaces; true if it is there now. */
bool lab_add_bridge(const char *name);

/*
 * Waits until all that was sent so far has been dealt with, and what was sent in answer to it.
 * False if a sentinel never came back.
 */
bool lab_settle(struct lab *lab);

/* Runs @command by the shell, @input on its standard input; its exit status, or -1. */
int lab_run(const char *command, const char *input, char *output, unsigned size);

#endif
