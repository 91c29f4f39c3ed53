#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# `ports`, and checks for a whole subnet.
. "$(dirname "$0")/lib.sh"

lab_up
firmware
start_device || bail "no device"

doctor ports -i "$device_address"
is "no firewall: all of them" 1024-65535 "$out"
is "no firewall: exit 0" 0 "$status"

exec ip netns exec host /usr/bin/python3 -c '
import socket, time
s = socket.socket(); s.bind(("", 5000)); s.listen()
open("/run/lab/bound", "w").close(); time.sleep(60)' &
listener=$!
wait_for test -e "$LAB/bound"
doctor ports -i "$device_address"
is "a bound port is not listed" "1024-4999 5001-65535" "$(xargs <<<"$out")"
doctor check -i "$device_address" -P 5000 --json
is "a bound port: exit 4" 4 "$status"
json_is "a bound port: finding" '.findings[0].id' port-in-use
kill "$listener"
wait "$listener" 2>/dev/null

host_nft <<-'END'
	table inet mine {
		chain in {
			type filter hook input priority 0; policy drop;
			ct state established,related accept
			iif lo accept
			udp sport 8266 accept
			ip saddr 192.168.178.128/25 tcp dport 20000-20009 accept
			ip saddr 192.168.178.178 tcp dport 31337 accept
			tcp dport 22 accept
			tcp dport 1000-1030 accept
		}
	}
END
doctor ports -i "$device_address"
is "the device: two rules, and none below 1024" "1024-1030 20000-20009 31337-31337" "$(xargs <<<"$out")"
is "the device: exit 0" 0 "$status"
doctor ports -i "$device_address" --json
json_is "the device, JSON" .ports '[[1024,1030],[20000,20009],[31337,31337]]'
json_is "the device, JSON: mode" .mode ports
doctor ports --from 192.168.178.128/25
is "its half of the subnet" "1024-1030 20000-20009" "$(xargs <<<"$out")"
doctor ports --from 192.168.178.0/24
is "the whole subnet" 1024-1030 "$(xargs <<<"$out")"
doctor check --from 192.168.178.128/25 -P 20005
is "check of a subnet that may connect" 0 "$status"
doctor check --from 192.168.178.0/24 -P 20005 --json
is "check of a subnet of which a part may connect" 3 "$status"
json_is "and which part may not" '.findings[0].scope | join(" ")' 192.168.178.0/25
doctor check --from 192.168.178.0/24 -P 20005 -i "$device_address"
is "both -i and --from: exit 2" 2 "$status"

doctor check -i "$device_address" --host-port-range 20003-20020 --json
json_is "a range: the lowest open port" .host.port 20003
json_is "a range: its source" .host.port_source range
doctor check -i "$device_address" --host-port-range 40000-40010 --json
is "a range without an open port: exit 3" 3 "$status"
json_is "a range without an open port: the lowest" .host.port 40000

in_host nft flush ruleset
host_nft <<-'END'
	table inet mine { chain in { type filter hook input priority 0; policy drop; iif lo accept; }; }
END
doctor ports -i "$device_address"
is "none open: exit 3" 3 "$status"
is "none open: empty" "" "$out"

# What may be open hangs on a limit; that the invitation does not get out decides no port.
in_host nft flush ruleset
host_nft <<-'END'
	table inet mine {
		chain in {
			type filter hook input priority 0; policy accept;
			tcp dport 1024-20000 limit rate 1/minute drop
			tcp dport 20001-65535 drop
		}
		chain out { type filter hook output priority 0; udp dport 8266 drop; }
	}
END
doctor ports -i "$device_address" --json
is "undecided: exit 7" 7 "$status"
json_is "undecided: finding" '.findings | map(.id) | join(" ")' firewall-undecided
json_is "undecided: the rule is named" '.findings[0].rule.text' "tcp dport 1024-20000 limit rate 1/minute drop"
like "undecided: and the port, and on what it hangs" '18266: It hangs on limit' \
	"$(jq -r '.findings[0].detail' "$LAB/out")"

done_testing
