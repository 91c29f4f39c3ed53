/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probes/neighbour.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <stdlib.h>

#include <linux/neighbour.h>
#include <linux/rtnetlink.h>

#include "tests/unit/recorded.h"

/* 192.168.178.178 at 02:00:00:00:00:b2 on interface 2 */
static const char permanent[] =
	"4c0000001c000200000000000000000002000000020000008000000108000100c0a8b2b20a000200020000"
	"0000b2000008000400000000001400030044000000440000004400000000000000";

static void an_entry_has_state_interface_and_hardware_address(void **state)
{
	static const uint8_t mac[] = {2, 0, 0, 0, 0, 0xb2};
	struct nlmsghdr *message = recorded_message(permanent);
	struct neighbour neighbour;
	char text[ADDRESS_TEXT_SIZE];

	(void)state;
	assert_true(neighbour_parse(message, &neighbour));
	assert_int_equal(neighbour.state, NUD_PERMANENT);
	assert_int_equal(neighbour.ifindex, 2);
	assert_true(neighbour.has_mac);
	assert_memory_equal(neighbour.mac, mac, sizeof(mac));
	assert_string_equal(address_format(&neighbour.address, text), "192.168.178.178");
	/* cacheinfo: 0x44 ticks of 10 ms */
	assert_int_equal(neighbour.confirmed_ms, 680);
	free(message);
}

static void a_stale_entry_is_known_and_an_incomplete_one_is_neither(void **state)
{
	struct neighbour neighbour = {.state = NUD_STALE};

	(void)state;
	assert_true(neighbour_is_known(&neighbour));
	neighbour.state = NUD_INCOMPLETE;
	assert_false(neighbour_is_known(&neighbour));
	assert_false(neighbour_is_failed(&neighbour));
	neighbour.state = NUD_FAILED;
	assert_false(neighbour_is_known(&neighbour));
	assert_true(neighbour_is_failed(&neighbour));
	neighbour.state = NUD_NONE;
	assert_false(neighbour_is_known(&neighbour));
	assert_false(neighbour_is_failed(&neighbour));
}

static void states_have_the_names_that_ip_neigh_prints(void **state)
{
	(void)state;
	assert_string_equal(neighbour_state_name(NUD_NONE), "NONE");
	assert_string_equal(neighbour_state_name(NUD_REACHABLE), "REACHABLE");
	assert_string_equal(neighbour_state_name(NUD_FAILED), "FAILED");
	assert_string_equal(neighbour_state_name(NUD_FAILED | NUD_STALE), "unknown");
}

static void an_entry_cut_before_its_address_is_refused(void **state)
{
	struct nlmsghdr *message = recorded_message(permanent);
	struct neighbour neighbour;

	(void)state;
	for (size_t length = MNL_NLMSG_HDRLEN; length < message->nlmsg_len; length++) {
		struct nlmsghdr *cut = recorded_cut(message, length);

		assert_int_equal(neighbour_parse(cut, &neighbour), length >= 16 + 12 + 8);
		free(cut);
	}
	free(message);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_entry_has_state_interface_and_hardware_address),
		cmocka_unit_test(a_stale_entry_is_known_and_an_incomplete_one_is_neither),
		cmocka_unit_test(states_have_the_names_that_ip_neigh_prints),
		cmocka_unit_test(an_entry_cut_before_its_address_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
