/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rules/replay/copy.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <string.h>

#include "base/alloc.h"
#include "base/arena.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "rules/replay/reach.h"

/* A set of the dump with its messages; a set's elements are dumped in one go. */
struct set_entry {
	const struct set *set;
	const struct nlmsghdr *message;
	size_t first_elements, n_elements; /* among struct builder.elements */
};

struct builder {
	struct copy *copy;
	const struct copy_plan *plan;
	struct set_entry *sets;
	size_t n_sets, sets_allocated, set_at; /* where the last one was found */
	const struct nlmsghdr **elements;
	size_t n_elements, elements_allocated;
	const struct table *only; /* whose chains are taken; NULL: all */
	size_t *rules_seen;       /* by chain->order */
	bool *amended;            /* by amendment: it has been put in */
};

static const char *text_of(const struct nlmsghdr *message, uint16_t type)
{
	const struct nlattr *attr;

	mnl_attr_for_each (attr, message, sizeof(struct nfgenmsg))
		if (mnl_attr_get_type(attr) == type &&
		    !mnl_attr_validate(attr, MNL_TYPE_NUL_STRING))
			return mnl_attr_get_str(attr);
	return NULL;
}

static struct table *table_of(const struct builder *builder, const struct nlmsghdr *message,
			      uint16_t type)
{
	const struct nfgenmsg *about = mnl_nlmsg_get_payload(message);
	const char *name = text_of(message, type);

	return name ? ruleset_table(builder->plan->ruleset, about->nfgen_family, name) : NULL;
}

/* A message whose names are not what the parser took them for: none that a kernel sent. */
static void note_malformed(struct builder *builder)
{
	copy_gap(builder->copy, true, "a message of the dump", "it is malformed");
}

static struct copy_part *add_part(struct copy *copy)
{
	if (copy->n_parts == copy->allocated) {
		copy->allocated = copy->allocated ? 2 * copy->allocated : 64;
		copy->parts = xreallocarray(copy->parts, copy->allocated, sizeof(*copy->parts));
	}
	struct copy_part *part = &copy->parts[copy->n_parts++];
	*part = (struct copy_part){.start = copy->messages.length};
	return part;
}

static void end_part(struct copy *copy, struct copy_part *part)
{
	part->length = copy->messages.length - part->start;
}

static void add_message(struct builder *builder, const struct nlmsghdr *message,
			const struct copy_part *part)
{
	message_copy(&builder->copy->messages, message, builder->plan, part->chain, part->rule);
}

static void add_table(struct builder *builder, const struct nlmsghdr *message)
{
	const struct table *table = table_of(builder, message, NFTA_TABLE_NAME);

	if (!table) {
		note_malformed(builder);
		return;
	}
	struct copy_part *part = add_part(builder->copy);
	part->table = table;
	add_message(builder, message, part);
	end_part(builder->copy, part);
}

static void add_chain(struct builder *builder, const struct nlmsghdr *message)
{
	const struct table *table = table_of(builder, message, NFTA_CHAIN_TABLE);
	const char *name = text_of(message, NFTA_CHAIN_NAME);

	if (builder->only && builder->only != table)
		return;
	const struct chain *chain = table && name ? table_chain(table, name) : NULL;
	if (!chain) {
		note_malformed(builder);
		return;
	}
	struct copy_part *part = add_part(builder->copy);
	part->table = table;
	part->chain = chain;
	add_message(builder, message, part);
	end_part(builder->copy, part);
}

static void add_object(struct builder *builder, const struct nlmsghdr *message)
{
	const struct table *table = table_of(builder, message, NFTA_OBJ_TABLE);
	const char *name = text_of(message, NFTA_OBJ_NAME);

	if (!table || !name) {
		note_malformed(builder);
		return;
	}
	struct copy_part *part = add_part(builder->copy);
	part->table = table;
	part->name = name;
	add_message(builder, message, part);
	end_part(builder->copy, part);
}

static void note_set(struct builder *builder, const struct nlmsghdr *message)
{
	const struct table *table = table_of(builder, message, NFTA_SET_TABLE);
	const char *name = text_of(message, NFTA_SET_NAME);
	const struct set *set = table && name ? table_set(table, name) : NULL;

	if (!set) {
		note_malformed(builder);
		return;
	}
	if (builder->n_sets == builder->sets_allocated) {
		builder->sets_allocated =
			builder->sets_allocated ? 2 * builder->sets_allocated : 64;
		builder->sets = xreallocarray(builder->sets, builder->sets_allocated,
					      sizeof(*builder->sets));
	}
	builder->sets[builder->n_sets++] = (struct set_entry){
		.set = set,
		.message = message,
	};
}

/* What is looked for mostly comes right after what was found last. */
static struct set_entry *find_set(struct builder *builder, const struct set *set)
{
	for (size_t i = 0; i < builder->n_sets; i++) {
		size_t at = (builder->set_at + i) % builder->n_sets;
		if (builder->sets[at].set != set)
			continue;
		builder->set_at = at;
		return &builder->sets[at];
	}
	return NULL;
}

static void note_elements(struct builder *builder, const struct nlmsghdr *message)
{
	const struct table *table = table_of(builder, message, NFTA_SET_ELEM_LIST_TABLE);
	const char *name = text_of(message, NFTA_SET_ELEM_LIST_SET);
	struct set_entry *entry = table && name ? find_set(builder, table_set(table, name)) : NULL;

	if (!entry) {
		note_malformed(builder);
		return;
	}
	if (builder->n_elements == builder->elements_allocated) {
		builder->elements_allocated =
			builder->elements_allocated ? 2 * builder->elements_allocated : 64;
		builder->elements = xreallocarray(builder->elements, builder->elements_allocated,
						  sizeof(*builder->elements));
	}
	if (!entry->n_elements)
		entry->first_elements = builder->n_elements;
	entry->n_elements++;
	builder->elements[builder->n_elements++] = message;
}

/* In one part if @together, else each message in one of its own, so that large sets need no room. */
static void add_set(struct builder *builder, const struct set_entry *entry, bool together)
{
	struct copy *copy = builder->copy;

	for (size_t i = 0; i <= entry->n_elements; i++) {
		const struct nlmsghdr *message =
			i ? builder->elements[entry->first_elements + i - 1] : entry->message;
		if (together) {
			message_copy(&copy->messages, message, builder->plan, NULL, NULL);
			continue;
		}
		struct copy_part *part = add_part(copy);
		part->table = entry->set->table;
		part->name = entry->set->name;
		add_message(builder, message, part);
		end_part(copy, part);
	}
}

static bool is_anonymous(const struct set *set)
{
	return set && set->flags & NFT_SET_ANONYMOUS;
}

static const struct set *set_of(const struct expr *expr)
{
	switch (expr->kind) {
	case EXPR_LOOKUP: return expr->lookup.set;
	case EXPR_DYNSET: return expr->dynset.set;
	case EXPR_OBJREF: return expr->objref.set;
	default: return NULL;
	}
}

static size_t bytes_of(const struct builder *builder, const struct set_entry *entry)
{
	size_t bytes = 0;

	for (size_t i = 0; i < entry->n_elements; i++)
		bytes += builder->elements[entry->first_elements + i]->nlmsg_len;
	return bytes;
}

/* An anonymous set has to go with its rule; too large for one transaction it goes ahead, as another. */
static void add_sets_of(struct builder *builder, const struct rule *rule, bool large)
{
	enum { LARGE = 128 * 1024 };

	for (size_t i = 0; i < rule->n_exprs; i++) {
		const struct set *set = set_of(&rule->exprs[i]);
		const struct set_entry *entry = is_anonymous(set) ? find_set(builder, set) : NULL;
		if (!entry || (bytes_of(builder, entry) > LARGE) != large)
			continue;
		size_t start = builder->copy->messages.length;
		add_set(builder, entry, !large);
		if (large)
			message_name_set(&builder->copy->messages, start);
	}
}

static void add_named_sets(struct builder *builder)
{
	for (size_t i = 0; i < builder->n_sets; i++)
		if (!is_anonymous(builder->sets[i].set))
			add_set(builder, &builder->sets[i], false);
}

/* Those that belong before the rule with this index, or with @rest all that are left of the chain. */
static void add_amendments(struct builder *builder, const struct chain *chain, size_t index,
			   bool rest)
{
	struct copy *copy = builder->copy;

	for (size_t i = 0; i < builder->plan->n_amendments; i++) {
		const struct amendment *amendment = &builder->plan->amendments[i];
		if (builder->amended[i] || amendment->chain != chain ||
		    (amendment->index != index && !rest))
			continue;
		builder->amended[i] = true;
		struct copy_part *part = add_part(copy);
		part->table = chain->table;
		part->chain = chain;
		part->is_amendment = true;
		if (!rule_message(&copy->messages, chain, amendment->rule)) {
			copy->n_parts--;
			copy_gap(copy, true, "the rule to be added",
				 "it has an expression that this version cannot write");
			continue;
		}
		end_part(copy, part);
	}
}

static void add_rule(struct builder *builder, const struct nlmsghdr *message)
{
	const struct table *table = table_of(builder, message, NFTA_RULE_TABLE);
	const char *name = text_of(message, NFTA_RULE_CHAIN);
	const struct chain *chain = table && name ? table_chain(table, name) : NULL;
	size_t index = chain ? builder->rules_seen[chain->order]++ : 0;

	if (!chain || index >= chain->n_rules) {
		note_malformed(builder);
		return;
	}
	const struct rule *rule = chain->rules[index];
	add_amendments(builder, chain, index, false);
	add_sets_of(builder, rule, true);
	struct copy_part *part = add_part(builder->copy);
	part->table = table;
	part->chain = chain;
	part->rule = rule;
	add_sets_of(builder, rule, false);
	add_message(builder, message, part);
	end_part(builder->copy, part);
	if (index + 1 == chain->n_rules)
		add_amendments(builder, chain, index + 1, true);
}

static void add_to_empty_chains(struct builder *builder)
{
	for (size_t i = 0; i < builder->plan->n_amendments; i++)
		add_amendments(builder, builder->plan->amendments[i].chain, 0, true);
}

static void each_message(struct builder *builder, unsigned type,
			 void (*take)(struct builder *, const struct nlmsghdr *))
{
	const char *dump = builder->plan->dump;

	for (size_t at = 0; at < builder->plan->dump_length;) {
		const struct nlmsghdr *message = (const struct nlmsghdr *)(dump + at);
		if ((message->nlmsg_type & 0xff) == type)
			take(builder, message);
		at += MNL_ALIGN(message->nlmsg_len);
	}
}

/* A hook is registered when its chain is made (nf_tables_addchain()), not at the commit. */
static void add_chains(struct builder *builder)
{
	const struct ruleset *ruleset = builder->plan->ruleset;

	if (!builder->plan->newest_first) {
		each_message(builder, NFT_MSG_NEWCHAIN, add_chain);
		return;
	}
	for (size_t i = ruleset->n_tables; i-- > 0;) {
		builder->only = ruleset->tables[i];
		each_message(builder, NFT_MSG_NEWCHAIN, add_chain);
	}
}

static void note_flowtable(struct builder *builder, const struct nlmsghdr *)
{
	copy_gap(builder->copy, false, "a flowtable", "flowtables are not copied");
}

/* In the order of what refers to what; ruleset_parse() has shown that all names are there. */
void copy_build(struct arena *arena, const struct copy_plan *plan, struct copy *ret_copy)
{
	struct builder builder = {.copy = ret_copy, .plan = plan};
	size_t n_chains = reach_count_chains(plan->ruleset);

	*ret_copy = (struct copy){.arena = arena, .matters = reach_chains(arena, plan)};
	builder.rules_seen = arena_array(arena, n_chains + 1, sizeof(*builder.rules_seen));
	builder.amended = arena_array(arena, plan->n_amendments + 1, sizeof(*builder.amended));
	each_message(&builder, NFT_MSG_NEWTABLE, add_table);
	add_chains(&builder);
	each_message(&builder, NFT_MSG_NEWFLOWTABLE, note_flowtable);
	each_message(&builder, NFT_MSG_NEWOBJ, add_object);
	each_message(&builder, NFT_MSG_NEWSET, note_set);
	each_message(&builder, NFT_MSG_NEWSETELEM, note_elements);
	add_named_sets(&builder);
	each_message(&builder, NFT_MSG_NEWRULE, add_rule);
	add_to_empty_chains(&builder);
	free(builder.sets);
	free(builder.elements);
}

void copy_release(struct copy *copy)
{
	buffer_release(&copy->messages);
	free(copy->parts);
	free(copy->gaps);
	*copy = (struct copy){0};
}

void copy_gap(struct copy *copy, bool matters, const char *what, const char *why)
{
	if (copy->n_gaps == copy->gaps_allocated) {
		copy->gaps_allocated = copy->gaps_allocated ? 2 * copy->gaps_allocated : 16;
		copy->gaps = xreallocarray(copy->gaps, copy->gaps_allocated, sizeof(*copy->gaps));
	}
	copy->gaps[copy->n_gaps++] = (struct replay_gap){
		.what = arena_strdup(copy->arena, what),
		.why = arena_strdup(copy->arena, why),
		.matters = matters,
	};
}

static bool asks_ipset(const struct rule *rule)
{
	for (size_t i = 0; rule && i < rule->n_exprs; i++) {
		const struct expr *expr = &rule->exprs[i];
		const char *name = expr->xt.name;
		if (expr->kind == EXPR_XT_MATCH && name && !strcmp(name, "set"))
			return true;
		if (expr->kind == EXPR_XT_TARGET && name && !strcmp(name, "SET"))
			return true;
	}
	return false;
}

static bool uses_flowtable(const struct rule *rule)
{
	for (size_t i = 0; rule && i < rule->n_exprs; i++)
		if (rule->exprs[i].kind == EXPR_FLOW_OFFLOAD)
			return true;
	return false;
}

void copy_leave_out(struct copy *copy, struct copy_part *part, int errnum)
{
	struct arena *arena = copy->arena;
	const char *table =
		arena_printf(arena, "%s %s", family_name(part->table->family), part->table->name);
	const char *why =
		asks_ipset(part->rule) ? "it asks an ipset, and those are not copied"
		: uses_flowtable(part->rule)
			? "flowtables are not copied"
			: arena_printf(arena, "the kernel refused it: %s", strerror(errnum));
	const char *what = table;

	part->left_out = true;
	if (part->is_amendment)
		what = arena_printf(arena, "%s %s, the rule to be added", table, part->chain->name);
	else if (part->rule)
		what = arena_printf(arena, "%s %s, rule %llu", table, part->chain->name,
				    (unsigned long long)part->rule->handle);
	else if (part->chain)
		what = arena_printf(arena, "%s %s", table, part->chain->name);
	else if (part->name)
		what = arena_printf(arena, "%s, %s", table, part->name);
	copy_gap(copy, !part->chain || copy->matters[part->chain->order], what, why);
}
