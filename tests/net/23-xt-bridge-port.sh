#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The match physdev on a host whose interface is a bridge, with and without br_netfilter's hooks.
. "$(dirname "$0")/lib.sh"

teller=${ESPOTA_DOCTOR_BUILD:-$lab_top/build-test}/tests/tools/ruleset-text
[ -x "$teller" ] || bail "no ruleset-text; build first"
lab_up
cp "$teller" "$LAB/bin/"
in_host modprobe br_netfilter 2>/dev/null
in_host test -e /proc/sys/net/bridge/bridge-nf-call-iptables || skip_all "no br_netfilter"
ip -n host address flush dev eth0
ip -n host link add br0 address 52:54:00:17:80:24 type bridge stp_state 0 forward_delay 0
ip -n host link set eth0 master br0
ip -n host link set br0 up
ip -n host address add "$host_address/24" brd + dev br0
ip -n host address add fd00:178::24/64 dev br0 nodad
lab_acquaint br0
PYTHONDONTWRITEBYTECODE=1 /usr/bin/python3 "$lab_here/xt_extensions.py" --bridged "$@"
