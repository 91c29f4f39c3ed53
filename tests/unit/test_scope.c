/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "rules/address_set.h"
#include "src/scope.h"

/* The networks that cover FIRST-LAST, separated by blanks. */
static char *cover(struct arena *arena, const char *first, const char *last)
{
	struct address from, to;
	const struct cidr *cidrs;
	struct buffer text = {0};

	assert_true(address_parse(first, &from) && address_parse(last, &to));
	struct value_set set = value_set_range(arena, address_value(&from), address_value(&to));
	size_t count = scope_cidrs(arena, set, from.family, &cidrs);
	for (size_t i = 0; i < count; i++) {
		char cidr[CIDR_TEXT_SIZE];
		buffer_printf(&text, "%s%s", i ? " " : "", cidr_format(&cidrs[i], cidr));
	}
	char *copy = arena_printf(arena, "%s", buffer_text(&text));
	buffer_release(&text);
	return copy;
}

static void a_range_is_covered_by_the_fewest_networks(void **state)
{
	struct arena *arena = arena_new();
	(void)state;

	assert_string_equal(cover(arena, "10.0.0.0", "10.0.0.255"), "10.0.0.0/24");
	assert_string_equal(cover(arena, "10.0.0.1", "10.0.0.4"),
			    "10.0.0.1/32 10.0.0.2/31 10.0.0.4/32");
	assert_string_equal(cover(arena, "0.0.0.0", "255.255.255.255"), "0.0.0.0/0");
	assert_string_equal(cover(arena, "::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"), "::/0");
	assert_string_equal(cover(arena, "fd00::1", "fd00::1"), "fd00::1/128");
	assert_string_equal(cover(arena, "255.255.255.254", "255.255.255.255"),
			    "255.255.255.254/31");
	arena_free(arena);
}

static void a_network_and_its_values_are_the_same(void **state)
{
	struct arena *arena = arena_new();
	struct cidr cidr;
	const struct cidr *back;
	static const char *const texts[] = {"192.168.178.0/24", "10.0.0.1/32", "fd00::/64",
					    "0.0.0.0/0", "::/0"};
	(void)state;

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		char text[CIDR_TEXT_SIZE];
		assert_true(cidr_parse(texts[i], &cidr));
		struct value_set values = cidr_values(arena, &cidr);
		assert_int_equal(scope_cidrs(arena, values, cidr.address.family, &back), 1);
		assert_string_equal(cidr_format(&back[0], text), texts[i]);
	}
	arena_free(arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_range_is_covered_by_the_fewest_networks),
		cmocka_unit_test(a_network_and_its_values_are_the_same),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
