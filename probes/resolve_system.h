/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef PROBES_RESOLVE_SYSTEM_H
#define PROBES_RESOLVE_SYSTEM_H

#include <stddef.h>
#include <stdint.h>

#include "base/address.h"
#include "base/error.h"

enum { SYSTEM_ANSWER_ADDRESSES = 32 };

/* What getaddrinfo() said. */
struct system_answer {
	int gai; /* 0 or an EAI_… */
	size_t count;
	struct address addresses[SYSTEM_ANSWER_ADDRESSES]; /* both families */
};

/*
 * Asks getaddrinfo() in a child process, which is killed at @deadline (see deadline.h): a resolver
 * with dead servers takes half a minute, and nothing else can interrupt it. 0, -ETIMEDOUT, or
 * -errno when there is no child to be had.
 */
int resolve_system(const char *name, int64_t deadline, struct system_answer *ret,
		   struct error *err);

#endif
