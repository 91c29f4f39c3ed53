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
	bool is_plain;      /* no condition: every packet is looked up in @table */
	bool asks_for_mark; /* as that of wg-quick; a mask alone asks for its bits to be zero */
	bool asks_for_destination;
};

/* What the policy rules of AF_INET or AF_INET6 come to. */
struct policy_rules {
	bool are_default;  /* those that the kernel starts with: local, main and (IPv4) default */
	bool ask_for_mark; /* some of them do: the route may depend on the packet mark */
	bool ask_for_destination; /* some do: neighbouring addresses may take different ways */
};

/* 0, or a negative errno if they cannot be read. Needs no privilege. */
int policy_rules_read(int family, struct policy_rules *ret, struct error *err);

/* Pure: one RTM_NEWRULE message; false if it is anything else or cut short. */
bool policy_rule_parse(const struct nlmsghdr *message, struct policy_rule *ret);

#endif
