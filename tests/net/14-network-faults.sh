#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Faults of the host's network, each with its own finding, before anything is sent.
. "$(dirname "$0")/lib.sh"

lab_up
firmware
start_device || bail "no device"

# finds WHAT CODE FINDING ARGUMENTS…
finds()
{
	local what=$1 code=$2 finding=$3
	shift 3

	watch_device
	doctor "$@" --json
	is "$what: exit $code" "$code" "$status"
	json_is "$what: finding" '.findings[0].id' "$finding"
	is "$what: nothing is sent" 0 "$(device_arrivals)"
}

finds "a foreign -I" 4 address-not-local check -i "$device_address" -I 10.9.8.7
finds "-I loopback" 4 address-mismatch check -i "$device_address" -I 127.0.0.1
ip -n host address add 10.1.2.3/24 dev eth0
finds "-I of another network" 4 address-mismatch check -i "$device_address" -I 10.1.2.3
ip -n host address del 10.1.2.3/24 dev eth0
finds "no route" 4 no-route check -i 203.0.113.5
ip -n host route add unreachable 198.51.100.0/24
finds "an unreachable route" 4 no-route check -i 198.51.100.7
finds "nobody there" 5 device-not-found check -i 192.168.178.77

# What our own rules keep from being found is not a device that is away.
arp_drop()
{
	in_host nft add table arp shut
	in_host nft add chain arp shut "$1" "{ type filter hook $1 priority 0; policy drop; }"
	ip -n host neigh flush dev eth0
}

arp_drop output
finds "ARP may not go out" 3 firewall-egress check -i "$device_address"
json_is "ARP may not go out: no packet of the six" '.findings[0].packet' null
in_host nft delete table arp shut
arp_drop input
finds "ARP may not come in" 3 firewall-reply check -i "$device_address"
in_host nft add rule arp shut input arp operation reply drop
ip -n host neigh flush dev eth0
finds "ARP and rules about it" 7 firewall-undecided check -i "$device_address"
in_host nft delete table arp shut
ip -n host neigh flush dev eth0

if ip -n host tuntap add wg0 mode tun 2>/dev/null; then
	ip -n host link set wg0 up
	ip -n host route add "$device_address/32" dev wg0
	finds "a route through a tunnel" 4 route-via-tunnel check -i "$device_address"
	ip -n host link del wg0
else
	skip "a route through a tunnel" "no tun device here"
fi

# Only what is sent from this address, which is how the answer to the SYN goes out.
ip -n host rule add from "$host_address" to "$device_address" table 77
ip -n host route add blackhole default table 77
is "no way back: the kernel agrees" silent "$(reach device 18266)"
finds "no way back" 4 no-route check -i "$device_address"
ip -n host rule del table 77
ip -n host route flush table 77

# UDP finds the device; of its TCP the kernel thinks that it should have come in elsewhere.
ip -n host link add wifi0 type veth peer name elsewhere
ip -n host link set wifi0 up
ip -n host link set elsewhere up
ip -n host address add 192.168.179.2/24 dev wifi0
in_host sysctl -qw net.ipv4.conf.all.rp_filter=1 net.ipv4.conf.eth0.rp_filter=1
ip -n host rule add ipproto udp to "$device_address" table 78
ip -n host route add "$device_address/32" dev eth0 table 78
ip -n host route add "$device_address/32" dev wifi0
is "the reverse path filter: the kernel agrees" silent "$(reach device 18266)"
finds "the reverse path filter" 4 reverse-path-filter check -i "$device_address"
ip -n host rule del table 78
ip -n host route del "$device_address/32" dev wifi0

in_host sysctl -qw net.ipv4.ip_unprivileged_port_start=1024
run in_host_as_nobody espota-doctor check -i "$device_address" -P 80 --json
is "a privileged port: exit 4" 4 "$status"
json_is "a privileged port: finding" '.findings[0].id' port-privileged

uploads "after all of that"
done_testing
