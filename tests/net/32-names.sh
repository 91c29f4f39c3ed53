#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Names in .local under ufw, and the port that was announced with them.
. "$(dirname "$0")/lib.sh"

lab_up
firmware
chmod 755 "$LAB"
start_device --family esp32 --announce kitchen --port 3333 || bail "no device"
host_ufw_on

doctor check -i kitchen.local --json
is "ufw lets the answer in" 3 "$status"
json_is "the name as written" .device.name kitchen.local
json_is "its address" .device.address "$device_address"
json_is "the port that was announced" .device.port 3333

doctor discover --json
json_is "discover: the device" '.devices[0] | "\(.name) \(.address) \(.port) \(.auth)"' \
	"kitchen.local $device_address 3333 false"
doctor_as_nobody discover
like "discover needs no privilege" "kitchen.local +$device_address +3333" "$out"

host_ufw allow from "$device_address" to any port 18266 proto tcp
rm -f "$LAB/received"
doctor -i kitchen.local -f "$image"
is "uploads to the port that was announced" 0 "$status"
like "and says which" 3333 "$err"
same_file "byte for byte" "$image" "$LAB/received"

doctor check -i nobody.local --json
is "no such name: exit" 5 "$status"
json_is "no such name: finding" '.findings[0].id' name-unresolved

host_nft <<-'END'
	table ip shut {
		chain out {
			type filter hook output priority 0
			udp dport 5353 drop
		}
	}
END
doctor check -i kitchen.local --json
is "our own rules keep the question in: exit" 3 "$status"
json_is "our own rules keep the question in: finding" '.findings[0].id' firewall-egress
json_is "our own rules keep the question in: no packet of the six" '.findings[0].packet' null
done_testing
