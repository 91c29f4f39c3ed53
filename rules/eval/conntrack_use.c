/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <string.h>

#include "base/cleanup.h"
#include "rules/eval/walk.h"
#include "rules/xt.h"

/* Which rules make the kernel track connections and register its translation. */

static bool named(const char *name, const char *const *names, size_t count)
{
	for (size_t i = 0; name && i < count; i++)
		if (strcmp(name, names[i]) == 0)
			return true;
	return false;
}

/* nf_ct_netns_get() switches tracking on for the table's family; inet and bridge mean both. */
static bool covers(uint8_t family, bool ipv6)
{
	return family == NFPROTO_INET || family == NFPROTO_BRIDGE ||
	       family == (ipv6 ? NFPROTO_IPV6 : NFPROTO_IPV4);
}

/* The target CT returns early when all it does is to leave the packet alone. */
static bool is_notrack(const struct expr *expr, uint8_t family)
{
	enum { NOTRACK = 1 };
	struct xt_extension target;

	return xt_target_decode(expr->xt.name, expr->xt.revision, expr->xt.info, family, &target) &&
	       target.kind == XT_TARGET_CT &&
	       (target.ct.from_notrack || (target.ct.flags & NOTRACK));
}

/* Those whose check function calls nf_ct_netns_get(). */
static bool xt_uses_conntrack(const struct expr *expr, uint8_t family)
{
	static const char *const matches[] = {"cluster",  "connbytes", "connlabel", "connlimit",
					      "connmark", "conntrack", "helper",    "state"};
	static const char *const targets[] = {"CONNMARK", "CONNSECMARK", "CT",
					      "DNAT",     "SNAT",        "MASQUERADE",
					      "NETMAP",   "REDIRECT",    "SYNPROXY"};

	if (expr->kind == EXPR_XT_MATCH)
		return named(expr->xt.name, matches, ARRAY_SIZE(matches));
	return named(expr->xt.name, targets, ARRAY_SIZE(targets)) && !is_notrack(expr, family);
}

static bool exprs_use_conntrack(const struct expr *exprs, size_t count, uint8_t family, bool ipv6);

static bool expr_uses_conntrack(const struct expr *expr, uint8_t family, bool ipv6)
{
	switch (expr->kind) {
	case EXPR_NAT:
		/* in an inet table it says for which of the two */
		return expr->opaque || covers((uint8_t)expr->nat.family, ipv6);
	case EXPR_CT:
	case EXPR_CT_SET:
	case EXPR_CONNLIMIT:
	case EXPR_MASQ:
	case EXPR_REDIR:
	case EXPR_SYNPROXY:
	case EXPR_FLOW_OFFLOAD: return true;
	case EXPR_XT_MATCH:
	case EXPR_XT_TARGET: return xt_uses_conntrack(expr, family);
	case EXPR_DYNSET:
		return !expr->opaque &&
		       exprs_use_conntrack(expr->dynset.exprs, expr->dynset.n_exprs, family, ipv6);
	default: return false;
	}
}

static bool exprs_use_conntrack(const struct expr *exprs, size_t count, uint8_t family, bool ipv6)
{
	for (size_t i = 0; i < count; i++)
		if (expr_uses_conntrack(&exprs[i], family, ipv6))
			return true;
	return false;
}

static bool object_uses_conntrack(const struct object *object)
{
	switch (object->type) {
	case NFT_OBJECT_CONNLIMIT:
	case NFT_OBJECT_CT_HELPER:
	case NFT_OBJECT_CT_TIMEOUT:
	case NFT_OBJECT_CT_EXPECT:
	case NFT_OBJECT_SYNPROXY: return true;
	default: return false;
	}
}

static bool set_uses_conntrack(const struct set *set, bool ipv6)
{
	if (exprs_use_conntrack(set->exprs, set->n_exprs, set->table->family, ipv6))
		return true;
	for (size_t i = 0; i < set->n_elements; i++)
		if (exprs_use_conntrack(set->elements[i].exprs, set->elements[i].n_exprs,
					set->table->family, ipv6))
			return true;
	return false;
}

static bool chain_uses_conntrack(const struct chain *chain, bool ipv6)
{
	for (size_t i = 0; i < chain->n_rules; i++)
		if (exprs_use_conntrack(chain->rules[i]->exprs, chain->rules[i]->n_exprs,
					chain->table->family, ipv6))
			return true;
	return false;
}

static bool table_uses_conntrack(const struct table *table, bool ipv6)
{
	for (size_t i = 0; i < table->n_chains; i++)
		if (chain_uses_conntrack(table->chains[i], ipv6))
			return true;
	for (size_t i = 0; i < table->n_sets; i++)
		if (set_uses_conntrack(table->sets[i], ipv6))
			return true;
	for (size_t i = 0; i < table->n_objects; i++)
		if (object_uses_conntrack(table->objects[i]))
			return true;
	return false;
}

bool conntrack_used(const struct ruleset *ruleset, bool ipv6)
{
	for (size_t i = 0; i < ruleset->n_tables; i++)
		if (covers(ruleset->tables[i]->family, ipv6) &&
		    table_uses_conntrack(ruleset->tables[i], ipv6))
			return true;
	return false;
}

static bool table_has_nat(const struct table *table)
{
	for (size_t i = 0; i < table->n_chains; i++) {
		const struct base_hook *base = table->chains[i]->base;

		if (base && base->type && strcmp(base->type, "nat") == 0)
			return true;
	}
	return false;
}

bool nat_used(const struct ruleset *ruleset, bool ipv6)
{
	for (size_t i = 0; i < ruleset->n_tables; i++) {
		const struct table *table = ruleset->tables[i];

		if (!(table->flags & NFT_TABLE_F_DORMANT) && table->family != NFPROTO_BRIDGE &&
		    covers(table->family, ipv6) && table_has_nat(table))
			return true;
	}
	return false;
}
