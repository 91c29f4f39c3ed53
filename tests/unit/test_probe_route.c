/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probes/route.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <stdlib.h>

#include <linux/rtnetlink.h>

#include "tests/unit/recorded.h"

/* default via 192.168.178.1 dev 2 */
static const char gateway[] =
	"3400000018000200000000000000000002000000fe0300010000000008000f00fe00000008000500c0a8b2"
	"010800040002000000";
/* 10.50.0.0/24 by two gateways */
static const char multipath[] =
	"5000000018000200000000000000000002180000fe0300010000000008000f00fe000000080001000a3200"
	"0024000900100000000200000008000500c0a8b203100000000200000008000500c0a8b204";
/* 10.51.0.0/24 via inet6 fe80::1 */
static const char via[] =
	"4c00000018000200000000000000000002180000fe0300010000000008000f00fe000000080001000a3300"
	"00160012000a00fe80000000000000000000000000000100000800040002000000";
/* blackhole 10.66.0.0/16 */
static const char blackhole[] =
	"2c00000018000200000000000000000002100000fe0300060000000008000f00fe000000080001000a4200"
	"00";
/* the answer to a query for 192.168.178.178 */
static const char answer[] =
	"6800000018000000000000000000000002200000fe0000010002000008000f00fe00000008000100c0a8b2"
	"b2080004000200000008000700c0a8b218080019000000000024000c000200000000000000000000000000"
	"000000000000000000000000000000000000";

static struct route_entry parsed(const char *hex)
{
	struct nlmsghdr *message = recorded_message(hex);
	struct route_entry entry;

	assert_true(route_parse(message, &entry));
	free(message);
	return entry;
}

static void assert_address(const struct address *address, const char *expected)
{
	char text[ADDRESS_TEXT_SIZE];

	assert_string_equal(address_format(address, text), expected);
}

static void an_answer_names_interface_source_and_no_gateway_on_link(void **state)
{
	struct route_entry entry = parsed(answer);

	(void)state;
	assert_int_equal(entry.route.errnum, 0);
	assert_int_equal(entry.route.type, RTN_UNICAST);
	assert_int_equal(entry.route.oif, 2);
	assert_int_equal(entry.route.table, RT_TABLE_MAIN);
	assert_address(&entry.route.source, "192.168.178.24");
	assert_int_equal(entry.route.gateway.family, AF_UNSPEC);
}

static void a_default_route_has_a_gateway_and_no_prefix(void **state)
{
	struct route_entry entry = parsed(gateway);

	(void)state;
	assert_int_equal(entry.destination.prefix, 0);
	assert_address(&entry.route.gateway, "192.168.178.1");
}

static void the_first_path_of_several_stands_for_the_route(void **state)
{
	struct route_entry entry = parsed(multipath);

	(void)state;
	assert_int_equal(entry.route.oif, 2);
	assert_address(&entry.route.gateway, "192.168.178.3");
}

static void an_ipv4_route_can_have_an_ipv6_gateway(void **state)
{
	struct route_entry entry = parsed(via);
	char text[CIDR_TEXT_SIZE];

	(void)state;
	assert_string_equal(cidr_format(&entry.destination, text), "10.51.0.0/24");
	assert_address(&entry.route.gateway, "fe80::1");
}

static void a_blackhole_shows_in_the_type(void **state)
{
	struct route_entry entry = parsed(blackhole);

	(void)state;
	assert_string_equal(route_type_name(entry.route.type), "blackhole");
	assert_int_equal(entry.route.oif, 0);
	assert_string_equal(route_type_name(200), "unknown");
}

static void the_default_route_is_the_one_of_the_main_table_with_the_lowest_metric(void **state)
{
	struct route_entry items[] = {parsed(blackhole), parsed(gateway), parsed(gateway),
				      parsed(gateway)};
	struct route_list list = {items, 4, 4};

	(void)state;
	items[1].priority = 600;
	items[2].priority = 100;
	items[3].priority = 1;
	items[3].route.table = 51820;
	assert_ptr_equal(route_default(&list), &items[2]);
	list.count = 1;
	assert_null(route_default(&list));
}

static void a_message_cut_anywhere_is_never_read_past_its_end(void **state)
{
	const char *const all[] = {gateway, multipath, via, answer};
	struct route_entry entry;

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		struct nlmsghdr *message = recorded_message(all[i]);

		for (size_t length = MNL_NLMSG_HDRLEN; length < message->nlmsg_len; length++) {
			struct nlmsghdr *cut = recorded_cut(message, length);

			assert_int_equal(route_parse(cut, &entry),
					 length >= MNL_NLMSG_HDRLEN + sizeof(struct rtmsg));
			free(cut);
		}
		free(message);
	}
}

static void a_path_longer_than_its_attribute_is_left_out(void **state)
{
	struct nlmsghdr *message = recorded_message(multipath);
	struct rtnexthop *hop = (void *)((char *)message + 16 + 12 + 8 + 8 + 4);
	struct route_entry entry;

	(void)state;
	assert_int_equal(hop->rtnh_ifindex, 2);
	hop->rtnh_len = 0xffff;
	assert_true(route_parse(message, &entry));
	assert_int_equal(entry.route.oif, 0);
	hop->rtnh_len = 1;
	assert_true(route_parse(message, &entry));
	assert_int_equal(entry.route.oif, 0);
	free(message);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_answer_names_interface_source_and_no_gateway_on_link),
		cmocka_unit_test(a_default_route_has_a_gateway_and_no_prefix),
		cmocka_unit_test(the_first_path_of_several_stands_for_the_route),
		cmocka_unit_test(an_ipv4_route_can_have_an_ipv6_gateway),
		cmocka_unit_test(a_blackhole_shows_in_the_type),
		cmocka_unit_test(
			the_default_route_is_the_one_of_the_main_table_with_the_lowest_metric),
		cmocka_unit_test(a_message_cut_anywhere_is_never_read_past_its_end),
		cmocka_unit_test(a_path_longer_than_its_attribute_is_left_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
