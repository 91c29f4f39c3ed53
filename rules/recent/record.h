/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RULES_RECENT_RECORD_H
#define RULES_RECENT_RECORD_H

#include <linux/netfilter/xt_recent.h>
#include <stdint.h>

/*
 * One list in a dump: this, then the text of its file. Before them one with RECENT_CLOCK and the
 * kernel's clock as text, if it could be read. Byte order of the machine that was read.
 */
struct recent_record {
	uint8_t magic[4]; /* RECENT_MAGIC */
	uint32_t length;
	char name[XT_RECENT_NAME_LEN];
};

#define RECENT_MAGIC "rcnt"
#define RECENT_CLOCK "rcnj"

#endif
