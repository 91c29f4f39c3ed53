/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RULES_EVAL_DECISION_H
#define RULES_EVAL_DECISION_H

#include <stddef.h>
#include <stdint.h>

struct branch;
struct expr;
struct run;

typedef void evaluator(struct run *run, struct branch *branch, const struct expr *expr);

/*
 * How something that rules do or ask is decided, beside the code that decides it: docs/coverage.md is
 * made of these, which explains the words, and a unit test asks for one with each expression, key
 * and extension.
 */
enum decided_by {
	BY_PACKET = 1 << 0,     /* the class of packets */
	BY_CONNECTION = 1 << 1, /* what conntrack makes of them */
	BY_RULES = 1 << 2,      /* what was read together with the rules: sets, lists, quotas */
	BY_HOST = 1 << 3,       /* what was seen of the host */
	BY_NATURE = 1 << 4,     /* the same for all packets of all uploads */
	BY_CHANGING = 1 << 5,   /* nothing is asked: the packet goes on with something changed */
	BY_ENDING = 1 << 6,     /* ends the packet's way through the chain */
	BY_NOBODY = 1 << 7,     /* unknown, always or in the cases that are named */
};

struct decision {
	unsigned by;     /* enum decided_by */
	const char *how; /* a line for a reader who knows nft or iptables */
};

#define DECIDED(by, how)                                                                           \
	{                                                                                          \
		by, how                                                                            \
	}

/* One of the things that an expression can ask for or do, by its number in the kernel. */
struct key {
	const char *name;
	evaluator *evaluate; /* NULL: as all keys of the expression */
	struct decision decision;
};

struct keys {
	const struct key *keys;
	size_t count;
	struct key other; /* than these: what later kernels bring */
};

/* The row of the key, or that of all others. */
const struct key *key_of(const struct keys *keys, uint32_t key);
/* Hands the branch to the evaluator of the key, which must have one. */
void key_evaluate(const struct keys *keys, uint32_t key, struct run *run, struct branch *branch,
		  const struct expr *expr);

extern const struct keys meta_keys, meta_set_keys, ct_keys, ct_set_keys, socket_keys, rt_keys;
extern const struct keys fib_results, exthdr_operations, payload_bases, payload_set_bases;
extern const struct keys object_types, numgen_types, hash_types;

/* An expression: each kind has a row (see expressions.c). */
struct expression {
	const char *name;    /* the kernel's, and what tells apart two kinds of one name */
	evaluator *evaluate; /* NULL: not understood */
	const struct keys *keys;
	struct decision decision; /* what the keys do not say; may be empty then */
};

/* By enum expr_kind; the first, for what the decoder does not know, has a row too. */
extern const struct expression expressions[];

#endif
