/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RULES_LEGACY_RECORD_H
#define RULES_LEGACY_RECORD_H

#include <linux/netfilter/x_tables.h>
#include <stdint.h>

/*
 * One table in a dump: this, then the answers to IPT_SO_GET_INFO (struct ipt_getinfo or
 * ip6t_getinfo, which are alike) and to IPT_SO_GET_ENTRIES without its head (struct ipt_entry or
 * ip6t_entry with what follows each). In the byte order and alignment of the machine that was read.
 */
struct legacy_record {
	uint8_t magic[4]; /* LEGACY_MAGIC */
	uint32_t family;  /* NFPROTO_IPV4 or NFPROTO_IPV6 */
	char table[XT_TABLE_MAXNAMELEN];
	uint32_t info_length, entries_length;
};

#define LEGACY_MAGIC "xtab"

#endif
