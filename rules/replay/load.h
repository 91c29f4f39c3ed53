/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RULES_REPLAY_LOAD_H
#define RULES_REPLAY_LOAD_H

struct buffer;
struct copy;
struct error;

/*
 * Loads the copy into this network namespace, in transactions of a size that needs no privilege over
 * the socket's memory. Parts that the kernel refuses are left out and noted as gaps.
 *
 * Returns 0, or a negative errno with @err filled if it could not be tried.
 */
int copy_load(struct copy *copy, struct error *err);

/* One transaction of NEW… messages; all or nothing. The netlink socket @fd may own what it makes. */
int batch_load(int fd, const struct buffer *messages, struct error *err);

/* A netlink socket for it, or a negative errno. */
int batch_socket(void);

#endif
