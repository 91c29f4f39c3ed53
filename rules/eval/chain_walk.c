/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <linux/netfilter/nf_tables.h>

#include "base/arena.h"
#include "rules/eval/run.h"
#include "rules/eval/walk.h"

static void give_up_all(struct walk *walk, struct state_list *states, const char *why)
{
	for (struct state *state = states->first; state; state = state->next)
		walk_give_up(walk, state, why);
	*states = (struct state_list){};
}

static void move_all(struct walk *walk, struct state_list *into, struct state_list *from)
{
	struct state *state;

	while ((state = state_list_take(from)))
		state_list_add(walk->arena, into, state);
}

/* A departure that comes back goes on behind the rule after a jump, behind the chain after a goto. */
static void follow(struct run *run, unsigned jumps, unsigned gotos)
{
	struct walk *walk = run->walk;

	for (struct departure *to = run->departures; to; to = to->next) {
		struct state_list *back = to->is_goto ? run->returned : run->onward;

		if (jumps + !to->is_goto > WALK_MOST_JUMPS || gotos + to->is_goto > WALK_MOST_GOTOS)
			give_up_all(walk, &to->states, "jumps nested too deeply");
		else
			chain_walk(walk, to->target, &to->states, back, jumps + !to->is_goto,
				   gotos + to->is_goto);
	}
}

/* Ends the walk of all states if one of the bounds is met. */
static bool too_much(struct walk *walk, struct state_list *states)
{
	if (states->count <= WALK_MOST_STATES && walk->rule_runs <= WALK_MOST_RULE_RUNS &&
	    arena_size(walk->arena) <= WALK_MOST_MEMORY)
		return false;
	if (states->first)
		walk->exhausted = true;
	give_up_all(walk, states, "more cases than are followed");
	return true;
}

static void apply_rule(struct walk *walk, const struct rule *rule, struct state_list *states,
		       struct state_list *returned, unsigned jumps, unsigned gotos)
{
	struct state_list onward = {};
	struct run run = {.walk = walk, .rule = rule, .onward = &onward, .returned = returned};
	struct state *state;

	while ((state = state_list_take(states))) {
		walk->rule_runs++;
		run_rule(&run, state);
	}
	follow(&run, jumps, gotos);
	*states = onward;
	too_much(walk, states);
}

static void apply_amendments(struct walk *walk, const struct chain *chain, size_t index,
			     struct state_list *states, struct state_list *returned, unsigned jumps,
			     unsigned gotos)
{
	for (size_t i = 0; i < walk->question->n_amendments; i++) {
		const struct amendment *amendment = &walk->question->amendments[i];

		if (amendment->chain == chain && amendment->index == index && states->first)
			apply_rule(walk, amendment->rule, states, returned, jumps, gotos);
	}
}

void chain_walk(struct walk *walk, const struct chain *chain, struct state_list *states,
		struct state_list *ret, unsigned jumps, unsigned gotos)
{
	struct state_list returned = {};

	if (chain->opaque || chain->table->opaque) {
		give_up_all(walk, states, "a chain that was not understood");
		return;
	}
	for (size_t i = 0; i < chain->n_rules && states->first; i++) {
		apply_amendments(walk, chain, i, states, &returned, jumps, gotos);
		if (states->first)
			apply_rule(walk, chain->rules[i], states, &returned, jumps, gotos);
	}
	apply_amendments(walk, chain, chain->n_rules, states, &returned, jumps, gotos);
	move_all(walk, ret, states);
	move_all(walk, ret, &returned);
}
