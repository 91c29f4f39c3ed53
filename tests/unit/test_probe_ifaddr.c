/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probes/ifaddr.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <stdlib.h>

#include <linux/if_addr.h>
#include <linux/rtnetlink.h>

#include "tests/unit/recorded.h"

/* 192.168.178.24/24 on interface 2 */
static const char lan[] =
	"50000000140002000000000000000000021880000200000008000100c0a8b21808000200c0a8b218090003"
	"006c616e3000000000080008008000000014000600ffffffffffffffffee800400ee800400";
/* 172.30.0.1 peer 172.30.0.2/32 on interface 3 */
static const char peer[] =
	"4c000000140002000000000000000000022080000300000008000100ac1e000208000200ac1e0001080003"
	"0062723000080008008000000014000600fffffffffffffffffc800400fc800400";
/* a link-local address of interface 2 */
static const char v6[] =
	"500000001400020000000000000000000a40c0fd0200000014000100fe80000000000000b4b7abfffe11fd"
	"5a14000600fffffffffffffffff2800400f280040008000800c000000005000b0003000000";

static struct local_address parsed(const char *hex)
{
	struct nlmsghdr *message = recorded_message(hex);
	struct local_address entry;

	assert_true(ifaddr_parse(message, &entry));
	free(message);
	return entry;
}

static struct address address(const char *text)
{
	struct address address;

	assert_true(address_parse(text, &address));
	return address;
}

static void assert_network(const struct local_address *entry, const char *expected)
{
	struct cidr network = ifaddr_network(entry);
	char text[CIDR_TEXT_SIZE];

	assert_string_equal(cidr_format(&network, text), expected);
}

static void an_address_has_prefix_interface_and_scope(void **state)
{
	struct local_address entry = parsed(lan);
	struct address expected = address("192.168.178.24");

	(void)state;
	assert_true(address_equal(&entry.address, &expected));
	assert_int_equal(entry.prefix, 24);
	assert_int_equal(entry.ifindex, 2);
	assert_int_equal(entry.scope, RT_SCOPE_UNIVERSE);
	assert_int_equal(entry.flags, IFA_F_PERMANENT);
	assert_int_equal(entry.peer.family, AF_UNSPEC);
	assert_network(&entry, "192.168.178.0/24");
}

static void the_network_of_a_point_to_point_address_is_its_peers(void **state)
{
	struct local_address entry = parsed(peer);
	struct address own = address("172.30.0.1"), other = address("172.30.0.2");

	(void)state;
	assert_true(address_equal(&entry.address, &own));
	assert_true(address_equal(&entry.peer, &other));
	assert_network(&entry, "172.30.0.2/32");
}

static void an_ipv6_address_needs_no_local_attribute(void **state)
{
	struct local_address entry = parsed(v6);

	(void)state;
	assert_int_equal(entry.address.family, AF_INET6);
	assert_int_equal(entry.scope, RT_SCOPE_LINK);
	assert_int_equal(entry.peer.family, AF_UNSPEC);
	assert_network(&entry, "fe80::/64");
}

static void the_longest_network_that_holds_an_address_is_the_one_on_link(void **state)
{
	struct local_address items[] = {
		{.address = address("10.0.0.1"), .prefix = 8, .ifindex = 4},
		{.address = address("10.0.7.1"), .prefix = 24, .ifindex = 5},
		parsed(peer),
	};
	struct local_address_list list = {items, 3, 3};
	struct address near = address("10.0.7.9"), wide = address("10.1.0.1");
	struct address far = address("10.255.0.1"), outside = address("192.168.1.1");
	struct address own = address("172.30.0.1"), other = address("172.30.0.2");

	(void)state;
	assert_ptr_equal(ifaddr_on_link(&list, &near), &items[1]);
	assert_ptr_equal(ifaddr_on_link(&list, &wide), &items[0]);
	assert_ptr_equal(ifaddr_on_link(&list, &far), &items[0]);
	assert_ptr_equal(ifaddr_on_link(&list, &other), &items[2]);
	assert_null(ifaddr_on_link(&list, &outside));
	assert_ptr_equal(ifaddr_find(&list, &own), &items[2]);
	assert_null(ifaddr_find(&list, &other));
}

static void a_primary_address_goes_before_a_secondary(void **state)
{
	struct local_address items[] = {
		{.address = address("fd00::1"), .ifindex = 4},
		{.address = address("10.0.0.2"), .ifindex = 4, .flags = IFA_F_SECONDARY},
		{.address = address("10.0.0.1"), .ifindex = 4},
		{.address = address("10.9.0.2"), .ifindex = 5, .flags = IFA_F_SECONDARY},
	};
	struct local_address_list list = {items, 4, 4};

	(void)state;
	assert_ptr_equal(ifaddr_of_interface(&list, 4, AF_INET), &items[2]);
	assert_ptr_equal(ifaddr_of_interface(&list, 4, AF_INET6), &items[0]);
	assert_ptr_equal(ifaddr_of_interface(&list, 5, AF_INET), &items[3]);
	assert_null(ifaddr_of_interface(&list, 6, AF_INET));
}

static void a_prefix_longer_than_the_address_is_refused(void **state)
{
	struct nlmsghdr *message = recorded_message(lan);
	struct ifaddrmsg *header = mnl_nlmsg_get_payload(message);
	struct local_address entry;

	(void)state;
	header->ifa_prefixlen = 33;
	assert_false(ifaddr_parse(message, &entry));
	free(message);
}

static void a_message_without_an_address_is_refused_wherever_it_is_cut(void **state)
{
	struct nlmsghdr *message = recorded_message(lan);
	struct local_address entry;

	(void)state;
	for (size_t length = MNL_NLMSG_HDRLEN; length < message->nlmsg_len; length++) {
		struct nlmsghdr *cut = recorded_cut(message, length);

		assert_int_equal(ifaddr_parse(cut, &entry), length >= 16 + 8 + 8);
		free(cut);
	}
	free(message);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_address_has_prefix_interface_and_scope),
		cmocka_unit_test(the_network_of_a_point_to_point_address_is_its_peers),
		cmocka_unit_test(an_ipv6_address_needs_no_local_attribute),
		cmocka_unit_test(the_longest_network_that_holds_an_address_is_the_one_on_link),
		cmocka_unit_test(a_primary_address_goes_before_a_secondary),
		cmocka_unit_test(a_prefix_longer_than_the_address_is_refused),
		cmocka_unit_test(a_message_without_an_address_is_refused_wherever_it_is_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
