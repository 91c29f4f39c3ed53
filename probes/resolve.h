/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef PROBES_RESOLVE_H
#define PROBES_RESOLVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/address.h"
#include "base/error.h"
#include "probes/link.h"

enum { RESOLVE_ADDRESSES = 16 };

enum resolve_source { RESOLVE_NUMERIC, RESOLVE_MDNS, RESOLVE_SYSTEM };

struct resolved {
	struct address addresses[RESOLVE_ADDRESSES]; /* IPv4, in the order of the answer */
	size_t count;
	enum resolve_source source;
	bool only_ipv6;       /* there are addresses, but none of them is IPv4 */
	bool timed_out;       /* the system's resolver had not answered when the time was over */
	unsigned interfaces;  /* on which multicast DNS was asked; 0: it was not */
	int mdns_send_errnum; /* why such a query could not leave; EPERM is our own firewall */
	uint16_t ota_port;    /* the port that mDNS told of along with the address, or 0 */
};

/*
 * The IPv4 addresses of @name, within @timeout_ms in total. A numeric address is its own answer; a
 * name that ends in ".local" is asked for by multicast DNS from port 5353 on the interfaces of @links
 * first (see mdns_query.h), in half of the time (of 3 s or more, so that a query lost in the air is
 * repeated); all others, and those that did not answer, are left
 * to the system's resolver, in a child process, because getaddrinfo() knows no time limit.
 * 0, or -ENOENT (no such name, or no IPv4 address), -ETIMEDOUT, with what was tried in @err.
 * @ret is filled in either case.
 */
int resolve_read(const char *name, const struct link_list *links, unsigned timeout_ms,
		 struct resolved *ret, struct error *err);

/* Pure: ends in ".local" or ".local.", whatever the case. */
bool resolve_is_local_name(const char *name);

#endif
