#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Whole networks: those of the host's interfaces, one given with --from, and that of several devices.
. "$(dirname "$0")/lib.sh"

# attach_network NAME ADDRESS/LEN: an interface that is no veth, as those are left out.
attach_network()
{
	ip -n host link add link eth0 name "$1" type macvlan 2>/dev/null ||
		skip_all "no macvlan here"
	ip -n host address add "$2" dev "$1" &&
		ip -n host link set "$1" up
}

lab_up
doctor check
is "nothing but a veth: no network to answer for" 4 "$status"
like "nothing but a veth: what was seen" 'route: [0-9]+ addresses of this computer' "$err"

# The host is the first address of its network: the way to itself is no way to its neighbours.
attach_network lan1 10.77.0.1/24
attach_network lan2 10.78.0.1/16
ip -n host link add br0 type bridge
ip -n host address add 10.79.0.1/16 dev br0
ip -n host link set br0 up
if ip -n host tuntap add wg0 mode tun 2>/dev/null; then
	ip -n host address add 10.80.0.1/24 dev wg0
	ip -n host link set wg0 up
fi

doctor check --json
is "no firewall: clear" 0 "$status"
json_is "several networks are a fleet" .mode fleet
json_is "no veth, no tunnel, no bridge for guests" '[.reports[].device.network] | join(" ")' \
	"10.77.0.0/24 10.78.0.0/16"
json_is "of each the interface" '[.reports[].host.interface] | join(" ")' "lan1 lan2"
json_is "summed up" .summary '{"ok":2,"failed":0,"unknown":0}'

# part WHAT ROUTE…: with such a route for a part of lan1's network, the answer for all of it is open.
part()
{
	local what=$1
	shift

	ip -n host route add "$@"
	doctor check --from 10.77.0.0/24 --json
	is "$what: cannot tell" 7 "$status"
	json_is "$what: finding" '.findings[0].id' firewall-undecided
	like "$what: which part" '10\.77\.0\.128/25: ' "$(jq -r '.findings[0].evidence[].text' "$LAB/out")"
	ip -n host route del "$@"
}
part "a part that nothing leads to" blackhole 10.77.0.128/25
part "a part behind another interface" 10.77.0.128/25 dev lan2
part "a part behind a router elsewhere" 10.77.0.128/25 via 10.78.0.9
ip -n host route add 10.77.0.128/25 via 10.77.0.9
doctor check --from 10.77.0.0/24
is "a part behind a router on the same interface: clear" 0 "$status"
ip -n host route del 10.77.0.128/25
doctor check --from 10.77.0.0/16
is "a network of which only a part is reached: cannot tell" 7 "$status"
like "a network of which only a part is reached: said so" 'Not all of 10.77.0.0/16' "$err"
ip -n host route add default via 10.77.0.9
doctor check --from 10.77.0.0/16
is "a network of which the rest is behind a router there: clear" 0 "$status"
ip -n host route replace default via 10.78.0.9
doctor check --from 10.77.0.0/16
is "a network of which the rest is behind a router elsewhere: cannot tell" 7 "$status"
ip -n host route del default
ip -n host rule add to 10.77.0.128/25 lookup 77
ip -n host route add 0.0.0.0/0 dev lan2 table 77
doctor check --from 10.77.0.0/24
is "a part that a policy rule leads elsewhere: cannot tell" 7 "$status"
like "a part that a policy rule leads elsewhere: said so" 'policy rules' "$err"
ip -n host rule del to 10.77.0.128/25 lookup 77
doctor check --from 10.64.0.0/14
is "a network that nothing leads to: no way" 4 "$status"
like "a network that nothing leads to: said so" 'no way to all of 10.64.0.0/14' "$err"

host_ufw_on
doctor check --json
is "ufw denies: blocked" 3 "$status"
json_is "ufw denies: both" '[.reports[].findings[0].id] | join(" ")' "firewall-drop firewall-drop"
doctor ports
is "ufw denies: no port" 3 "$status"
is "ufw denies: none listed" "" "$out"

host_ufw allow from 10.78.0.0/16 to any port 18266 proto tcp
doctor ports
is "one is open: exit 0" 0 "$status"
is "one is open: which" "10.78.0.0/16 18266-18266" "$out"
doctor check
is "the worst decides" 3 "$status"
doctor --fix
is "a rule for the network that is shut, alone" \
	"ufw allow from 10.77.0.0/24 to any port 18266 proto tcp comment 'espota-doctor'" "$out"
doctor_as_nobody check
is "unprivileged: cannot tell" 7 "$status"
like "unprivileged: the line to type names the network" \
	'sudo espota-doctor --fix --from 10.77.0.0/24' "$err"

doctor --fix -i "$device_address" -i "$other_address"
is "several devices: exit as check" 3 "$status"
is "several devices: one rule for their network" \
	"ufw allow from 192.168.178.0/24 to any port 18266 proto tcp comment 'espota-doctor'" "$out"
cp "$LAB/out" "$LAB/cure.sh"
host_sh "$LAB/cure.sh"
can_connect "several devices: the rule lets one in" device 18266
can_connect "several devices: and the other" other 18266
doctor check -i "$device_address" -i "$other_address"
is "several devices: then all is clear" 0 "$status"

doctor check --from fd00:178::/64 --json
is "IPv6: ufw denies that, too" 3 "$status"
json_is "IPv6: by its own chain" '.findings[0].rule.family' ip6
doctor --fix --from fd00:178::/64
is "IPv6: the rule" \
	"ufw allow from fd00:178::/64 to any port 18266 proto tcp comment 'espota-doctor'" "$out"
cp "$LAB/out" "$LAB/cure.sh"
host_sh "$LAB/cure.sh"
doctor check --from fd00:178::/64
is "IPv6: cured" 0 "$status"
done_testing
