/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RULES_EVAL_TEST_H
#define RULES_EVAL_TEST_H

#include "rules/eval/registers.h"

/*
 * What a comparison says about a class: never true, or true within a box given by @constraints (all
 * of the class if there are none). With @unknown set, it may or may not be true inside that box;
 * outside it is false for certain. Several comparisons added to one test must all be true.
 */
struct test {
	struct arena *arena;
	const struct packet_class *class;
	bool never;
	const char *unknown;
	struct constraint constraints[16];
	size_t n_constraints;
};

struct test test_begin(struct arena *arena, const struct packet_class *class);

void test_add_unknown(struct test *test, const char *why);
/* The field lies in @values. */
void test_add_values(struct test *test, enum field field, struct value_set values);
/* (field & mask) == value */
void test_add_masked(struct test *test, enum field field, field_value mask, field_value value);
/* @length register bytes equal @value. */
void test_add_equal(struct test *test, const struct registers *registers, int reg,
		    const uint8_t *value, size_t length);
/* @length register bytes lie between @from and @to, both included, in the order of memcmp(). */
void test_add_range(struct test *test, const struct registers *registers, int reg,
		    const uint8_t *from, const uint8_t *to, size_t length);

#endif
