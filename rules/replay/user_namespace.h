/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RULES_REPLAY_USER_NAMESPACE_H
#define RULES_REPLAY_USER_NAMESPACE_H

struct error;

/*
 * Gives the calling process, which must be single-threaded, the right to make network namespaces: by
 * the user namespace @fd (see replay_user_namespace()), by a new one, or by none if it has the right
 * already (@fd -1). Returns 0 or a negative errno with @err filled.
 */
int user_namespace_enter(int fd, struct error *err);

#endif
