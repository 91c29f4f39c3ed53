/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TESTS_DIFFERENTIAL_LISTEN_H
#define TESTS_DIFFERENTIAL_LISTEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The host's real listeners, IPv4 and IPv6; kept from one ruleset to the next. Room for the ports of
 * one exchange is made before the first of them.
 */
void listen_make_room(size_t ports);
bool listen_on(uint16_t port);

/* Accepts all connections to @port. */
void listen_accept(uint16_t port);

/* Ends everything that has been accepted, without a packet. */
void listen_forget(void);

#endif
