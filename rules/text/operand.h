/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RULES_TEXT_OPERAND_H
#define RULES_TEXT_OPERAND_H

#include "rules/text/header.h"
#include "rules/text/load.h"

struct buffer;

/* The left side of a comparison, or what is written somewhere: "ip saddr", "meta mark & 0xff". */

/* Name and type of what the loading expression @source reads; false if nft has no name for it. */
bool source_text(struct buffer *out, const struct headers *headers, const struct expr *source,
		 struct value_type *ret_type);

/* "tcp dport", or "@th,16,16" where no field is known; offset and length in bits. */
void payload_text(struct buffer *out, const struct headers *headers, unsigned base, unsigned offset,
		  unsigned bits, struct value_type *ret_type);

/* "meta mark", "iifname", as they are written and read. */
bool meta_key_text(struct buffer *out, uint32_t key, struct value_type *ret_type);
bool ct_key_text(struct buffer *out, const struct headers *headers, uint32_t key, int direction,
		 struct value_type *ret_type);

/* A value beside "&" or "^": several flags stand in parentheses. */
void mask_text(struct buffer *out, enum data_type type, const struct value *mask);

/* Appends the bitwise steps of a load to its text, which begins at @start: " & 0x0000ff00". */
void steps_text(struct buffer *out, size_t start, const struct load *load, unsigned n_steps,
		const struct value_type *type);

#endif
