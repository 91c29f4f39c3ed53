/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DEVICE_CLOCK_H
#define DEVICE_CLOCK_H

#include <stdint.h>
#include <time.h>

/* Moments are microseconds of the monotonic clock. */
enum { MILLISECOND = 1000, NEVER = -1 };

static inline int64_t clock_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static inline int64_t clock_sooner(int64_t a, int64_t b)
{
	if (a == NEVER)
		return b;
	return b == NEVER || a < b ? a : b;
}

#endif
