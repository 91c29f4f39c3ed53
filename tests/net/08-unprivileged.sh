#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Without any privilege: as much as can be seen, never a guess.
. "$(dirname "$0")/lib.sh"

lab_up
firmware
start_device || bail "no device"
chmod 777 "$LAB"

rm -f "$LAB/received"
doctor_as_nobody -i "$device_address" -f "$image"
is "no firewall: uploads" 0 "$status"
same_file "no firewall: byte for byte" "$image" "$LAB/received"

host_ufw_on
doctor_as_nobody check -i "$device_address" --json
is "ufw on: check cannot tell" 7 "$status"
json_is "ufw on: finding" '.findings[0].id' rules-unreadable
json_is "ufw on: verdict" .verdict unknown
like "ufw on: the line to type" "sudo espota-doctor --fix.* -i $device_address|sudo espota-doctor .*-i $device_address.*--fix" "$err"
like "ufw on: what its readable settings say" 'ufw|UFW' "$err"

doctor_as_nobody --fix -i "$device_address"
is "ufw on: --fix exits 7" 7 "$status"
is "ufw on: --fix prints nothing that is not proved" "" "$out"
like "ufw on: and says why" . "$err"

doctor_as_nobody ports -i "$device_address"
is "ufw on: ports cannot tell" 7 "$status"
is "ufw on: ports lists nothing" "" "$out"

start_device
doctor_as_nobody -i "$device_address" -f "$image" --json
is "ufw on: the upload is tried and fails with 3" 3 "$status"
json_is "ufw on: the upload's finding" '.findings[0].id' firewall-drop
json_is "ufw on: likely, for nobody has seen it" '.findings[0].certainty' likely
like "ufw on: the upload's line to type" 'sudo espota-doctor --fix|sudo espota-doctor .*--fix' "$err"

host_ufw_off
host_nft <<-'END'
	table inet mine {
		chain in {
			type filter hook input priority 0; policy drop;
			iif lo accept
			udp sport 8266 accept
		}
	}
END
start_device
doctor_as_nobody -i "$device_address" -f "$image" --json
is "an unreadable rule: cannot tell" 7 "$status"
json_is "an unreadable rule: the connection is missing" '.findings[0].id' connection-missing
like "an unreadable rule: the line to type" 'sudo espota-doctor' "$err"

done_testing
