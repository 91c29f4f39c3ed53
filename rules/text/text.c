/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rules/text.h"

#include <netinet/in.h>
#include <linux/netfilter.h>
#include <string.h>

#include "base/buffer.h"
#include "base/cleanup.h"
#include "rules/text/iptables.h"
#include "rules/text/nft.h"

/* The chains that iptables-nft creates with its five tables, all with fixed hooks. */
static bool is_builtin_chain(const struct chain *chain)
{
	static const struct {
		const char *name;
		uint32_t hook;
	} builtins[] = {
		{"PREROUTING", NF_INET_PRE_ROUTING},   {"INPUT", NF_INET_LOCAL_IN},
		{"FORWARD", NF_INET_FORWARD},          {"OUTPUT", NF_INET_LOCAL_OUT},
		{"POSTROUTING", NF_INET_POST_ROUTING},
	};

	for (size_t i = 0; i < ARRAY_SIZE(builtins); i++) {
		if (!strcmp(chain->name, builtins[i].name))
			return chain->base && chain->base->hook == builtins[i].hook;
	}
	return false;
}

bool table_is_iptables(const struct table *table)
{
	static const char *const names[] = {"filter", "nat", "mangle", "raw", "security"};
	bool known = false;
	size_t builtin = 0;

	if (table->backend == TABLE_LEGACY)
		return true;
	if (table->family != NFPROTO_IPV4 && table->family != NFPROTO_IPV6)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		known = known || !strcmp(table->name, names[i]);
	if (!known)
		return false;
	/* A base chain of any other name is none that iptables makes: it would refuse the table. */
	for (size_t i = 0; i < table->n_chains; i++) {
		if (!table->chains[i]->base)
			continue;
		if (!is_builtin_chain(table->chains[i]))
			return false;
		builtin++;
	}
	return builtin > 0;
}

/* Whether `iptables -S` lists the table: it refuses one with expressions that it never writes. */
static bool listed_by_iptables(const struct table *table)
{
	static const enum expr_kind written[] = {
		EXPR_BITWISE, EXPR_CMP,      EXPR_COUNTER,  EXPR_IMMEDIATE, EXPR_LIMIT,
		EXPR_LOG,     EXPR_META,     EXPR_META_SET, EXPR_PAYLOAD,   EXPR_RANGE,
		EXPR_UNKNOWN, EXPR_XT_MATCH, EXPR_XT_TARGET};
	uint64_t kinds = 0;

	if (!table_is_iptables(table))
		return false;
	for (size_t i = 0; i < table->n_chains; i++)
		kinds |= table->chains[i]->kinds;
	for (size_t i = 0; i < ARRAY_SIZE(written); i++)
		kinds &= ~(UINT64_C(1) << written[i]);
	return !kinds;
}

/* iptables gives every rule a counter, people seldom do in a table that only looks like its. */
static bool made_by_iptables(const struct rule *rule)
{
	bool xt = false, counter = false;

	for (size_t i = 0; i < rule->n_exprs; i++) {
		enum expr_kind kind = rule->exprs[i].kind;

		xt = xt || kind == EXPR_XT_MATCH || kind == EXPR_XT_TARGET;
		counter = counter || kind == EXPR_COUNTER;
	}
	return xt || (counter && listed_by_iptables(rule->chain->table));
}

void rule_text(struct buffer *out, const struct rule *rule)
{
	rule_text_on(out, rule, NULL);
}

void rule_text_on(struct buffer *out, const struct rule *rule, const struct host_state *host)
{
	uint8_t family = rule->chain->table->family;

	if ((family == NFPROTO_IPV4 || family == NFPROTO_IPV6) && made_by_iptables(rule) &&
	    iptables_rule_text(out, rule))
		return;
	nft_rule_text(out, rule, host);
}

void rule_text_of_iptables(struct buffer *out, const struct rule *rule)
{
	if (!iptables_rule_text(out, rule))
		nft_rule_text(out, rule, NULL);
}

void policy_text(struct buffer *out, const struct chain *chain)
{
	bool accept = !chain->base || chain->base->policy == VERDICT_ACCEPT;

	if (listed_by_iptables(chain->table))
		buffer_printf(out, "policy %s", accept ? "ACCEPT" : "DROP");
	else
		buffer_printf(out, "policy %s", accept ? "accept" : "drop");
}
