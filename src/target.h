/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SRC_TARGET_H
#define SRC_TARGET_H

#include <stdbool.h>
#include <stdint.h>

#include "base/address.h"
#include "probes/neighbour.h"

struct host;
struct link;
struct options;
struct report;

/*
 * Who is to be reached and how: the first part of the plan. A device (a network of one address) or
 * a network given by --from or by an interface.
 */
struct target {
	struct cidr device;
	/*
	 * The device, or a host of a network: what the kernel is asked for a route to. (The network's
	 * own address is a broadcast.) Set by target_route().
	 */
	struct address sample;
	const char *name;        /* as written, NULL if it was an address */
	uint16_t announced_port; /* that mDNS told, 0: none */
	const struct link *link; /* interface towards it */
	struct address host;     /* the address of ours that it calls back */
	struct cidr network;     /* the directly connected network it is in; else like @device */
	bool on_link;            /* no router between */
	struct address gateway;  /* the router; AF_UNSPEC: none */
	struct neighbour neighbour;
};

/* The device's address, or the network as written in CIDR form. Returns @text. */
const char *target_text(const struct target *target, char text[static CIDR_TEXT_SIZE]);

struct error;

/*
 * Adds that it is unknown which way packets of @target take (firewall-undecided, once a report):
 * the routes could not be asked for, as @err says.
 */
void target_say_undecided(const struct target *target, struct report *report,
			  const struct error *err);

/*
 * The steps of the plan, in the order in which a packet would meet what they look at. Each returns
 * false after having added the error that makes the rest pointless.
 */
bool target_resolve(struct target *target, const char *device, const struct host *host,
		    struct report *report);
/* Route, interface and source address; -I and the directly connected networks decide with. */
bool target_route(struct target *target, const struct host *host, const struct options *options,
		  struct report *report);
/*
 * The hardware address if the device is there to answer at once: rules may ask for it. Adds nothing
 * to the report, for who is not there may still be asked about.
 */
void target_hardware_address(struct target *target);
/*
 * After it has been talked to in vain for @since_ms. A hardware address known before may have been a
 * memory: the kernel believes it for up to 45 s before it asks again.
 */
enum target_presence {
	TARGET_UNSEEN, /* nothing tells, or not for so short a time */
	TARGET_THERE,  /* it gave a sign of life in that time */
	TARGET_GONE,   /* it does not even answer ARP */
};
enum target_presence target_presence(const struct target *target, int64_t since_ms);
/* Is anybody there? Waits up to three seconds for an answer to ARP. */
bool target_neighbour(struct target *target, struct report *report);

#endif
