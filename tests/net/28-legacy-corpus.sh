#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# time limit: 500 s
# Rulesets as people wrote them, in legacy iptables, against real connections. All of them:
# 28-legacy-corpus.sh --every 1
. "$(dirname "$0")/lib.sh"

need_corpus
lab_up
in_host sysctl -qw net.ipv4.icmp_ratelimit=0 net.ipv6.icmp.ratelimit=0
# Rules that forget neighbour discovery are not what is looked at.
in_host ip neighbour replace fd00:178::178 lladdr 2c:f4:32:17:81:78 dev eth0 nud permanent
in_device ip neighbour replace fd00:178::24 lladdr 52:54:00:17:80:24 dev eth0 nud permanent
PYTHONDONTWRITEBYTECODE=1 /usr/bin/python3 "$lab_here/legacy_corpus.py" "$corpus" --every 5 "$@"
