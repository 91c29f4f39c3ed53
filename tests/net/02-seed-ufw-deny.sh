#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The seed case: ufw denies incoming connections; blocked, explained, cured, uploaded.
. "$(dirname "$0")/lib.sh"

lab_up
firmware
host_ufw_on
start_device || bail "no device"

blocked "ufw default deny" firewall-drop policy INPUT ufw
like "the report names ufw" 'ufw|UFW' "$err"
like "and the port" 18266 "$err"
like "and how to get the cure or the cure itself" 'ufw (prepend|allow|insert)' "$err"

doctor check -i "$device_address" --json
json_is "predicted, as nothing was seen" '.certainty' predicted
json_is "the rule's table" '.findings[0].rule.table' filter
json_is "a policy has no handle" '.findings[0].rule.handle' null
json_is "the host's port" '.host.port' 18266
json_is "and where it came from" '.host.port_source' default
json_is "the interface" '.host.interface' eth0
json_is "the address that the device will call" '.host.address' "$host_address"
json_is "all six packets are told" '[.flow[].packet] | join(" ")' \
	"invitation-out reply-in syn-in synack-out data-in data-out"
json_is "only the SYN dies" '[.flow[] | select(.verdict != "accept") | .packet] | join(" ")' syn-in
json_is "what-if has proved the cure" '.findings[0].fixes[0].verified' ruleset
json_is "the cure is ufw's" '.findings[0].fixes[0].kind' ufw
json_is "every key of the contract is there" \
	'[["tool","version","schema","time","mode","verdict","certainty","exit_code","device","host","findings",
	   "flow","unchecked","ports","devices","reports","summary","flash","upload"][] as $k | select(has($k) | not) | $k]' '[]'

doctor ports -i "$device_address"
is "no port is open" "" "$out"
is "ports exits 3" 3 "$status"

cured "ufw default deny" 18266 18267
done_testing
