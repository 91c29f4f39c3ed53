/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RULES_TEXT_IPTABLES_H
#define RULES_TEXT_IPTABLES_H

#include "rules/ruleset.h"

struct buffer;

/*
 * Appends @rule as `iptables -S` prints it without its "-A CHAIN". Returns false, with nothing
 * appended, if the rule holds something that iptables has no words for (it was not made by
 * iptables).
 */
bool iptables_rule_text(struct buffer *out, const struct rule *rule);

#endif
