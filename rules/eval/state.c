/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rules/eval/state.h"

#include "base/arena.h"
#include "rules/eval/touched.h"

struct state *state_copy(struct arena *arena, const struct state *state)
{
	struct state *copy = arena_memdup(arena, state, sizeof(*state));

	copy->next = NULL;
	copy->compared = false;
	return copy;
}

const struct doubt *doubt_new(struct arena *arena, const struct state *state, const char *text)
{
	struct doubt *doubt = arena_alloc(arena, sizeof(*doubt));

	*doubt = (struct doubt){state->doubt, text};
	return doubt;
}

void state_doubt(struct state *state, const struct doubt *doubt)
{
	state->doubt = doubt;
}

void state_step(struct arena *arena, struct state *state, const struct flow_step *step)
{
	struct path *path = arena_alloc(arena, sizeof(*path));

	path->step = *step;
	path->step.previous = state->path ? &state->path->step : NULL;
	path->depth = state->path ? state->path->depth + 1 : 1;
	state->path = path;
	state->compared = false;
}

static bool same_effects(const struct state *a, const struct state *b)
{
	return a->source == b->source && a->dest == b->dest && a->source_port == b->source_port &&
	       a->dest_port == b->dest_port && a->ct == b->ct && a->tracked == b->tracked &&
	       a->translation == b->translation && a->rewritten == b->rewritten &&
	       a->answered == b->answered && a->data_missed == b->data_missed &&
	       a->zone == b->zone && a->source_done == b->source_done &&
	       a->dest_done == b->dest_done && a->labelled == b->labelled &&
	       touched_equal(a->touched, b->touched);
}

static const struct path *path_previous(const struct path *path)
{
	return (const struct path *)path->step.previous;
}

static const struct path *common_path(const struct path *a, const struct path *b)
{
	while (a != b) {
		unsigned depth_a = a ? a->depth : 0, depth_b = b ? b->depth : 0;

		if (depth_a >= depth_b)
			a = path_previous(a);
		if (depth_b >= depth_a)
			b = path_previous(b);
	}
	return a;
}

static const struct path *longer_path(const struct path *a, const struct path *b)
{
	return (a ? a->depth : 0) >= (b ? b->depth : 0) ? a : b;
}

enum { MOST_DECISIONS = 64 };

static bool same_decision(const struct state *a, const struct state *b)
{
	const struct flow_step *x = a->path ? &a->path->step : NULL;
	const struct flow_step *y = b->path ? &b->path->step : NULL;

	if (!x || !y)
		return x == y;
	return x->chain == y->chain && x->rule == y->rule;
}

/*
 * Of a test that may go either way and then makes no difference (a limit before a log), both
 * branches arrive here with the same box and the same doubt: the doubt is settled.
 */
static void merge_history(struct state *into, const struct state *other, bool equal)
{
	if (equal && into->doubt && into->doubt == other->doubt)
		into->doubt = into->doubt->parent;
	else if (!into->doubt)
		into->doubt = other->doubt;
	into->path = equal || same_decision(into, other) ? longer_path(into->path, other->path)
							 : common_path(into->path, other->path);
}

static bool unite(struct arena *arena, struct state *into, const struct state *other)
{
	struct packet_class united;
	bool equal;

	if (!same_effects(into, other) || !class_unite(arena, &into->class, &other->class, &united))
		return false;
	equal = class_equal(&into->class, &other->class);
	into->class = united;
	merge_history(into, other, equal);
	return true;
}

static void unlink_state(struct state_list *list, struct state *state)
{
	struct state **at = &list->first;

	while (*at != state)
		at = &(*at)->next;
	*at = state->next;
	list->count--;
}

void state_list_add(struct arena *arena, struct state_list *list, struct state *state)
{
	for (struct state *other = list->first; other; other = other->next) {
		if (state->compared && other->compared)
			continue;
		if (list->by_decision && list->count < MOST_DECISIONS &&
		    !same_decision(state, other))
			continue;
		if (!unite(arena, state, other))
			continue;
		unlink_state(list, other);
		state->compared = false;
		state_list_add(arena, list, state);
		return;
	}
	state->compared = !list->by_decision;
	state->next = list->first;
	list->first = state;
	list->count++;
}

struct state *state_list_take(struct state_list *list)
{
	struct state *state = list->first;

	if (state) {
		list->first = state->next;
		state->next = NULL;
		list->count--;
	}
	return state;
}
