/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What follows from the routing tables for whom no kernel can be asked, and what does not. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <linux/if_addr.h>
#include <linux/rtnetlink.h>

#include "base/cleanup.h"
#include "probes/route_lookup.h"

enum { LAN = 2, WIFI = 3 };

static struct address address(const char *text)
{
	struct address ret;

	assert_true(address_parse(text, &ret));
	return ret;
}

static struct route_entry entry(const char *destination, uint32_t table, uint8_t type, uint32_t oif)
{
	struct route_entry ret = {.route = {.type = type, .table = table, .oif = oif}};

	assert_true(cidr_parse(destination, &ret.destination));
	return ret;
}

/* Of a host 192.168.1.2/24 on LAN with the router .1, and 10.0.0.2/8 on WIFI. */
struct tables {
	struct route_entry entries[16];
	struct local_address own[8];
	struct route_list routes;
	struct local_address_list addresses;
};

static void add_route(struct tables *tables, struct route_entry route)
{
	tables->entries[tables->routes.count++] = route;
}

static void tables_init(struct tables *tables)
{
	struct route_entry via = entry("0.0.0.0/0", RT_TABLE_MAIN, RTN_UNICAST, LAN);
	struct route_entry lan = entry("192.168.1.0/24", RT_TABLE_MAIN, RTN_UNICAST, LAN);

	via.route.gateway = address("192.168.1.1");
	lan.route.source = address("192.168.1.2");
	*tables = (struct tables){
		.own = {{.address = address("192.168.1.2"), .prefix = 24, .ifindex = LAN},
			{.address = address("10.0.0.2"), .prefix = 8, .ifindex = WIFI}},
		.routes.items = tables->entries,
		.addresses = {.items = tables->own, .count = 2},
	};
	add_route(tables, entry("192.168.1.2/32", RT_TABLE_LOCAL, RTN_LOCAL, LAN));
	add_route(tables, entry("192.168.1.255/32", RT_TABLE_LOCAL, RTN_BROADCAST, LAN));
	add_route(tables, lan);
	add_route(tables, entry("10.0.0.0/8", RT_TABLE_MAIN, RTN_UNICAST, WIFI));
	add_route(tables, via);
}

static bool look(const struct tables *tables, const char *destination, struct route *ret)
{
	struct route_query query = {.destination = address(destination)};

	return route_lookup(&query, &tables->routes, &tables->addresses, ret);
}

static void is_source(const struct route *route, const char *text)
{
	struct address expected = address(text);

	assert_true(address_equal(&route->source, &expected));
}

static void the_longest_prefix_of_the_first_table_decides(void **)
{
	struct tables tables;
	struct route route;

	tables_init(&tables);
	assert_true(look(&tables, "192.168.1.77", &route));
	assert_int_equal(route.oif, LAN);
	assert_int_equal(route.gateway.family, AF_UNSPEC);
	is_source(&route, "192.168.1.2");
	assert_true(look(&tables, "10.1.2.3", &route));
	assert_int_equal(route.oif, WIFI);
	is_source(&route, "10.0.0.2"); /* the interface's */
	assert_true(look(&tables, "203.0.113.5", &route));
	assert_int_equal(route.oif, LAN);
	assert_int_equal(route.gateway.family, AF_INET);
	is_source(&route, "192.168.1.2");
	assert_true(look(&tables, "192.168.1.2", &route));
	assert_int_equal(route.type, RTN_LOCAL);
	assert_int_equal(route.oif, 1);
	assert_false(look(&tables, "192.168.1.255", &route));
}

static void the_lower_metric_wins_and_a_tie_is_unknown(void **)
{
	struct tables tables;
	struct route_entry other = entry("10.0.0.0/8", RT_TABLE_MAIN, RTN_UNICAST, LAN);
	struct route route;

	tables_init(&tables);
	tables.entries[3].priority = 100;
	other.priority = 50;
	add_route(&tables, other);
	assert_true(look(&tables, "10.1.2.3", &route));
	assert_int_equal(route.oif, LAN);
	tables.entries[5].priority = 100;
	assert_false(look(&tables, "10.1.2.3", &route));
	assert_true(look(&tables, "192.168.1.7", &route));
}

static void refusals_are_those_of_the_kernel(void **)
{
	struct tables tables;
	struct route route;

	tables_init(&tables);
	add_route(&tables, entry("10.1.0.0/16", RT_TABLE_MAIN, RTN_BLACKHOLE, 0));
	add_route(&tables, entry("10.2.0.0/16", RT_TABLE_MAIN, RTN_PROHIBIT, 0));
	add_route(&tables, entry("10.3.0.0/16", RT_TABLE_MAIN, RTN_UNREACHABLE, 0));
	assert_true(look(&tables, "10.1.0.1", &route));
	assert_int_equal(route.errnum, EINVAL);
	assert_true(look(&tables, "10.2.0.1", &route));
	assert_int_equal(route.errnum, EACCES);
	assert_true(look(&tables, "10.3.0.1", &route));
	assert_int_equal(route.errnum, EHOSTUNREACH);
	tables.routes.count = 4; /* no default route */
	assert_true(look(&tables, "203.0.113.5", &route));
	assert_int_equal(route.errnum, ENETUNREACH);
}

static void what_hangs_on_more_is_unknown(void **)
{
	struct tables tables;
	struct route route;

	tables_init(&tables);
	tables.entries[4].is_multipath = true;
	assert_false(look(&tables, "203.0.113.5", &route));
	tables_init(&tables);
	tables.entries[4].flags = RTNH_F_LINKDOWN;
	assert_false(look(&tables, "203.0.113.5", &route));
	tables_init(&tables);
	tables.entries[0].tos = 16;
	assert_false(look(&tables, "203.0.113.5", &route));
	tables_init(&tables);
	tables.own[1].scope = RT_SCOPE_LINK;
	assert_false(look(&tables, "10.1.2.3", &route));
	tables_init(&tables);
	tables.addresses.count = 1;
	assert_false(look(&tables, "10.1.2.3", &route));
}

static bool look_with(const struct tables *tables, const struct route_query *query,
		      struct route *ret)
{
	return route_lookup(query, &tables->routes, &tables->addresses, ret);
}

static void a_source_of_ours_changes_nothing_any_other_is_unknown(void **)
{
	struct tables tables;
	struct route route;
	struct route_query query = {.destination = address("192.168.1.77"),
				    .source = address("192.168.1.2")};

	tables_init(&tables);
	assert_true(look_with(&tables, &query, &route));
	assert_int_equal(route.oif, LAN);
	assert_int_equal(route.source.family, AF_UNSPEC);
	query.source = address("192.168.1.3");
	assert_false(look_with(&tables, &query, &route));
	query.source = address("192.168.1.2");
	query.mark = 1;
	assert_false(look_with(&tables, &query, &route));
}

static void what_comes_from_where_answers_go_comes_in(void **)
{
	struct tables tables;
	struct route route;
	struct route_query query = {.destination = address("192.168.1.2"),
				    .source = address("192.168.1.77"),
				    .iif = LAN};

	tables_init(&tables);
	assert_true(look_with(&tables, &query, &route));
	assert_int_equal(route.errnum, 0);
	query.iif = WIFI; /* rp_filter decides */
	assert_false(look_with(&tables, &query, &route));
	query.iif = LAN;
	query.source = address("192.168.1.2"); /* a martian */
	assert_false(look_with(&tables, &query, &route));
	query.source = address("192.168.1.77");
	query.destination = address("192.168.1.78"); /* would be forwarded */
	assert_false(look_with(&tables, &query, &route));
}

static void ipv6_is_known_where_there_is_one_address_to_choose(void **)
{
	struct tables tables;
	struct route route;

	tables_init(&tables);
	tables.own[2] = (struct local_address){.address = address("fe80::2"),
					       .prefix = 64,
					       .ifindex = LAN,
					       .scope = RT_SCOPE_LINK};
	tables.own[3] =
		(struct local_address){.address = address("fd00::2"), .prefix = 64, .ifindex = LAN};
	tables.addresses.count = 4;
	add_route(&tables, entry("fd00::/64", RT_TABLE_MAIN, RTN_UNICAST, LAN));
	assert_true(look(&tables, "fd00::77", &route));
	is_source(&route, "fd00::2");
	assert_false(look(&tables, "fe80::77", &route));
	assert_false(look(&tables, "2001:db8::1", &route));
	tables.own[4] = tables.own[3];
	tables.own[4].address = address("fd00::3");
	tables.addresses.count = 5;
	assert_false(look(&tables, "fd00::77", &route));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_longest_prefix_of_the_first_table_decides),
		cmocka_unit_test(the_lower_metric_wins_and_a_tie_is_unknown),
		cmocka_unit_test(refusals_are_those_of_the_kernel),
		cmocka_unit_test(what_hangs_on_more_is_unknown),
		cmocka_unit_test(a_source_of_ours_changes_nothing_any_other_is_unknown),
		cmocka_unit_test(what_comes_from_where_answers_go_comes_in),
		cmocka_unit_test(ipv6_is_known_where_there_is_one_address_to_choose),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
