/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef PROBES_DEADLINE_H
#define PROBES_DEADLINE_H

#include <limits.h>
#include <stdint.h>
#include <time.h>

/* A moment of CLOCK_MONOTONIC, in milliseconds. */
static inline int64_t deadline_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static inline int64_t deadline_after(unsigned milliseconds)
{
	return deadline_now() + milliseconds;
}

/*
 * What poll() may still wait: milliseconds left, 0 when the time is over. No wait is begun anew after
 * EINTR: only a signal with a handler ends it so, and that is there to end the program.
 */
static inline int deadline_left(int64_t deadline)
{
	int64_t left = deadline - deadline_now();

	return left <= 0 ? 0 : left > INT_MAX ? INT_MAX : (int)left;
}

#endif
