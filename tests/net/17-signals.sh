#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A signal ends a run at once, whatever it is waiting for, and the run says what became of the device.
. "$(dirname "$0")/lib.sh"

lab_up
firmware
silent_address=192.168.178.200 # nobody's: ARP waits for three seconds
echo "nameserver $silent_address" >"$LAB/resolv.conf"
mount --bind "$LAB/resolv.conf" /etc/resolv.conf || bail "cannot replace resolv.conf"

# signalled SIGNAL COMMAND…: sends it once COMMAND is waiting; sets $status and $LAB/out, $LAB/err.
signalled()
{
	local signal=$1
	shift

	last_run="SIG$signal: $*"
	# A background job of a script ignores SIGINT, and hands that down.
	in_host env --default-signal=INT "$@" >"$LAB/out" 2>"$LAB/err" </dev/null &
	wait_for pgrep -x espota-doctor >/dev/null
	sleep 0.6
	kill -"$signal" "$(pgrep -x -o espota-doctor)"
	wait $!
	status=$?
	out=$(cat "$LAB/out")
	err=$(cat "$LAB/err")
}

# stops WHAT SIGNAL ARGUMENTS…: text, then JSON, tell the same.
stops()
{
	local what=$1 signal=$2 code
	shift 2
	code=$((128 + $(kill -l "$signal")))

	signalled "$signal" espota-doctor "$@" --json
	is "$what, SIG$signal: exit 128+N" "$code" "$status"
	json_is "$what, SIG$signal: the code in JSON" .exit_code "$code"
	json_is "$what, SIG$signal: no verdict" .verdict unknown
	json_is "$what, SIG$signal: no finding made of a wait cut short" \
		'[.findings[] | select(.severity == "error" or .severity == "unknown")] | length' 0
	like "$what, SIG$signal: the last line" "SIG$signal, exit $code .*explain $code" "$(tail -n 1 <<<"$err")"
	is "$what, SIG$signal: no process is left" "" "$(pgrep -x espota-doctor)"
}

stops "asking for a hardware address" INT check -i $silent_address
json_is "asking for a hardware address: the device was not touched" .flash untouched
# Another address: the kernel goes on asking for the first one, and soon knows that it is not there.
stops "asking for a hardware address to upload" TERM -i 192.168.178.201 -f "$image"
stops "resolving .local" INT check -i nowhere.local
stops "resolving" HUP check -i nowhere.example
stops "discovering" TERM discover

start_device --fault silent || bail "no device"
stops "inviting" INT -i "$device_address" -f "$image"
json_is "inviting: the device was not touched" .flash untouched
stops "the first of two devices" TERM -i "$device_address" -i "$other_address" -f "$image"
json_is "the first of two devices: the second is left alone" '.reports | length' 1

# Without a look at the rules the default port is waited for as long as another run holds it.
chmod 755 "$LAB"
in_host_as_nobody espota-doctor -i "$device_address" -p 8266 -f "$image" 2>/dev/null &
sibling=$!
wait_for eval '[ "$(pgrep -cx espota-doctor)" = 2 ]'
sleep 0.3
in_host_as_nobody env --default-signal=INT espota-doctor check -i "$device_address" 2>"$LAB/err" &
waiting=$!
wait_for eval '[ "$(pgrep -cx espota-doctor)" = 4 ]'
sleep 0.6
kill -INT $(pgrep -x espota-doctor | sed -n 3p)
wait $waiting
is "waiting for another run to end, SIGINT: exit 130" 130 $?
kill -TERM "$(pgrep -x -o espota-doctor)"
wait $sibling
is "the other run, SIGTERM: exit 143" 143 $?

start_device --fault never-connects || bail "no device"
stops "waiting for the connection" HUP -i "$device_address" -f "$image"
json_is "waiting for the connection: the device was not touched" .flash untouched

make_image "$LAB/large.bin" 600000
start_device --fault slow-flash=20000 || bail "no device"
stops "sending" INT -i "$device_address" -f "$LAB/large.bin"
json_is "sending: the old firmware stays" .flash untouched
json_is "sending: part of it had arrived" '.upload.bytes > 0 and .upload.bytes < 600000' true
wait_for grep -q 'hung up\|reset' "$LAB/device.log"
like "sending: the device is told by a closed connection" 'hung up|reset' "$(cat "$LAB/device.log")"

make_image "$LAB/small.bin" 40000
start_device --fault slow-flash=20000 || bail "no device"
stops "sending the last bytes" TERM -i "$device_address" -f "$LAB/small.bin"
json_is "sending the last bytes: they may have arrived" .flash unknown

start_device --fault slow-flash=20000 || bail "no device"
stops "sending a file system" TERM -s -i "$device_address" -f "$LAB/large.bin"
json_is "sending a file system: the old one is gone" .flash unknown

# Streams that cannot be written.
start_device || bail "no device"
for call in "check -i $device_address --json" "ports -i $device_address" "explain 3" --help --version; do
	run in_host bash -c "espota-doctor $call >/dev/full"
	is "$call to a full disk: exit 2" 2 "$status"
	like "$call to a full disk: says why" 'standard output.*No space left.*exit 2' "$err"
	run in_host bash -c "espota-doctor $call >&-"
	is "$call to a closed stream: exit 2" 2 "$status"
	run in_host bash -c "espota-doctor $call 2>&-"
	is "$call without a stderr: exit 0" 0 "$status"
done

done_testing
