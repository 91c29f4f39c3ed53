/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RULES_TEXT_NFT_H
#define RULES_TEXT_NFT_H

#include "rules/ruleset.h"

struct buffer;
struct host_state;

/*
 * Appends @rule as `nft list ruleset` prints it, counters without their
 * values, as with its option -s; @host as in rule_text_on(). Expressions that nft's
 * language has no words for (or that we do not understand) stand in square brackets with their
 * kernel name and their attributes in hexadecimal: "[ inner 0800… ]".
 */
void nft_rule_text(struct buffer *out, const struct rule *rule, const struct host_state *host);

#endif
