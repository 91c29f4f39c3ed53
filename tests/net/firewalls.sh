# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# Real firewalls on the lab's host. Each helper first makes sure that the settings it is about to
# write are the lab's copy: a mistake here would change the firewall of whoever runs the tests.

# host_ufw ARGUMENTS…: ufw in the host namespace.
host_ufw()
{
	if ! lab_is_private /etc/ufw || ! lab_is_private /etc/default; then
		bail "ufw would write the real /etc/ufw"
	fi
	in_host ufw "$@" >"$LAB/ufw.out" 2>&1 && return
	note "ufw $* failed: $(cat "$LAB/ufw.out")"
	return 1
}

# host_ufw_on: a fresh ufw with its defaults (deny incoming), switched on.
host_ufw_on()
{
	# A reset keeps the default policy.
	if ! host_ufw --force reset || ! host_ufw default deny incoming || ! host_ufw --force enable; then
		bail "ufw cannot be enabled here"
	fi
}

host_ufw_off()
{
	host_ufw disable
}

# host_firewalld_start: firewalld with a system bus of its own; ends with the lab.
host_firewalld_start()
{
	lab_is_private /etc/firewalld || bail "firewalld would write the real /etc/firewalld"
	lab_is_private /run/dbus || bail "the bus would replace the real one"
	sed -i 's/^FirewallBackend=.*/FirewallBackend=nftables/' /etc/firewalld/firewalld.conf
	in_host dbus-daemon --system --nofork --nopidfile >"$LAB/dbus.out" 2>&1 &
	wait_for test -S /run/dbus/system_bus_socket || bail "no system bus: $(cat "$LAB/dbus.out")"
	in_host firewalld --nofork --nopid >"$LAB/firewalld.out" 2>&1 &
	wait_for host_firewalld_ready || bail "firewalld does not start: $(cat "$LAB/firewalld.out")"
}

host_firewalld_ready()
{
	in_host firewall-cmd --state >/dev/null 2>&1
}

# host_nft: load a ruleset from stdin.
host_nft()
{
	in_host nft -f - || bail "nft does not take the test's ruleset"
}

# host_rules: the whole ruleset as text without counters, to compare before with after.
host_rules()
{
	in_host nft -s list ruleset 2>/dev/null
}
