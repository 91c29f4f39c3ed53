/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SRC_PRIVILEGE_H
#define SRC_PRIVILEGE_H

#include <stdbool.h>

struct error;

/* Does this process hold the capability (CAP_NET_ADMIN, …) in its effective set? */
bool privilege_held(int capability);

/*
 * Makes sure that this process and its children never get a privilege that they do not hold now:
 * bounding set and no_new_privs. Returns 0, or a negative errno with @err filled.
 */
int privilege_limit(struct error *err);

/*
 * Gives every capability up for good and, under sudo, becomes the calling user (SUDO_UID,
 * SUDO_GID): afterwards nothing that comes from the network meets a privileged process.
 * Returns 0, or a negative errno with @err filled; the caller must not go on then.
 */
int privilege_drop(struct error *err);

/* Keeps only the capabilities of the list (ended by -1) that are held, and no way to get others. */
int privilege_keep(const int *capabilities, struct error *err);

/*
 * A user namespace that belongs to whom privilege_drop() will become: it gives the right to make
 * network namespaces inside it, and none over this host. Made before privileges are dropped, because
 * some systems let nobody but root make one. -1 without CAP_SYS_ADMIN or if it is refused: then the
 * one who needs it may try without.
 */
int privilege_user_namespace(void);

#endif
