#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# time limit: 400 s
# What a device can do wrong: each ends in its own finding and exit code, with the device's words.
. "$(dirname "$0")/lib.sh"

lab_up
firmware

# ends WHAT CODE FINDING TEXT DEVICE-ARGUMENTS…: TEXT (ERE) is what the user must get to read.
ends()
{
	local what=$1 code=$2 finding=$3 text=$4
	shift 4

	start_device "$@" || { fail "$what: the device does not start"; return; }
	doctor -i "$device_address" -p "$port" -f "$image" -t 6 --json "${extra[@]}"
	is "$what: exit $code" "$code" "$status"
	json_is "$what: finding" '.findings[0].id' "$finding"
	is "$what: exit code in JSON" "$code" "$(jq .exit_code "$LAB/out")"
	like "$what: said in the text" "$text" "$err"
	like "$what: the last line points on" "$finding.*explain|explain.*$finding" "$(tail -n 1 <<<"$err")"
}

# fine WHAT DEVICE-ARGUMENTS…: an oddity that must not stop the upload.
fine()
{
	local what=$1
	shift

	start_device "$@" || { fail "$what: the device does not start"; return; }
	uploads "$what" -p "$port" "${extra[@]}"
}

port=8266
extra=()
ends "silent" 5 device-silent . --fault silent
ends "port closed" 5 device-port-closed . --fault port-closed
ends "agrees, never connects" 6 syn-missing . --fault never-connects
ends "no space" 1 device-refused 'Not Enough Space' --fault refuses
ends "too large for it" 1 device-refused 'Not Enough Space' --space 100000
ends "a wrong answer" 1 device-refused 'PARDON ME' --fault 'wrong-answer=PARDON ME'
ends "an answer from another port" 5 device-silent . --fault wrong-port-answer
ends "reset in the middle" 1 device-broke-off . --fault reset-after=100000
ends "stall in the middle" 1 device-stalled . --fault stall-after=100000
ends "verify error" 1 device-verify-failed 'MD5' --fault verify-error
ends "no verdict" 1 device-verdict-missing . --fault no-verdict
json_is "no verdict: it may have been updated" .flash unknown
fine "slow flash" --fault slow-flash=100000
fine "answers twice" --fault answers-twice
fine "answers late" --fault answers-late=1200
fine "garbage in UDP before the answer" --fault garbage-udp
fine "acknowledgements in pieces" --fault ack-pieces
fine "connects late" --fault connects-late=2500
fine "connects twice, the second counts" --fault connects-twice
fine "its OK is lost, its connection counts" --fault connects-before-ok

extra=(-a secret)
fine "in the middle of another host's session" --password secret --start-in-waitauth
ends "loop blocked" 5 device-loop-blocked . --password secret --fault loop-blocked
like "loop blocked: what was seen" 'asked for the password' \
	"$(jq -r '.findings[0].evidence[].text' "$LAB/out")"
ends "no password is right" 1 device-auth-failed . --password secret --fault auth-fails-always
extra=()
ends "loop blocked, no password" 5 device-silent . --fault loop-blocked

port=3232
ends "esp32: verify error" 1 device-verify-failed 'MD5 Check Failed' --family esp32 --fault verify-error
ends "esp32: no space is silence after OK" 6 syn-missing 'partition' --family esp32 --fault refuses
fine "esp32: first data at once" --family esp32 --fault short-first-byte-limit
port=2040
ends "rp2040: no space" 1 device-refused . --family rp2040 --fault refuses
ends "rp2040: verify error" 1 device-verify-failed . --family rp2040 --fault verify-error

port=8266
start_device --fault garbage-tcp || bail "no device"
doctor -i "$device_address" -p 8266 -f "$image" -t 6
if [ "$status" -eq 0 ]; then
	wait_for cmp -s "$image" "$LAB/received"
	same_file "garbage in place of counts: a success is one" "$image" "$LAB/received"
else
	is "garbage in place of counts: the device's fault" 1 "$status"
fi

# The kernel believes a neighbour for 15 to 45 s after it was last heard of: longer than an upload
# waits. What it believes is no proof that somebody is there.
in_host ip neigh flush dev eth0
in_host ping -qc1 "$device_address" >/dev/null
stop_device
ip -n device address del "$device_address/24" dev eth0
sleep 5
doctor -i "$device_address" -p 8266 -f "$image" -t 4 --json
is "gone, but still believed in: exit 5" 5 "$status"
json_is "gone, but still believed in: not proven to be there" \
	'[.findings[0].id, .findings[0].certainty]' '["device-silent","likely"]'

# Then it waits 5 s for a sign of the neighbour before it asks. Here both take a second at most, so
# that the three questions (a second each) are over well before the invitations are. How long an
# entry is believed is decided when it is made.
in_host sysctl -qw net.ipv4.neigh.eth0.base_reachable_time_ms=1000
in_host sysctl -qw net.ipv4.neigh.eth0.delay_first_probe_time=1
ip -n device address add "$device_address/24" dev eth0
in_host ip neigh flush dev eth0
in_host ping -qc1 "$device_address" >/dev/null
ip -n device address del "$device_address/24" dev eth0
doctor -i "$device_address" -p 8266 -f "$image" --json
is "nobody has the address: exit 5" 5 "$status"
json_is "nobody has the address: finding" '.findings[0].id' device-not-found

done_testing
