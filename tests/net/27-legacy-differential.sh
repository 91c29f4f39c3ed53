#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# time limit: 500 s
# Generated rulesets of legacy iptables and ipsets against real connections. To look at one:
# 27-legacy-differential.sh --seed N --count 1 --show
. "$(dirname "$0")/lib.sh"

lab_up
in_host sysctl -qw net.ipv4.icmp_ratelimit=0
PYTHONDONTWRITEBYTECODE=1 /usr/bin/python3 "$lab_here/differential.py" --legacy --count 160 "$@"
