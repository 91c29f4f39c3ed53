/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RULES_LEGACY_H
#define RULES_LEGACY_H

#include <stddef.h>

struct buffer;
struct error;
struct ruleset;

/*
 * The tables of legacy iptables and ip6tables (x_tables' own, not iptables-nft's).
 *
 * Appends to @dump, for each table that /proc/net/ip_tables_names and ip6_tables_names list, what
 * the kernel keeps of it (see legacy/record.h), read by getsockopt(). A table that is not listed is
 * never asked for: that would create it. Needs CAP_NET_ADMIN, and to be root for the two lists.
 * Without such tables nothing is appended.
 *
 * Returns 0, or a negative errno with @err filled: -EACCES or -EPERM without the right,
 * -EAGAIN if a table never held still.
 */
int legacy_dump(struct buffer *dump, struct error *err);

/*
 * Decodes such a dump into ordinary tables (backend TABLE_LEGACY) and appends them to @ruleset, as
 * registered after all that it holds. Pure. Base chains have the hooks and priorities that the
 * kernel's table modules register; rules have the expressions that iptables-nft would give them, but
 * no handles. What was not understood is marked opaque.
 *
 * Returns 0, or -EBADMSG with @err filled, and @ruleset unchanged, if the bytes are no such dump.
 */
int legacy_parse(struct ruleset *ruleset, const void *dump, size_t length, struct error *err);

#endif
