/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rules/legacy/table.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "rules/draft.h"
#include "rules/legacy/entry.h"
#include "rules/read/decode.h"

/*
 * The entries of a table lie one behind the other. A built-in chain begins at its hook_entry and
 * ends with its underflow, which holds the policy; another chain begins behind an entry with the
 * target ERROR that names it and ends before the next of those; the last entry is such an ERROR too.
 */
struct start {
	size_t offset; /* of a chain's first entry */
	struct chain *chain;
};

struct layout {
	struct legacy_source *source;
	struct legacy_entry *entries;
	size_t n_entries;
	struct start *starts; /* by offset */
	size_t n_starts;
};

static bool is_error(const struct legacy_entry *entry)
{
	return strcmp(entry->target_name, XT_ERROR_TARGET) == 0;
}

static bool has_hook(const struct legacy_source *source, unsigned hook)
{
	return source->kind->priorities[hook] != LEGACY_NO_HOOK &&
	       (source->table->opaque || source->info.valid_hooks & 1u << hook);
}

static struct chain *add_chain(struct legacy_source *source, const char *name)
{
	struct chain *chain = arena_alloc(source->arena, sizeof(*chain));

	chain->table = source->table;
	chain->name = name;
	chain->order = (*source->order)++;
	append_pointer(source->arena, &source->table->chains, &source->table->n_chains, chain);
	return chain;
}

static const char *chain_type(const struct legacy_source *source, unsigned hook)
{
	const char *table = source->table->name;

	if (strcmp(table, "nat") == 0)
		return "nat";
	/* ipt_mangle_out() routes again what it has changed. */
	return strcmp(table, "mangle") == 0 && hook == NF_INET_LOCAL_OUT ? "route" : "filter";
}

static struct chain *add_base_chain(struct legacy_source *source, unsigned hook)
{
	static const char *const names[NF_INET_NUMHOOKS] = {"PREROUTING", "INPUT", "FORWARD",
							    "OUTPUT", "POSTROUTING"};
	struct chain *chain = add_chain(source, names[hook]);

	chain->base = arena_alloc(source->arena, sizeof(*chain->base));
	chain->base->hook = hook;
	chain->base->priority = source->kind->priorities[hook];
	chain->base->type = chain_type(source, hook);
	chain->base->policy = VERDICT_ACCEPT;
	return chain;
}

/* Nothing is known but that the table is there. */
static void give_up(struct legacy_source *source)
{
	source->table->opaque = true;
	source->table->n_chains = 0;
	for (unsigned hook = 0; hook < NF_INET_NUMHOOKS; hook++)
		if (has_hook(source, hook))
			add_base_chain(source, hook);
}

static bool read_entries(struct layout *layout)
{
	const struct legacy_source *source = layout->source;
	size_t smallest = sizeof(struct ipt_entry);

	layout->entries = arena_array(source->arena, source->entries.length / smallest + 1,
				      sizeof(*layout->entries));
	layout->starts = arena_array(source->arena, source->entries.length / smallest + 1,
				     sizeof(*layout->starts));
	for (size_t at = 0; at < source->entries.length;) {
		struct legacy_entry *entry = &layout->entries[layout->n_entries];

		if (!legacy_entry_read(source->entries, at, source->table->family, entry))
			return false;
		layout->n_entries++;
		at += entry->bytes.length;
	}
	return layout->n_entries && layout->n_entries == source->info.num_entries;
}

/* The hook whose chain begins at @offset; NF_INET_NUMHOOKS for none. */
static unsigned hook_at(const struct legacy_source *source, size_t offset)
{
	unsigned hook = 0;

	while (hook < NF_INET_NUMHOOKS &&
	       !(has_hook(source, hook) && source->info.hook_entry[hook] == offset))
		hook++;
	return hook;
}

static void add_start(struct layout *layout, size_t offset, struct chain *chain)
{
	layout->starts[layout->n_starts++] = (struct start){offset, chain};
}

static const char *error_name(struct arena *arena, const struct legacy_entry *entry)
{
	struct bytes info = legacy_target_info(entry);
	size_t length = strnlen((const char *)info.data, info.length);
	char *name = arena_alloc(arena, length + 1);

	memcpy(name, info.data, length);
	return name;
}

static bool take_policy(struct chain *chain, const struct legacy_entry *entry)
{
	int verdict;

	if (!legacy_standard_verdict(entry, &verdict) || !legacy_unconditional(entry) ||
	    (verdict != -NF_ACCEPT - 1 && verdict != -NF_DROP - 1))
		return false;
	chain->base->policy = -verdict - 1;
	chain->has_counters = true;
	chain->packets = entry->packets;
	chain->bytes = entry->byte_count;
	return true;
}

static void add_rule(struct layout *layout, struct chain *chain, struct legacy_entry *entry)
{
	struct arena *arena = layout->source->arena;
	struct rule *rule = arena_alloc(arena, sizeof(*rule));

	rule->chain = chain;
	rule->opaque =
		!legacy_entry_exprs(arena, entry, &rule->exprs, &rule->n_exprs) || entry->opaque;
	append_pointer(arena, &chain->rules, &chain->n_rules, rule);
	rule->position = (unsigned)chain->n_rules;
}

/* The one built-in chain that begins here, or the one that goes on; NULL if that is not clear. */
static struct chain *chain_at(struct layout *layout, size_t offset, struct chain *open)
{
	unsigned hook = hook_at(layout->source, offset);

	if (hook == NF_INET_NUMHOOKS)
		return open;
	if (open && open->base)
		return NULL;
	struct chain *chain = add_base_chain(layout->source, hook);
	add_start(layout, offset, chain);
	return chain;
}

/* Cuts the entries into chains. False if some part belongs nowhere. */
static bool cut_into_chains(struct layout *layout, struct chain **ret_chain_of)
{
	struct legacy_source *source = layout->source;
	struct chain *open = NULL;

	for (size_t i = 0; i < layout->n_entries; i++) {
		struct legacy_entry *entry = &layout->entries[i];
		size_t end = entry->offset + entry->bytes.length;

		if (is_error(entry)) {
			if (open && open->base)
				return false;
			open = NULL;
			if (i + 1 == layout->n_entries)
				return true;
			open = add_chain(source, error_name(source->arena, entry));
			add_start(layout, end, open);
			continue;
		}
		open = chain_at(layout, entry->offset, open);
		if (!open)
			return false;
		ret_chain_of[i] = open;
		if (open->base && source->info.underflow[open->base->hook] == entry->offset) {
			if (!take_policy(open, entry))
				return false;
			ret_chain_of[i] = NULL;
			open = NULL;
		}
	}
	return false;
}

static int compare_starts(const void *a, const void *b)
{
	const struct start *left = a, *right = b;

	return left->offset < right->offset ? -1 : left->offset > right->offset;
}

static struct chain *chain_from(const struct layout *layout, size_t offset)
{
	const struct start key = {.offset = offset};
	const struct start *found =
		bsearch(&key, layout->starts, layout->n_starts, sizeof(key), compare_starts);

	return found && !found->chain->base ? found->chain : NULL;
}

/* What ipt_do_table() does with the number of a standard target. */
static void add_verdict(const struct layout *layout, struct rule *rule,
			const struct legacy_entry *entry, int number)
{
	size_t next = entry->offset + entry->bytes.length;
	struct draft draft = {layout->source->arena, rule->exprs, rule->n_exprs};
	struct verdict *verdict;

	if (number >= 0 && (size_t)number == next)
		return; /* no target was given */
	verdict = draft_verdict(&draft, VERDICT_CONTINUE);
	rule->n_exprs = draft.count;
	if (number >= 0) {
		verdict->code = entry->is_goto ? VERDICT_GOTO : VERDICT_JUMP;
		verdict->target = chain_from(layout, (size_t)number);
		verdict->chain = verdict->target ? verdict->target->name : "?";
	} else if (number == XT_RETURN) {
		verdict->code = VERDICT_RETURN;
	} else if (number == -NF_DROP - 1 || number == -NF_ACCEPT - 1 || number == -NF_QUEUE - 1) {
		verdict->code = -number - 1;
	} else {
		rule->opaque = true;
	}
}

/* libiptc ends each chain of the user with a return, which nobody wrote. */
static bool is_tail(const struct layout *layout, size_t i, const struct chain *chain)
{
	int verdict;

	return !chain->base && is_error(&layout->entries[i + 1]) &&
	       legacy_standard_verdict(&layout->entries[i], &verdict) && verdict == XT_RETURN &&
	       legacy_unconditional(&layout->entries[i]);
}

static void fill_chains(struct layout *layout, struct chain **chain_of)
{
	for (size_t i = 0; i < layout->n_entries; i++) {
		struct legacy_entry *entry = &layout->entries[i];
		struct chain *chain = chain_of[i];
		int verdict;

		if (!chain || is_tail(layout, i, chain))
			continue;
		add_rule(layout, chain, entry);
		struct rule *rule = chain->rules[chain->n_rules - 1];
		if (legacy_standard_verdict(entry, &verdict))
			add_verdict(layout, rule, entry, verdict);
		else if (!entry->target_name[0])
			rule->opaque = true;
	}
}

static bool has_all_hooks(const struct legacy_source *source)
{
	for (unsigned hook = 0; hook < NF_INET_NUMHOOKS; hook++) {
		bool found = false;

		for (size_t i = 0; i < source->table->n_chains; i++) {
			const struct base_hook *base = source->table->chains[i]->base;
			found = found || (base && base->hook == hook);
		}
		if (has_hook(source, hook) != found)
			return false;
	}
	return true;
}

void legacy_table_fill(struct legacy_source *source)
{
	struct layout layout = {.source = source};
	struct chain **chain_of;

	if (source->table->opaque || !read_entries(&layout)) {
		give_up(source);
		return;
	}
	chain_of = arena_array(source->arena, layout.n_entries, sizeof(struct chain *));
	if (!cut_into_chains(&layout, chain_of) || !has_all_hooks(source)) {
		give_up(source);
		return;
	}
	fill_chains(&layout, chain_of);
}
