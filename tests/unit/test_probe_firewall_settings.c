/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probes/firewall_settings.h"

#include "tests/unit/scratch.h"

static void the_last_value_counts_without_quotes_and_comment(void **state)
{
	static const char text[] = "# KEY=no\nKEY=first\nOTHER=x\n KEY = \"second one\" # why\n"
				   "KEYS=no\nBARE=yes# off\nEMPTY=\n";
	char value[32];

	(void)state;
	assert_true(firewall_setting(text, "KEY", value, sizeof(value)));
	assert_string_equal(value, "second one");
	assert_true(firewall_setting(text, "BARE", value, sizeof(value)));
	assert_string_equal(value, "yes");
	assert_true(firewall_setting(text, "EMPTY", value, sizeof(value)));
	assert_string_equal(value, "");
	assert_false(firewall_setting(text, "MISSING", value, sizeof(value)));
	assert_true(firewall_setting(text, "KEY", value, 4));
	assert_string_equal(value, "sec");
}

static void ufw_as_debian_ships_it_is_off_and_would_drop(void **state)
{
	struct scratch scratch = scratch_new();
	struct ufw_settings ufw;

	(void)state;
	scratch_write(&scratch, "/etc/ufw/ufw.conf",
		      "# Set to yes to start on boot.\nENABLED=no\n\nLOGLEVEL=low\n");
	scratch_write(&scratch, "/etc/default/ufw",
		      "IPV6=yes\nDEFAULT_INPUT_POLICY=\"DROP\"\nDEFAULT_OUTPUT_POLICY=\"ACCEPT\"\n"
		      "DEFAULT_FORWARD_POLICY=\"DROP\"\n");
	ufw_settings_read(scratch.root, &ufw);
	assert_true(ufw.installed);
	assert_int_equal(ufw.enabled, 0);
	assert_int_equal(ufw.input, FIREWALL_POLICY_DROP);
	assert_int_equal(ufw.output, FIREWALL_POLICY_ACCEPT);
	scratch_write(&scratch, "/etc/ufw/ufw.conf", "ENABLED=yes\n");
	scratch_write(&scratch, "/etc/default/ufw", "DEFAULT_INPUT_POLICY=\"REJECT\"\n");
	ufw_settings_read(scratch.root, &ufw);
	assert_int_equal(ufw.enabled, 1);
	assert_int_equal(ufw.input, FIREWALL_POLICY_REJECT);
	assert_int_equal(ufw.output, FIREWALL_POLICY_UNKNOWN);
	scratch_remove(&scratch);
}

static void without_files_nothing_is_claimed(void **state)
{
	struct scratch scratch = scratch_new();
	struct firewalld_settings firewalld;
	struct ufw_settings ufw;

	(void)state;
	ufw_settings_read(scratch.root, &ufw);
	assert_false(ufw.installed);
	assert_int_equal(ufw.enabled, -1);
	assert_int_equal(ufw.input, FIREWALL_POLICY_UNKNOWN);
	firewalld_settings_read(scratch.root, &firewalld);
	assert_false(firewalld.installed);
	assert_int_equal(firewalld.running, 0);
	assert_string_equal(firewalld.default_zone, "");
	assert_int_equal(firewalld.target, FIREWALL_POLICY_UNKNOWN);
	scratch_remove(&scratch);
}

static void a_process_named_firewalld_means_that_it_runs(void **state)
{
	struct scratch scratch = scratch_new();
	struct firewalld_settings firewalld;

	(void)state;
	scratch_write(&scratch, "/etc/firewalld/firewalld.conf", "DefaultZone=public\n");
	scratch_write(&scratch, "/proc/77/comm", "sshd\n");
	firewalld_settings_read(scratch.root, &firewalld);
	assert_true(firewalld.installed);
	assert_int_equal(firewalld.running, -1);
	scratch_write(&scratch, "/proc/1/comm", "systemd\n");
	firewalld_settings_read(scratch.root, &firewalld);
	assert_int_equal(firewalld.running, 0);
	scratch_write(&scratch, "/proc/77/comm", "firewalld\n");
	firewalld_settings_read(scratch.root, &firewalld);
	assert_int_equal(firewalld.running, 1);
	scratch_remove(&scratch);
}

static void the_default_zone_is_read_from_etc_before_usr(void **state)
{
	struct scratch scratch = scratch_new();
	struct firewalld_settings firewalld;

	(void)state;
	scratch_write(&scratch, "/etc/firewalld/firewalld.conf", "DefaultZone=home\n");
	scratch_write(&scratch, "/usr/lib/firewalld/zones/home.xml", "<zone target=\"DROP\"/>");
	firewalld_settings_read(scratch.root, &firewalld);
	assert_string_equal(firewalld.default_zone, "home");
	assert_int_equal(firewalld.target, FIREWALL_POLICY_DROP);
	scratch_write(&scratch, "/etc/firewalld/zones/home.xml", "<zone target=\"ACCEPT\"/>");
	firewalld_settings_read(scratch.root, &firewalld);
	assert_int_equal(firewalld.target, FIREWALL_POLICY_ACCEPT);
	scratch_write(&scratch, "/etc/firewalld/firewalld.conf", "DefaultZone=../zones/home\n");
	firewalld_settings_read(scratch.root, &firewalld);
	assert_int_equal(firewalld.target, FIREWALL_POLICY_UNKNOWN);
	scratch_remove(&scratch);
}

static void a_zone_without_target_rejects_and_shows_its_own_tcp_ports(void **state)
{
	static const char text[] =
		"<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<zone>\n  <short>Fedora</short>\n"
		"  <!-- <port protocol=\"tcp\" port=\"1\"/> -->\n"
		"  <service name=\"ssh\"/>\n  <port protocol=\"udp\" port=\"1025-65535\"/>\n"
		"  <port protocol=\"tcp\" port=\"1025-65535\"/>\n  <port port=\"80\" "
		"protocol=\"tcp\"/>\n"
		"  <rule family=\"ipv4\"><port port=\"7\" protocol=\"tcp\"/><drop/></rule>\n"
		"  <port port=\"65536\" protocol=\"tcp\"/>\n</zone>\n";
	struct firewalld_settings firewalld = {0};

	(void)state;
	firewalld_zone_parse(text, &firewalld);
	assert_int_equal(firewalld.target, FIREWALL_POLICY_REJECT);
	assert_int_equal(firewalld.open_count, 2);
	assert_int_equal(firewalld.open[0].first, 1025);
	assert_int_equal(firewalld.open[0].last, 65535);
	assert_int_equal(firewalld.open[1].first, 80);
	assert_int_equal(firewalld.open[1].last, 80);
}

static void a_text_that_is_no_zone_has_no_target(void **state)
{
	static const char *const texts[] = {
		"",        "<",     "<zone",           "<!--",   "<!-- <zone/>", "zone",
		"<zones>", "<port", "<zone target=\"", "</zone>"};
	struct firewalld_settings firewalld = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		firewalld_zone_parse(texts[i], &firewalld);
		assert_int_equal(firewalld.target, FIREWALL_POLICY_UNKNOWN);
		assert_int_equal(firewalld.open_count, 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_last_value_counts_without_quotes_and_comment),
		cmocka_unit_test(ufw_as_debian_ships_it_is_off_and_would_drop),
		cmocka_unit_test(without_files_nothing_is_claimed),
		cmocka_unit_test(a_process_named_firewalld_means_that_it_runs),
		cmocka_unit_test(the_default_zone_is_read_from_etc_before_usr),
		cmocka_unit_test(a_zone_without_target_rejects_and_shows_its_own_tcp_ports),
		cmocka_unit_test(a_text_that_is_no_zone_has_no_target),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
