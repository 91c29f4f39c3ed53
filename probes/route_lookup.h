/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef PROBES_ROUTE_LOOKUP_H
#define PROBES_ROUTE_LOOKUP_H

#include <stdbool.h>

#include "probes/ifaddr.h"
#include "probes/route.h"

/*
 * What the kernel would say to a route query, from its tables alone: for a record, whose kernel can
 * be asked no more. Only what follows plainly, with the policy rules that the kernel starts with; no
 * several paths, dead links, routes that tie, marks. False where it does not follow.
 */

/* Pure. @routes are all of the query's family, @addresses all of the host. */
bool route_lookup(const struct route_query *query, const struct route_list *routes,
		  const struct local_address_list *addresses, struct route *ret);

/* The same from the dumps of routes, addresses and policy rules. */
bool route_derive(const struct route_query *query, struct route *ret);

#endif
