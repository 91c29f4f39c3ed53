/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rules/eval/test.h"

#include <string.h>

#include "base/arena.h"
#include "base/cleanup.h"

enum { MOST_VALUES = 65536, MOST_FREE_BITS = 15 };

struct test test_begin(struct arena *arena, const struct packet_class *class)
{
	return (struct test){.arena = arena, .class = class};
}

void test_add_unknown(struct test *test, const char *why)
{
	if (!test->unknown)
		test->unknown = why;
}

static struct constraint *constraint_on(struct test *test, enum field field)
{
	for (size_t i = 0; i < test->n_constraints; i++)
		if (test->constraints[i].field == field)
			return &test->constraints[i];
	return NULL;
}

static struct value_set values_of(struct test *test, enum field field)
{
	struct constraint *constraint = constraint_on(test, field);

	return constraint ? constraint->values : test->class->fields[field];
}

void test_add_values(struct test *test, enum field field, struct value_set values)
{
	struct value_set before = values_of(test, field);
	struct value_set after = value_set_intersect(test->arena, before, values);
	struct constraint *constraint = constraint_on(test, field);

	if (value_set_empty(after))
		test->never = true;
	if (test->never || value_set_equal(before, after))
		return;
	if (constraint)
		constraint->values = after;
	else if (test->n_constraints < ARRAY_SIZE(test->constraints))
		test->constraints[test->n_constraints++] = (struct constraint){field, after};
	else
		test_add_unknown(test, "a comparison of too many fields");
}

static int count_bits(field_value value)
{
	return __builtin_popcountll((unsigned long long)value) +
	       __builtin_popcountll((unsigned long long)(value >> 64));
}

/*
 * The numbers with (number & mask) == value, as intervals: one for each combination of the bits that
 * the mask leaves free above its lowest bit. With a prefix as mask that is one interval.
 */
static bool masked_values(struct arena *arena, field_value mask, field_value value,
			  struct value_set *ret)
{
	field_value tail = mask == 0 ? ~(field_value)0 : (mask & -mask) - 1;
	field_value open = ~mask & ~tail, choice = 0;
	struct interval *intervals;
	size_t n = 0;

	if (count_bits(open) > MOST_FREE_BITS)
		return false;
	intervals = arena_array(arena, (size_t)1 << count_bits(open), sizeof(*intervals));
	do {
		intervals[n++] = (struct interval){value | choice, value | choice | tail};
		choice = (choice - open) & open;
	} while (choice);
	*ret = value_set_of(arena, intervals, n);
	return true;
}

void test_add_masked(struct test *test, enum field field, field_value mask, field_value value)
{
	struct value_set set, before = values_of(test, field);
	field_value fixed, common;

	if (value_set_empty(before)) {
		test->never = true;
		return;
	}
	fixed = ~value_set_varying_bits(before);
	common = before.intervals[0].first & fixed;
	if (((common ^ value) & fixed & mask) != 0)
		test->never = true;
	else if (masked_values(test->arena, mask | fixed, (value & mask) | common, &set))
		test_add_values(test, field, set);
	else
		test_add_unknown(test, field_name(field));
}

/* What an equality wants of the fields that the compared bytes come from. */
struct demand {
	enum field field;
	field_value mask, value;
};

struct demands {
	struct demand all[REGISTER_BYTES];
	size_t count;
};

static struct demand *demand_on(struct demands *demands, enum field field)
{
	for (size_t i = 0; i < demands->count; i++)
		if (demands->all[i].field == field)
			return &demands->all[i];
	demands->all[demands->count] = (struct demand){.field = field};
	return &demands->all[demands->count++];
}

static field_value placed(uint8_t bits, int place)
{
	return place >= 0 ? (field_value)bits << place : (field_value)bits >> -place;
}

/* Adds what one byte wants; false if that contradicts another one of the same field. */
static bool add_demand(struct demands *demands, struct register_byte byte, uint8_t need)
{
	struct demand *demand = demand_on(demands, byte.source);
	field_value mask = placed(byte.mask, byte.place), value = placed(need, byte.place);

	if (demand->mask & mask & (demand->value ^ value))
		return false;
	demand->mask |= mask;
	demand->value |= value;
	return true;
}

void test_add_equal(struct test *test, const struct registers *registers, int reg,
		    const uint8_t *value, size_t length)
{
	struct demands demands;
	bool unknown = false;

	if (!registers_inside(reg, length)) {
		test_add_unknown(test, "a register that does not exist");
		return;
	}
	demands.count = 0;
	for (size_t i = 0; i < length && !test->never; i++) {
		struct register_byte byte = registers->bytes[(size_t)reg + i];
		uint8_t need = value[i] ^ byte.xor ;

		if (need & ~byte.mask)
			test->never = true;
		else if (byte.mask != 0 && byte.source == SOURCE_UNKNOWN)
			unknown = true;
		else if (byte.mask != 0 && !add_demand(&demands, byte, need))
			test->never = true;
	}
	for (size_t i = 0; i < demands.count && !test->never; i++)
		test_add_masked(test, demands.all[i].field, demands.all[i].mask,
				demands.all[i].value);
	if (unknown)
		test_add_unknown(test, registers->why);
}

struct bounds {
	int reg;
	size_t length;
	uint8_t from[REGISTER_BYTES], to[REGISTER_BYTES];
};

/* Takes known bytes off the front. False once the answer is certain (see test->never). */
static bool skip_constants(struct test *test, const struct registers *registers, struct bounds *at)
{
	uint8_t byte;

	while (at->length > 0) {
		if (!registers_constant(registers, test->class, at->reg, 1, &byte))
			return true;
		if (byte < at->from[0] || byte > at->to[0]) {
			test->never = true;
			return false;
		}
		if (byte > at->from[0])
			memset(at->from, 0, at->length);
		if (byte < at->to[0])
			memset(at->to, 0xff, at->length);
		at->reg++;
		at->length--;
		memmove(at->from, at->from + 1, at->length);
		memmove(at->to, at->to + 1, at->length);
	}
	return false;
}

static field_value number_of(const uint8_t *bytes, size_t length)
{
	field_value number = 0;

	for (size_t i = 0; i < length; i++)
		number = number << 8 | bytes[i];
	return number;
}

/*
 * True if the bytes are one field's, in descending order and untouched, and the bytes of the field
 * above them do not vary: then their order is the order of the numbers.
 */
static bool in_field_order(struct test *test, const struct registers *registers,
			   const struct bounds *at, struct register_byte *ret_first)
{
	struct register_byte first = registers->bytes[at->reg];
	int top;

	if (first.source == SOURCE_UNKNOWN)
		return false;
	for (size_t i = 0; i < at->length; i++) {
		struct register_byte byte = registers->bytes[(size_t)at->reg + i];

		if (byte.mask != 0xff || byte.xor != 0 || byte.source != first.source ||
		    byte.place + 8 * (int)i != first.place)
			return false;
	}
	*ret_first = first;
	top = first.place + 8;
	return top >= 128 || value_set_varying_bits(values_of(test, first.source)) >> top == 0;
}

static void add_interval(struct test *test, const struct bounds *at, struct register_byte first)
{
	struct value_set set = values_of(test, first.source);
	int rest = first.place + 8 - 8 * (int)at->length; /* bits below the compared ones */
	int top = first.place + 8;
	field_value above = top >= 128 ? 0 : set.intervals[0].first >> top << top;
	field_value from = above | number_of(at->from, at->length) << rest;
	field_value to =
		above | number_of(at->to, at->length) << rest | (((field_value)1 << rest) - 1);

	test_add_values(test, first.source, value_set_range(test->arena, from, to));
}

/* The one field that all varying bytes come from; -1 if there are several or an unknown one. */
static int only_field(const struct registers *registers, const struct bounds *at)
{
	int field = -1;

	for (size_t i = 0; i < at->length; i++) {
		struct register_byte byte = registers->bytes[(size_t)at->reg + i];

		if (byte.mask == 0)
			continue;
		if (byte.source == SOURCE_UNKNOWN || (field >= 0 && byte.source != field))
			return -1;
		field = byte.source;
	}
	return field;
}

static bool value_in_bounds(const struct registers *registers, const struct bounds *at,
			    field_value value)
{
	uint8_t bytes[REGISTER_BYTES];

	for (size_t i = 0; i < at->length; i++) {
		struct register_byte byte = registers->bytes[(size_t)at->reg + i];

		bytes[i] = register_byte_value(byte, value);
	}
	return memcmp(bytes, at->from, at->length) >= 0 && memcmp(bytes, at->to, at->length) <= 0;
}

static void add_enumerated(struct test *test, const struct registers *registers,
			   const struct bounds *at, enum field field)
{
	struct value_set set = values_of(test, field);
	struct interval *intervals =
		arena_array(test->arena, (size_t)value_set_size(set), sizeof(*intervals));
	size_t n = 0;

	for (size_t i = 0; i < set.n_intervals; i++) {
		for (field_value value = set.intervals[i].first;; value++) {
			if (value_in_bounds(registers, at, value)) {
				if (n > 0 && intervals[n - 1].last + 1 == value)
					intervals[n - 1].last = value;
				else
					intervals[n++] = (struct interval){value, value};
			}
			if (value == set.intervals[i].last)
				break;
		}
	}
	test_add_values(test, field, value_set_of(test->arena, intervals, n));
}

void test_add_range(struct test *test, const struct registers *registers, int reg,
		    const uint8_t *from, const uint8_t *to, size_t length)
{
	struct bounds at = {.reg = reg, .length = length};
	struct register_byte first;
	int field;

	if (!registers_inside(reg, length)) {
		test_add_unknown(test, "a register that does not exist");
		return;
	}
	if (memcmp(from, to, length) > 0) {
		test->never = true;
		return;
	}
	memcpy(at.from, from, length);
	memcpy(at.to, to, length);
	if (!skip_constants(test, registers, &at))
		return;
	field = only_field(registers, &at);
	if (in_field_order(test, registers, &at, &first))
		add_interval(test, &at, first);
	else if (field >= 0 && value_set_size(values_of(test, field)) <= MOST_VALUES)
		add_enumerated(test, registers, &at, field);
	else
		test_add_unknown(test, field >= 0 ? field_name(field) : registers->why);
}
