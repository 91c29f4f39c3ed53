/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rules/ruleset.h"

#include <linux/netfilter.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/cleanup.h"
#include "rules/read/decode.h"

const char *family_name(uint8_t family)
{
	switch (family) {
	case NFPROTO_INET: return "inet";
	case NFPROTO_IPV4: return "ip";
	case NFPROTO_ARP: return "arp";
	case NFPROTO_NETDEV: return "netdev";
	case NFPROTO_BRIDGE: return "bridge";
	case NFPROTO_IPV6: return "ip6";
	default: return "?";
	}
}

struct table *ruleset_table(const struct ruleset *ruleset, uint8_t family, const char *name)
{
	return ruleset_backend_table(ruleset, TABLE_NFT, family, name);
}

struct table *ruleset_backend_table(const struct ruleset *ruleset, enum table_backend backend,
				    uint8_t family, const char *name)
{
	for (size_t i = 0; i < ruleset->n_tables; i++) {
		struct table *table = ruleset->tables[i];

		if (table->backend == backend && table->family == family &&
		    !strcmp(table->name, name))
			return table;
	}
	return NULL;
}

static int chain_order(const void *left, const void *right)
{
	const struct chain *const *a = left, *const *b = right;

	return strcmp((*a)->name, (*b)->name);
}

static int set_order(const void *left, const void *right)
{
	const struct set *const *a = left, *const *b = right;

	return strcmp((*a)->name, (*b)->name);
}

static void *sorted(struct arena *arena, const void *pointers, size_t count,
		    int (*order)(const void *, const void *))
{
	void *copy = arena_alloc(arena, count * sizeof(void *));

	if (count) {
		memcpy(copy, pointers, count * sizeof(void *));
		qsort(copy, count, sizeof(void *), order);
	}
	return copy;
}

void table_index(struct arena *arena, struct table *table)
{
	table->chains_by_name = sorted(arena, table->chains, table->n_chains, chain_order);
	table->sets_by_name = sorted(arena, table->sets, table->n_sets, set_order);
}

struct chain *table_chain(const struct table *table, const char *name)
{
	const struct chain key = {.name = name}, *wanted = &key;
	struct chain **found;

	if (table->chains_by_name) {
		found = bsearch(&wanted, table->chains_by_name, table->n_chains, sizeof(wanted),
				chain_order);
		return found ? *found : NULL;
	}
	for (size_t i = 0; i < table->n_chains; i++) {
		if (!strcmp(table->chains[i]->name, name))
			return table->chains[i];
	}
	return NULL;
}

struct set *table_set(const struct table *table, const char *name)
{
	const struct set key = {.name = name}, *wanted = &key;
	struct set **found;

	if (table->sets_by_name) {
		found = bsearch(&wanted, table->sets_by_name, table->n_sets, sizeof(wanted),
				set_order);
		return found ? *found : NULL;
	}
	for (size_t i = 0; i < table->n_sets; i++) {
		if (!strcmp(table->sets[i]->name, name))
			return table->sets[i];
	}
	return NULL;
}

struct object *table_object(const struct table *table, const char *name, uint32_t type)
{
	for (size_t i = 0; i < table->n_objects; i++) {
		struct object *object = table->objects[i];

		if (object->type == type && !strcmp(object->name, name))
			return object;
	}
	return NULL;
}

static bool visit_rule(const struct rule *rule, const struct table *table, expr_visitor *visit,
		       void *data)
{
	for (size_t i = 0; i < rule->n_exprs; i++)
		if (visit(&rule->exprs[i], table, data))
			return true;
	return false;
}

bool ruleset_visit_exprs(const struct ruleset *ruleset, expr_visitor *visit, void *data)
{
	for (size_t i = 0; i < ruleset->n_tables; i++) {
		const struct table *table = ruleset->tables[i];

		for (size_t k = 0; k < table->n_chains; k++)
			for (size_t r = 0; r < table->chains[k]->n_rules; r++)
				if (visit_rule(table->chains[k]->rules[r], table, visit, data))
					return true;
	}
	return false;
}
