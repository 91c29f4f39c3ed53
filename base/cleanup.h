/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BASE_CLEANUP_H
#define BASE_CLEANUP_H

#include <stdlib.h>
#include <unistd.h>

/* `cleanup(close_fd) int fd = …;`: released when the variable leaves its scope. */
#define cleanup(function) __attribute__((cleanup(function)))

static inline void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

static inline void free_pointer(void *pointer)
{
	free(*(void **)pointer);
}

/* Hands the value over to the caller; the cleanup then finds nothing to release. */
static inline int steal_fd(int *fd)
{
	int stolen = *fd;

	*fd = -1;
	return stolen;
}

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

#endif
