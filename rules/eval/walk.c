/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rules/eval/walk.h"

#include "base/arena.h"
#include "rules/eval/run.h"

void walk_outcome(struct walk *walk, const struct state *state, enum flow_verdict verdict)
{
	struct outcome *outcome = arena_alloc(walk->arena, sizeof(*outcome));

	*outcome = (struct outcome){walk->outcomes, *state, verdict};
	walk->outcomes = outcome;
}

void walk_give_up(struct walk *walk, const struct state *state, const char *why)
{
	struct state doubtful = *state;

	doubtful.doubt = doubt_new(walk->arena, state, why);
	walk_outcome(walk, &doubtful, FLOW_UNKNOWN);
}

struct value_set walk_single(struct walk *walk, field_value value)
{
	return value_set_range(walk->arena, value, value);
}

struct updated_set *walk_updated_set(const struct walk *walk, const struct set *set)
{
	for (struct updated_set *updated = walk->updated_sets; updated; updated = updated->next)
		if (updated->set == set)
			return updated;
	return NULL;
}

void walk_update_set(struct walk *walk, const struct set *set, bool delete)
{
	struct updated_set *updated = walk_updated_set(walk, set);

	if (!updated) {
		updated = arena_alloc(walk->arena, sizeof(*updated));
		updated->set = set;
		updated->next = walk->updated_sets;
		walk->updated_sets = updated;
	}
	*(delete ? &updated->deleted : &updated->added) = true;
}
