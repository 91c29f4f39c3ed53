/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef PROBES_POLICY_RULE_H
#define PROBES_POLICY_RULE_H

#include <stdbool.h>

#include <libmnl/libmnl.h>

#include "base/error.h"

/*
 * Whether routes depend on the packet mark: some `ip rule` asks for it, as that of wg-quick does. Both
 * families; needs no privilege. A kernel without policy routing has no such rule.
 */
int policy_rules_by_mark(bool *ret, struct error *err);

/* Pure: one RTM_NEWRULE message that asks for a mark; false for anything else. */
bool policy_rule_asks_for_mark(const struct nlmsghdr *message);

#endif
