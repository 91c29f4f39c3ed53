#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Streams, help, explain: what scripts and readers rely on.
. "$(dirname "$0")/lib.sh"

lab_up
firmware

doctor explain
is "explain lists and exits 0" 0 "$status"
is "explain keeps to stdout" "" "$err"
list=$out
for finding in firewall-drop firewall-reject firewall-egress firewall-reply firewall-synack firewall-transfer \
	firewall-redirect firewall-undecided rules-unreadable connection-missing port-in-use port-privileged \
	address-not-local address-mismatch no-route route-via-tunnel reverse-path-filter host-behind-nat socket-policy \
	traffic-control conntrack-full name-unresolved device-not-found device-port-closed device-silent \
	device-loop-blocked device-auth-required device-auth-failed device-refused device-verify-failed \
	device-broke-off device-stalled device-verdict-missing image-unreadable image-not-firmware image-too-large \
	syn-missing intruder default-port-shut device-routed; do
	like "the list has $finding" "$finding" "$list"
	doctor explain "$finding"
	is "explain $finding exits 0" 0 "$status"
	like "explain $finding explains" '.{60}' "$(tr '\n' ' ' <<<"$out")"
done
for code in 0 1 2 3 4 5 6 7 70; do
	doctor explain "$code"
	is "explain $code exits 0" 0 "$status"
	like "explain $code says something" '.{20}' "$(tr '\n' ' ' <<<"$out")"
done

doctor --help
is "--help exits 0" 0 "$status"
is "--help keeps to stdout" "" "$err"
for option in --ip --port --host_ip --host_port --auth --auth-file --md5-target --file --spiffs --timeout --debug \
	--progress --verbose --help --version --host-port-range --accept-from --fix --json --no-preflight --color; do
	like "--help has $option" "(^|[^a-z-])$option([^a-z-]|\$)" "$out"
done
doctor -h
is "-h is --help" 0 "$status"
doctor --version
is "--version exits 0" 0 "$status"
like "--version names itself" '^espota-doctor [0-9]+\.[0-9]+' "$out"
like "--version names its libraries" 'libmnl' "$out"

doctor check -i "$device_address"
is "check of a silent lab: a verdict, though no device answers" 1 "$(grep -cE '^(0|5)$' <<<"$status")"
is "check keeps to stderr" "" "$out"
unlike "no colour on a pipe" $'\e' "$err"
doctor check -i "$device_address" --color always
like "colour on request" $'\e' "$err"

start_device || bail "no device"
NO_COLOR=1 doctor -i "$device_address" -f "$image"
is "an upload keeps to stderr" "" "$out"
unlike "NO_COLOR is honoured" $'\e' "$err"
doctor -i "$device_address" -f "$image" --json
is "--json is one document" 1 "$(jq -s length "$LAB/out")"
is "and nothing is left of the listener" "" "$(in_host ss -Hltn 'sport = 18266')"

done_testing
