#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# time limit: 500 s
# Generated rulesets of legacy iptables and ipsets against real connections. To look at one:
# 27-legacy-differential.sh --seed N --count 1 --show
. "$(dirname "$0")/lib.sh"

lab_up
in_host sysctl -qw net.ipv4.icmp_ratelimit=0 net.ipv6.icmp.ratelimit=0
# Rules that forget neighbour discovery are not what is looked at.
in_host ip neighbour replace fd00:178::178 lladdr 2c:f4:32:17:81:78 dev eth0 nud permanent
in_device ip neighbour replace fd00:178::24 lladdr 52:54:00:17:80:24 dev eth0 nud permanent
PYTHONDONTWRITEBYTECODE=1 /usr/bin/python3 "$lab_here/differential.py" --legacy --count 160 "$@"
