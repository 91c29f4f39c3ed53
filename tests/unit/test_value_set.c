/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/cleanup.h"
#include "rules/value_set.h"

enum { SMALL = 64 };

static int setup(void **state)
{
	*state = arena_new();
	return 0;
}

static int teardown(void **state)
{
	arena_free(*state);
	return 0;
}

/* A set of numbers below 64 from the bits of a word, and back: the model to compare with. */
static struct value_set from_bits(struct arena *arena, uint64_t bits)
{
	struct interval intervals[SMALL];
	size_t n = 0;

	for (unsigned i = SMALL; i-- > 0;)
		if (bits >> i & 1)
			intervals[n++] = (struct interval){i, i};
	return value_set_of(arena, intervals, n);
}

static uint64_t to_bits(struct value_set set)
{
	uint64_t bits = 0;

	for (size_t i = 0; i < set.n_intervals; i++) {
		assert_true(set.intervals[i].first <= set.intervals[i].last);
		if (i > 0)
			assert_true(set.intervals[i].first > set.intervals[i - 1].last + 1);
		for (field_value value = set.intervals[i].first; value <= set.intervals[i].last;
		     value++)
			bits |= (uint64_t)1 << value;
	}
	return bits;
}

/* A fixed pseudo-random row (splitmix64): the same every time. */
static uint64_t next_random(uint64_t *seed)
{
	uint64_t z = *seed += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

static void operations_agree_with_bit_sets(void **state)
{
	struct arena *arena = *state;
	uint64_t seed = 1;

	for (int round = 0; round < 2000; round++) {
		uint64_t a = next_random(&seed), b = next_random(&seed);

		if (round % 2) { /* long runs meet other cases than noise */
			a &= a << 1 & a << 2;
			b |= b << 1 | b << 2;
		}
		struct value_set x = from_bits(arena, a), y = from_bits(arena, b);

		assert_int_equal(to_bits(x), a);
		assert_int_equal(to_bits(value_set_intersect(arena, x, y)), a & b);
		assert_int_equal(to_bits(value_set_subtract(arena, x, y)), a & ~b);
		assert_int_equal(to_bits(value_set_unite(arena, x, y)), a | b);
		assert_int_equal((uint64_t)value_set_size(x), __builtin_popcountll(a));
		assert_int_equal(value_set_contains(x, 17), a >> 17 & 1);
		assert_int_equal(value_set_equal(x, y), a == b);
	}
}

static void touching_and_overlapping_intervals_become_one(void **state)
{
	const struct interval intervals[] = {{30, 39}, {10, 19}, {20, 29}, {15, 33}};
	struct value_set set = value_set_of(*state, intervals, ARRAY_SIZE(intervals));

	assert_int_equal(set.n_intervals, 1);
	assert_true(set.intervals[0].first == 10 && set.intervals[0].last == 39);
}

static void the_largest_number_does_not_wrap(void **state)
{
	const field_value most = ~(field_value)0;
	struct value_set all = value_set_range(*state, 0, most);
	struct value_set top = value_set_range(*state, most, most);
	struct value_set rest = value_set_subtract(*state, all, top);

	assert_true(value_set_size(all) == most);
	assert_true(value_set_contains(all, most));
	assert_false(value_set_contains(rest, most));
	assert_true(value_set_contains(rest, most - 1));
	assert_true(value_set_equal(value_set_unite(*state, rest, top), all));
	assert_true(value_set_empty(value_set_subtract(*state, top, all)));
}

static void a_single_value_is_recognised(void **state)
{
	field_value value = 0;

	assert_true(value_set_single(value_set_range(*state, 5, 5), &value));
	assert_true(value == 5);
	assert_false(value_set_single(value_set_range(*state, 5, 6), &value));
	assert_false(value_set_single((struct value_set){}, &value));
	assert_true(value_set_empty(value_set_range(*state, 6, 5)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(operations_agree_with_bit_sets, setup, teardown),
		cmocka_unit_test_setup_teardown(touching_and_overlapping_intervals_become_one,
						setup, teardown),
		cmocka_unit_test_setup_teardown(the_largest_number_does_not_wrap, setup, teardown),
		cmocka_unit_test_setup_teardown(a_single_value_is_recognised, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
