/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ruleset-record FILE [DUMP]: the nf_tables ruleset of this network namespace as the kernel dumps it,
 * or the messages that the file DUMP holds, as a record of nothing else, for tests/fixtures. Prints
 * what is in it, "1 tables 3 chains 14 rules 20 elements 0 opaque 0 dangling" (lookups in sets and
 * jumps to chains that are not there). The kernel needs CAP_NET_ADMIN.
 *
 * ruleset-record --whole FILE: with legacy tables, ipsets and lists of recent addresses.
 */
#include <stdio.h>
#include <string.h>

#include "base/buffer.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "record/format.h"
#include "rules/dump.h"
#include "rules/ipset.h"
#include "rules/legacy.h"
#include "rules/parse.h"
#include "rules/recent.h"

static int write_bytes(const char *path, const struct buffer *buffer)
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

static void add_answer(struct record *record, const char *question, const struct buffer *dump)
{
	record_add(record, &(struct record_answer){
				   .question = (char *)question,
				   .bytes = dump->data,
				   .length = dump->length,
			   });
}

static int save_record(const char *path, const struct record *record)
{
	struct buffer text = {0};

	record_write(&text, record, "ruleset-record");
	int rc = write_bytes(path, &text);
	buffer_release(&text);
	return rc;
}

static int write_record(const char *path, const struct buffer *dump)
{
	struct record record = {0};

	add_answer(&record, RECORD_RULESET, dump);
	int rc = save_record(path, &record);
	record_release(&record);
	return rc;
}

static int read_dump(struct buffer *dump, const char *path)
{
	char chunk[4096];
	size_t length;
	FILE *file = fopen(path, "rb");

	if (!file) {
		perror(path);
		return 1;
	}
	while ((length = fread(chunk, 1, sizeof(chunk), file)) > 0)
		buffer_add(dump, chunk, length);
	fclose(file);
	return 0;
}

static int ask_kernel(struct buffer *dump, int (*ask)(struct buffer *dump, struct error *err))
{
	struct error err = {0};

	if (ask(dump, &err) == 0)
		return 0;
	fprintf(stderr, "ruleset-record: %s\n", err.text);
	return 1;
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

static int record_ruleset(const char *path, const char *from)
{
	struct buffer dump = {0};
	int rc = from ? read_dump(&dump, from) : ask_kernel(&dump, ruleset_dump);

	if (!rc)
		rc = write_record(path, &dump) || print_counts(&dump);
	buffer_release(&dump);
	return rc;
}

/* All that is read of the rules and of what they hang on. */
static int record_whole(const char *path)
{
	static const struct {
		const char *question;
		int (*dump)(struct buffer *dump, struct error *err);
	} parts[] = {
		{RECORD_RULESET, ruleset_dump},
		{RECORD_LEGACY, legacy_dump},
		{RECORD_IPSETS, ipset_dump},
		{RECORD_RECENT, recent_dump},
	};
	struct record record = {0};
	int rc = 0;

	for (size_t i = 0; !rc && i < ARRAY_SIZE(parts); i++) {
		struct buffer dump = {0};

		rc = ask_kernel(&dump, parts[i].dump);
		add_answer(&record, parts[i].question, &dump);
		buffer_release(&dump);
	}
	if (!rc)
		rc = save_record(path, &record);
	record_release(&record);
	return rc;
}

int main(int argc, char **argv)
{
	if (argc == 3 && strcmp(argv[1], "--whole") == 0)
		return record_whole(argv[2]);
	if (argc == 2 || argc == 3)
		return record_ruleset(argv[1], argc == 3 ? argv[2] : NULL);
	fprintf(stderr, "usage: ruleset-record FILE [DUMP] | --whole FILE\n");
	return 2;
}
