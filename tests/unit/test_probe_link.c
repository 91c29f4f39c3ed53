/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probes/link.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <net/if_arp.h>
#include <stdlib.h>

#include <linux/if_link.h>
#include <linux/rtnetlink.h>

#include "tests/unit/recorded.h"

/* lan0: a veth whose peer is in another namespace */
static const char veth[] =
	"2001000010000200000000000000000000000100020000004310010000000000090003006c616e30000000"
	"0008000d00e803000005001000060000000500110000000000050043000000000008000400dc0500000800"
	"1b000000000008001e000000000008003d000000000008001f000200000008002800ffff00000800290000"
	"00010008003a00000001000800420000000000080020000200000005002100010000000800230002000000"
	"08002f000100000008003000010000000600440000000000060045000000000005002700000000000a0001"
	"00b6b7ab11fd5a00000a000200ffffffffffff000010001200090001007665746800000000080025000000"
	"000008000500020000000c0006006e6f71756575650004003e8004004180";
/* br0 */
static const char bridge[] =
	"9802000010000200000000000000000000000100030000000310000000000000080003006272300008000d"
	"00e803000005001000020000000500110000000000050043000100000008000400dc05000008001b000000"
	"000008001e000000000008003d000000000008001f000100000008002800ffff0000080029000000010008"
	"003a0000000100080042000000000008002000010000000500210000000000080023000100000008002f00"
	"0000000008003000010000000600440000000000060045000000000005002700000000000a0001004ac882"
	"02b45b00000a000200ffffffffffff00009c0112000b00010062726964676500008c0102000c0010000000"
	"0000000000000c00110000000000000000000c00120000000000000000000c001300e97400000000000008"
	"000100dc05000008000200c800000008000300d00700000800040030750000080005000000000006000600"
	"00800000050007000000000006000900000000000c000b0080004ac88202b45b0c000a0080004ac88202b4"
	"5b06000c000000000008000d000000000005000e000000000005000f00000000000a0014000180c2000000"
	"00000c002e00000000001f0000000800300000000000080031000000000005001600010000000500170001"
	"0000000500180000000000050019000000000005002a000000000008001a001000000008001b0000100000"
	"08001c000200000008001d000200000005002b000200000005002c00010000000c001e0064000000000000"
	"000c001f0090650000000000000c0020009c630000000000000c002100d4300000000000000c002200e803"
	"0000000000000c002300340c0000000000000500240000000000050025000000000005002600000000000c"
	"0006006e6f71756575650004003e8004004180";
/* tap0, a port of br0 */
static const char tap[] =
	"9c020000100002000000000000000000000001000400000002100000000000000900030074617030000000"
	"0008000d00e803000005001000020000000500110000000000050043000000000008000400dc0500000800"
	"1b000000000008001e000100000008003d000100000008001f000100000008002800ffff00000800290000"
	"00010008003a00000001000800420000000000080020000100000008000a00030000000500210000000000"
	"080023000100000008002f0000000000080030000100000006004400000000000600450000000000050027"
	"00000000000a0001004ac88202b45b00000a000200ffffffffffff0000940112000800010074756e002c00"
	"0200050003000200000005000400000000000500050000000000050006000100000005000700000000000b"
	"00040062726964676500005001050005000100000000000600020020000000080003000200000005000400"
	"0000000005000500000000000500060000000000050007000000000005001c000000000005000800010000"
	"00050009000100000005001b000100000005001e000100000005000a000000000005000c00000000000c00"
	"0d0080004ac88202b45b0c000e0080004ac88202b45b06000f000180000006001000000000000600110001"
	"80000006001200010000000500130000000000050014000000000005001d000000000006001f0000000000"
	"05002000000000000500230000000000050024000000000005002100000000000500270000000000050028"
	"000000000005002b00000000000c00150000000000000000000c00160000000000000000000c0017000000"
	"000000000000050019000100000008002500000200000800260000000000080029000000000008002a0000"
	"000000090006006e6f6f700000000004003e8004004180";

static struct link parsed(const char *hex)
{
	struct nlmsghdr *message = recorded_message(hex);
	struct link link;

	assert_true(link_parse(message, &link));
	free(message);
	return link;
}

static void a_veth_shows_kind_address_and_foreign_peer(void **state)
{
	struct link link = parsed(veth);
	char text[LINK_MAC_TEXT_SIZE];

	(void)state;
	assert_string_equal(link.name, "lan0");
	assert_string_equal(link.kind, "veth");
	assert_string_equal(link.port_kind, "");
	assert_int_equal(link.index, 2);
	assert_int_equal(link.type, ARPHRD_ETHER);
	assert_int_equal(link.mtu, 1500);
	assert_int_equal(link.master, 0);
	assert_true(link.has_peer_netns);
	assert_true(link.has_mac);
	assert_string_equal(link_mac_format(link.mac, text), "b6:b7:ab:11:fd:5a");
	assert_false(link.has_xdp);
	assert_true(link_is_up(&link));
	assert_false(link_is_loopback(&link));
	assert_false(link_is_tunnel(&link));
}

static void a_tap_is_a_tunnel_and_knows_its_bridge(void **state)
{
	struct link link = parsed(tap);

	(void)state;
	assert_string_equal(link.kind, "tun");
	assert_string_equal(link.port_kind, "bridge");
	assert_int_equal(link.master, 3);
	assert_false(link.has_peer_netns);
	assert_true(link_is_tunnel(&link));
}

static void a_bridge_of_taps_only_is_virtual(void **state)
{
	struct link links[] = {parsed(bridge), parsed(tap), parsed(veth)};
	struct link_list list = {links, 3, 3};

	(void)state;
	assert_true(link_is_virtual_bridge(&list, &links[0]));
	assert_false(link_is_virtual_bridge(&list, &links[1]));
	links[2].master = links[0].index;
	assert_true(link_is_virtual_bridge(&list, &links[0]));
	links[2].kind[0] = '\0';
	assert_false(link_is_virtual_bridge(&list, &links[0]));
}

static void links_are_found_by_name_and_index(void **state)
{
	struct link links[] = {parsed(bridge), parsed(tap)};
	struct link_list list = {links, 2, 2};

	(void)state;
	assert_ptr_equal(link_by_name(&list, "tap0"), &links[1]);
	assert_ptr_equal(link_by_index(&list, 3), &links[0]);
	assert_null(link_by_name(&list, "tap"));
	assert_null(link_by_index(&list, 0));
}

static void point_to_point_is_a_tunnel_whatever_its_kind(void **state)
{
	const struct link ppp = {.flags = IFF_POINTOPOINT}, wireguard = {.kind = "wireguard"};
	const struct link wired = {.flags = IFF_BROADCAST};

	(void)state;
	assert_true(link_is_tunnel(&ppp));
	assert_true(link_is_tunnel(&wireguard));
	assert_false(link_is_tunnel(&wired));
}

/* A hand-made interface with an XDP attribute. */
static bool xdp_seen(uint8_t mode)
{
	char buffer[512] = {0};
	struct nlmsghdr *message = mnl_nlmsg_put_header(buffer);
	struct ifinfomsg *header = mnl_nlmsg_put_extra_header(message, sizeof(*header));
	struct nlattr *nest;
	struct link link;

	message->nlmsg_type = RTM_NEWLINK;
	header->ifi_index = 7;
	mnl_attr_put_strz(message, IFLA_IFNAME, "eth0");
	nest = mnl_attr_nest_start(message, IFLA_XDP);
	mnl_attr_put_u8(message, IFLA_XDP_ATTACHED, mode);
	mnl_attr_nest_end(message, nest);
	assert_true(link_parse(message, &link));
	assert_false(link.has_mac);
	return link.has_xdp;
}

static void an_attached_xdp_program_is_seen_and_none_is_not(void **state)
{
	(void)state;
	assert_true(xdp_seen(XDP_ATTACHED_SKB));
	assert_true(xdp_seen(XDP_ATTACHED_DRV));
	assert_false(xdp_seen(XDP_ATTACHED_NONE));
}

static void a_message_cut_anywhere_is_never_read_past_its_end(void **state)
{
	struct nlmsghdr *message = recorded_message(tap);
	struct link link;

	(void)state;
	for (size_t length = MNL_NLMSG_HDRLEN; length < message->nlmsg_len; length++) {
		struct nlmsghdr *cut = recorded_cut(message, length);

		if (link_parse(cut, &link))
			assert_string_equal(link.name, "tap0");
		else
			assert_true(length < MNL_NLMSG_HDRLEN + sizeof(struct ifinfomsg) + 12);
		free(cut);
	}
	free(message);
}

static void messages_of_another_type_are_refused(void **state)
{
	struct nlmsghdr *message = recorded_message(veth);
	struct link link;

	(void)state;
	message->nlmsg_type = RTM_DELLINK;
	assert_false(link_parse(message, &link));
	free(message);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_veth_shows_kind_address_and_foreign_peer),
		cmocka_unit_test(a_tap_is_a_tunnel_and_knows_its_bridge),
		cmocka_unit_test(a_bridge_of_taps_only_is_virtual),
		cmocka_unit_test(links_are_found_by_name_and_index),
		cmocka_unit_test(point_to_point_is_a_tunnel_whatever_its_kind),
		cmocka_unit_test(an_attached_xdp_program_is_seen_and_none_is_not),
		cmocka_unit_test(a_message_cut_anywhere_is_never_read_past_its_end),
		cmocka_unit_test(messages_of_another_type_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
