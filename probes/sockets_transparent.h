/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef PROBES_SOCKETS_TRANSPARENT_H
#define PROBES_SOCKETS_TRANSPARENT_H

#include <libmnl/libmnl.h>

#include "base/error.h"

/* What one socket says of itself. */
enum transparency { TRANSPARENCY_UNKNOWN, TRANSPARENCY_NO, TRANSPARENCY_YES };

/*
 * Whether any TCP or UDP socket of this network namespace has IP_TRANSPARENT set, as those of
 * transparent proxies do. Unknown before Linux 5.10, which does not show it. Needs no privilege.
 */
int sockets_transparent_read(enum transparency *ret, struct error *err);

/* Pure: one SOCK_DIAG_BY_FAMILY message; unknown for anything else. */
enum transparency sockets_transparent_parse(const struct nlmsghdr *message);

#endif
