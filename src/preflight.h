/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SRC_PREFLIGHT_H
#define SRC_PREFLIGHT_H

#include <stdbool.h>

#include "src/host_port.h"
#include "src/target.h"

struct report;
struct run;

/* What the preflight found out and holds ready for the upload. */
struct preflight {
	struct target target;
	struct host_port host_port;
	struct host_state *state;
};

/*
 * Works out whether the exchange with one device (or a network, @device NULL) can succeed, without
 * an OTA message. Adds what it finds to @report; false if it added an error. The caller releases
 * @preflight in either case.
 */
bool preflight_run(struct run *run, const char *device, const struct cidr *network,
		   struct report *report, struct preflight *preflight);
void preflight_release(struct preflight *preflight);

/*
 * The first half of it, for an upload that is not to be questioned (--no-preflight): who, where,
 * and the listener; the rules are not looked at.
 */
bool preflight_plan(struct run *run, const char *device, struct report *report,
		    struct preflight *preflight);

/* The second half: what the rules and the surroundings mean for the planned exchange. */
bool preflight_judge(struct run *run, const struct preflight *preflight, struct report *report);

#endif
