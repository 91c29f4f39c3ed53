#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A password is never printed, and cannot be read from the process list.
. "$(dirname "$0")/lib.sh"

lab_up
firmware
secret=Xylophon-4711

# leaks WHAT: the secret, or a hash of it that would do instead, in anything that was said.
leaks()
{
	local hash

	unlike "$1: not the password" "$secret" "$out$err"
	for hash in md5sum sha256sum; do
		unlike "$1: not its $hash" "$(printf %s "$secret" | $hash | cut -d' ' -f1)" "$out$err"
	done
}

for family in esp8266 esp32; do
	start_device --family $family --password "$secret" || bail "no device"
	port=$([ $family = esp32 ] && echo 3232 || echo 8266)
	doctor -i "$device_address" -p "$port" -f "$image" -a "$secret" -d -v -r
	is "$family, --debug: uploads" 0 "$status"
	leaks "$family, --debug"
	doctor -i "$device_address" -p "$port" -f "$image" --auth="$secret" -d --json
	leaks "$family, --debug --json"
	start_device --family $family --password other
	doctor -i "$device_address" -p "$port" -f "$image" --auth "$secret" -d -v --json
	is "$family, wrong password: exit 1" 1 "$status"
	leaks "$family, wrong password"
done

doctor -i "$device_address" -f "$image" -p 70000 -a "$secret" -d
leaks "a usage error beside it"
doctor -i "$device_address" -a "$secret" --no-such-option
leaks "an unknown option beside it"
doctor -i "$device_address" -a "$secret" "$secret" --color
isnt "a stray argument: an error" 0 "$status"

invited()
{
	[ "$(device_arrivals)" != 0 ]
}

# In the process list, while it waits for a device that keeps silent.
start_device --fault silent || bail "no device"
for form in "-a $secret" "-a$secret" "--auth=$secret" "--auth $secret"; do
	# Split on purpose: the forms differ in just that.
	# shellcheck disable=SC2086
	watch_device
	exec ip netns exec host espota-doctor -i "$device_address" -p 8266 -f "$image" -t 5 $form >"$LAB/out" 2>&1 &
	waiting=$!
	wait_for invited
	found=$(for pid in $(pgrep -x espota-doctor); do tr '\0' ' ' <"/proc/$pid/cmdline"; done | grep -o "$secret")
	isnt "'${form/$secret/…}': it is running" "" "$(pgrep -x espota-doctor)"
	is "'${form/$secret/…}' is wiped from the process list" "" "$found"
	kill "$waiting" 2>/dev/null
	wait "$waiting" 2>/dev/null
done

done_testing
