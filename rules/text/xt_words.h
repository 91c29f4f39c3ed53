/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RULES_TEXT_XT_WORDS_H
#define RULES_TEXT_XT_WORDS_H

#include <stddef.h>

struct buffer;

struct xt_word {
	unsigned bit;
	const char *word;
};

/* The words of the bits that are set, in the order of @words, with commas between. */
void xt_words_text(struct buffer *out, unsigned bits, const struct xt_word *words, size_t n_words);

#endif
