/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Damaged recordings of legacy tables, ipsets and recent lists: whatever the bytes, an error comes
 * back or a ruleset that can be put into words and evaluated. Meant to be run under the address
 * sanitizer too.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "base/arena.h"
#include "base/cleanup.h"
#include "rules/flow.h"
#include "rules/text.h"
#include "xtables.h"

/* The same sequence everywhere: xorshift64. */
static uint64_t next_random(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

static size_t put_into_words(const struct ruleset *ruleset)
{
	cleanup(buffer_release) struct buffer out = {0};

	for (size_t i = 0; i < ruleset->n_tables; i++) {
		const struct table *table = ruleset->tables[i];

		for (size_t k = 0; k < table->n_chains; k++) {
			const struct chain *chain = table->chains[k];

			assert_ptr_equal(chain->table, table);
			policy_text(&out, chain);
			for (size_t r = 0; r < chain->n_rules; r++)
				rule_text(&out, chain->rules[r]);
		}
	}
	return out.length;
}

static void evaluate(const struct ruleset *ruleset)
{
	struct host_link link = {.index = 2, .name = "eth0", .type = 1};
	struct host_state host = {.links = &link, .n_links = 1, .device_ifindex = 2};
	struct flow_question question = {
		.host_ports = {18266, 18266}, .host_udp_ports = {32768, 60999}, .ota_port = 8266};
	struct arena *arena = arena_new();

	assert_true(address_parse("192.168.178.24", &question.host));
	assert_true(cidr_parse("192.168.178.178", &question.device));
	assert_non_null(flow_evaluate(arena, ruleset, &host, &question));
	arena_free(arena);
}

/* Parses an exact copy, so that a read past the end is one past the allocation. */
static bool parse_copy(struct ruleset *ruleset, const struct buffer *dump, xtables_parser *parse)
{
	cleanup(free_pointer) char *copy = xmemdup(dump->data, dump->length);
	struct error err = {0};

	if (!parse(ruleset, copy, dump->length, &err))
		return true;
	assert_true(err.errnum != 0);
	assert_true(err.text[0] != '\0');
	return false;
}

static void damage(struct buffer *dump, uint64_t *random)
{
	static const uint8_t likely[] = {0, 1, 2, 3, 4, 8, 0x20, 0x7f, 0x80, 0xff};
	size_t changes = 1 + next_random(random) % 4;

	for (size_t i = 0; i < changes; i++) {
		uint64_t r = next_random(random);
		size_t at = (r >> 16) % dump->length;

		if (r & 1)
			at &= ~(size_t)3; /* the low byte of a length or an offset */
		dump->data[at] =
			(char)(r & 2 ? likely[(r >> 8) % sizeof(likely)] : (r >> 2) & 0xff);
	}
	if (next_random(random) % 8 == 0)
		dump->length = next_random(random) % dump->length;
}

static const struct part {
	const char *question;
	xtables_parser *parse;
} parts[] = {
	{RECORD_LEGACY, legacy_parse}, {RECORD_IPSETS, ipset_parse}, {RECORD_RECENT, recent_parse}};

/* All parts are parsed, the one with index @which damaged; true if it was taken. */
static bool survives(size_t which, uint64_t *random)
{
	struct ruleset *ruleset = ruleset_parse(NULL, 0, NULL);
	bool taken = false;

	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		cleanup(buffer_release) struct buffer dump = {0};

		fixture_answer("xtables", parts[i].question, &dump);
		if (i == which)
			damage(&dump, random);
		bool parsed = parse_copy(ruleset, &dump, parts[i].parse);
		assert_true(parsed || i == which);
		if (i == which)
			taken = parsed;
	}
	put_into_words(ruleset);
	evaluate(ruleset);
	ruleset_free(ruleset);
	return taken;
}

static void damaged(size_t which)
{
	uint64_t random = which + 1;
	size_t taken = 0;

	for (int round = 0; round < 400; round++)
		taken += survives(which, &random);
	/* Much of the damage is to values and leaves something to walk. */
	assert_true(taken > 100);
}

static void damaged_tables_are_survived(void **)
{
	damaged(0);
}

static void damaged_ipsets_are_survived(void **)
{
	damaged(1);
}

static void damaged_lists_are_survived(void **)
{
	damaged(2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(damaged_tables_are_survived),
		cmocka_unit_test(damaged_ipsets_are_survived),
		cmocka_unit_test(damaged_lists_are_survived),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
