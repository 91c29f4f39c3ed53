/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef PROBES_POLICY_RULES_H
#define PROBES_POLICY_RULES_H

#include <stdbool.h>
#include <stdint.h>

#include <libmnl/libmnl.h>

#include "base/error.h"

/* A routing policy rule (`ip rule`), as far as it has to be known. */
struct policy_rule {
	uint32_t priority;
	uint32_t table;
	bool is_plain; /* no condition: every packet is looked up in @table */
};

/*
 * Whether the policy rules of AF_INET or AF_INET6 are those that the kernel starts with: local, main
 * and (IPv4) default, for every packet. Negative errno if they cannot be read.
 */
int policy_rules_read(int family, bool *ret_are_default, struct error *err);

/* Pure: one RTM_NEWRULE message; false if it is anything else or cut short. */
bool policy_rule_parse(const struct nlmsghdr *message, struct policy_rule *ret);

#endif
