/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probes/xt_tables.h"

#include "tests/unit/scratch.h"

static void each_line_is_a_table(void **state)
{
	struct xt_tables tables;

	(void)state;
	xt_tables_parse("nat\nfilter\n", &tables);
	assert_true(tables.known);
	assert_int_equal(tables.count, 2);
	assert_string_equal(tables.names[0], "nat");
	assert_string_equal(tables.names[1], "filter");
}

static void an_empty_list_is_known_to_be_empty(void **state)
{
	struct xt_tables tables;

	(void)state;
	xt_tables_parse("", &tables);
	assert_true(tables.known);
	assert_int_equal(tables.count, 0);
}

static void a_list_the_kernel_cannot_have_written_is_unknown(void **state)
{
	struct xt_tables tables;

	(void)state;
	xt_tables_parse("a\nb\nc\nd\ne\nf\ng\nh\ni\n", &tables);
	assert_false(tables.known);
	assert_int_equal(tables.count, 0);
	xt_tables_parse("a-name-that-is-longer-than-the-kernel-allows\n", &tables);
	assert_false(tables.known);
}

static void no_list_means_no_tables_but_no_proc_means_nothing(void **state)
{
	struct scratch scratch = scratch_new();
	struct xt_tables tables;

	(void)state;
	xt_tables_read(scratch.root, false, &tables);
	assert_false(tables.known);
	scratch_write(&scratch, "/proc/net/dev", "");
	xt_tables_read(scratch.root, false, &tables);
	assert_true(tables.known);
	assert_int_equal(tables.count, 0);
	scratch_remove(&scratch);
}

static void ipv4_and_ipv6_have_lists_of_their_own(void **state)
{
	struct scratch scratch = scratch_new();
	struct xt_tables tables;

	(void)state;
	scratch_write(&scratch, "/proc/net/ip_tables_names", "filter\n");
	scratch_write(&scratch, "/proc/net/ip6_tables_names", "mangle\n");
	xt_tables_read(scratch.root, false, &tables);
	assert_string_equal(tables.names[0], "filter");
	xt_tables_read(scratch.root, true, &tables);
	assert_string_equal(tables.names[0], "mangle");
	scratch_remove(&scratch);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_line_is_a_table),
		cmocka_unit_test(an_empty_list_is_known_to_be_empty),
		cmocka_unit_test(a_list_the_kernel_cannot_have_written_is_unknown),
		cmocka_unit_test(no_list_means_no_tables_but_no_proc_means_nothing),
		cmocka_unit_test(ipv4_and_ipv6_have_lists_of_their_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
