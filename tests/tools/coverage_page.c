/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/tools/coverage_page.h"

#include "base/alloc.h"
#include "rules/xt/extension.h"

static const char head[] =
	"# How rules are decided\n"
	"\n"
	"<!-- Made from the tables in rules/eval and rules/xt by build-test/tests/tools/coverage-table. -->\n"
	"\n"
	"espota-doctor sends no single packet through the rules but classes: all packets that an\n"
	"upload can consist of, with what is known of them as a value, with what is not as a range.\n"
	"A test cuts a class in two, what matches and what does not. These tables say on what each\n"
	"expression of nf_tables and each extension of iptables is decided:\n"
	"\n"
	"| word | the answer comes from |\n"
	"| --- | --- |\n"
	"| packet | the class itself: which of the six packets it is, its headers, its mark, the hook "
	"it is in |\n"
	"| connection | what conntrack makes of it, which is followed along with the packets |\n"
	"| rules | what is read together with the rules: sets, maps, ipsets, quotas |\n"
	"| host | what is read of the host: addresses, interfaces, routes, the neighbour table, "
	"sockets, our own user and cgroup, the clock, lists of recent addresses; the row says which |\n"
	"| constant | nobody: it is the same for each packet of each upload |\n"
	"| change | nobody: the packet goes on with something changed, which later rules see |\n"
	"| end | nobody: the packet's way through the chain ends |\n"
	"| unknown | nobody can tell, always or in the cases that the row names |\n"
	"\n"
	"Where the answer is unknown both ways are followed, and if they end differently the verdict\n"
	"for that packet is \"unknown\", with this as the reason. That is so by design: what the kernel\n"
	"keeps to itself (tokens of a limit, counts of connections, fingerprints), what happens by\n"
	"chance, what another program decides (queues, proxies) and what only the device knows (most TCP\n"
	"options, the contents of packets) cannot be read in advance, and is not guessed.\n"
	"\n"
	"\"Missing\" and \"no match\" end the rule: the next one is tried. Unknown, whatever its row says,\n"
	"is an expression with an attribute that this program does not know, an extension whose data\n"
	"make no sense, a rule, set or element that was not understood, and what would take more work\n"
	"than the program allows itself.\n";

static void put_words(struct buffer *out, unsigned by)
{
	static const struct {
		unsigned by;
		const char *word;
	} words[] = {
		{BY_PACKET, "packet"}, {BY_CONNECTION, "connection"}, {BY_RULES, "rules"},
		{BY_HOST, "host"},     {BY_NATURE, "constant"},       {BY_CHANGING, "change"},
		{BY_ENDING, "end"},    {BY_NOBODY, "unknown"},
	};
	const char *separator = "";

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		if (!(by & words[i].by))
			continue;
		buffer_printf(out, "%s%s", separator, words[i].word);
		separator = ", ";
	}
}

static void put_row(struct buffer *out, const char *name, const char *part,
		    const struct decision *decision)
{
	buffer_printf(out, "| %s | %s | ", name, part);
	put_words(out, decision->by);
	buffer_printf(out, " | %s |\n", decision->how);
}

static void put_expression(struct buffer *out, const struct expression *expression)
{
	const struct keys *keys = expression->keys;

	if (expression->decision.how)
		put_row(out, expression->name, "", &expression->decision);
	if (!keys)
		return;
	for (size_t i = 0; i < keys->count; i++)
		if (keys->keys[i].name)
			put_row(out, expression->name, keys->keys[i].name, &keys->keys[i].decision);
	put_row(out, expression->name, keys->other.name, &keys->other.decision);
}

static void put_expressions(struct buffer *out)
{
	buffer_puts(out, "\n## Expressions of nf_tables\n\n"
			 "By the kernel's names, as `nft --debug=netlink` shows them. "
			 "A row without a key holds for all of them.\n\n"
			 "| expression | key | decided by | how |\n| --- | --- | --- | --- |\n");
	for (size_t kind = EXPR_UNKNOWN + 1; kind < EXPR_KINDS; kind++)
		put_expression(out, &expressions[kind]);
	put_expression(out, &expressions[EXPR_UNKNOWN]);
}

struct extensions {
	const struct xt_type **types;
	size_t count, allocated;
};

static void collect(void *data, const struct xt_type *type)
{
	struct extensions *all = data;

	all->types = xgrow(all->types, all->count, &all->allocated, sizeof(const struct xt_type *));
	all->types[all->count++] = type;
}

static int compare(const void *a, const void *b)
{
	const struct xt_type *left = *(const struct xt_type *const *)a;
	const struct xt_type *right = *(const struct xt_type *const *)b;
	int order = strcmp(left->name, right->name);

	if (order == 0)
		order = left->revision - right->revision;
	return order ? order : left->families - right->families;
}

static bool same_row(const struct xt_type *a, const struct xt_type *b)
{
	return strcmp(a->name, b->name) == 0 && a->decision.by == b->decision.by &&
	       strcmp(a->decision.how, b->decision.how) == 0;
}

/* Of one row: "0 (IPv4), 1, 2". */
static void put_revisions(struct buffer *out, const struct xt_type *const *types, size_t count)
{
	static const char *const families[] = {
		[XT_FAMILY_V4] = " (IPv4)", [XT_FAMILY_V6] = " (IPv6)", [XT_FAMILY_BOTH] = ""};
	size_t next;

	for (size_t i = 0; i < count; i = next) {
		uint8_t either = 0;

		for (next = i; next < count && types[next]->revision == types[i]->revision; next++)
			either |= types[next]->families;
		buffer_printf(out, "%s%u%s", i ? ", " : "", types[i]->revision, families[either]);
	}
}

static void put_extensions(struct buffer *out, bool targets)
{
	struct extensions all = {};
	size_t next;

	buffer_printf(out,
		      "\n## %s of iptables\n\n| %s | revisions | decided by | how |\n"
		      "| --- | --- | --- | --- |\n",
		      targets ? "Targets" : "Matches", targets ? "target" : "match");
	xt_each_type(targets, collect, &all);
	qsort(all.types, all.count, sizeof(const struct xt_type *), compare);
	for (size_t i = 0; i < all.count; i = next) {
		struct buffer revisions = {};

		for (next = i; next < all.count && same_row(all.types[i], all.types[next]); next++)
			;
		put_revisions(&revisions, all.types + i, next - i);
		put_row(out, all.types[i]->name, buffer_text(&revisions), &all.types[i]->decision);
		buffer_release(&revisions);
	}
	put_row(out, "any other", "", &expressions[EXPR_UNKNOWN].decision);
	free(all.types);
}

void coverage_page(struct buffer *out)
{
	buffer_puts(out, head);
	put_expressions(out);
	put_extensions(out, false);
	put_extensions(out, true);
}
