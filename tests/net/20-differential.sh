#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# time limit: 300 s
# Generated rulesets: what the evaluator says of each packet, beside what the kernel does with it.
# To look at one: tests/differential/run --seed N --count 1
. "$(dirname "$0")/lib.sh"

exec /usr/bin/python3 "$lab_top/tests/differential/run" --tap --count 300 --ports 100 --shrink 5 "$@"
