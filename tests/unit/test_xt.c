/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>
#include <netinet/in.h>
#include <linux/netfilter.h>
#include <linux/netfilter/xt_conntrack.h>

#include "rules/xt.h"

#define BYTES(array) ((struct bytes){(const uint8_t *)(array), sizeof(array)})

/* As UFW's rule "-p tcp -m multiport --dports 20000:30000,22" is dumped by the kernel. */
static void a_flagged_port_of_multiport_begins_a_range(void **state)
{
	uint8_t info[48] = {1, 3, [2] = 0x20, 0x4e, 0x30, 0x75, 22, 0, [32] = 1};
	struct xt_extension match;

	(void)state;
	assert_true(xt_match_decode("multiport", 1, BYTES(info), NFPROTO_IPV4, &match));
	assert_int_equal(match.kind, XT_MULTIPORT);
	assert_int_equal(match.multiport.side, XT_SIDE_DEST);
	assert_int_equal(match.multiport.n_ranges, 2);
	assert_int_equal(match.multiport.ranges[0].min, 20000);
	assert_int_equal(match.multiport.ranges[0].max, 30000);
	assert_int_equal(match.multiport.ranges[1].min, 22);
	assert_int_equal(match.multiport.ranges[1].max, 22);
}

static void more_ports_than_multiport_can_hold_are_unknown(void **state)
{
	uint8_t info[48] = {1, 16};
	struct xt_extension match;

	(void)state;
	assert_false(xt_match_decode("multiport", 1, BYTES(info), NFPROTO_IPV4, &match));
	assert_int_equal(match.kind, XT_UNKNOWN);
}

static void a_blob_shorter_than_its_structure_is_unknown(void **state)
{
	uint8_t info[46] = {1, 1, 22};
	struct xt_extension match;

	(void)state;
	assert_false(xt_match_decode("multiport", 1, BYTES(info), NFPROTO_IPV4, &match));
	assert_int_equal(match.kind, XT_UNKNOWN);
}

static void all_revisions_of_conntrack_say_the_same(void **state)
{
	struct xt_conntrack_mtinfo1 one = {
		.match_flags = XT_CONNTRACK_STATE | XT_CONNTRACK_ORIGDST_PORT,
		.origdst_port = htons(22),
		.state_mask = 6,
	};
	struct xt_conntrack_mtinfo2 two = {
		.match_flags = XT_CONNTRACK_STATE | XT_CONNTRACK_ORIGDST_PORT,
		.origdst_port = htons(22),
		.state_mask = 6,
	};
	struct xt_conntrack_mtinfo3 three = {
		.match_flags = XT_CONNTRACK_STATE | XT_CONNTRACK_ORIGDST_PORT,
		.origdst_port = 22,
		.origdst_port_high = 22,
		.state_mask = 6,
	};
	const struct bytes infos[] = {{(const uint8_t *)&one, sizeof(one)},
				      {(const uint8_t *)&two, sizeof(two)},
				      {(const uint8_t *)&three, sizeof(three)}};

	(void)state;
	for (uint32_t i = 0; i < 3; i++) {
		struct xt_extension match;

		assert_true(xt_match_decode("conntrack", i + 1, infos[i], NFPROTO_IPV4, &match));
		assert_int_equal(match.conntrack.tests, XT_TEST_STATE | XT_TEST_ORIG_DST_PORT);
		assert_int_equal(match.conntrack.state, XT_STATE_ESTABLISHED | XT_STATE_RELATED);
		assert_int_equal(match.conntrack.orig_dst_port.min, 22);
		assert_int_equal(match.conntrack.orig_dst_port.max, 22);
	}
}

static void the_code_of_reject_depends_on_the_family(void **state)
{
	uint8_t info[8] = {1};
	struct xt_extension target;

	(void)state;
	assert_true(xt_target_decode("REJECT", 0, BYTES(info), NFPROTO_IPV4, &target));
	assert_int_equal(target.reject.icmp_code, 1); /* host unreachable */
	assert_true(xt_target_decode("REJECT", 0, BYTES(info), NFPROTO_IPV6, &target));
	assert_int_equal(target.reject.icmp_code, 1); /* administratively prohibited */
	info[0] = 6;
	assert_true(xt_target_decode("REJECT", 0, BYTES(info), NFPROTO_IPV6, &target));
	assert_true(target.reject.tcp_reset);
	info[0] = 9;
	assert_false(xt_target_decode("REJECT", 0, BYTES(info), NFPROTO_IPV6, &target));
}

static void a_name_of_ebtables_is_unknown_in_a_bridge_table(void **state)
{
	uint8_t info[40] = {};
	struct xt_extension match;

	(void)state;
	assert_true(xt_match_decode("limit", 0, BYTES(info), NFPROTO_IPV4, &match));
	assert_false(xt_match_decode("limit", 0, BYTES(info), NFPROTO_BRIDGE, &match));
}

static void a_prefix_without_its_nul_is_cut_at_its_field(void **state)
{
	uint8_t info[32];
	struct xt_extension target;

	(void)state;
	memset(info, 'x', sizeof(info));
	assert_true(xt_target_decode("LOG", 0, BYTES(info), NFPROTO_IPV4, &target));
	assert_int_equal(strlen(target.text), 30);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_flagged_port_of_multiport_begins_a_range),
		cmocka_unit_test(more_ports_than_multiport_can_hold_are_unknown),
		cmocka_unit_test(a_blob_shorter_than_its_structure_is_unknown),
		cmocka_unit_test(all_revisions_of_conntrack_say_the_same),
		cmocka_unit_test(the_code_of_reject_depends_on_the_family),
		cmocka_unit_test(a_name_of_ebtables_is_unknown_in_a_bridge_table),
		cmocka_unit_test(a_prefix_without_its_nul_is_cut_at_its_field),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
