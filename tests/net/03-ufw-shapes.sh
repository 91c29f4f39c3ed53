#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# time limit: 300 s
# The shapes that a ufw block takes, each diagnosed and cured at the right position.
. "$(dirname "$0")/lib.sh"

lab_up
firmware
start_device || bail "no device"

# fresh RULE…: ufw with its defaults and these rules, one argument each.
fresh()
{
	local rule

	host_ufw_on
	for rule; do
		# Split on purpose: a rule is written as one types it.
		# shellcheck disable=SC2086
		host_ufw $rule || bail "ufw does not take: $rule"
	done
}

fresh "default reject incoming"
blocked "default reject" firewall-reject rule ufw-reject-input ufw
cured "default reject" 18266 18267

fresh "deny from $device_address"
blocked "a deny of the device" firewall-drop rule ufw-user-input ufw
cured "a deny of the device" 18266 18267

fresh "deny from 192.168.178.0/24"
blocked "a deny of the subnet" firewall-drop rule ufw-user-input ufw
cured "a deny of the subnet" 18266 18267

fresh "deny in on eth0"
blocked "a deny on the interface" firewall-drop rule ufw-user-input ufw
cured "a deny on the interface" 18266 18267

fresh "deny 18000:19000/tcp"
blocked "a deny of a port range" firewall-drop rule ufw-user-input ufw
like "the rule is named as ufw would" '18000:19000/tcp' "$err"
cured "a deny of a port range" 18266 18267

fresh "deny from 192.168.178.0/24" "allow from $device_address to any port 18266 proto tcp"
blocked "an allow behind a deny" firewall-drop rule ufw-user-input ufw
doctor --fix -i "$device_address"
cp "$LAB/out" "$LAB/cure.sh"
host_sh "$LAB/cure.sh"
is "an allow behind a deny: the cure runs" 0 "$status"
uploads "an allow behind a deny: cured"
is_shut "an allow behind a deny: another host" other 18266
is_shut "an allow behind a deny: the next port" device 18267

fresh "reject 18266/tcp" "default allow incoming"
blocked "a reject of the port, all else allowed" firewall-reject rule ufw-user-input ufw -P 18266

fresh "allow from $device_address to any port 20000 proto tcp"
doctor check -i "$device_address" --json
is "an allow on another port: check is clear" 0 "$status"
json_is "an allow on another port: that port" '.host.port' 20000
json_is "an allow on another port: its source" '.host.port_source' open
json_is "an allow on another port: said as a warning" \
	'.findings[] | select(.id == "default-port-shut") | .severity' warning
uploads "an allow on another port, without -P"
like "an allow on another port: said in the text" 'default-port-shut|18266' "$err"
doctor check -i "$device_address" -P 18266 --json
is "an allow on another port: with -P that port and no other" 3 "$status"
doctor ports -i "$device_address"
is "an allow on another port: ports lists it" 20000-20000 "$out"
doctor --fix -i "$device_address"
like "an allow on another port: --fix cures 18266 all the same" 'port 18266' "$out"

fresh "allow from 192.168.178.0/24 to any port 18266 proto tcp"
uploads "the subnet is allowed on 18266"
doctor --fix -i "$device_address"
is "nothing to cure: --fix prints nothing" "" "$out"
is "nothing to cure: exit 0" 0 "$status"
like "nothing to cure: stderr says why" . "$err"

fresh "allow 5000:5010/tcp" "limit 6000/tcp"
doctor ports -i "$device_address"
like "ranges: allowed" '^5000-5010$' "$out"
like "a limited port: the device has not knocked" '^6000-6000$' "$out"
for _ in 1 2 3 4 5; do
	can_connect "a limited port" device 6000
done
doctor ports -i "$device_address"
unlike "a limited port is not promised to who has knocked five times" '6000' "$out"
doctor check -i "$device_address" -P 6000 --json
is "a limited port, five times: cannot tell" 7 "$status"
json_is "a limited port, five times: why" '.findings[0].id' firewall-undecided

done_testing
