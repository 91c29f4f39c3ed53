#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# time limit: 500 s
# Generated rulesets against real connections. To look at one: 20-differential.sh --seed N --count 1 --show
. "$(dirname "$0")/lib.sh"

lab_up
# An answer per refused connection, not one a second.
in_host sysctl -qw net.ipv4.icmp_ratelimit=0
# Python would otherwise leave a cache in the tree.
PYTHONDONTWRITEBYTECODE=1 /usr/bin/python3 "$lab_here/differential.py" "$@"
