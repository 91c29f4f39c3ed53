/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Ahead of cmocka, which has a macro of the same name as a function there. */
#include "rules/xt/extension.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>
#include <linux/netfilter/nf_tables.h>

#include "base/alloc.h"
#include "tests/tools/coverage_page.h"

/* docs/coverage.md says how everything is decided, and what it says is what the tables say. */

static void assert_described(const char *name, const struct decision *decision)
{
	if (name && decision->by && decision->how && *decision->how)
		return;
	fail_msg("nothing says how '%s' is decided", name ? name : "?");
}

static void each_expression_says_how_it_is_decided(void **state)
{
	(void)state;
	for (size_t kind = 0; kind < EXPR_KINDS; kind++) {
		const struct expression *expression = &expressions[kind];

		assert_non_null(expression->name);
		if (!expression->keys || expression->decision.how)
			assert_described(expression->name, &expression->decision);
	}
}

static void each_key_says_how_it_is_decided(void **state)
{
	(void)state;
	for (size_t kind = 0; kind < EXPR_KINDS; kind++) {
		const struct keys *keys = expressions[kind].keys;

		if (!keys)
			continue;
		assert_described(keys->other.name, &keys->other.decision);
		for (size_t i = 0; i < keys->count; i++)
			if (keys->keys[i].name || keys->keys[i].evaluate)
				assert_described(keys->keys[i].name, &keys->keys[i].decision);
	}
}

/* What an expression hands to its keys must be taken by each of them. */
static void keys_are_evaluated_all_or_none(void **state)
{
	(void)state;
	for (size_t kind = 0; kind < EXPR_KINDS; kind++) {
		const struct keys *keys = expressions[kind].keys;

		for (size_t i = 0; keys && i < keys->count; i++)
			if (keys->keys[i].name)
				assert_int_equal(!keys->keys[i].evaluate, !keys->other.evaluate);
	}
}

/*
 * The keys of the kernel's header when Debian 12 was made, by the last of each enumeration: a row for
 * each of them. Those that can be written are few; there only the last one is looked for.
 */
static void each_key_of_the_kernel_has_a_row(void **state)
{
	static const struct {
		enum expr_kind kind;
		uint32_t first, last;
	} ends[] = {
		{EXPR_CT, 0, NFT_CT_ID},
		{EXPR_CT_SET, NFT_CT_EVENTMASK, NFT_CT_EVENTMASK},
		{EXPR_EXTHDR, 0, NFT_EXTHDR_OP_DCCP},
		{EXPR_FIB, NFT_FIB_RESULT_OIF, NFT_FIB_RESULT_ADDRTYPE},
		{EXPR_HASH, 0, NFT_HASH_SYM},
		{EXPR_META, 0, NFT_META_SDIFNAME},
		{EXPR_META_SET, NFT_META_PKTTYPE, NFT_META_PKTTYPE},
		{EXPR_NUMGEN, 0, NFT_NG_RANDOM},
		{EXPR_OBJREF, NFT_OBJECT_COUNTER, NFT_OBJECT_SYNPROXY},
		{EXPR_PAYLOAD, 0, NFT_PAYLOAD_INNER_HEADER},
		{EXPR_PAYLOAD_SET, 0, NFT_PAYLOAD_INNER_HEADER},
		{EXPR_RT, 0, NFT_RT_XFRM},
		{EXPR_SOCKET, 0, NFT_SOCKET_CGROUPV2},
		{EXPR_TUNNEL, 0, NFT_TUNNEL_ID},
		{EXPR_XFRM, NFT_XFRM_KEY_DADDR_IP4, NFT_XFRM_KEY_SPI},
	};
	uint64_t looked_at = 0;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(ends); i++) {
		const struct keys *keys = expressions[ends[i].kind].keys;

		looked_at |= (uint64_t)1 << ends[i].kind;
		for (uint32_t key = ends[i].first; key <= ends[i].last; key++)
			if (key_of(keys, key) == &keys->other)
				fail_msg("%s: no row for key %u", expressions[ends[i].kind].name,
					 key);
	}
	for (size_t kind = 0; kind < EXPR_KINDS; kind++)
		if (expressions[kind].keys)
			assert_true(looked_at >> kind & 1);
}

static void assert_extension(void *data, const struct xt_type *type)
{
	(void)data;
	assert_described(type->name, &type->decision);
}

static void each_extension_says_how_it_is_decided(void **state)
{
	(void)state;
	xt_each_type(false, assert_extension, NULL);
	xt_each_type(true, assert_extension, NULL);
}

static void read_page(struct buffer *ret)
{
	FILE *file = fopen(COVERAGE_PAGE, "r");
	char part[4096];
	size_t length;

	assert_non_null(file);
	while ((length = fread(part, 1, sizeof(part), file)) > 0)
		buffer_add(ret, part, length);
	fclose(file);
}

static void the_page_says_what_the_tables_say(void **state)
{
	struct buffer made = {}, kept = {};
	bool same;

	(void)state;
	coverage_page(&made);
	read_page(&kept);
	same = strcmp(buffer_text(&made), buffer_text(&kept)) == 0;
	buffer_release(&made);
	buffer_release(&kept);
	if (!same)
		fail_msg("docs/coverage.md is not what the code says any more; write it anew: "
			 "build-test/tests/tools/coverage-table >docs/coverage.md");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_expression_says_how_it_is_decided),
		cmocka_unit_test(each_key_says_how_it_is_decided),
		cmocka_unit_test(keys_are_evaluated_all_or_none),
		cmocka_unit_test(each_key_of_the_kernel_has_a_row),
		cmocka_unit_test(each_extension_says_how_it_is_decided),
		cmocka_unit_test(the_page_says_what_the_tables_say),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
