/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>

#include <cmocka.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>

#include "probes/bridge_port.h"

static const uint8_t mac[6] = {2, 0, 0, 0, 0, 7};

/* What the kernel says of an address that bridge 9 has learnt behind port 5. */
static struct nlmsghdr *learnt(char *buffer, uint8_t family, bool with_master)
{
	struct nlmsghdr *message = mnl_nlmsg_put_header(buffer);
	struct ndmsg *header = mnl_nlmsg_put_extra_header(message, sizeof(*header));

	message->nlmsg_type = RTM_NEWNEIGH;
	header->ndm_family = family;
	header->ndm_ifindex = 5;
	mnl_attr_put(message, NDA_LLADDR, sizeof(mac), mac);
	if (with_master)
		mnl_attr_put_u32(message, NDA_MASTER, 9);
	return message;
}

static void a_learnt_address_names_its_port(void **state)
{
	_Alignas(4) char buffer[256];
	struct bridge_entry entry;

	(void)state;
	assert_true(bridge_entry_parse(learnt(buffer, AF_BRIDGE, true), &entry));
	assert_int_equal(entry.bridge, 9);
	assert_int_equal(entry.port, 5);
	assert_memory_equal(entry.mac, mac, sizeof(mac));
}

static void what_is_no_entry_of_a_bridge_is_left_out(void **state)
{
	_Alignas(4) char buffer[256];
	struct bridge_entry entry;

	(void)state;
	assert_false(bridge_entry_parse(learnt(buffer, AF_INET, true), &entry));
	assert_false(bridge_entry_parse(learnt(buffer, AF_BRIDGE, false), &entry));
	struct nlmsghdr *cut = learnt(buffer, AF_BRIDGE, true);
	cut->nlmsg_len = sizeof(struct nlmsghdr) + 4;
	assert_false(bridge_entry_parse(cut, &entry));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_learnt_address_names_its_port),
		cmocka_unit_test(what_is_no_entry_of_a_bridge_is_left_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
