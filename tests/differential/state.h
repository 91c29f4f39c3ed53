/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TESTS_DIFFERENTIAL_STATE_H
#define TESTS_DIFFERENTIAL_STATE_H

#include "rules/host.h"

struct arena;
struct lab;

/*
 * What rules can ask of the lab's host: interfaces, addresses and cgroup as the probes read them, the
 * rest as lab.c and listen.c made it. In @arena; NULL if it cannot be read.
 */
struct host_state *lab_state(struct arena *arena, const struct lab *lab);

#endif
