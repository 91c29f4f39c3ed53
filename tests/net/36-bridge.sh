#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The interface is a bridge and the device behind one of its ports: rules of devices, of bridges and of
# IP see the packets one after the other, under two names.
. "$(dirname "$0")/lib.sh"

port=18266
lab_up
{
	ip -n host link add lanbr address 52:54:00:17:80:24 type bridge stp_state 0 forward_delay 0 &&
		ip -n host address flush dev eth0 scope global &&
		ip -n host link set eth0 master lanbr &&
		ip -n host address add "$host_address/24" brd + dev lanbr &&
		ip -n host link set lanbr up
} || bail "no bridge"

# chain FAMILY TYPE-AND-HOOK RULE: the only chain there is.
chain()
{
	host_nft <<-END
		flush ruleset
		table $1 t {
			chain c {
				type filter hook $2;
				$3
			}
		}
	END
}

every_place()
{
	local how=$1

	chain inet "input priority 0" "iifname lanbr tcp dport $port drop"
	foretold "$how: IP rules see the bridge" syn-in drop $port
	chain inet "input priority 0" "iifname eth0 tcp dport $port drop"
	foretold "$how: and not the port" syn-in accept $port
	chain inet "prerouting priority 0" "meta iifkind \"bridge\" tcp dport $port drop"
	foretold "$how: before routing, too" syn-in drop $port
	chain bridge "prerouting priority 0" "iifname eth0 tcp dport $port drop"
	foretold "$how: bridge rules see the port" syn-in drop $port
	if in_host nft -c 'table bridge t { chain c { meta ibrname lanbr; }; }' 2>/dev/null; then
		chain bridge "prerouting priority -300" "meta ibrname lanbr tcp dport $port drop"
		foretold "$how: they may ask for its bridge" syn-in drop $port
	else
		skip "$how: they may ask for its bridge" "no nft_meta_bridge in this kernel"
	fi
	chain bridge "input priority 0" "iifname eth0 ip saddr $device_address tcp dport $port drop"
	foretold "$how: on the way to the host" syn-in drop $port
	chain bridge "input priority 0" "iifname lanbr tcp dport $port drop"
	foretold "$how: where the bridge is no port of itself" syn-in accept $port
	chain bridge "output priority 0" "oifname eth0 tcp sport $port drop"
	foretold "$how: the answer leaves through the port" synack-out drop $port
	chain bridge "postrouting priority 0" "oifname eth0 tcp sport $port drop"
	foretold "$how: after that" synack-out drop $port
	chain inet "output priority 0" "oifname lanbr tcp sport $port drop"
	foretold "$how: IP rules see it leave through the bridge" synack-out drop $port
	chain netdev "ingress device eth0 priority 0" "tcp dport $port drop"
	foretold "$how: ingress of the port" syn-in drop $port
	chain netdev "ingress device lanbr priority 0" "tcp dport $port drop"
	foretold "$how: ingress of the bridge" syn-in drop $port
	chain netdev "egress device lanbr priority 0" "tcp sport $port drop"
	foretold "$how: egress of the bridge" synack-out drop $port
	chain netdev "egress device eth0 priority 0" "tcp sport $port drop"
	foretold "$how: egress of the port" synack-out drop $port
}

calls=/proc/sys/net/bridge/bridge-nf-call-iptables
in_host test ! -e "$calls" || in_host sysctl -qw net.bridge.bridge-nf-call-iptables=0
every_place "by itself"
if in_host test -e "$calls"; then
	in_host sysctl -qw net.bridge.bridge-nf-call-iptables=1
	every_place "with br_netfilter"
	host_nft <<-END
		flush ruleset
		table ip t {
			chain pre { type nat hook prerouting priority -100; tcp dport $port dnat to 192.168.178.99; }
		}
		table bridge t {
			chain in { type filter hook input priority 0; ip saddr $device_address tcp dport $port drop; }
		}
	END
	doctor check -i "$device_address" -P $port --json
	json_is "what is sent to another host of the bridge" '.findings[0].id' firewall-redirect
	isnt "does not come here" open "$(reach device $port)"
else
	skip "with br_netfilter" "it is not loaded"
fi

done_testing
