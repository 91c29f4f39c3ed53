/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/differential/lossless.h"

#include <stdarg.h>
#include <stdio.h>

static __attribute__((format(printf, 2, 3))) void add(json_t *parts, const char *format, ...)
{
	char text[256];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	json_array_append_new(parts, json_string(text));
}

static void rule_parts(json_t *parts, const struct rule *rule)
{
	const struct chain *chain = rule->chain;

	if (rule->opaque)
		add(parts, "rule %s/%s#%llu", chain->table->name, chain->name,
		    (unsigned long long)rule->handle);
	for (size_t i = 0; i < rule->n_exprs; i++)
		if (rule->exprs[i].opaque || rule->exprs[i].kind == EXPR_UNKNOWN)
			add(parts, "expression %s in %s/%s#%llu", rule->exprs[i].name,
			    chain->table->name, chain->name, (unsigned long long)rule->handle);
}

static void set_parts(json_t *parts, const struct set *set)
{
	if (set->opaque || set->incomplete)
		add(parts, "set %s/%s", set->table->name, set->name);
	for (size_t i = 0; i < set->n_elements; i++)
		if (set->elements[i].opaque)
			add(parts, "element of %s/%s", set->table->name, set->name);
}

json_t *lossy_parts(const struct ruleset *ruleset)
{
	json_t *parts = json_array();

	for (size_t i = 0; i < ruleset->n_tables; i++) {
		const struct table *table = ruleset->tables[i];

		if (table->opaque)
			add(parts, "table %s", table->name);
		for (size_t k = 0; k < table->n_chains; k++) {
			const struct chain *chain = table->chains[k];

			if (chain->opaque)
				add(parts, "chain %s/%s", table->name, chain->name);
			for (size_t r = 0; r < chain->n_rules; r++)
				rule_parts(parts, chain->rules[r]);
		}
		for (size_t k = 0; k < table->n_sets; k++)
			set_parts(parts, table->sets[k]);
	}
	return parts;
}
