/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rules/eval/run.h"

#include "base/arena.h"
#include "base/cleanup.h"

static struct branch *branch_new(struct walk *walk)
{
	struct branch *branch = walk->spare;

	if (!branch)
		return arena_alloc(walk->arena, sizeof(*branch));
	walk->spare = branch->next;
	return branch;
}

static void branch_free(struct walk *walk, struct branch *branch)
{
	branch->next = walk->spare;
	walk->spare = branch;
}

struct branch *run_start(struct run *run, struct state *state)
{
	struct branch *branch = branch_new(run->walk);

	branch->next = NULL;
	branch->state = state;
	branch->at = 0;
	branch->element = NULL;
	branch->set = NULL;
	registers_reset(&branch->registers);
	return branch;
}

struct branch *run_fork(struct run *run, const struct branch *branch)
{
	struct branch *fork = branch_new(run->walk);

	*fork = *branch;
	fork->next = NULL;
	fork->state = state_copy(run->walk->arena, branch->state);
	return fork;
}

const char *run_doubt(struct run *run, const char *what)
{
	return arena_printf(run->walk->arena, "%s in chain %s", what, run->rule->chain->name);
}

static void step(struct run *run, struct branch *branch, const char *verdict)
{
	struct walk *walk = run->walk;

	state_step(walk->arena, branch->state,
		   &(struct flow_step){.chain = run->rule->chain,
				       .rule = run->rule,
				       .base = walk->base,
				       .hook = stage_name(walk->stage),
				       .verdict = verdict,
				       .element = branch->element,
				       .set = branch->set});
}

void run_continue(struct run *run, struct branch *branch)
{
	branch->next = run->branches;
	run->branches = branch;
}

void run_break(struct run *run, struct branch *branch)
{
	state_list_add(run->walk->arena, run->onward, branch->state);
	branch_free(run->walk, branch);
}

void run_end(struct run *run, struct branch *branch, enum flow_verdict verdict, const char *text)
{
	step(run, branch, text);
	walk_outcome(run->walk, branch->state, verdict);
	branch_free(run->walk, branch);
}

void run_accept(struct run *run, struct branch *branch)
{
	step(run, branch, "accept");
	state_list_add(run->walk->arena, run->walk->accepted, branch->state);
	branch_free(run->walk, branch);
}

void run_give_up(struct run *run, struct branch *branch, const char *why)
{
	step(run, branch, "unknown");
	walk_give_up(run->walk, branch->state, run_doubt(run, why));
	branch_free(run->walk, branch);
}

void run_finish(struct run *run, struct branch *branch)
{
	if (run->rule->n_exprs > 0)
		step(run, branch, "continue");
	run_break(run, branch);
}

static void depart(struct run *run, struct branch *branch, const struct verdict *verdict)
{
	bool is_goto = verdict->code == VERDICT_GOTO;
	struct departure *to = run->departures;

	if (!verdict->target) {
		run_give_up(run, branch, "a jump to a chain that was not read");
		return;
	}
	step(run, branch,
	     arena_printf(run->walk->arena, "%s %s", is_goto ? "goto" : "jump",
			  verdict->target->name));
	while (to && (to->target != verdict->target || to->is_goto != is_goto))
		to = to->next;
	if (!to) {
		to = arena_alloc(run->walk->arena, sizeof(*to));
		*to = (struct departure){run->departures, verdict->target, is_goto, {}};
		run->departures = to;
	}
	state_list_add(run->walk->arena, &to->states, branch->state);
	branch_free(run->walk, branch);
}

void run_verdict(struct run *run, struct branch *branch, const struct verdict *verdict)
{
	switch (verdict->code) {
	case VERDICT_CONTINUE: run_continue(run, branch); break;
	case VERDICT_BREAK: run_break(run, branch); break;
	case VERDICT_JUMP:
	case VERDICT_GOTO: depart(run, branch, verdict); break;
	case VERDICT_RETURN:
		step(run, branch, "return");
		state_list_add(run->walk->arena, run->returned, branch->state);
		branch_free(run->walk, branch);
		break;
	case VERDICT_DROP: run_end(run, branch, FLOW_DROP, "drop"); break;
	case VERDICT_ACCEPT: run_accept(run, branch); break;
	case VERDICT_STOLEN: run_end(run, branch, FLOW_DROP, "stolen"); break;
	case VERDICT_QUEUE:
		run_give_up(run, branch, "what a program makes of the queued packet");
		break;
	default: run_give_up(run, branch, "an unknown verdict");
	}
}

void run_either(struct run *run, struct branch *branch, const char *why)
{
	struct branch *fork = run_fork(run, branch);
	const struct doubt *doubt = doubt_new(run->walk->arena, branch->state, run_doubt(run, why));

	state_doubt(branch->state, doubt);
	state_doubt(fork->state, doubt);
	run_break(run, fork);
	run_continue(run, branch);
}

static void doubt_both(struct run *run, struct branch *branch, struct branch **ret_rest,
		       const char *why)
{
	struct branch *fork = run_fork(run, branch);
	const struct doubt *doubt = doubt_new(run->walk->arena, branch->state, run_doubt(run, why));

	state_doubt(branch->state, doubt);
	state_doubt(fork->state, doubt);
	fork->next = *ret_rest;
	*ret_rest = fork;
}

struct branch *run_split(struct run *run, struct branch *branch, const struct test *test,
			 struct branch **ret_rest)
{
	struct packet_class rest[ARRAY_SIZE(test->constraints)];
	size_t n;

	if (test->never) {
		branch->next = *ret_rest;
		*ret_rest = branch;
		return NULL;
	}
	n = class_cut(run->walk->arena, &branch->state->class, test->constraints,
		      test->n_constraints, rest);
	for (size_t i = 0; i < n; i++) {
		struct branch *fork = run_fork(run, branch);

		fork->state->class = rest[i];
		fork->next = *ret_rest;
		*ret_rest = fork;
	}
	if (n > 0)
		branch->state->compared = false;
	for (size_t i = 0; i < test->n_constraints; i++)
		branch->state->class.fields[test->constraints[i].field] =
			test->constraints[i].values;
	if (test->unknown)
		doubt_both(run, branch, ret_rest, test->unknown);
	return branch;
}

void run_test(struct run *run, struct branch *branch, const struct test *test, bool negated)
{
	struct branch *rest = NULL, *next;
	struct branch *held = run_split(run, branch, test, &rest);

	if (held)
		negated ? run_break(run, held) : run_continue(run, held);
	for (; rest; rest = next) {
		next = rest->next;
		negated ? run_continue(run, rest) : run_break(run, rest);
	}
}

void run_continue_all(struct run *run, struct branch *branches)
{
	for (struct branch *next; branches; branches = next) {
		next = branches->next;
		run_continue(run, branches);
	}
}

void run_break_all(struct run *run, struct branch *branches)
{
	for (struct branch *next; branches; branches = next) {
		next = branches->next;
		run_break(run, branches);
	}
}

static struct test test_of(struct run *run, const struct branch *branch,
			   const struct condition *condition)
{
	struct test test = test_begin(run->walk->arena, &branch->state->class);

	if (condition->masked)
		test_add_masked(&test, condition->field, condition->mask, condition->value);
	else
		test_add_values(&test, condition->field, condition->values);
	return test;
}

struct branch *run_require(struct run *run, struct branch *branches,
			   const struct condition *condition)
{
	struct branch *kept = NULL;

	for (struct branch *next; branches; branches = next) {
		struct test test = test_of(run, branches, condition);
		struct branch *rest = NULL, *held, **tail;

		next = branches->next;
		held = run_split(run, branches, &test, &rest);
		if (held)
			held->next = NULL;
		if (condition->negated) {
			struct branch *swap = held;

			held = rest;
			rest = swap;
		}
		run_break_all(run, rest);
		for (tail = &held; *tail; tail = &(*tail)->next)
			;
		*tail = kept;
		kept = held;
	}
	return kept;
}

void run_load_number(struct run *run, struct branch *branch, int dreg, uint64_t number,
		     size_t length)
{
	registers_load_number(&branch->registers, dreg, number, length);
	run_continue(run, branch);
}

void run_load_field(struct run *run, struct branch *branch, int dreg, enum field field)
{
	unsigned width = field_width(field, run->walk->facts.ipv6);

	registers_load_field(&branch->registers, &branch->state->class, dreg, field, width, 0,
			     width);
	run_continue(run, branch);
}

void run_load_unknown(struct run *run, struct branch *branch, int dreg, size_t length,
		      const char *why)
{
	registers_load_unknown(&branch->registers, dreg, length, why);
	run_continue(run, branch);
}

void run_load_doubtful(struct run *run, struct branch *branch, int dreg, size_t length,
		       const char *why)
{
	registers_load_unknown(&branch->registers, dreg, length, why);
	run_either(run, branch, why);
}
