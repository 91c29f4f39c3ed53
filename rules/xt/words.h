/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RULES_XT_WORDS_H
#define RULES_XT_WORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/address.h"
#include "rules/text/xt.h"

struct buffer;

/* Words that several extensions share in their texts. */
struct xt_word {
	unsigned bit;
	const char *word;
};

/* The words of the bits that are set, in the order of @words, with commas between. */
void xt_words_text(struct buffer *out, unsigned bits, const struct xt_word *words, size_t n_words);

void xt_not(struct buffer *out, bool invert);
/* " !" if @invert, then " --option". */
void xt_option_text(struct buffer *out, bool invert, const char *option);
void xt_address_text(struct buffer *out, const struct address *address);
/* "7" or "7:9" */
void xt_range_text(struct buffer *out, uint32_t min, uint32_t max);
void xt_port_range_text(struct buffer *out, const struct xt_port_range *range);
/* " 0x1", or " 0x1/0xff" unless the mask is all ones. */
void xt_masked_text(struct buffer *out, uint32_t value, uint32_t mask);
/* Bits of a mask as a prefix length; -1 if they have holes. */
int xt_prefix_length(const uint8_t *mask, size_t size);

#endif
