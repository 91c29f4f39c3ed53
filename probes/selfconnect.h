/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef PROBES_SELFCONNECT_H
#define PROBES_SELFCONNECT_H

#include <stdbool.h>

#include "base/address.h"
#include "base/error.h"

/*
 * A connection to our own listener. It proves that the listener listens at that address and no
 * more: packets from this host to itself go through the loopback interface, which firewalls accept,
 * whatever they do to the network.
 */
struct selfconnect {
	bool connected; /* the connection was made and came out of the listener */
	int errnum;     /* else why: ECONNREFUSED, ETIMEDOUT, … */
};

/*
 * Connects to the port of @listener (listening, non-blocking) at @target, 127.0.0.1 or an address of
 * this host, and accepts and closes that connection, within @timeout_ms. Connections of others that
 * come in meanwhile are closed too: for use before any device was invited.
 */
int selfconnect_read(int listener, const struct address *target, unsigned timeout_ms,
		     struct selfconnect *ret, struct error *err);

#endif
