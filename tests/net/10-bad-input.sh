#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Bad input: one clear line that quotes it, the right exit code, and nothing sent.
. "$(dirname "$0")/lib.sh"

lab_up
firmware
start_device || bail "no device"

# refused CODE QUOTED ARGUMENTS…: QUOTED (ERE) must stand in the message.
refused()
{
	local code=$1 quoted=$2
	shift 2

	watch_device
	doctor "$@"
	is "$*: exit code" "$code" "$status"
	like "$*: quoted" "$quoted" "$err"
	is "$*: stdout is empty" "" "$out"
	is "$*: nothing is sent" 0 "$(device_arrivals)"
	unlike "$*: no crash" 'Sanitizer|Segmentation|core dumped' "$err"
}

# misused QUOTED ARGUMENTS…: a usage error, told in one line.
misused()
{
	refused 2 "$@"
	shift
	is "$*: one line" 1 "$(grep -c . <<<"$err")"
}

good=(-i "$device_address" -f "$image")
misused /nonexistent -i "$device_address" -f /nonexistent/blink.bin
misused "$LAB" -i "$device_address" -f "$LAB"
for value in 0 70000 abc -1 '{upload.port.properties.port}' '' 80x 18266.5 4294967297; do
	quoted=${value//[\{\}.]/.}
	misused "$quoted" "${good[@]}" -p "$value"
	misused "$quoted" "${good[@]}" -P "$value"
done
for value in 192.168.178.256 192.168.178 192.168.178.1.1 192.168.178.178. 1922.168.178.178 fd00::178; do
	misused "${value//./.}" -i "$value" -f "$image"
done
misused nonsense -i "$device_address" -I nonsense -f "$image"
misused 'from' check -i "$device_address" --from 192.168.178.0/24
misused 192.168.178.0/33 check --from 192.168.178.0/33
misused nonsense check --from nonsense
misused nowhere "${good[@]}" --auth-file /nowhere/password
misused 'prog' "${good[@]}" --prog
misused 'no-such-option' "${good[@]}" --no-such-option
misused stray "${good[@]}" stray
misused '-f' -i "$device_address" -f
misused abc "${good[@]}" -t abc
misused 0 "${good[@]}" -t 0
misused 20000 "${good[@]}" --host-port-range 20000
misused 30000-20000 "${good[@]}" --host-port-range 30000-20000
misused 'host.port' "${good[@]}" -P 20000 --host-port-range 20000-20010
misused blue "${good[@]}" --color blue
misused no-such-finding explain no-such-finding
misused 99 explain 99
chmod 600 "$LAB/blink.bin"
cp "$image" "$LAB/secret.bin"
chmod 600 "$LAB/secret.bin"
doctor_as_nobody -i "$device_address" -f "$LAB/secret.bin"
is "an image that may not be read: exit 2" 2 "$status"
like "an image that may not be read: quoted" secret.bin "$err"
chmod 644 "$image"

# not_firmware FILE WHAT
not_firmware()
{
	refused 1 "$1" -i "$device_address" -f "$1"
	doctor -i "$device_address" -f "$1" --json
	json_is "$1: finding" '.findings[0].id' image-not-firmware
	like "$1: says what it is" "$2" "$err"
}

: >"$LAB/empty.bin"
not_firmware "$LAB/empty.bin" '[Ee]mpty'
doctor -i "$device_address" -i kitchen.local -f "$LAB/empty.bin" --json
json_is "several devices: each report says whose it is" \
	'[.reports[].device | .name // .address] | join(" ")' "$device_address kitchen.local"
printf '<!DOCTYPE html>\n<html><body>404</body></html>\n' >"$LAB/page.bin"
not_firmware "$LAB/page.bin" HTML
printf ':1000000000000000000000000000000000000000F0\n' >"$LAB/hex.bin"
not_firmware "$LAB/hex.bin" 'Intel HEX|Intel hex'
cp /bin/true "$LAB/elf.bin"
not_firmware "$LAB/elf.bin" ELF
printf 'PK\003\004rest of an archive' >"$LAB/zip.bin"
not_firmware "$LAB/zip.bin" ZIP
printf 'UF2\nWQ]\236rest of it' >"$LAB/uf2.bin"
not_firmware "$LAB/uf2.bin" UF2

{ printf '\xe9\x03\x02\x00'; head -c 5000000 /dev/zero; } >"$LAB/huge.bin"
refused 1 'image-too-large|larger' -i "$device_address" -f "$LAB/huge.bin"

run in_host espota-doctor
is "no arguments: exit 2" 2 "$status"
like "no arguments: usage" '[Uu]sage' "$err$out"
is "no arguments: the last line names the exit code" \
	"espota-doctor: no arguments; exit 2 (espota-doctor explain 2)" "$(tail -n 1 <<<"$err")"

done_testing
