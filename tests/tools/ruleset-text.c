/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * ruleset-text [FILE]: the live ruleset, or one recorded by ruleset-record, as this project words it,
 * one line a rule: family, table, chain, handle, text, and the owner's words, with tabs between.
 * Interfaces of the live ruleset are named. Scripts compare it with nft, iptables and ufw.
 */
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buffer.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "rules/dump.h"
#include "rules/host.h"
#include "rules/ipset.h"
#include "rules/legacy.h"
#include "rules/owner.h"
#include "rules/parse.h"
#include "rules/text.h"
#include "tests/tools/recorded.h"

static void print_line(const struct ruleset *ruleset, const struct host_state *host,
		       const struct chain *chain, const struct rule *rule)
{
	cleanup(buffer_release) struct buffer text = {};
	cleanup(buffer_release) struct buffer owner = {};

	if (rule)
		rule_text_on(&text, rule, host);
	else
		policy_text(&text, chain);
	rule_owner_text(&owner, ruleset, chain, rule);
	printf("%s\t%s\t%s\t%llu\t%s\t%s\n", family_name(chain->table->family), chain->table->name,
	       chain->name, rule ? (unsigned long long)rule->handle : 0, buffer_text(&text),
	       buffer_text(&owner));
}

/* The interfaces of this network namespace, no more of the host. */
static void read_links(struct host_state *host)
{
	struct if_nameindex *names = if_nameindex();
	struct host_link *links;

	for (size_t i = 0; names && names[i].if_name; i++)
		host->n_links++;
	links = xcalloc(host->n_links + 1, sizeof(*links));
	for (size_t i = 0; i < host->n_links; i++) {
		links[i].index = names[i].if_index;
		strncpy(links[i].name, names[i].if_name, sizeof(links[i].name) - 1);
	}
	host->links = links;
	if_freenameindex(names);
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

static void print_ruleset(const struct ruleset *ruleset, const struct host_state *host)
{
	for (size_t i = 0; i < ruleset->n_tables; i++) {
		const struct table *table = ruleset->tables[i];

		for (size_t j = 0; j < table->n_chains; j++) {
			const struct chain *chain = table->chains[j];

			if (chain->base)
				print_line(ruleset, host, chain, NULL);
			for (size_t k = 0; k < chain->n_rules; k++)
				print_line(ruleset, host, chain, chain->rules[k]);
		}
	}
}

int main(int argc, char **argv)
{
	cleanup(buffer_release) struct buffer dump = {};
	struct host_state host = {};
	struct ruleset *ruleset;
	struct error err = {};

	if (argc > 1 && recorded_ruleset(argv[1], &dump) < 0)
		return 1;
	if ((argc == 1 && ruleset_dump(&dump, &err) < 0) ||
	    !(ruleset = ruleset_parse(dump.data, dump.length, &err)) ||
	    (argc == 1 && !read_others(ruleset, &err))) {
		fprintf(stderr, "%s\n", err.text);
		return 1;
	}
	if (argc == 1)
		read_links(&host);
	print_ruleset(ruleset, &host);
	ruleset_free(ruleset);
	free((void *)host.links);
	return 0;
}
