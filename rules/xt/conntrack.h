/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RULES_XT_CONNTRACK_H
#define RULES_XT_CONNTRACK_H

#include <netinet/in.h>
#include <linux/netfilter/xt_conntrack.h>

#include "rules/xt/decode.h"

/* The three revisions of the conntrack match, as decoders of xt_decode.h. */
enum {
	XT_CONNTRACK_1_SIZE = sizeof(struct xt_conntrack_mtinfo1),
	XT_CONNTRACK_2_SIZE = sizeof(struct xt_conntrack_mtinfo2),
	XT_CONNTRACK_3_SIZE = sizeof(struct xt_conntrack_mtinfo3),
};

bool xt_conntrack_1(const uint8_t *info, struct xt_extension *ret);
bool xt_conntrack_2(const uint8_t *info, struct xt_extension *ret);
bool xt_conntrack_3(const uint8_t *info, struct xt_extension *ret);

#endif
