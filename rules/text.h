/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RULES_TEXT_H
#define RULES_TEXT_H

#include "rules/ruleset.h"

struct buffer;

/*
 * A rule as a person reads it: native expressions as `nft list ruleset` prints them
 * ("tcp dport 22 accept"), rules with xt matches or targets as `iptables -S` does without the
 * "-A CHAIN" ("-p tcp -m multiport --dports 20000:30000 -j ACCEPT"). What cannot be said is named in
 * angle brackets ("<xt match geoip rev 0>"), never left out. Counters are left out.
 */
void rule_text(struct buffer *out, const struct rule *rule);

/* "policy drop" as nft says it, "policy DROP" for chains of iptables-nft. */
void policy_text(struct buffer *out, const struct chain *chain);

/* True for tables made by iptables-nft (its names, types and priorities) and for legacy ones. */
bool table_is_iptables(const struct table *table);

#endif
