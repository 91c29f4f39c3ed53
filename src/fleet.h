/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SRC_FLEET_H
#define SRC_FLEET_H

#include "base/address.h"
#include "src/report.h"

struct run;

/* Fills in one target's report: a device as the user wrote it, or (@device NULL) a network. */
typedef void target_function(struct run *run, const char *device, const struct cidr *network,
			     struct report *report);

/*
 * Calls @function for what the options name: each -i, the network of --from, or else each directly
 * connected network. Exactly one -i, or --from, gives a plain report of @mode, everything else a
 * fleet's. All reports are concluded.
 */
struct report *fleet_run(struct run *run, enum report_mode mode, target_function *function);

#endif
