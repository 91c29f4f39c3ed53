#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# time limit: 400 s
# Each extension of iptables against the kernel. To look at some: 23-xt-extensions.sh --only ' -m u32'
. "$(dirname "$0")/lib.sh"

teller=${ESPOTA_DOCTOR_BUILD:-$lab_top/build-test}/tests/tools/ruleset-text
[ -x "$teller" ] || bail "no ruleset-text; build first"
lab_up
cp "$teller" "$LAB/bin/"
in_host sysctl -qw net.ipv4.icmp_ratelimit=0
# For devgroup.
ip -n host link set eth0 group 5
lab_acquaint eth0
PYTHONDONTWRITEBYTECODE=1 /usr/bin/python3 "$lab_here/xt_extensions.py" "$@"
