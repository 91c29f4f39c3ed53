/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef PROBES_CGROUP_H
#define PROBES_CGROUP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { CGROUP_MOST_LEVELS = 16 };

/*
 * The control groups that this process, and with it each of its sockets, belongs to; what could not
 * be read is not known and no error.
 */
struct cgroup_membership {
	/* Ids (inode numbers) in the unified hierarchy from the root (0) down; 0 levels: not known. */
	uint64_t ids[CGROUP_MOST_LEVELS];
	size_t n_ids;
	/* True if net_cls cannot have given our packets a class: it is not in use, or we are in its root. */
	bool without_class;
};

/* Reads below @root ("" for this host). Rules count levels from the machine's own root, so that in a
 * cgroup namespace, which has another one, nothing is known. */
void cgroup_read(const char *root, struct cgroup_membership *ret);

/*
 * Pure: of a /proc/…/cgroup file the path in the hierarchy with this controller ("" for the unified
 * one), or NULL; it lies in @text and ends at *@ret_length.
 */
const char *cgroup_path(const char *text, const char *controller, size_t *ret_length);

#endif
