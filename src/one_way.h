/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SRC_ONE_WAY_H
#define SRC_ONE_WAY_H

#include <stdbool.h>

struct host;
struct report;
struct target;

/*
 * Whether all addresses of @target are reached as the one is that the kernel was asked about: through
 * @target->link. If not, or if the routes cannot be read, adds firewall-undecided and returns false.
 */
bool one_way_check(const struct target *target, const struct host *host, struct report *report);

#endif
