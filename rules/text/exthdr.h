/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RULES_TEXT_EXTHDR_H
#define RULES_TEXT_EXTHDR_H

#include "rules/text/value.h"

/* "tcp option maxseg size", "exthdr frag": TCP options and IPv6 extension headers. */
bool exthdr_text(struct buffer *out, const struct expr *expr, struct value_type *ret_type);

#endif
