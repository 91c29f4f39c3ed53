#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Hand-written nftables: the right rule is named, also where the drop is not on the SYN.
. "$(dirname "$0")/lib.sh"

lab_up
firmware
start_device || bail "no device"

# rules: replace the whole ruleset by stdin.
rules()
{
	in_host nft flush ruleset
	host_nft
}

# finds WHAT CODE FINDING PACKET [ARGUMENTS…]
finds()
{
	local what=$1 code=$2 finding=$3 packet=$4
	shift 4

	doctor check -i "$device_address" --json "$@"
	is "$what: exit code" "$code" "$status"
	json_is "$what: finding" '.findings[0].id' "$finding"
	json_is "$what: packet" '.findings[0].packet' "$packet"
}

rules <<-'END'
	table inet filter {
		chain input {
			type filter hook input priority filter; policy drop;
			ct state established,related accept
			ct state invalid drop
			iif lo accept
			meta l4proto { icmp, ipv6-icmp } accept
			tcp dport 22 accept
		}
		chain forward { type filter hook forward priority filter; policy drop; }
		chain output { type filter hook output priority filter; policy accept; }
	}
END
blocked "policy drop" firewall-drop policy input null
doctor check -i "$device_address" --json
json_is "policy drop: family" '.findings[0].rule.family' inet
json_is "policy drop: table" '.findings[0].rule.table' filter

in_host nft add rule inet filter input ip saddr "$device_address" tcp dport 18266 accept
uploads "a rule for the device"

rules <<-'END'
	table ip mine {
		set friends { type ipv4_addr; flags interval; elements = { 192.168.178.0/26 }; }
		chain in {
			type filter hook input priority 10; policy accept;
			tcp dport 18000-19000 ip saddr != @friends counter reject with tcp reset
		}
	}
	table inet late {
		chain in { type filter hook input priority 20; policy accept; }
	}
END
blocked "a reject outside a set" firewall-reject rule in null -P 18266
doctor check -i "$device_address" -P 18266 --json
like "a reject outside a set: the rule as nft writes it" \
	'tcp dport 18000-19000 ip saddr != @friends.* reject with tcp reset' \
	"$(jq -r '.findings[0].rule.text' "$LAB/out")"
isnt "a reject outside a set: its handle" null "$(jq '.findings[0].rule.handle' "$LAB/out")"
is "a reject outside a set: the handle is nft's" \
	"$(in_host nft -a list chain ip mine in | sed -n 's/.*reject.*# handle //p')" \
	"$(jq '.findings[0].rule.handle' "$LAB/out")"

rules <<-'END'
	table inet first { chain in { type filter hook input priority 0; policy accept; accept; }; }
	table inet second { chain in { type filter hook input priority 1; policy drop; ct state established accept; }; }
END
finds "two tables must both accept" 3 firewall-drop syn-in
json_is "two tables must both accept: the second is named" '.findings[0].rule.table' second

rules <<-'END'
	table inet mine { chain out { type filter hook output priority 0; policy accept; udp dport 8266 drop; }; }
END
finds "the invitation cannot leave" 3 firewall-egress invitation-out -p 8266

rules <<-'END'
	table inet mine { chain in { type filter hook input priority 0; policy accept; udp sport 8266 drop; }; }
END
finds "the answer cannot get in" 3 firewall-reply reply-in -p 8266

rules <<-'END'
	table inet mine { chain out { type filter hook output priority 0; policy accept; tcp flags syn,ack / syn,ack drop; }; }
END
finds "the SYN-ACK cannot leave" 3 firewall-synack synack-out

rules <<-'END'
	table inet mine { chain in { type filter hook input priority 0; policy drop; iif lo accept; udp sport 8266 accept; ct state new accept; }; }
END
finds "the third packet cannot get in" 3 firewall-transfer data-in -p 8266

rules <<-'END'
	table ip mine { chain pre { type nat hook prerouting priority dstnat; policy accept; tcp dport 18266 dnat to 192.168.178.99; }; }
END
finds "NAT takes the connection away" 3 firewall-redirect syn-in -P 18266

rules <<-'END'
	table inet mine { chain in { type filter hook input priority 0; policy accept; tcp dport 18266 meta random & 1 == 0 drop; }; }
END
finds "a coin decides" 7 firewall-undecided syn-in -P 18266

rules <<-'END'
	table ip raw { chain pre { type filter hook prerouting priority -300; policy accept; ip saddr 192.168.178.178 tcp dport >= 1024 drop; }; }
END
finds "a drop before routing" 3 firewall-drop syn-in
json_is "a drop before routing: chain" '.findings[0].rule.chain' pre

rules <<-'END'
	table arp mine { chain in { type filter hook input priority 0; policy drop; }; }
END
in_host ip neigh flush dev eth0
finds "ARP is dropped here: not the device's fault" 3 firewall-reply null

rules </dev/null
uploads "no rules at all"
doctor ports -i "$device_address"
is "no rules at all: every port" 1024-65535 "$out"

done_testing
