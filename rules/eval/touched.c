/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rules/eval/touched.h"

#include <string.h>

#include "base/arena.h"
#include "rules/ipset.h"
#include "rules/xt.h"

const struct touched *touched_find(const struct state *state, const void *object)
{
	const struct touched *touched = state->touched;

	while (touched && touched->object != object)
		touched = touched->next;
	return touched;
}

void touched_put(struct walk *walk, struct state *state, const struct touched *touched)
{
	const struct touched *rest = state->touched;
	struct touched *copy = arena_memdup(walk->arena, touched, sizeof(*touched));

	copy->next = NULL;
	state->touched = copy;
	state->compared = false;
	for (; rest; rest = rest->next) {
		if (rest->object == touched->object)
			continue;
		copy = arena_memdup(walk->arena, rest, sizeof(*rest));
		copy->next = state->touched;
		state->touched = copy;
	}
}

static size_t count(const struct touched *touched)
{
	size_t n = 0;

	for (; touched; touched = touched->next)
		n++;
	return n;
}

static bool is_among(const struct touched *one, const struct touched *list)
{
	for (; list; list = list->next)
		if (list->object == one->object)
			return list->added == one->added && list->deleted == one->deleted &&
			       list->unclear == one->unclear && list->field == one->field &&
			       list->stamps == one->stamps;
	return false;
}

bool touched_equal(const struct touched *a, const struct touched *b)
{
	if (a == b)
		return true;
	if (count(a) != count(b))
		return false;
	for (; a; a = a->next)
		if (!is_among(a, b))
			return false;
	return true;
}

bool packet_repeats(const struct walk *walk)
{
	return walk->facts.packet != SYN_IN && walk->facts.packet != SYNACK_OUT;
}

struct writer {
	struct writer *next;
	const void *object;
	struct writes writes;
};

static void note(struct walk *walk, const void *object, bool adds, bool deletes)
{
	struct writer *writer = walk->writers;

	if (!object)
		return;
	while (writer && writer->object != object)
		writer = writer->next;
	if (!writer) {
		writer = arena_alloc(walk->shared, sizeof(*writer));
		writer->object = object;
		writer->next = walk->writers;
		walk->writers = writer;
	}
	writer->writes.adds = writer->writes.adds || adds;
	writer->writes.deletes = writer->writes.deletes || deletes;
}

static void note_ipset(struct walk *walk, const struct ipset *set, bool adds, bool deletes)
{
	note(walk, set, adds, deletes);
	for (size_t i = 0; set && set->is_list && i < set->n_elements; i++)
		note(walk, set->elements[i].member, adds, deletes);
}

static bool note_expr(struct expr *expr, const struct table *table, void *data)
{
	struct walk *walk = data;
	struct xt_extension extension;

	if (expr->opaque)
		return false;
	if (expr->kind == EXPR_XT_TARGET && strcmp(expr->xt.name, "SET") == 0) {
		note_ipset(walk, expr->xt.ipsets[0], true, false);
		note_ipset(walk, expr->xt.ipsets[1], false, true);
	}
	if (expr->kind == EXPR_XT_MATCH && strcmp(expr->xt.name, "recent") == 0 &&
	    xt_match_decode(expr->xt.name, expr->xt.revision, expr->xt.info, table->family,
			    &extension))
		note(walk, expr->xt.recent, extension.recent.flags & XT_RECENT_ADD,
		     extension.recent.flags & (XT_RECENT_DELETE | XT_RECENT_PURGE));
	return false;
}

struct writes writes_to(struct walk *walk, const void *object)
{
	if (!walk->writers_known)
		ruleset_visit_exprs(walk->ruleset, note_expr, walk);
	walk->writers_known = true;
	for (const struct writer *writer = walk->writers; writer; writer = writer->next)
		if (writer->object == object)
			return writer->writes;
	return (struct writes){};
}
