/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probes/resolve.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "probes/deadline.h"
#include "probes/resolve_system.h"

static void names_in_local_are_known_by_their_end(void **state)
{
	(void)state;
	assert_true(resolve_is_local_name("esp.local"));
	assert_true(resolve_is_local_name("ESP.Local."));
	assert_false(resolve_is_local_name("local"));
	assert_false(resolve_is_local_name(".local"));
	assert_false(resolve_is_local_name("esp.local.example.org"));
	assert_false(resolve_is_local_name("esplocal"));
	assert_false(resolve_is_local_name(""));
}

static void a_numeric_address_is_its_own_answer(void **state)
{
	const struct link_list links = {0};
	struct address expected = address_v4(0xc0a8b2b2);
	struct resolved resolved;

	(void)state;
	assert_int_equal(resolve_read("192.168.178.178", &links, 0, &resolved, NULL), 0);
	assert_int_equal(resolved.count, 1);
	assert_true(address_equal(&resolved.addresses[0], &expected));
	assert_int_equal(resolved.source, RESOLVE_NUMERIC);
}

static void an_ipv6_address_is_said_to_be_one(void **state)
{
	const struct link_list links = {0};
	struct resolved resolved;
	struct error err;

	(void)state;
	assert_int_equal(resolve_read("fd00::1", &links, 0, &resolved, &err), -ENOENT);
	assert_true(resolved.only_ipv6);
	assert_non_null(strstr(err.text, "fd00::1"));
}

static void half_an_address_is_not_completed(void **state)
{
	static const char *const texts[] = {"192.168.178", "192.168.178.999", "1.2.3.4.5", "17",
					    ""};
	const struct link_list links = {0};
	struct resolved resolved;
	struct error err;

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		assert_int_equal(resolve_read(texts[i], &links, 0, &resolved, &err), -EINVAL);
		assert_int_equal(resolved.count, 0);
		assert_non_null(strstr(err.text, texts[i]));
	}
}

static void the_child_brings_back_what_getaddrinfo_said(void **state)
{
	struct address expected = address_v4(0x7f000001);
	struct system_answer answer;

	(void)state;
	assert_int_equal(resolve_system("127.0.0.1", deadline_after(10000), &answer, NULL), 0);
	assert_int_equal(answer.gai, 0);
	assert_int_equal(answer.count, 1);
	assert_true(address_equal(&answer.addresses[0], &expected));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_in_local_are_known_by_their_end),
		cmocka_unit_test(a_numeric_address_is_its_own_answer),
		cmocka_unit_test(an_ipv6_address_is_said_to_be_one),
		cmocka_unit_test(half_an_address_is_not_completed),
		cmocka_unit_test(the_child_brings_back_what_getaddrinfo_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
