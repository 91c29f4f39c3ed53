#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# time limit: 300 s
# Extensions of iptables in random company. To look at one: 23-xt-mixtures.sh --seed N --count 1
. "$(dirname "$0")/lib.sh"

lab_up
in_host sysctl -qw net.ipv4.icmp_ratelimit=0
ip -n host link set eth0 group 5
lab_acquaint eth0
PYTHONDONTWRITEBYTECODE=1 /usr/bin/python3 "$lab_here/xt_mixtures.py" "$@"
