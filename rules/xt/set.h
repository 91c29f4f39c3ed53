/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RULES_XT_SET_H
#define RULES_XT_SET_H

#include <linux/netfilter/xt_set.h>

#include "rules/xt.h"

/* What match and target have in common: which set, and which end each dimension is taken from. */
static inline struct xt_set_match xt_set_of(const struct xt_set_info *raw)
{
	return (struct xt_set_match){
		.index = raw->index,
		.dimensions = raw->dim,
		/* Bit 0 is the inversion, bit n the nth dimension (IPSET_DIM_ONE_SRC …). */
		.sources = raw->flags >> 1,
		.invert = raw->flags & IPSET_INV_MATCH,
		.plain = true,
	};
}

#endif
