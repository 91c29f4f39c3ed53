/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rules/owner/private.h"

#include <string.h>

#include "base/buffer.h"
#include "base/cleanup.h"
#include "rules/text.h"

/*
 * firewalld names its chains TABLE_HOOK_ZONE, or TABLE_HOOK_policy_NAME, with a part of the zone
 * behind: _pre, _log, _deny, _allow, _post. Its iptables backend leaves out the table. What stands
 * in the zone's chain itself, behind the jumps to the parts, is the zone's target.
 */
static const char *skip_prefix(const char *name)
{
	static const char *const prefixes[] = {
		"filter_IN_", "filter_FWD_", "filter_FWDI_", "filter_FWDO_", "nat_PRE_",
		"nat_POST_",  "mangle_PRE_", "IN_",          "FWD_",         "FWDI_",
		"FWDO_",      "PRE_",        "POST_"};

	for (size_t i = 0; i < ARRAY_SIZE(prefixes); i++) {
		if (!strncmp(name, prefixes[i], strlen(prefixes[i])))
			return name + strlen(prefixes[i]);
	}
	return NULL;
}

enum part { PART_TARGET, PART_PRE, PART_LOG, PART_DENY, PART_ALLOW, PART_POST };

static enum part split_part(const char *zone, size_t *ret_length)
{
	static const char *const suffixes[] = {
		[PART_PRE] = "_pre",     [PART_LOG] = "_log",   [PART_DENY] = "_deny",
		[PART_ALLOW] = "_allow", [PART_POST] = "_post",
	};
	size_t length = strlen(zone);

	*ret_length = length;
	for (size_t i = PART_PRE; i < ARRAY_SIZE(suffixes); i++) {
		size_t suffix = strlen(suffixes[i]);

		if (length > suffix && !strcmp(zone + length - suffix, suffixes[i])) {
			*ret_length = length - suffix;
			return (enum part)i;
		}
	}
	return PART_TARGET;
}

enum outcome { OUTCOME_NONE, OUTCOME_ACCEPT, OUTCOME_DROP, OUTCOME_REJECT };

static enum outcome outcome_of(const struct rule *rule)
{
	const struct expr *last = rule->n_exprs ? &rule->exprs[rule->n_exprs - 1] : NULL;

	if (!last)
		return OUTCOME_NONE;
	if (last->kind == EXPR_REJECT)
		return OUTCOME_REJECT;
	if (last->kind == EXPR_XT_TARGET && last->xt.name && !strcmp(last->xt.name, "REJECT"))
		return OUTCOME_REJECT;
	if (last->kind != EXPR_IMMEDIATE || !last->immediate.data.is_verdict)
		return OUTCOME_NONE;
	switch (last->immediate.data.verdict.code) {
	case VERDICT_ACCEPT: return OUTCOME_ACCEPT;
	case VERDICT_DROP: return OUTCOME_DROP;
	default: return OUTCOME_NONE;
	}
}

/* A rule that matches everything: counters and logs are no conditions. */
static bool is_unconditional(const struct rule *rule)
{
	for (size_t i = 0; i + 1 < rule->n_exprs; i++) {
		if (rule->exprs[i].kind != EXPR_COUNTER && rule->exprs[i].kind != EXPR_LOG)
			return false;
	}
	return true;
}

static bool target_text(struct buffer *out, const struct rule *rule)
{
	switch (outcome_of(rule)) {
	case OUTCOME_ACCEPT:
		/* The default target lets ICMP pass before it rejects. */
		buffer_puts(out, is_unconditional(rule) ? "target ACCEPT" : "ICMP is allowed");
		return true;
	case OUTCOME_DROP: buffer_puts(out, "target DROP"); return true;
	case OUTCOME_REJECT: buffer_puts(out, "default target (reject)"); return true;
	case OUTCOME_NONE: break;
	}
	return false;
}

static bool zone_text(struct buffer *out, const char *zone, const struct rule *rule)
{
	cleanup(buffer_release) struct buffer what = {};
	const char *kind = "zone";
	size_t length;
	enum part part = split_part(zone, &length);

	if (!strncmp(zone, "policy_", 7)) {
		kind = "policy";
		zone += 7;
		length -= 7;
	}
	if (part == PART_TARGET) {
		if (!target_text(&what, rule))
			return false;
	} else {
		/* The rule in nft's words says more than "rich rule" or "port" could. */
		rule_text(&what, rule);
	}
	buffer_printf(out, "firewalld %s %.*s: %s", kind, (int)length, zone, buffer_text(&what));
	return true;
}

/* The zone that takes what no interface and no source address claims. */
static const char *default_zone(const struct table *table)
{
	const struct chain *zones = table_chain(table, "filter_INPUT_ZONES");
	const struct rule *last;
	const struct expr *expr;

	if (!zones)
		zones = table_chain(table, "INPUT_ZONES");
	if (!zones || !zones->n_rules)
		return NULL;
	last = zones->rules[zones->n_rules - 1];
	expr = last->n_exprs ? &last->exprs[last->n_exprs - 1] : NULL;
	if (!expr || !is_unconditional(last) || expr->kind != EXPR_IMMEDIATE ||
	    !expr->immediate.data.is_verdict || !expr->immediate.data.verdict.chain)
		return NULL;
	return skip_prefix(expr->immediate.data.verdict.chain);
}

static bool tests_ct_state(const struct rule *rule)
{
	for (size_t i = 0; i < rule->n_exprs; i++) {
		const struct expr *expr = &rule->exprs[i];

		if (expr->kind == EXPR_CT || (expr->kind == EXPR_XT_MATCH && expr->xt.name &&
					      !strcmp(expr->xt.name, "conntrack")))
			return true;
	}
	return false;
}

static bool has_kind(const struct rule *rule, enum expr_kind kind)
{
	for (size_t i = 0; i < rule->n_exprs; i++) {
		if (rule->exprs[i].kind == kind)
			return true;
	}
	return false;
}

static bool base_text(struct buffer *out, const struct chain *chain, const struct rule *rule)
{
	enum outcome outcome = outcome_of(rule);
	const char *zone;

	if (has_kind(rule, EXPR_FIB)) {
		buffer_puts(out, "firewalld: IPv6 reverse path filter (IPv6_rpfilter)");
		return true;
	}
	if (outcome == OUTCOME_DROP && tests_ct_state(rule)) {
		buffer_puts(out, "firewalld: packets of no known connection (ct state invalid)");
		return true;
	}
	if (outcome != OUTCOME_REJECT || !is_unconditional(rule))
		return false;
	zone = default_zone(chain->table);
	if (zone)
		buffer_printf(out, "firewalld zone %s: default target (reject)", zone);
	else
		buffer_puts(out, "firewalld: no zone takes the packet (reject)");
	return true;
}

bool firewalld_owner_text(struct buffer *out, const struct ruleset *ruleset,
			  const struct chain *chain, const struct rule *rule)
{
	const char *zone = skip_prefix(chain->name);

	(void)ruleset;
	if (!rule)
		return false;
	if (zone)
		return zone_text(out, zone, rule);
	return chain->base && base_text(out, chain, rule);
}
