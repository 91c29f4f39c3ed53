/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RULES_TEXT_H
#define RULES_TEXT_H

#include "rules/ruleset.h"

struct buffer;
struct host_state;

/*
 * A rule as a person reads it: native expressions as `nft -s list ruleset` prints them
 * ("tcp dport 22 counter accept": the values of counters are left out), rules with xt matches or
 * targets as `iptables -S` does without the "-A CHAIN"
 * ("-p tcp -m multiport --dports 20000:30000 -j ACCEPT"; it shows no counters). What cannot be said
 * is named in angle brackets ("<xt match geoip rev 0>"), never left out. Times of the clock are UTC,
 * as the kernel compares them.
 */
void rule_text(struct buffer *out, const struct rule *rule);

/*
 * The same with the names of @host's interfaces in place of their numbers ("iif \"eth0\"", not
 * "iif 2"): the rule must be of that host. NULL: only lo is named.
 */
void rule_text_on(struct buffer *out, const struct rule *rule, const struct host_state *host);

/*
 * The same for a rule that a program is known to have made with iptables: in iptables' words
 * wherever it has any, also where other programs have added to the table what iptables cannot list.
 */
void rule_text_of_iptables(struct buffer *out, const struct rule *rule);

/* "policy drop" as nft says it, "policy DROP" for a table that iptables-nft lists. */
void policy_text(struct buffer *out, const struct chain *chain);

/* True for tables made by iptables-nft (its names, types and priorities) and for legacy ones. */
bool table_is_iptables(const struct table *table);

#endif
