/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <stddef.h>

/*
 * Memory that is given back all at once: a parsed ruleset, an evaluation, a report each live in
 * one arena, so that nothing inside them has an owner of its own.
 */
struct arena;

struct arena *arena_new(void);
/* Frees the arena and everything allocated from it; NULL is allowed. */
void arena_free(struct arena *arena);

/* How much memory the arena has taken from the system, in bytes. */
size_t arena_size(const struct arena *arena);

/* Zeroed memory, aligned for any type, valid until arena_free(). Never fails (see alloc.h). */
void *arena_alloc(struct arena *arena, size_t size);
void *arena_array(struct arena *arena, size_t count, size_t size);
void *arena_memdup(struct arena *arena, const void *data, size_t size);
char *arena_strdup(struct arena *arena, const char *text);
char *arena_printf(struct arena *arena, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#endif
