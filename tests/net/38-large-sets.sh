#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Sets with thousands of addresses, which are asked for the device instead of being read.
. "$(dirname "$0")/lib.sh"

port=18266
lab_up
start_device || bail "no device"

# addresses COUNT [SUFFIX]: as elements, none of them the device's.
addresses()
{
	seq 0 $(($1 - 1)) | awk -v suffix="${2-}" \
		'{ printf "10.%d.%d.%d%s,", $1 / 65536, $1 / 256 % 256, $1 % 256, suffix }'
}

# set_and_rule SET-HEADER ELEMENTS RULE
set_and_rule()
{
	host_nft <<-END
		flush ruleset
		table ip t {
			$1 elements = { $2 }
			}
			chain in {
				type filter hook input priority 0;
				$3
			}
		}
	END
}

plain='set big { type ipv4_addr;'
set_and_rule "$plain" "$(addresses 5000)" "tcp dport $port ip saddr @big drop"
foretold "a set without the device" syn-in accept $port
set_and_rule "$plain" "$(addresses 5000) $device_address" "tcp dport $port ip saddr @big drop"
foretold "a set with the device" syn-in drop $port
json_is "the rule is named" '.findings[0].rule.text' "tcp dport $port ip saddr @big drop"
set_and_rule "$plain" "$(addresses 5000)" "tcp dport $port ip saddr != @big drop"
foretold "not in a set without the device" syn-in drop $port
set_and_rule "$plain" "$(addresses 5000) $host_address" "tcp dport $port ip daddr @big drop"
foretold "a set with this host" syn-in drop $port
set_and_rule "set big { type ipv4_addr; flags timeout; timeout 1h;" "$(addresses 5000) $device_address" \
	"tcp dport $port ip saddr @big drop"
foretold "a set whose elements come to an end" syn-in drop $port

ranges='set big { type ipv4_addr; flags interval;'
set_and_rule "$ranges" "$(addresses 5000 /32) 192.168.178.100-192.168.178.178" \
	"tcp dport $port ip saddr @big drop"
foretold "a range that ends with the device" syn-in drop $port
set_and_rule "$ranges" "$(addresses 5000 /32) 192.168.178.100-192.168.178.177" \
	"tcp dport $port ip saddr @big drop"
foretold "a range that ends before it" syn-in accept $port
set_and_rule "$ranges" "$(addresses 5000 /32) 192.168.0.0/16" "tcp dport $port ip saddr @big drop"
foretold "a network that holds the device" syn-in drop $port

verdicts='map big { type ipv4_addr : verdict;'
set_and_rule "$verdicts" "$(addresses 5000 ' : accept') $device_address : drop" \
	"tcp dport $port ip saddr vmap @big"
foretold "a verdict map with the device" syn-in drop $port
set_and_rule "$verdicts" "$(addresses 5000 ' : drop')" "tcp dport $port ip saddr vmap @big; tcp dport $port drop"
foretold "a verdict map without the device" syn-in drop $port
set_and_rule "$verdicts" "$(addresses 5000 ' : accept') * : drop" "tcp dport $port ip saddr vmap @big"
foretold "what stands for all others" syn-in drop $port
set_and_rule "$verdicts" "$(addresses 5000 ' : drop') $device_address : accept, * : drop" \
	"tcp dport $port ip saddr vmap @big"
foretold "but not for the device" syn-in accept $port
set_and_rule "map big { type ipv4_addr : mark;" "$(addresses 5000 ' : 1') $device_address : 2" \
	"tcp dport $port meta mark set ip saddr map @big; meta mark 2 drop"
foretold "a value for the device" syn-in drop $port

# What asks for more than the device reads all of it.
set_and_rule "$plain" "$(addresses 5000) 192.168.178.50" "tcp dport $port ip saddr @big drop"
doctor check --from 192.168.178.0/24 -P $port --json
json_is "a network: the part in the set" \
	'[.. | objects | select(.packet? == "syn-in" and .verdict? == "drop") | .scope[]] | unique | join(" ")' \
	192.168.178.50/32
doctor check -i "$device_address" -P $port --record "$LAB/record"
run espota-doctor check -i "$device_address" -P $port --from-record "$LAB/record" --json
json_is "a record knows the set" '.flow[] | select(.packet == "syn-in") | .verdict' accept

# The cure is proven on the device's whole network: ufw beside a list of bad addresses.
host_nft <<-'END'
	flush ruleset
END
host_ufw_on
{
	echo "table ip blocklist { set bad { type ipv4_addr; flags interval; elements = { $(addresses 5000 /32) 203.0.113.0/24 }"
	echo "}"
	echo "chain in { type filter hook input priority -10; ip saddr @bad drop; }"
	echo "}"
} | host_nft
doctor check -i "$device_address" -P $port --json
json_is "ufw beside a large list: cured" '.findings[0].fixes[0].verified' ruleset

done_testing
