/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <linux/netfilter/nf_tables.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/cleanup.h"
#include "rules/eval/run.h"

/* What an element of a set covers, in the order of memcmp(); one range for each field. */
struct covered {
	const struct set_element *element;
	const uint8_t *from, *to;
};

struct set_view {
	struct set_view *next;
	const struct set *set;
	struct covered *rows;
	size_t n_rows;
	const struct set_element *catch_all;
	bool per_field, opaque;
	bool asked; /* the rows are answers; of other keys nothing is known */
};

static bool is_interval_set(const struct set *set)
{
	return (set->flags & NFT_SET_INTERVAL) != 0;
}

/*
 * Concatenations with intervals are matched field by field, each padded to four bytes; all other
 * keys as one row of bytes.
 */
static bool is_per_field(const struct set *set)
{
	return is_interval_set(set) && set->n_fields > 1;
}

static const uint8_t *bound(struct walk *walk, size_t length, uint8_t fill)
{
	uint8_t *bytes = arena_alloc(walk->shared, length ? length : 1);

	memset(bytes, fill, length);
	return bytes;
}

/* By key; of equal keys an interval's end comes first, so that the start decides. */
static int compare_bounds(const void *a, const void *b)
{
	const struct set_element *left = *(const struct set_element *const *)a;
	const struct set_element *right = *(const struct set_element *const *)b;
	int order = memcmp(left->key.data, right->key.data, left->key.length);

	if (order != 0)
		return order;
	return (int)(right->flags & ELEMENT_INTERVAL_END) -
	       (int)(left->flags & ELEMENT_INTERVAL_END);
}

static const uint8_t *one_less(struct walk *walk, const uint8_t *key, size_t length)
{
	uint8_t *bytes = arena_memdup(walk->shared, key, length);
	size_t i = length;

	while (i > 0 && bytes[--i]-- == 0)
		;
	return bytes;
}

/*
 * Interval sets are dumped as starts and ends in no useful order. A key belongs to the greatest
 * element that is not above it, if that is a start (nft_rbtree_lookup()); an interval that reaches
 * the maximum has no end.
 */
static void view_intervals(struct walk *walk, struct set_view *view,
			   const struct set_element **bounds, size_t count)
{
	size_t length = view->set->key_length;

	qsort(bounds, count, sizeof(*bounds), compare_bounds);
	for (size_t i = 0; i < count; i++) {
		const uint8_t *to;

		if (bounds[i]->flags & ELEMENT_INTERVAL_END)
			continue;
		if (bounds[i]->key_end.length == length)
			to = bounds[i]->key_end.data;
		else if (i + 1 == count)
			to = bound(walk, length, 0xff);
		else if (memcmp(bounds[i]->key.data, bounds[i + 1]->key.data, length) == 0)
			continue;
		else
			to = one_less(walk, bounds[i + 1]->key.data, length);
		view->rows[view->n_rows++] = (struct covered){bounds[i], bounds[i]->key.data, to};
	}
}

static void view_exact(struct set_view *view, const struct set_element **elements, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct set_element *element = elements[i];
		bool range = element->key_end.length == view->set->key_length;

		if (element->flags & ELEMENT_INTERVAL_END)
			continue;
		view->rows[view->n_rows++] =
			(struct covered){element, element->key.data,
					 range ? element->key_end.data : element->key.data};
	}
}

static struct set_view *view_new(struct walk *walk, const struct set *set)
{
	struct set_view *view = arena_alloc(walk->shared, sizeof(*view));
	const struct set_element **elements =
		arena_array(walk->shared, set->n_elements + 1, sizeof(*elements));
	size_t count = 0;

	*view = (struct set_view){.set = set,
				  .per_field = is_per_field(set),
				  .opaque = set->opaque,
				  .asked = set->incomplete};
	view->rows = arena_array(walk->shared, set->n_elements + 1, sizeof(*view->rows));
	for (size_t i = 0; i < set->n_elements; i++) {
		const struct set_element *element = &set->elements[i];

		if (element->flags & ELEMENT_CATCH_ALL)
			view->catch_all = element->absent ? NULL : element;
		else if (element->opaque || element->key.length != set->key_length)
			view->opaque = true;
		else
			elements[count++] = element;
	}
	if (is_interval_set(set) && !view->per_field && !view->asked)
		view_intervals(walk, view, elements, count);
	else
		view_exact(view, elements, count);
	return view;
}

/* Sets are looked at again for each packet and each rule that asks them. */
static const struct set_view *view_of(struct walk *walk, const struct set *set)
{
	struct set_view *view = walk->views;

	while (view && view->set != set)
		view = view->next;
	if (!view) {
		view = view_new(walk, set);
		view->next = walk->views;
		walk->views = view;
	}
	return view;
}

static void add_row(struct test *test, const struct registers *registers, int sreg,
		    const struct set_view *view, const struct covered *row)
{
	size_t at = 0;

	if (!view->per_field) {
		if (row->from == row->to)
			test_add_equal(test, registers, sreg, row->from, view->set->key_length);
		else
			test_add_range(test, registers, sreg, row->from, row->to,
				       view->set->key_length);
		return;
	}
	for (size_t i = 0; i < view->set->n_fields && !test->never; i++) {
		size_t length = view->set->field_lengths[i];

		if (at + length > view->set->key_length)
			break;
		test_add_range(test, registers, sreg + (int)at, row->from + at, row->to + at,
			       length);
		at += (length + 3) / 4 * 4;
	}
}

/* What to do with the part of a branch that an element covers, or that none does. */
typedef void taker(struct run *run, struct branch *branch, const struct expr *expr,
		   const struct set_element *element);

static void take_all(struct run *run, struct branch *branches, const struct expr *expr,
		     const struct set_element *element, taker *take)
{
	for (struct branch *next; branches; branches = next) {
		next = branches->next;
		branches->next = NULL;
		take(run, branches, expr, element);
	}
}

/* What a key that the set has not falls to is known only if it was asked for that. */
static const struct set_element *element_for(const struct set_view *view,
					     const struct set_element *element)
{
	return element->absent && view->catch_all ? view->catch_all : element;
}

/* The bound of chain_walk.c holds within a rule as well: one set can be as long as many rules. */
static bool too_much(struct run *run, struct branch *branches)
{
	if (arena_size(run->walk->arena) <= WALK_MOST_MEMORY)
		return false;
	run->walk->exhausted = true;
	for (struct branch *next; branches; branches = next) {
		next = branches->next;
		run_give_up(run, branches, "more cases than are followed");
	}
	return true;
}

/* Gives each element its part of the branch and returns what no element covers. */
static struct branch *distribute(struct run *run, struct branch *branch, const struct expr *expr,
				 int sreg, const struct set_view *view, taker *take)
{
	struct branch *open = branch;

	for (size_t i = 0; i < view->n_rows && open; i++) {
		struct branch *rest = NULL;

		if (too_much(run, open))
			return NULL;
		for (struct branch *next; open; open = next) {
			struct test test = test_begin(run->walk->arena, &open->state->class);
			struct branch *held;

			next = open->next;
			add_row(&test, &open->registers, sreg, view, &view->rows[i]);
			held = run_split(run, open, &test, &rest);
			if (held) {
				held->next = NULL;
				take(run, held, expr, element_for(view, view->rows[i].element));
			}
		}
		open = rest;
	}
	return open;
}

static bool plain(const struct set_view *view)
{
	return !view->per_field && !view->asked && view->set->n_exprs == 0 &&
	       !(view->set->flags & (NFT_SET_MAP | NFT_SET_OBJECT));
}

static field_value number_of(const uint8_t *bytes, size_t length)
{
	field_value number = 0;

	for (size_t i = 0; i < length; i++)
		number = number << 8 | bytes[i];
	return number;
}

/*
 * A set without data, asked with one whole field: all elements are one set of values, which is
 * tested at once. Names no element, unless the field has one value only.
 */
static bool distribute_at_once(struct run *run, struct branch **branch, const struct expr *expr,
			       int sreg, const struct set_view *view, taker *take)
{
	struct test test = test_begin(run->walk->arena, &(*branch)->state->class);
	size_t length = view->set->key_length;
	struct interval *intervals;
	struct branch *rest = NULL, *held;
	enum field field;

	if (!plain(view) || length > 16 || view->n_rows < 2 ||
	    !registers_whole_field(&(*branch)->registers, sreg, length, &field))
		return false;
	intervals = arena_array(run->walk->arena, view->n_rows, sizeof(*intervals));
	for (size_t i = 0; i < view->n_rows; i++) {
		if (view->rows[i].element->n_exprs > 0)
			return false;
		intervals[i] = (struct interval){number_of(view->rows[i].from, length),
						 number_of(view->rows[i].to, length)};
	}
	test_add_values(&test, field, value_set_of(run->walk->arena, intervals, view->n_rows));
	held = run_split(run, *branch, &test, &rest);
	if (held) {
		held->next = NULL;
		take(run, held, expr, view->rows[0].element);
	}
	*branch = rest;
	return true;
}

/*
 * Runs a lookup: @take is called with the element for each part that one covers and with NULL for
 * the rest.
 */
static void look_up(struct run *run, struct branch *branch, const struct expr *expr,
		    const struct set *set, int sreg, taker *take)
{
	const struct set_view *view = view_of(run->walk, set);
	struct branch *rest = branch;

	if (view->opaque) {
		run_give_up(run, branch, "a set that was not understood");
		return;
	}
	if (!registers_inside(sreg, set->key_length)) {
		run_give_up(run, branch, "a lookup in a set");
		return;
	}
	branch->next = NULL;
	if (!distribute_at_once(run, &rest, expr, sreg, view, take))
		rest = distribute(run, branch, expr, sreg, view, take);
	take_all(run, rest, expr, view->asked ? NULL : view->catch_all, take);
}

/* Expressions of the element are evaluated on a hit, then the rule's next ones. */
static void continue_from_element(struct run *run, struct branch *branch,
				  const struct set_element *element)
{
	for (size_t i = 0; i < element->n_exprs; i++) {
		enum expr_kind kind = element->exprs[i].kind;

		if (kind == EXPR_COUNTER || kind == EXPR_LAST)
			continue;
		run_stateful(run, branch, &element->exprs[i]);
		return;
	}
	run_continue(run, branch);
}

/* Several limits in one element would each break; one stands for all of them: unknown. */
static bool element_is_uncertain(const struct set_element *element)
{
	for (size_t i = 0; i < element->n_exprs; i++)
		if (element->exprs[i].kind != EXPR_COUNTER && element->exprs[i].kind != EXPR_LAST)
			return true;
	return false;
}

static void give_data(struct run *run, struct branch *branch, const struct expr *expr,
		      const struct set_element *element)
{
	const struct data *data = &element->data;

	if (expr->lookup.dreg == REGISTER_VERDICT || data->is_verdict) {
		if (element_is_uncertain(element)) {
			run_give_up(run, branch, "a verdict map with limits");
			return;
		}
		run_verdict(run, branch, &data->verdict);
		return;
	}
	if (expr->lookup.dreg != REGISTER_NONE)
		registers_load_bytes(&branch->registers, expr->lookup.dreg, data->value.data,
				     data->value.length);
	continue_from_element(run, branch, element);
}

static void take_found(struct run *run, struct branch *branch, const struct expr *expr,
		       const struct set_element *element)
{
	const struct updated_set *updated = walk_updated_set(run->walk, expr->lookup.set);

	if (updated && (updated->deleted || (updated->added && element->data.value.length))) {
		run_give_up(run, branch, "a set that changes");
		return;
	}
	if (expr->lookup.invert) {
		run_break(run, branch);
		return;
	}
	branch->element = element;
	branch->set = expr->lookup.set;
	give_data(run, branch, expr, element);
}

/*
 * Not in the set as it was read. If it was not read whole, or one of our own packets made a rule
 * add to it, that says nothing.
 */
static void take_missed(struct run *run, struct branch *branch, const struct expr *expr, bool asked)
{
	const struct set *set = expr->lookup.set;
	const struct updated_set *updated = walk_updated_set(run->walk, set);
	bool may_be = (set->incomplete && !asked) || (updated && updated->added);

	if (may_be && (set->flags & NFT_SET_MAP))
		run_give_up(run, branch, "a map that changes");
	else if (may_be)
		run_either(run, branch,
			   arena_printf(run->walk->arena, "what is in set %s by then", set->name));
	else if (expr->lookup.invert)
		run_continue(run, branch);
	else
		run_break(run, branch);
}

static void take_lookup(struct run *run, struct branch *branch, const struct expr *expr,
			const struct set_element *element)
{
	if (element && !element->absent)
		take_found(run, branch, expr, element);
	else
		take_missed(run, branch, expr, element);
}

void eval_lookup(struct run *run, struct branch *branch, const struct expr *expr)
{
	if (!expr->lookup.set)
		run_give_up(run, branch, "a set that was not read");
	else
		look_up(run, branch, expr, expr->lookup.set, expr->lookup.sreg, take_lookup);
}

static void pass_object(struct run *run, struct branch *branch, const struct expr *body)
{
	(void)body;
	run_continue(run, branch);
}

static const struct key object_rows[] = {
	[NFT_OBJECT_COUNTER] = {"counter", pass_object, DECIDED(BY_NATURE, "goes on")},
	[NFT_OBJECT_QUOTA] = {"quota", run_stateful,
			      DECIDED(BY_RULES | BY_NOBODY, "as the expression quota")},
	[NFT_OBJECT_CT_HELPER] = {"ct helper", pass_object, DECIDED(BY_NATURE, "goes on")},
	[NFT_OBJECT_LIMIT] = {"limit", run_stateful, DECIDED(BY_NOBODY, "as the expression limit")},
	[NFT_OBJECT_CONNLIMIT] = {"ct count", run_stateful,
				  DECIDED(BY_NOBODY, "as the expression connlimit")},
	[NFT_OBJECT_TUNNEL] = {"tunnel", pass_object, DECIDED(BY_NATURE, "goes on")},
	[NFT_OBJECT_CT_TIMEOUT] = {"ct timeout", pass_object, DECIDED(BY_NATURE, "goes on")},
	[NFT_OBJECT_SECMARK] = {"secmark", pass_object, DECIDED(BY_NATURE, "goes on")},
	[NFT_OBJECT_CT_EXPECT] = {"ct expectation", pass_object, DECIDED(BY_NATURE, "goes on")},
	[NFT_OBJECT_SYNPROXY] = {"synproxy", eval_synproxy,
				 DECIDED(BY_PACKET | BY_NOBODY, "as the expression synproxy")},
};

const struct keys object_types = {
	object_rows,
	ARRAY_SIZE(object_rows),
	{"any other", run_stateful, DECIDED(BY_NOBODY, "not known to this program")},
};

static void refer(struct run *run, struct branch *branch, const struct object *object)
{
	if (object)
		key_evaluate(&object_types, object->type, run, branch, &object->body);
	else
		run_give_up(run, branch, "an object that was not read");
}

static const struct object *object_named(const struct set *set, const char *name)
{
	for (size_t i = 0; name && i < set->table->n_objects; i++)
		if (set->table->objects[i]->type == set->object_type &&
		    strcmp(set->table->objects[i]->name, name) == 0)
			return set->table->objects[i];
	return NULL;
}

/* A map from keys to objects: without an element the rule does not match. */
static void take_object(struct run *run, struct branch *branch, const struct expr *expr,
			const struct set_element *element)
{
	const struct set *set = expr->objref.set;

	if (!element || element->absent) {
		if (set->incomplete && !element)
			run_give_up(run, branch, "a map that was not read whole");
		else
			run_break(run, branch);
		return;
	}
	branch->element = element;
	branch->set = set;
	refer(run, branch, object_named(set, element->object));
}

void eval_object_reference(struct run *run, struct branch *branch, const struct expr *expr)
{
	if (expr->objref.set)
		look_up(run, branch, expr, expr->objref.set, expr->objref.sreg, take_object);
	else
		refer(run, branch, expr->objref.object);
}

/* Adds to a set and continues; limits and the like that the element carries may break. */
void eval_dynset(struct run *run, struct branch *branch, const struct expr *expr)
{
	bool uncertain = expr->dynset.invert;
	const struct set *set = expr->dynset.set;

	if (set)
		walk_update_set(run->walk, set, expr->dynset.op == NFT_DYNSET_OP_DELETE);
	for (size_t i = 0; i < expr->dynset.n_exprs; i++)
		if (expr->dynset.exprs[i].kind != EXPR_COUNTER &&
		    expr->dynset.exprs[i].kind != EXPR_LAST)
			uncertain = true;
	if (expr->dynset.op == NFT_DYNSET_OP_DELETE || !uncertain)
		run_continue(run, branch);
	else
		run_either(run, branch, "what a dynamic set counts");
}
