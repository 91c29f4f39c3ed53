#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# time limit: 180 s
# A few generated rulesets: what the program says in `ports` and `check`, beside real connections.
. "$(dirname "$0")/lib.sh"

lab_up
# An answer per refused connection, not one a second.
in_host sysctl -qw net.ipv4.icmp_ratelimit=0
# Python would otherwise leave a cache in the tree.
PYTHONDONTWRITEBYTECODE=1 /usr/bin/python3 "$lab_here/differential.py" --count 12 "$@"
