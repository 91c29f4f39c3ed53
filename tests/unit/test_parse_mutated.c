/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Damaged dumps: whatever the bytes, a ruleset comes back or an error, and what comes back can be
 * walked and put into words. Meant to be run under the address sanitizer too.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "base/cleanup.h"
#include "fixture.h"
#include "rules/text.h"

/* The same sequence everywhere: xorshift64. */
static uint64_t next_random(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

static size_t touch_text(const char *text)
{
	return text ? strlen(text) : 0;
}

static size_t touch_bytes(const struct bytes *bytes)
{
	size_t sum = 0;

	for (size_t i = 0; i < bytes->length; i++)
		sum += bytes->data[i];
	return sum;
}

static size_t touch_exprs(const struct expr *exprs, size_t n_exprs)
{
	size_t sum = 0;

	for (size_t i = 0; i < n_exprs; i++) {
		const struct expr *expr = &exprs[i];

		sum += touch_text(expr->name) + touch_bytes(&expr->raw);
		if (expr->kind == EXPR_CMP)
			sum += touch_bytes(&expr->cmp.value);
		if (expr->kind == EXPR_XT_MATCH)
			sum += touch_text(expr->xt.name) + touch_bytes(&expr->xt.info);
		if (expr->kind == EXPR_DYNSET)
			sum += touch_exprs(expr->dynset.exprs, expr->dynset.n_exprs);
		if (expr->kind == EXPR_PAYLOAD && !expr->opaque) {
			assert_in_range(expr->payload.dreg, 0, REGISTER_BYTES);
			assert_true(expr->payload.length <=
				    REGISTER_BYTES - (unsigned)expr->payload.dreg);
		}
	}
	return sum;
}

static size_t touch_set(const struct set *set)
{
	size_t sum = touch_text(set->comment) + touch_exprs(set->exprs, set->n_exprs);

	for (size_t i = 0; i < set->n_elements; i++) {
		const struct set_element *element = &set->elements[i];

		sum += touch_bytes(&element->key) + touch_bytes(&element->key_end);
		sum += touch_bytes(&element->data.value) + touch_text(element->comment);
		sum += touch_exprs(element->exprs, element->n_exprs);
		if (!element->opaque && !(element->flags & ELEMENT_CATCH_ALL))
			assert_int_equal(element->key.length, set->key_length);
	}
	return sum;
}

static size_t touch_table(const struct table *table)
{
	size_t sum = touch_text(table->name);

	for (size_t i = 0; i < table->n_chains; i++) {
		const struct chain *chain = table->chains[i];

		sum += touch_text(chain->name);
		for (size_t k = 0; chain->base && k < chain->base->n_devices; k++)
			sum += touch_text(chain->base->devices[k]);
		for (size_t k = 0; k < chain->n_rules; k++) {
			cleanup(buffer_release) struct buffer text = {0};

			assert_ptr_equal(chain->rules[k]->chain, chain);
			rule_text(&text, chain->rules[k]);
			sum += touch_text(buffer_text(&text));
			sum += touch_text(chain->rules[k]->comment);
			sum += touch_exprs(chain->rules[k]->exprs, chain->rules[k]->n_exprs);
		}
	}
	for (size_t i = 0; i < table->n_sets; i++)
		sum += touch_set(table->sets[i]);
	for (size_t i = 0; i < table->n_objects; i++)
		sum += touch_exprs(&table->objects[i]->body, 1);
	return sum;
}

/* Parses an exact copy, so that a read past the end is one past the allocation. */
static bool survives(const struct buffer *dump, size_t length)
{
	cleanup(free_pointer) char *copy = xmemdup(dump->data, length);
	struct error err = {0};
	struct ruleset *ruleset = ruleset_parse(copy, length, &err);
	size_t sum = 0;

	if (!ruleset) {
		assert_true(err.errnum != 0);
		assert_true(err.text[0] != '\0');
		return false;
	}
	for (size_t i = 0; i < ruleset->n_tables; i++)
		sum += touch_table(ruleset->tables[i]);
	ruleset_free(ruleset);
	return sum > 0;
}

/* Overwrites up to four bytes, at the places where lengths and types are as likely as data. */
static void damage(struct buffer *dump, uint64_t *random)
{
	static const uint8_t likely[] = {0, 1, 2, 3, 4, 5, 8, 0x7f, 0x80, 0xff};
	size_t changes = 1 + next_random(random) % 4;

	for (size_t i = 0; i < changes; i++) {
		uint64_t r = next_random(random);
		size_t at = (r >> 16) % dump->length;

		if (r & 1)
			at &= ~(size_t)3; /* the low byte of a length */
		dump->data[at] =
			(char)(r & 2 ? likely[(r >> 8) % sizeof(likely)] : (r >> 2) & 0xff);
	}
}

static void damage_fixture(const char *name, uint64_t random)
{
	cleanup(buffer_release) struct buffer original = {0};
	size_t parsed = 0;

	fixture_load(name, &original);
	for (int round = 0; round < 200; round++) {
		cleanup(buffer_release) struct buffer dump = {0};

		buffer_add(&dump, original.data, original.length);
		damage(&dump, &random);
		parsed += survives(&dump, dump.length);
	}
	/* Much of the damage is to values and leaves a ruleset to walk. */
	assert_true(parsed > 50);
}

static void damaged_dumps_are_survived(void **)
{
	damage_fixture("ufw", 1);
	damage_fixture("firewalld", 2);
	damage_fixture("workstation", 3);
	damage_fixture("words", 5);
}

static void a_dump_cut_off_inside_a_message_is_refused(void **)
{
	cleanup(buffer_release) struct buffer dump = {0};
	uint64_t random = 4;

	fixture_load("workstation", &dump);
	for (int round = 0; round < 100; round++)
		survives(&dump, next_random(&random) % dump.length);
	assert_false(survives(&dump, dump.length - 1));
	assert_false(survives(&dump, 17));
}

static void a_message_longer_than_an_int_is_refused(void **)
{
	cleanup(buffer_release) struct buffer dump = {0};
	const uint32_t length = 0xfffffff0;
	struct error err = {0};

	fixture_load("workstation", &dump);
	memcpy(dump.data, &length, sizeof(length));
	assert_null(ruleset_parse(dump.data, dump.length, &err));
	assert_non_null(strstr(err.text, "cut off at byte 0"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(damaged_dumps_are_survived),
		cmocka_unit_test(a_dump_cut_off_inside_a_message_is_refused),
		cmocka_unit_test(a_message_longer_than_an_int_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
