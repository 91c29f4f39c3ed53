#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# time limit: 300 s
# Every flavour of upload ends in the device's OK and the identical image.
. "$(dirname "$0")/lib.sh"

lab_up
firmware

# flavour FAMILY PORT: open, with a password, file system.
flavour()
{
	local family=$1 port=$2

	start_device --family "$family" || bail "no device"
	uploads "$family" -p "$port"
	uploads "$family, a password that nobody asks for" -p "$port" -a secret
	uploads "$family, an empty password" -p "$port" --auth=
	uploads "$family, file system" -p "$port" -s

	start_device --family "$family" --password 'sécret 1' || bail "no device"
	uploads "$family with a password" -p "$port" -a 'sécret 1'
	uploads "$family with a password, file system" -p "$port" --spiffs -a 'sécret 1'
	printf '%s\n' 'sécret 1' >"$LAB/password"
	uploads "$family with a password from a file" -p "$port" --auth-file "$LAB/password"

	doctor -i "$device_address" -f "$image" -p "$port" -a wrong --json
	is "$family, wrong password: exit 1" 1 "$status"
	json_is "$family, wrong password: finding" '.findings[0].id' device-auth-failed
	doctor -i "$device_address" -f "$image" -p "$port" --json
	is "$family, no password: exit 1" 1 "$status"
	json_is "$family, no password: finding" '.findings[0].id' device-auth-required
	uploads "$family, right password after a wrong one" -p "$port" -a 'sécret 1'
}

flavour esp8266 8266
flavour esp32 3232
flavour esp32-pbkdf2 3232
flavour rp2040 2040

# A sketch that stores the MD5 of the password asks for it in the PBKDF2 form.
start_device --family esp32-pbkdf2 --password secret --stored-md5 || bail "no device"
uploads "esp32 with a stored MD5 hash" -p 3232 -a secret
uploads "esp32 with a stored MD5 hash, -m" -p 3232 -a secret -m

ESPOTA_AUTH=secret
export ESPOTA_AUTH
uploads "the password from the environment" -p 3232
unset ESPOTA_AUTH

start_device || bail "no device"
uploads "all options of espota.py, spelled its way" -p 8266 --host_ip "$host_address" --host_port 30001 -r -d
uploads "and with dashes" --port 8266 --host-ip="$host_address" --host-port=30002 --progress --debug

plain_image=$image
head -c 100000 "$plain_image" | gzip -9 >"$LAB/image.bin.gz"
image=$LAB/image.bin.gz
uploads "a gzip image" -p 8266

cp "$plain_image" "$LAB/signed.bin"
make_image "$LAB/signed.bin.signed" 50000
rm -f "$LAB/received"
doctor -i "$device_address" -p 8266 -f "$LAB/signed.bin"
is "a signed image beside it: uploads" 0 "$status"
same_file "a signed image beside it is preferred" "$LAB/signed.bin.signed" "$LAB/received"
start_device --family esp32 || bail "no device"
doctor -i "$device_address" -p 3232 -f "$LAB/signed.bin"
same_file "but not for an ESP32" "$LAB/signed.bin" "$LAB/received"

image=$LAB/tiny.bin
make_image "$image" 5
start_device || bail "no device"
uploads "an image of five bytes" -p 8266
image=$LAB/large.bin
make_image "$image" 3000000
uploads "an image of 3 MB" -p 8266

# Without -p the three families' ports are tried in turn.
image=$plain_image
start_device --family rp2040 || bail "no device"
uploads "without -p, closed ports are skipped"
like "and it says which port it took" 2040 "$err"

doctor -i "$device_address" -p 2040 -f "$image" --json
json_is "JSON: mode" .mode upload
json_is "JSON: verdict" .verdict clear
json_is "JSON: flash" .flash written
json_is "JSON: result" .upload.result OK
json_is "JSON: bytes" .upload.bytes 247584

done_testing
