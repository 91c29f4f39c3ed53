/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probes/cgroup.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <string.h>

static const char hybrid[] = "9:name=systemd:/user.slice\n"
			     "4:net_cls,net_prio:/vpn\n"
			     "3:cpu,cpuacct:/\n"
			     "0::/user.slice/user-1000.slice\n";

static void has_path(const char *text, const char *controller, const char *expected)
{
	size_t length = 0;
	const char *path = cgroup_path(text, controller, &length);

	assert_non_null(path);
	assert_int_equal(length, strlen(expected));
	assert_memory_equal(path, expected, length);
}

static void the_unified_hierarchy_has_no_controllers(void **state)
{
	(void)state;
	has_path(hybrid, "", "/user.slice/user-1000.slice");
	has_path("0::/\n", "", "/");
	has_path("0::/without/newline", "", "/without/newline");
}

static void a_controller_is_one_of_several(void **state)
{
	size_t length;

	(void)state;
	has_path(hybrid, "net_cls", "/vpn");
	has_path(hybrid, "net_prio", "/vpn");
	has_path(hybrid, "cpuacct", "/");
	assert_null(cgroup_path(hybrid, "net", &length));
	assert_null(cgroup_path(hybrid, "memory", &length));
}

static void broken_lines_hold_nothing(void **state)
{
	static const char *const texts[] = {"", "\n", ":", "0:", "0:net_cls", "net_cls\n0:\n"};
	size_t length;

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		assert_null(cgroup_path(texts[i], "net_cls", &length));
}

static void where_nothing_can_be_read_nothing_is_known(void **state)
{
	struct cgroup_membership cgroup = {.n_ids = 3, .without_class = true};

	(void)state;
	cgroup_read("/nonexistent", &cgroup);
	assert_int_equal(cgroup.n_ids, 0);
	assert_false(cgroup.without_class);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_unified_hierarchy_has_no_controllers),
		cmocka_unit_test(a_controller_is_one_of_several),
		cmocka_unit_test(broken_lines_hold_nothing),
		cmocka_unit_test(where_nothing_can_be_read_nothing_is_known),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
