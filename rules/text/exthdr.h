/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RULES_TEXT_EXTHDR_H
#define RULES_TEXT_EXTHDR_H

#include "rules/text/header.h"

/*
 * Options of TCP and IPv4, extension headers of IPv6, chunks of SCTP: what the exthdr expression
 * reads, by its own place in them.
 */

/* "tcp option maxseg size", "exthdr frag", "sctp chunk data stream"; false if nft has no name. */
bool exthdr_text(struct buffer *out, const struct expr *expr, struct value_type *ret_type);

/* The option without a field: "tcp option maxseg". */
bool exthdr_option_text(struct buffer *out, const struct expr *expr);

/* The field that begins @offset bits into the option that @expr reads, and its header. */
const struct header_field *exthdr_field(const struct expr *expr, unsigned offset, unsigned bits,
					const struct header **ret_header);

/* The header whose presence the option implies; BASES if it implies none. */
unsigned exthdr_base(const struct expr *expr);

#endif
