/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SRC_RUN_H
#define SRC_RUN_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

#include "record/record.h"
#include "src/firewall.h"
#include "src/host.h"
#include "src/ota/image.h"
#include "src/worker.h"

struct arena;
struct options;

/* What one call of the program works with: read once, handed down to every step. */
struct run {
	struct arena *arena;
	const struct options *options;
	struct worker worker;
	struct host host;
	struct firewall firewall;
	int user_namespace; /* for replays (--verify), see privilege_user_namespace(); -1: none */
	struct image_files image;          /* empty if there is none to send */
	const volatile sig_atomic_t *stop; /* set by a signal to end by */
	int64_t time_s;
	bool privileged;       /* started as root: commands for a root shell need no sudo */
	bool binds_privileged; /* ports below ip_unprivileged_port_start are ours to take */
	struct record record;  /* of --record or --from-record */
};

#endif
