/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BASE_ALLOC_H
#define BASE_ALLOC_H

#include <stddef.h>

/*
 * Allocation that does not fail: a short-lived program that is out of memory has nothing better
 * to do than to say so and exit with 70 (internal error). All memory is returned zeroed or copied;
 * the caller frees it with free().
 */
void *xcalloc(size_t count, size_t size);
void *xreallocarray(void *old, size_t count, size_t size);
void *xmemdup(const void *data, size_t size);
char *xstrdup(const char *text);
char *xasprintf(const char *format, ...) __attribute__((format(printf, 1, 2)));

/*
 * Makes room for one more element in a growing array: returns @array, moved if needed, with space
 * for at least @count + 1 elements of @size. *@allocated is kept by the caller, 0 at first.
 */
void *xgrow(void *array, size_t count, size_t *allocated, size_t size);

#endif
