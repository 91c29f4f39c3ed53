/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <netinet/in.h>
#include <linux/netfilter.h>
#include <string.h>

#include "base/arena.h"
#include "rules/eval/ipset_view.h"
#include "rules/eval/run.h"
#include "rules/eval/touched.h"
#include "rules/eval/xt_set.h"

/* A question to a set: ip_set_test() with the options of the rule. */
struct probe {
	struct run *run;
	const struct xt_set_match *info;
	struct branch *in, *out; /* what is in the set as the rule asks, and what is not */
	size_t cuts;             /* how many branches boxes were cut from */
};

static void push(struct branch **list, struct branch *branch)
{
	branch->next = *list;
	*list = branch;
}

static void push_all(struct branch **list, struct branch *branches)
{
	for (struct branch *next; branches; branches = next) {
		next = branches->next;
		push(list, branches);
	}
}

/* Nobody knows for these: both. */
static void push_both(struct probe *probe, struct branch *branches, const char *why)
{
	for (struct branch *next; branches; branches = next) {
		struct test test = test_begin(probe->run->walk->arena, &branches->state->class);

		next = branches->next;
		test_add_unknown(&test, why);
		push(&probe->in, run_split(probe->run, branches, &test, &probe->out));
	}
}

static bool is_source(const struct probe *probe, unsigned part)
{
	return probe->info->sources & 1u << part;
}

static bool has_hardware_address(const struct probe *probe, unsigned part)
{
	enum { TYPE_ETHERNET = 1 };
	const struct walk *walk = probe->run->walk;

	/* Older kernels take the source whatever the rule says. */
	return is_source(probe, part) && walk->in && walk->in->type == TYPE_ETHERNET;
}

static enum field field_of(const struct probe *probe, const struct branch *branch,
			   const struct ipset *set, unsigned part)
{
	const struct state *state = branch->state;
	bool source = is_source(probe, part);

	switch (set->parts[part]) {
	case PART_ADDRESS: return (enum field)(source ? state->source : state->dest);
	case PART_PORT: return (enum field)(source ? state->source_port : state->dest_port);
	case PART_MAC: return FIELD_SOURCE_MAC;
	default: return FIELD_MARK;
	}
}

static void add_part(struct test *test, const struct probe *probe, const struct branch *branch,
		     const struct ipset *set, unsigned part, struct value_set values)
{
	enum field field = field_of(probe, branch, set, part);
	field_value value;

	if (values.n_intervals == 0)
		return;
	if (set->parts[part] != PART_MARK || set->mark_mask == UINT32_MAX)
		test_add_values(test, field, values);
	else if (value_set_single(values, &value))
		test_add_masked(test, field, set->mark_mask, value);
	else
		test_add_unknown(test, "a masked mark");
}

static struct test test_of(const struct probe *probe, const struct branch *branch,
			   const struct ipset *set, const struct ipset_box *box)
{
	const struct walk *walk = probe->run->walk;
	struct test test = test_begin(walk->arena, &branch->state->class);

	if (set->has_protocol && box->protocol != (walk->facts.tcp ? IPPROTO_TCP : IPPROTO_UDP))
		test.never = true;
	for (unsigned part = 0; part < set->n_parts && !test.never; part++)
		add_part(&test, probe, branch, set, part, box->parts[part]);
	return test;
}

static void take_outcome(struct probe *probe, const struct ipset *set, enum ipset_outcome outcome,
			 struct branch *branch)
{
	bool swap = set->has_networks && probe->info->return_nomatch;

	branch->next = NULL;
	switch (outcome) {
	case IPSET_MATCH: push(swap ? &probe->out : &probe->in, branch); break;
	case IPSET_EXCEPTION: push(swap ? &probe->in : &probe->out, branch); break;
	case IPSET_MISS: push(&probe->out, branch); break;
	case IPSET_UNCLEAR: push_both(probe, branch, "which of two interfaces comes first"); break;
	}
}

/* As an intersection would tell, but it costs no memory. */
static bool overlap(struct value_set a, struct value_set b)
{
	size_t i = 0, k = 0;

	while (i < a.n_intervals && k < b.n_intervals) {
		if (a.intervals[i].last < b.intervals[k].first)
			i++;
		else if (b.intervals[k].last < a.intervals[i].first)
			k++;
		else
			return true;
	}
	return false;
}

/* Most boxes of a large set are elsewhere. */
static bool lies_outside(const struct probe *probe, const struct branch *branch,
			 const struct ipset *set, const struct ipset_box *box)
{
	const struct value_set *fields = branch->state->class.fields;

	for (unsigned part = 0; part < set->n_parts; part++)
		if (box->parts[part].n_intervals && set->parts[part] != PART_MARK &&
		    !overlap(fields[field_of(probe, branch, set, part)], box->parts[part]))
			return true;
	return false;
}

/* Cuts the branches by one box; what lies outside comes back. */
static struct branch *cut_by_box(struct probe *probe, const struct ipset *set,
				 const struct ipset_box *box, struct branch *branches,
				 size_t *ret_count)
{
	struct branch *rest = NULL;

	for (struct branch *next; branches; branches = next) {
		next = branches->next;
		if (lies_outside(probe, branches, set, box)) {
			push(&rest, branches);
			continue;
		}
		struct test test = test_of(probe, branches, set, box);
		struct branch *held = run_split(probe->run, branches, &test, &rest);
		if (held) {
			take_outcome(probe, set, box->outcome, held);
			probe->cuts++;
		}
	}
	*ret_count = 0;
	for (const struct branch *branch = rest; branch; branch = branch->next)
		++*ret_count;
	return rest;
}

static struct ipset_view *view_of(struct probe *probe, const struct ipset *set,
				  const char *interface)
{
	struct walk *walk = probe->run->walk;
	struct ipset_view *view = interface ? NULL : walk->ipset_views;

	while (view && view->set != set)
		view = view->next;
	if (view)
		return view;
	view = ipset_view_new(interface ? walk->arena : walk->shared, set, interface);
	if (!interface) {
		view->next = walk->ipset_views;
		walk->ipset_views = view;
	}
	return view;
}

/* The bounds of chain_walk.c hold within a rule as well: one set can be as long as many rules. */
static bool too_many(struct walk *walk, size_t count)
{
	if (count <= WALK_MOST_STATES && arena_size(walk->arena) <= WALK_MOST_MEMORY)
		return false;
	walk->exhausted = true;
	return true;
}

static void give_up_all(struct run *run, struct branch *branches)
{
	for (struct branch *next; branches; branches = next) {
		next = branches->next;
		run_give_up(run, branches, "more cases than are followed");
	}
}

static void ask_elements(struct probe *probe, const struct ipset *set, struct branch *branches)
{
	const struct host_link *link =
		is_source(probe, 1) ? probe->run->walk->in : probe->run->walk->out;
	bool by_interface = set->parts[1] == PART_INTERFACE;
	const struct ipset_view *view;
	size_t count = 0;

	if (by_interface && !link) {
		push_all(&probe->out, branches);
		return;
	}
	for (unsigned part = 0; part < set->n_parts; part++)
		if (set->parts[part] == PART_MAC && !has_hardware_address(probe, part)) {
			push_both(probe, branches, "the hardware address");
			return;
		}
	view = view_of(probe, set, by_interface ? link->name : NULL);
	for (size_t i = 0; branches && i < view->n_boxes; i++) {
		branches = cut_by_box(probe, set, &view->boxes[i], branches, &count);
		if (too_many(probe->run->walk, count) ||
		    too_many(probe->run->walk, probe->cuts / 2)) {
			give_up_all(probe->run, branches);
			return;
		}
	}
	push_all(&probe->out, branches);
}

/* What rules may have done to the set since it was read, for packets of this case. */
static struct writes updates_of(const struct probe *probe, const struct branch *branch,
				const struct ipset *set)
{
	const struct touched *touched = touched_find(branch->state, set);
	struct writes writes = {};

	if (packet_repeats(probe->run->walk))
		writes = writes_to(probe->run->walk, set);
	if (touched) {
		writes.adds = writes.adds || touched->added;
		writes.deletes = writes.deletes || touched->deleted;
	}
	/* A new network may be an exception, one that goes may uncover another. */
	if (set->has_networks && (writes.adds || writes.deletes))
		writes.adds = writes.deletes = true;
	return writes;
}

static void apply_updates(struct probe *probe, const struct ipset *set)
{
	const char *why =
		arena_printf(probe->run->walk->arena, "what is in ipset %s by then", set->name);
	struct branch *in = probe->in, *out = probe->out;

	probe->in = probe->out = NULL;
	for (struct branch *next; in; in = next) {
		next = in->next;
		in->next = NULL;
		updates_of(probe, in, set).deletes ? push_both(probe, in, why)
						   : push(&probe->in, in);
	}
	for (struct branch *next; out; out = next) {
		next = out->next;
		out->next = NULL;
		updates_of(probe, out, set).adds ? push_both(probe, out, why)
						 : push(&probe->out, out);
	}
}

static void ask(struct probe *probe, const struct ipset *set, struct branch *branches);

/* The members in their order; the first that says yes decides (list_set_ktest()). */
static void ask_members(struct probe *probe, const struct ipset *set, struct branch *branches)
{
	for (size_t i = 0; branches && i < set->n_elements; i++) {
		struct probe member = {.run = probe->run, .info = probe->info};

		ask(&member, set->elements[i].member, branches);
		push_all(&probe->in, member.in);
		branches = member.out;
	}
	push_all(&probe->out, branches);
}

static void ask(struct probe *probe, const struct ipset *set, struct branch *branches)
{
	uint8_t family = probe->run->walk->facts.ipv6 ? NFPROTO_IPV6 : NFPROTO_IPV4;

	if (!set || set->opaque)
		push_both(probe, branches,
			  set ? arena_printf(probe->run->walk->arena, "ipset %s", set->name)
			      : "an ipset that was not read");
	else if (probe->info->dimensions < set->n_parts || (set->family && set->family != family))
		push_all(&probe->out, branches);
	else if (set->is_list)
		ask_members(probe, set, branches);
	else {
		ask_elements(probe, set, branches);
		apply_updates(probe, set);
	}
}

static struct probe probe_run(struct run *run, struct branch *branch,
			      const struct xt_set_match *info, const struct ipset *set)
{
	struct probe probe = {.run = run, .info = info};

	branch->next = NULL;
	if (info->plain)
		ask(&probe, set, branch);
	else
		push_both(&probe, branch, "the counters of an ipset");
	return probe;
}

void xt_match_set(struct run *run, struct branch *branch, const struct xt_set_match *info,
		  const struct ipset *set)
{
	struct probe probe = probe_run(run, branch, info, set);

	run_continue_all(run, info->invert ? probe.out : probe.in);
	run_break_all(run, info->invert ? probe.in : probe.out);
}

static void note_one(struct walk *walk, struct state *state, const struct ipset *set, bool delete)
{
	const struct touched *before = touched_find(state, set);
	struct touched now = before ? *before : (struct touched){.object = set};

	*(delete ? &now.deleted : &now.added) = true;
	touched_put(walk, state, &now);
}

/* A list hands on to its members. */
static void note_update(struct walk *walk, struct state *state, const struct ipset *set,
			bool delete)
{
	if (!set)
		return;
	note_one(walk, state, set, delete);
	for (size_t i = 0; set->is_list && i < set->n_elements; i++)
		if (set->elements[i].member)
			note_one(walk, state, set->elements[i].member, delete);
}

void xt_target_set(struct run *run, struct branch *branch, const struct xt_set_target *info,
		   const struct ipset *const sets[static 3])
{
	struct state *state = branch->state;
	struct walk *walk = run->walk;

	if (info->add.index != XT_NO_SET)
		note_update(walk, state, sets[0], false);
	if (info->del.index != XT_NO_SET)
		note_update(walk, state, sets[1], true);
	/* Marks and priorities that elements carry are not looked at. */
	if (info->map.index != XT_NO_SET) {
		state->class.fields[FIELD_MARK] = value_set_range(walk->arena, 0, UINT32_MAX);
		state->class.fields[FIELD_PRIORITY] = value_set_range(walk->arena, 0, UINT32_MAX);
	}
	run_continue(run, branch);
}
