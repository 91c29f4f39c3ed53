#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# time limit: 600 s
# Rulesets from the wild, with the kernel's own verdicts; the directory is ESPOTA_DOCTOR_CORPUS.
. "$(dirname "$0")/lib.sh"

[ -f "${ESPOTA_DOCTOR_CORPUS-}/oracle.jsonl" ] || skip_all "no ruleset corpus (ESPOTA_DOCTOR_CORPUS)"
host_address=192.168.178.20
lab_up
# As where the verdicts came from.
in_host sysctl -qw net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.eth0.rp_filter=0
ip -n host neighbour replace "$device_address" lladdr 2c:f4:32:17:81:78 dev eth0 nud permanent
PYTHONDONTWRITEBYTECODE=1 /usr/bin/python3 "$lab_here/corpus.py" "$ESPOTA_DOCTOR_CORPUS" --every 5 "$@"
