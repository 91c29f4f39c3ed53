/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ruleset-record FILE: the nf_tables ruleset of this network namespace as the kernel dumps it, for
 * tests/fixtures. Prints what is in it, "1 tables 3 chains 14 rules 20 elements 0 opaque 0 dangling"
 * (lookups in sets and jumps to chains that are not there). Needs CAP_NET_ADMIN.
 *
 * ruleset-record --legacy|--ipsets|--recent FILE: what else rules hang on, without a word.
 */
#include <stdio.h>
#include <string.h>

#include "base/buffer.h"
#include "base/error.h"
#include "rules/dump.h"
#include "rules/ipset.h"
#include "rules/legacy.h"
#include "rules/parse.h"
#include "rules/recent.h"

static int write_file(const char *path, const struct buffer *buffer)
{
	FILE *file = fopen(path, "wb");

	if (!file) {
		perror(path);
		return 1;
	}

	size_t written = fwrite(buffer->data, 1, buffer->length, file);

	if (fclose(file) || written != buffer->length) {
		perror(path);
		return 1;
	}
	return 0;
}

struct counts {
	size_t chains, rules, elements, opaque, dangling;
};

static bool dangles(const struct expr *expr)
{
	const struct verdict *verdict = &expr->immediate.data.verdict;

	if (expr->kind == EXPR_LOOKUP)
		return !expr->lookup.set;
	return expr->kind == EXPR_IMMEDIATE && verdict->chain && !verdict->target;
}

static void count_exprs(const struct expr *exprs, size_t n_exprs, struct counts *counts)
{
	for (size_t i = 0; i < n_exprs; i++) {
		counts->opaque += exprs[i].opaque;
		counts->dangling += dangles(&exprs[i]);
	}
}

static void count_set(const struct set *set, struct counts *counts)
{
	counts->elements += set->n_elements;
	counts->opaque += set->opaque || set->incomplete;
	for (size_t i = 0; i < set->n_elements; i++) {
		counts->opaque += set->elements[i].opaque;
		count_exprs(set->elements[i].exprs, set->elements[i].n_exprs, counts);
	}
}

static void count_table(const struct table *table, struct counts *counts)
{
	counts->chains += table->n_chains;
	counts->opaque += table->opaque;
	for (size_t i = 0; i < table->n_chains; i++) {
		const struct chain *chain = table->chains[i];

		counts->opaque += chain->opaque;
		counts->rules += chain->n_rules;
		for (size_t k = 0; k < chain->n_rules; k++) {
			counts->opaque += chain->rules[k]->opaque;
			count_exprs(chain->rules[k]->exprs, chain->rules[k]->n_exprs, counts);
		}
	}
	for (size_t i = 0; i < table->n_sets; i++)
		count_set(table->sets[i], counts);
}

static int print_counts(const struct buffer *dump)
{
	struct error err = {0};
	struct counts counts = {0};
	struct ruleset *ruleset = ruleset_parse(dump->data, dump->length, &err);

	if (!ruleset) {
		fprintf(stderr, "ruleset-record: %s\n", err.text);
		return 1;
	}
	for (size_t i = 0; i < ruleset->n_tables; i++)
		count_table(ruleset->tables[i], &counts);
	printf("%zu tables %zu chains %zu rules %zu elements %zu opaque %zu dangling\n",
	       ruleset->n_tables, counts.chains, counts.rules, counts.elements, counts.opaque,
	       counts.dangling);
	ruleset_free(ruleset);
	return 0;
}

static int record(int (*dump)(struct buffer *, struct error *), const char *path, bool count)
{
	struct buffer bytes = {0};
	struct error err = {0};

	if (dump(&bytes, &err) < 0) {
		fprintf(stderr, "ruleset-record: %s\n", err.text);
		return 1;
	}

	int rc = write_file(path, &bytes) || (count && print_counts(&bytes));

	buffer_release(&bytes);
	return rc;
}

int main(int argc, char **argv)
{
	if (argc == 2)
		return record(ruleset_dump, argv[1], true);
	if (argc == 3 && strcmp(argv[1], "--legacy") == 0)
		return record(legacy_dump, argv[2], false);
	if (argc == 3 && strcmp(argv[1], "--ipsets") == 0)
		return record(ipset_dump, argv[2], false);
	if (argc == 3 && strcmp(argv[1], "--recent") == 0)
		return record(recent_dump, argv[2], false);
	fprintf(stderr, "usage: ruleset-record [--legacy|--ipsets|--recent] FILE\n");
	return 2;
}
