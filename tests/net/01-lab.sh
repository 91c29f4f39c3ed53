#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The lab itself: its firewalls really block, and nothing of it reaches the machine it runs on.
. "$(dirname "$0")/lib.sh"

lab_lan

can_connect "without a firewall the device connects" device 18266

host_ufw_on
is "ufw's default drops the device's connection" silent "$(reach device 18266)"
host_ufw allow from "$device_address" to any port 18266 proto tcp
can_connect "a ufw rule lets the device in" device 18266
is_shut "and nobody else" other 18266
is_shut "and to no other port" device 18267
host_ufw default reject
is "ufw's reject is seen as a reset" refused "$(reach device 18267)"
host_ufw_off
can_connect "ufw off opens the host again" device 18267

host_nft <<-'END'
	table inet mine {
		chain in {
			type filter hook input priority 0; policy drop;
			iif lo accept
		}
	}
END
is "a plain nft policy drops" silent "$(reach device 18266)"
in_host nft delete table inet mine

host_firewalld_start
is "firewalld's default zone answers with an ICMP error" EHOSTUNREACH "$(reach device 18266)"

watch_device
in_host ping -c 1 -W 1 "$device_address" >/dev/null
is "the witness at the device counts what arrives" 1 "$(device_arrivals)"

run in_host_as_nobody nft list ruleset
isnt "nobody cannot read the rules" 0 "$status"

is "settings are written to the lab's copy" tmpfs "$(stat -f -c %T /etc/ufw)"
grep -q 'ENABLED=no' /etc/ufw/ufw.conf
is "and the last of them is there" 0 $?

done_testing
