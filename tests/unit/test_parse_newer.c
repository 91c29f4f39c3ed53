/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What libnftnl 1.2 loses: things that newer kernels have, and things that none has yet. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>

#include "base/cleanup.h"
#include "fixture.h"
#include "rules/read/newer.h"

static void free_ruleset(struct ruleset **ruleset)
{
	ruleset_free(*ruleset);
}

static const struct chain *first_chain(const struct ruleset *ruleset, uint8_t family,
				       const char *table)
{
	return table_chain(ruleset_table(ruleset, family, table), "first");
}

/* The recording with the one place where @from stands changed into @to. */
static struct ruleset *parse_changed(const void *from, const void *to, size_t length)
{
	cleanup(buffer_release) struct buffer dump = {0};
	struct error err = {0};

	fixture_load("newer", &dump);
	char *place = memmem(dump.data, dump.length, from, length);
	assert_non_null(place);
	assert_null(memmem(place + 1, dump.length - (size_t)(place + 1 - dump.data), from, length));
	memcpy(place, to, length);

	struct ruleset *ruleset = ruleset_parse(dump.data, dump.length, &err);
	if (!ruleset)
		fail_msg("%s", err.text);
	return ruleset;
}

enum { BITWISE = 2 }; /* its place in the first rule */

static void bitwise_with_two_registers_keeps_both(void **)
{
	cleanup(free_ruleset) struct ruleset *ruleset = fixture_parse("newer");
	const struct rule *rule = first_chain(ruleset, NFPROTO_IPV4, "newer")->rules[0];
	const struct expr *expr = &rule->exprs[BITWISE];

	assert_int_equal(expr->kind, EXPR_BITWISE);
	assert_false(expr->opaque);
	assert_int_equal(expr->bitwise.op, NEWER_BITWISE_OR);
	assert_int_equal(expr->bitwise.sreg, 0);
	assert_int_equal(expr->bitwise.sreg2, 4);
	assert_int_equal(rule->exprs[4].kind, EXPR_LAST);
	assert_int_equal(rule->exprs[4].last.set, 0);
}

static void an_expression_in_a_tunnel_is_read(void **)
{
	cleanup(free_ruleset) struct ruleset *ruleset = fixture_parse("newer");
	const struct rule *rule = first_chain(ruleset, NFPROTO_IPV4, "newer")->rules[1];
	const struct expr *inner = &rule->exprs[2];

	assert_int_equal(inner->kind, EXPR_INNER);
	assert_false(inner->opaque);
	assert_int_equal(inner->inner.header_size, 8);
	assert_int_equal(inner->inner.n_exprs, 1);
	assert_int_equal(inner->inner.exprs[0].kind, EXPR_PAYLOAD);
	assert_int_equal(inner->inner.exprs[0].payload.offset, 12);
}

static void a_hook_on_a_prefix_is_no_hook_on_a_device(void **)
{
	cleanup(free_ruleset) struct ruleset *ruleset = fixture_parse("newer");
	const struct chain *chain = first_chain(ruleset, NFPROTO_NETDEV, "prefix");

	assert_false(chain->opaque);
	assert_int_equal(chain->base->n_devices, 0);
	assert_int_equal(chain->base->n_device_prefixes, 1);
	assert_string_equal(chain->base->device_prefixes[0], "eth");
}

/* NFTA_BITWISE_SREG2, 4 bytes, NFT_REG32_01 */
#define SECOND_REGISTER "\x08\x00\x08\x00\x00\x00\x00\x09"

static void an_attribute_that_nobody_knows_makes_the_expression_opaque(void **)
{
	cleanup(free_ruleset) struct ruleset *ruleset =
		parse_changed(SECOND_REGISTER, "\x08\x00\x3f\x00\x00\x00\x00\x09", 8);
	const struct rule *rule = first_chain(ruleset, NFPROTO_IPV4, "newer")->rules[0];

	assert_int_equal(rule->n_exprs, 5);
	assert_int_equal(rule->exprs[BITWISE].kind, EXPR_BITWISE);
	assert_true(rule->exprs[BITWISE].opaque);
	assert_false(rule->exprs[BITWISE + 1].opaque);
	assert_false(rule->opaque);
}

static void an_attribute_too_short_to_be_one_makes_the_expression_opaque(void **)
{
	cleanup(free_ruleset) struct ruleset *ruleset =
		parse_changed(SECOND_REGISTER, "\x03\x00\x08\x00\x00\x00\x00\x09", 8);

	assert_true(first_chain(ruleset, NFPROTO_IPV4, "newer")->rules[0]->exprs[BITWISE].opaque);
}

static void a_register_beyond_the_last_makes_the_expression_opaque(void **)
{
	cleanup(free_ruleset) struct ruleset *ruleset =
		parse_changed(SECOND_REGISTER, "\x08\x00\x08\x00\x00\x00\x00\x18", 8);

	assert_true(first_chain(ruleset, NFPROTO_IPV4, "newer")->rules[0]->exprs[BITWISE].opaque);
}

static void an_expression_of_unknown_name_keeps_its_place_and_name(void **)
{
	cleanup(free_ruleset) struct ruleset *ruleset = parse_changed("bitwise", "bitwist", 8);
	const struct rule *rule = first_chain(ruleset, NFPROTO_IPV4, "newer")->rules[0];

	assert_int_equal(rule->n_exprs, 5);
	assert_int_equal(rule->exprs[BITWISE].kind, EXPR_UNKNOWN);
	assert_true(rule->exprs[BITWISE].opaque);
	assert_string_equal(rule->exprs[BITWISE].name, "bitwist");
	assert_true(rule->exprs[BITWISE].raw.length > 0);
}

static void an_unknown_attribute_of_the_hook_makes_the_chain_opaque(void **)
{
	/* NFTA_DEVICE_PREFIX "eth" becomes number 7 */
	cleanup(free_ruleset) struct ruleset *ruleset = parse_changed("\x08\x00\x02\x00"
								      "eth",
								      "\x08\x00\x07\x00"
								      "eth",
								      8);

	assert_true(first_chain(ruleset, NFPROTO_NETDEV, "prefix")->opaque);
}

static void a_device_name_without_end_is_a_prefix(void **)
{
	/* as Linux 6.16 dumped it: NFTA_DEVICE_NAME of three bytes */
	cleanup(free_ruleset) struct ruleset *ruleset = parse_changed("\x08\x00\x02\x00"
								      "eth",
								      "\x07\x00\x01\x00"
								      "eth",
								      8);
	const struct chain *chain = first_chain(ruleset, NFPROTO_NETDEV, "prefix");

	assert_false(chain->opaque);
	assert_int_equal(chain->base->n_devices, 0);
	assert_string_equal(chain->base->device_prefixes[0], "eth");
}

static void a_rule_whose_chain_is_not_there_is_no_ruleset(void **)
{
	cleanup(buffer_release) struct buffer dump = {0};
	struct error err = {0};

	fixture_load("newer", &dump);
	char *last = memmem(dump.data + dump.length - 400, 400, "first", 6);
	assert_non_null(last);
	memcpy(last, "other", 6);
	assert_null(ruleset_parse(dump.data, dump.length, &err));
	assert_int_equal(err.errnum, EBADMSG);
}

static void other_messages_are_no_ruleset(void **)
{
	static const char text[] = "# this is a text, not what the kernel says";
	struct error err = {0};

	assert_null(ruleset_parse(text, sizeof(text), &err));
	assert_int_equal(err.errnum, EBADMSG);
}

static void no_bytes_are_an_empty_ruleset(void **)
{
	cleanup(free_ruleset) struct ruleset *ruleset = ruleset_parse("", 0, NULL);

	assert_non_null(ruleset);
	assert_int_equal(ruleset->n_tables, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bitwise_with_two_registers_keeps_both),
		cmocka_unit_test(an_expression_in_a_tunnel_is_read),
		cmocka_unit_test(a_hook_on_a_prefix_is_no_hook_on_a_device),
		cmocka_unit_test(an_attribute_that_nobody_knows_makes_the_expression_opaque),
		cmocka_unit_test(an_attribute_too_short_to_be_one_makes_the_expression_opaque),
		cmocka_unit_test(a_register_beyond_the_last_makes_the_expression_opaque),
		cmocka_unit_test(an_expression_of_unknown_name_keeps_its_place_and_name),
		cmocka_unit_test(an_unknown_attribute_of_the_hook_makes_the_chain_opaque),
		cmocka_unit_test(a_device_name_without_end_is_a_prefix),
		cmocka_unit_test(a_rule_whose_chain_is_not_there_is_no_ruleset),
		cmocka_unit_test(other_messages_are_no_ruleset),
		cmocka_unit_test(no_bytes_are_an_empty_ruleset),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
