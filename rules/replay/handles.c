/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/arena.h"
#include "rules/replay/copy.h"
#include "rules/replay/reach.h"

static const struct chain *same_chain(const struct ruleset *made, const struct chain *chain)
{
	const struct table *table = ruleset_table(made, chain->table->family, chain->table->name);

	return table ? table_chain(table, chain->name) : NULL;
}

/* Rules are appended one after the other: the nth that was loaded is the nth in its chain. */
bool copy_find_handles(struct copy *copy, const struct ruleset *made)
{
	size_t most = 0;

	for (size_t i = 0; i < copy->n_parts; i++)
		if (copy->parts[i].chain && copy->parts[i].chain->order > most)
			most = copy->parts[i].chain->order;
	size_t *loaded = arena_array(copy->arena, most + 1, sizeof(*loaded));

	for (size_t i = 0; i < copy->n_parts; i++) {
		struct copy_part *part = &copy->parts[i];
		if (part->left_out || (!part->rule && !part->is_amendment))
			continue;
		const struct chain *chain = same_chain(made, part->chain);
		size_t index = loaded[part->chain->order]++;
		if (!chain || index >= chain->n_rules) {
			copy_gap(copy, true, "rules of the copy",
				 "the kernel does not show all that were loaded");
			return false;
		}
		part->made = chain->rules[index]->handle;
	}
	return true;
}

const struct copy_part *copy_part_of(const struct copy *copy, const struct chain *chain,
				     uint64_t handle)
{
	for (size_t i = 0; i < copy->n_parts; i++) {
		const struct copy_part *part = &copy->parts[i];
		if (part->chain == chain && part->made == handle && handle)
			return part;
	}
	return NULL;
}
