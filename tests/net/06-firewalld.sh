#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# firewalld with its nft backend: the verdict and the culprit, in its zones.
. "$(dirname "$0")/lib.sh"

lab_up
firmware
start_device || bail "no device"
host_firewalld_start

blocked "firewalld's default zone" firewall-reject rule filter_IN_public firewalld

in_host firewall-cmd -q --set-default-zone=drop
blocked "firewalld's drop zone" firewall-drop rule filter_IN_drop firewalld

in_host firewall-cmd -q --set-default-zone=public
in_host firewall-cmd -q --add-rich-rule="rule family=ipv4 source address=$device_address port port=18266 protocol=tcp accept"
uploads "a rich rule for the device"
is_shut "a rich rule for the device: another host" other 18266

in_host firewall-cmd -q --add-port=20000-20010/tcp
doctor ports -i "$device_address"
is "ports of a zone and of a rich rule" "18266-18266 20000-20010" "$(grep -E '^(18266|20000)-' <<<"$out" | xargs)"

in_host firewall-cmd -q --set-default-zone=trusted
uploads "firewalld's trusted zone" -P 23456

done_testing
