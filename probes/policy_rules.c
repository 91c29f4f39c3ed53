/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probes/policy_rules.h"

#include <linux/fib_rules.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include "base/cleanup.h"
#include "probes/netlink.h"

/* What fib_nl_fill_rule() writes for a rule without condition; -1 is "suppress nothing". */
static bool has_no_condition(const struct fib_rule_hdr *header, const struct nlattr **table)
{
	uint32_t suppressed = UINT32_MAX;

	if (header->dst_len || header->src_len || header->tos || header->flags ||
	    header->action != FR_ACT_TO_TBL)
		return false;
	netlink_u32(table[FRA_SUPPRESS_PREFIXLEN], &suppressed);
	for (int type = 1; type <= FRA_MAX; type++) {
		bool is_known = type == FRA_PRIORITY || type == FRA_TABLE || type == FRA_PROTOCOL ||
				type == FRA_SUPPRESS_PREFIXLEN || type == FRA_PAD;
		if (table[type] && !is_known)
			return false;
	}
	return suppressed == UINT32_MAX;
}

/* An attribute that is newer than our headers is a condition that is not known. */
static bool has_newer(const struct nlmsghdr *message)
{
	const struct nlattr *attr;

	mnl_attr_for_each (attr, message, sizeof(struct fib_rule_hdr)) {
		if (mnl_attr_get_type(attr) > FRA_MAX)
			return true;
	}
	return false;
}

bool policy_rule_parse(const struct nlmsghdr *message, struct policy_rule *ret)
{
	const struct nlattr *table[FRA_MAX + 1];
	const struct fib_rule_hdr *header = netlink_header(message, RTM_NEWRULE, sizeof(*header));

	if (!header)
		return false;
	netlink_attributes(message, sizeof(*header), table, ARRAY_SIZE(table));
	*ret = (struct policy_rule){
		.table = header->table,
		.is_plain = has_no_condition(header, table) && !has_newer(message),
		.asks_for_mark = table[FRA_FWMARK] || table[FRA_FWMASK],
		.asks_for_destination = header->dst_len,
	};
	netlink_u32(table[FRA_TABLE], &ret->table);
	netlink_u32(table[FRA_PRIORITY], &ret->priority);
	return true;
}

struct tally {
	size_t usual, others;
	bool ask_for_mark, ask_for_destination;
};

static int count(const struct nlmsghdr *message, void *context)
{
	static const struct policy_rule usual[] = {{0, RT_TABLE_LOCAL, .is_plain = true},
						   {32766, RT_TABLE_MAIN, .is_plain = true},
						   {32767, RT_TABLE_DEFAULT, .is_plain = true}};
	struct tally *tally = context;
	struct policy_rule rule;

	if (!policy_rule_parse(message, &rule))
		return 0;
	tally->ask_for_mark = tally->ask_for_mark || rule.asks_for_mark;
	tally->ask_for_destination = tally->ask_for_destination || rule.asks_for_destination;
	for (size_t i = 0; i < ARRAY_SIZE(usual); i++) {
		if (rule.is_plain && rule.priority == usual[i].priority &&
		    rule.table == usual[i].table) {
			tally->usual++;
			return 0;
		}
	}
	tally->others++;
	return 0;
}

static void restart(void *context)
{
	*(struct tally *)context = (struct tally){0};
}

int policy_rules_read(int family, struct policy_rules *ret, struct error *err)
{
	char buffer[NETLINK_REQUEST_SIZE];
	struct tally tally = {0};
	struct fib_rule_hdr *header;
	struct nlmsghdr *request =
		netlink_request(buffer, RTM_GETRULE, NLM_F_DUMP, sizeof(*header), &header);
	const struct netlink_question question = {.protocol = NETLINK_ROUTE,
						  .what = "list the routing policy rules",
						  .message = count,
						  .restart = restart,
						  .context = &tally};

	header->family = family;
	int status = netlink_ask(&question, request, NULL, err);
	*ret = (struct policy_rules){
		.are_default =
			!status && !tally.others && tally.usual == (family == AF_INET ? 3 : 2),
		.ask_for_mark = tally.ask_for_mark,
		.ask_for_destination = tally.ask_for_destination,
	};
	return status;
}
