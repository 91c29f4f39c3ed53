/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probes/sysctl.h"

#include "tests/unit/scratch.h"

static size_t parse_count(const char *text)
{
	struct port_range *ranges;
	size_t count;

	assert_true(sysctl_ports_parse(text, &ranges, &count));
	free(ranges);
	return count;
}

static bool is_refused(const char *text)
{
	struct port_range *ranges;
	size_t count;
	bool parsed = sysctl_ports_parse(text, &ranges, &count);

	if (!parsed) {
		assert_null(ranges);
		assert_int_equal(count, 0);
	}
	return !parsed;
}

static void reserved_ports_are_single_ports_and_ranges(void **state)
{
	struct port_range *ranges;
	size_t count;

	(void)state;
	assert_true(sysctl_ports_parse("8080,18266-18275,65535\n", &ranges, &count));
	assert_int_equal(count, 3);
	assert_int_equal(ranges[0].first, 8080);
	assert_int_equal(ranges[0].last, 8080);
	assert_int_equal(ranges[1].first, 18266);
	assert_int_equal(ranges[1].last, 18275);
	assert_int_equal(ranges[2].last, 65535);
	free(ranges);
}

static void an_empty_line_reserves_nothing(void **state)
{
	(void)state;
	assert_int_equal(parse_count("\n"), 0);
	assert_int_equal(parse_count(""), 0);
}

static void anything_that_is_no_list_of_ports_is_refused(void **state)
{
	(void)state;
	assert_true(is_refused("1,"));
	assert_true(is_refused(",1"));
	assert_true(is_refused("1-"));
	assert_true(is_refused("-1"));
	assert_true(is_refused("9-8"));
	assert_true(is_refused("65536"));
	assert_true(is_refused("1 2"));
	assert_true(is_refused("99999999999999999999"));
	assert_true(is_refused("x"));
}

static void what_is_not_there_is_unknown(void **state)
{
	struct scratch scratch = scratch_new();
	struct sysctl_interface interface;
	struct sysctl sysctl;

	(void)state;
	sysctl_read(scratch.root, &sysctl);
	sysctl_interface_read(scratch.root, "eth0", &interface);
	assert_int_equal(sysctl.ephemeral.last, 0);
	assert_int_equal(sysctl.reserved_count, 0);
	assert_int_equal(sysctl.unprivileged_port_start, -1);
	assert_int_equal(sysctl.rp_filter_all, -1);
	assert_int_equal(sysctl.conntrack_count, -1);
	assert_int_equal(sysctl.conntrack_max, -1);
	assert_int_equal(interface.rp_filter, -1);
	assert_int_equal(interface.accept_local, -1);
	sysctl_release(&sysctl);
	scratch_remove(&scratch);
}

static void settings_are_read_as_the_kernel_writes_them(void **state)
{
	struct scratch scratch = scratch_new();
	struct sysctl_interface interface;
	struct sysctl sysctl;

	(void)state;
	scratch_write(&scratch, "/proc/sys/net/ipv4/ip_local_port_range", "32768\t60999\n");
	scratch_write(&scratch, "/proc/sys/net/ipv4/ip_local_reserved_ports", "18266\n");
	scratch_write(&scratch, "/proc/sys/net/ipv4/ip_unprivileged_port_start", "1024\n");
	scratch_write(&scratch, "/proc/sys/net/ipv4/conf/all/rp_filter", "2\n");
	scratch_write(&scratch, "/proc/sys/net/ipv4/conf/eth0.5/rp_filter", "1\n");
	scratch_write(&scratch, "/proc/sys/net/ipv4/conf/eth0.5/accept_local", "0\n");
	scratch_write(&scratch, "/proc/sys/net/netfilter/nf_conntrack_count", "17\n");
	scratch_write(&scratch, "/proc/sys/net/netfilter/nf_conntrack_max", "262144\n");
	sysctl_read(scratch.root, &sysctl);
	sysctl_interface_read(scratch.root, "eth0.5", &interface);
	assert_int_equal(sysctl.ephemeral.first, 32768);
	assert_int_equal(sysctl.ephemeral.last, 60999);
	assert_int_equal(sysctl.reserved_count, 1);
	assert_int_equal(sysctl.reserved[0].first, 18266);
	assert_int_equal(sysctl.unprivileged_port_start, 1024);
	assert_int_equal(sysctl.rp_filter_all, 2);
	assert_int_equal(sysctl.conntrack_count, 17);
	assert_int_equal(sysctl.conntrack_max, 262144);
	assert_int_equal(interface.rp_filter, 1);
	assert_int_equal(interface.accept_local, 0);
	sysctl_release(&sysctl);
	scratch_remove(&scratch);
}

static void a_number_with_something_behind_it_is_unknown(void **state)
{
	struct scratch scratch = scratch_new();
	struct sysctl sysctl;

	(void)state;
	scratch_write(&scratch, "/proc/sys/net/ipv4/ip_unprivileged_port_start", "1024x\n");
	scratch_write(&scratch, "/proc/sys/net/ipv4/ip_local_port_range", "60999 32768\n");
	sysctl_read(scratch.root, &sysctl);
	assert_int_equal(sysctl.unprivileged_port_start, -1);
	assert_int_equal(sysctl.ephemeral.last, 0);
	sysctl_release(&sysctl);
	scratch_remove(&scratch);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reserved_ports_are_single_ports_and_ranges),
		cmocka_unit_test(an_empty_line_reserves_nothing),
		cmocka_unit_test(anything_that_is_no_list_of_ports_is_refused),
		cmocka_unit_test(what_is_not_there_is_unknown),
		cmocka_unit_test(settings_are_read_as_the_kernel_writes_them),
		cmocka_unit_test(a_number_with_something_behind_it_is_unknown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
