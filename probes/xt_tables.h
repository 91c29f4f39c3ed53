/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef PROBES_XT_TABLES_H
#define PROBES_XT_TABLES_H

#include <stdbool.h>
#include <stddef.h>

enum { XT_TABLES_MAX = 8, XT_TABLE_NAME_SIZE = 32 };

/* Which tables of the old iptables (x_tables, not iptables-nft) exist in the kernel. */
struct xt_tables {
	bool known; /* false: the list may not be read (it is root's), so nothing is known */
	char names[XT_TABLES_MAX][XT_TABLE_NAME_SIZE];
	size_t count;
};

/*
 * IPv4's from @root + "/proc/net/ip_tables_names", IPv6's from "ip6_tables_names". They are never
 * asked for by getsockopt(): asking for a table that does not exist creates it. A list that does not
 * exist means that the kernel has no such tables (known, none).
 */
void xt_tables_read(const char *root, bool ipv6, struct xt_tables *ret);

/* Pure: the text of that file, one name a line. */
void xt_tables_parse(const char *text, struct xt_tables *ret);

#endif
