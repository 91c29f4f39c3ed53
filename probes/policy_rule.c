/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probes/policy_rule.h"

#include <errno.h>

#include <linux/fib_rules.h>
#include <linux/rtnetlink.h>

#include "base/cleanup.h"
#include "probes/netlink.h"

/* A mask alone asks for its bits to be zero. */
bool policy_rule_asks_for_mark(const struct nlmsghdr *message)
{
	const struct nlattr *table[FRA_MAX + 1];

	if (!netlink_header(message, RTM_NEWRULE, sizeof(struct fib_rule_hdr)))
		return false;
	netlink_attributes(message, sizeof(struct fib_rule_hdr), table, ARRAY_SIZE(table));
	return table[FRA_FWMARK] || table[FRA_FWMASK];
}

static int look(const struct nlmsghdr *message, void *context)
{
	bool *found = context;

	*found = *found || policy_rule_asks_for_mark(message);
	return 0;
}

static void restart(void *context)
{
	*(bool *)context = false;
}

int policy_rules_by_mark(bool *ret, struct error *err)
{
	char buffer[NETLINK_REQUEST_SIZE];
	struct fib_rule_hdr *header;
	struct nlmsghdr *request =
		netlink_request(buffer, RTM_GETRULE, NLM_F_DUMP, sizeof(*header), &header);
	const struct netlink_question question = {
		.protocol = NETLINK_ROUTE,
		.what = "list the policy routing rules",
		.message = look,
		.restart = restart,
		.context = ret,
	};
	int status;

	*ret = false;
	status = netlink_ask(&question, request, NULL, err);
	return status == -EOPNOTSUPP ? 0 : status;
}
