/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RULES_EVAL_RUN_H
#define RULES_EVAL_RUN_H

#include "rules/eval/decision.h"
#include "rules/eval/registers.h"
#include "rules/eval/test.h"
#include "rules/eval/walk.h"

/*
 * One rule applied to one state. The expressions are evaluated from left to right on branches: a
 * branch is a state with its registers. An evaluator gets a branch and must dispose of it by one of
 * the functions below, after forking off as many others as it likes.
 */
struct branch {
	struct branch *next;
	struct state *state;
	size_t at; /* index of the next expression */
	struct registers registers;
	const struct set_element *element;
	const struct set *set;
};

/* A state that leaves the rule for another chain. */
struct departure {
	struct departure *next;
	const struct chain *target;
	bool is_goto;
	struct state_list states;
};

struct run {
	struct walk *walk;
	const struct rule *rule;
	struct branch *branches;
	struct state_list *onward;   /* go on with the next rule of the chain */
	struct state_list *returned; /* leave the chain by return */
	struct departure *departures;
};

/* Applies run->rule to @state, which it owns. */
void run_rule(struct run *run, struct state *state);

/* The branch that @state begins with, its registers empty; at the end of the rule it is finished. */
struct branch *run_start(struct run *run, struct state *state);
void run_finish(struct run *run, struct branch *branch);

/* The ways to dispose of a branch. */
void run_continue(struct run *run, struct branch *branch);
void run_break(struct run *run, struct branch *branch);
void run_verdict(struct run *run, struct branch *branch, const struct verdict *verdict);
void run_end(struct run *run, struct branch *branch, enum flow_verdict verdict, const char *text);
void run_accept(struct run *run, struct branch *branch);
/* Whatever happens next cannot be known. */
void run_give_up(struct run *run, struct branch *branch, const char *why);
/* The test may be true or not: both are followed. */
void run_either(struct run *run, struct branch *branch, const char *why);
/* Continues where the test holds (or, @negated, where not) and breaks elsewhere. */
void run_test(struct run *run, struct branch *branch, const struct test *test, bool negated);

/*
 * Cuts the branch by the test: returns the part where it holds (NULL if nowhere) and appends the
 * parts where it doesn't to *@ret_rest. If the test is unknown inside its box, that box is in both.
 */
struct branch *run_split(struct run *run, struct branch *branch, const struct test *test,
			 struct branch **ret_rest);
struct branch *run_fork(struct run *run, const struct branch *branch);

/* Loads a number into a register and continues. */
void run_load_number(struct run *run, struct branch *branch, int dreg, uint64_t number,
		     size_t length);
void run_load_field(struct run *run, struct branch *branch, int dreg, enum field field);
void run_load_unknown(struct run *run, struct branch *branch, int dreg, size_t length,
		      const char *why);
/* Data that may be missing: either nothing matches, or it is unknown what is there. */
void run_load_doubtful(struct run *run, struct branch *branch, int dreg, size_t length,
		       const char *why);

/* "… in chain INPUT", for a doubt. */
const char *run_doubt(struct run *run, const char *what);

/* The evaluators, by expression. */
evaluator eval_payload, eval_meta, eval_ct, eval_fib, eval_rt, eval_exthdr, eval_numgen, eval_hash;
evaluator eval_osf, eval_socket, eval_tproxy;
evaluator eval_cmp, eval_range, eval_bitwise, eval_byteorder, eval_immediate, eval_lookup;
evaluator eval_object_reference, eval_dynset, eval_quota, eval_limit, eval_connlimit;
evaluator eval_meta_set, eval_ct_set, eval_payload_set, eval_notrack, eval_reject, eval_queue;
evaluator eval_synproxy, eval_forward_device, eval_nat, eval_redirect, eval_masquerade;
evaluator eval_xt_match, eval_xt_target;

/*
 * What rules that our packets met may have done to a set since it was read; NULL for nothing. Not
 * cut into classes: what one address did counts for all.
 */
struct updated_set *walk_updated_set(const struct walk *walk, const struct set *set);
void walk_update_set(struct walk *walk, const struct set *set, bool delete);

/* Per-element and object expressions: continue, break or unknown. */
void run_stateful(struct run *run, struct branch *branch, const struct expr *expr);

/* Rewrites one end of the packet (FIELD_NEW_…); @values empty: unknown. */
void state_rewrite(struct walk *walk, struct state *state, enum field field,
		   struct value_set values);

/* The addresses for which `fib` and addrtype say @type (RTN_*); of one device if @ifindex is set. */
struct value_set host_address_type(struct walk *walk, uint32_t type, uint32_t ifindex);
/* The addresses of an interface that could stand in for the host's. */
struct value_set host_interface_addresses(struct walk *walk, const struct host_link *link);
struct value_set host_masquerade_addresses(struct walk *walk);
/* Where a redirect sends the packet. */
struct value_set host_redirect_addresses(struct walk *walk);

/* Sets for translation: see expr_nat.c. */
struct translation {
	bool source; /* SNAT */
	bool has_address, has_port, address_unknown, port_unknown;
	struct value_set addresses, ports;
};
void run_translate(struct run *run, struct branch *branch, const struct translation *nat);

enum tuple_end { TUPLE_SOURCE, TUPLE_DEST, TUPLE_SOURCE_PORT, TUPLE_DEST_PORT };
/* The field that is this end of the connection's tuple, in its own or in the reply direction. */
enum field translation_tuple(const struct walk *walk, const struct state *state, enum tuple_end end,
			     bool original);

/* One condition on one field, and the part of several branches that meets it. */
struct condition {
	enum field field;
	bool masked; /* (field & mask) == value; otherwise the field lies in @values */
	field_value mask, value;
	struct value_set values;
	bool negated;
};

/* The parts of a list of branches that meet the condition; all others break. */
struct branch *run_require(struct run *run, struct branch *branches,
			   const struct condition *condition);
/* Continues or breaks a whole list. */
void run_continue_all(struct run *run, struct branch *branches);
void run_break_all(struct run *run, struct branch *branches);

#endif
