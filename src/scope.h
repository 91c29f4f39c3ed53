/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SRC_SCOPE_H
#define SRC_SCOPE_H

#include "base/address.h"
#include "rules/value_set.h"

struct arena;

/*
 * The fewest networks that cover exactly the addresses of @set, lowest first, in @arena.
 * @family is AF_INET or AF_INET6; returns their number. Pure.
 */
size_t scope_cidrs(struct arena *arena, struct value_set set, int family,
		   const struct cidr **ret_cidrs);

#endif
