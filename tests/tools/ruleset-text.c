/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * ruleset-text [FILE]: the live ruleset, or one recorded by ruleset-record, as this project words it, one line a rule: family, table, chain, handle,
 * text, and the owner's words, with tabs between. Scripts compare it with nft, iptables and ufw.
 */
#include <stdio.h>

#include "base/buffer.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "rules/dump.h"
#include "rules/ipset.h"
#include "rules/legacy.h"
#include "rules/owner.h"
#include "rules/parse.h"
#include "rules/text.h"

static void print_line(const struct ruleset *ruleset, const struct chain *chain,
		       const struct rule *rule)
{
	cleanup(buffer_release) struct buffer text = {};
	cleanup(buffer_release) struct buffer owner = {};

	if (rule)
		rule_text(&text, rule);
	else
		policy_text(&text, chain);
	rule_owner_text(&owner, ruleset, chain, rule);
	printf("%s\t%s\t%s\t%llu\t%s\t%s\n", family_name(chain->table->family), chain->table->name,
	       chain->name, rule ? (unsigned long long)rule->handle : 0, buffer_text(&text),
	       buffer_text(&owner));
}

static int read_file(const char *path, struct buffer *buffer)
{
	FILE *file = fopen(path, "rb");
	char chunk[4096];
	size_t length;

	if (!file) {
		perror(path);
		return -1;
	}
	while ((length = fread(chunk, 1, sizeof(chunk), file)) > 0)
		buffer_add(buffer, chunk, length);
	fclose(file);
	return 0;
}

/* The live parts that are read only where they matter. */
static bool read_others(struct ruleset *ruleset, struct error *err)
{
	cleanup(buffer_release) struct buffer legacy = {}, ipsets = {};

	if (legacy_dump(&legacy, err) < 0 ||
	    legacy_parse(ruleset, legacy.data, legacy.length, err) < 0)
		return false;
	return !ruleset_uses_ipsets(ruleset) ||
	       (!ipset_dump(&ipsets, err) &&
		!ipset_parse(ruleset, ipsets.data, ipsets.length, err));
}

int main(int argc, char **argv)
{
	cleanup(buffer_release) struct buffer dump = {};
	struct ruleset *ruleset;
	struct error err = {};

	if (argc > 1 && read_file(argv[1], &dump) < 0)
		return 1;
	if ((argc == 1 && ruleset_dump(&dump, &err) < 0) ||
	    !(ruleset = ruleset_parse(dump.data, dump.length, &err)) ||
	    (argc == 1 && !read_others(ruleset, &err))) {
		fprintf(stderr, "%s\n", err.text);
		return 1;
	}
	for (size_t i = 0; i < ruleset->n_tables; i++) {
		const struct table *table = ruleset->tables[i];

		for (size_t j = 0; j < table->n_chains; j++) {
			const struct chain *chain = table->chains[j];

			if (chain->base)
				print_line(ruleset, chain, NULL);
			for (size_t k = 0; k < chain->n_rules; k++)
				print_line(ruleset, chain, chain->rules[k]);
		}
	}
	ruleset_free(ruleset);
	return 0;
}
