/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <linux/netfilter/nf_tables.h>

#include "base/arena.h"
#include "rules/eval/test.h"

/*
 * A field of which nothing is known goes through the same expressions as each of its values; where
 * the symbolic answer is certain it must be the concrete one for all of them.
 */
enum { MOST = 4095, ROUNDS = 400, WIDTH = 2 };

static uint64_t next_random(uint64_t *seed)
{
	uint64_t z = *seed += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

struct trial {
	struct expr steps[3];
	size_t n_steps;
	uint8_t bytes[3][12];
	uint32_t shift[3];
	bool range;
	uint8_t from[4], to[4];
	size_t length;
};

static void make_step(struct trial *trial, size_t i, uint64_t *seed)
{
	struct expr *expr = &trial->steps[i];
	uint64_t choice = next_random(seed), bits = next_random(seed);

	trial->shift[i] = (uint32_t)(choice >> 8) % 20;
	memcpy(trial->bytes[i], &bits, sizeof(bits));
	if (choice % 4 == 0) {
		expr->kind = EXPR_BYTEORDER;
		expr->byteorder.length = 4;
		expr->byteorder.size = choice & 16 ? 2 : 4;
		return;
	}
	expr->kind = EXPR_BITWISE;
	expr->bitwise.length = 4;
	expr->bitwise.sreg2 = REGISTER_NONE;
	expr->bitwise.mask = (struct bytes){trial->bytes[i], 4};
	expr->bitwise.xor = (struct bytes){trial->bytes[i] + 4, 4};
	expr->bitwise.shift = (struct bytes){(const uint8_t *)&trial->shift[i], 4};
	expr->bitwise.op = choice % 4 == 1   ? NFT_BITWISE_BOOL
			   : choice % 4 == 2 ? NFT_BITWISE_LSHIFT
					     : NFT_BITWISE_RSHIFT;
}

static void make_trial(struct trial *trial, uint64_t *seed)
{
	uint64_t bits = next_random(seed);

	*trial = (struct trial){
		.n_steps = bits % 4, .range = bits & 4, .length = 1 + (bits >> 3) % 4};
	for (size_t i = 0; i < trial->n_steps; i++)
		make_step(trial, i, seed);
}

static void run_steps(struct registers *registers, const struct packet_class *class,
		      const struct trial *trial)
{
	registers_reset(registers);
	registers_load_field(registers, class, 0, FIELD_HOST_PORT, WIDTH, 0, WIDTH);
	for (size_t i = 0; i < trial->n_steps; i++) {
		if (trial->steps[i].kind == EXPR_BYTEORDER)
			registers_byteorder(registers, &trial->steps[i]);
		else
			registers_bitwise(registers, class, &trial->steps[i]);
	}
}

static void compute(struct arena *arena, const struct trial *trial, field_value value,
		    uint8_t ret[static 4])
{
	struct packet_class class = {};
	struct registers registers;

	class.fields[FIELD_HOST_PORT] = value_set_range(arena, value, value);
	run_steps(&registers, &class, trial);
	assert_true(registers_constant(&registers, &class, 0, 4, ret));
}

static bool concrete(struct arena *arena, const struct trial *trial, field_value value)
{
	uint8_t bytes[4];

	compute(arena, trial, value, bytes);
	if (!trial->range)
		return memcmp(bytes, trial->from, trial->length) == 0;
	return memcmp(bytes, trial->from, trial->length) >= 0 &&
	       memcmp(bytes, trial->to, trial->length) <= 0;
}

/* Compares with bytes that some value really gives, else hardly anything would ever match. */
static void choose_bounds(struct arena *arena, struct trial *trial, uint64_t *seed)
{
	uint8_t a[4], b[4];

	compute(arena, trial, next_random(seed) % (MOST + 1), a);
	compute(arena, trial, next_random(seed) % (MOST + 1), b);
	memcpy(trial->from, memcmp(a, b, trial->length) <= 0 ? a : b, 4);
	memcpy(trial->to, memcmp(a, b, trial->length) <= 0 ? b : a, 4);
}

static bool check(struct arena *arena, const struct trial *trial)
{
	struct packet_class class = {};
	struct registers registers;
	struct value_set inside;
	struct test test;

	class.fields[FIELD_HOST_PORT] = value_set_range(arena, 0, MOST);
	run_steps(&registers, &class, trial);
	test = test_begin(arena, &class);
	if (trial->range)
		test_add_range(&test, &registers, 0, trial->from, trial->to, trial->length);
	else
		test_add_equal(&test, &registers, 0, trial->from, trial->length);
	inside = test.never               ? (struct value_set){}
		 : test.n_constraints > 0 ? test.constraints[0].values
					  : class.fields[FIELD_HOST_PORT];
	for (field_value value = 0; value <= MOST; value++) {
		bool holds = concrete(arena, trial, value);

		if (value_set_contains(inside, value) ? !test.unknown && !holds : holds)
			fail_msg("value %u", (unsigned)value);
	}
	return !test.unknown;
}

static void symbolic_and_concrete_evaluation_agree(void **state)
{
	uint64_t seed = 7;
	size_t certain = 0;

	(void)state;
	for (int round = 0; round < ROUNDS; round++) {
		struct arena *arena = arena_new();
		struct trial trial;

		make_trial(&trial, &seed);
		choose_bounds(arena, &trial, &seed);
		certain += check(arena, &trial);
		arena_free(arena);
	}
	/* what is not certain must be the rare case, or the rest proves little */
	assert_true(certain > ROUNDS * 8 / 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(symbolic_and_concrete_evaluation_agree),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
