#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# time limit: 600 s
# Rulesets from the wild, replayed: what the kernel does with the copies is what it did with them.
. "$(dirname "$0")/lib.sh"

need_corpus
lab_lan
build=${ESPOTA_DOCTOR_BUILD:-$lab_top/build-test}
mount -t sysfs sysfs /sys || bail "no /sys of this namespace"
ip link add eth0 type veth peer name other-end && ip link set eth0 up && ip link set other-end up
PYTHONDONTWRITEBYTECODE=1 /usr/bin/python3 "$lab_here/replay_corpus.py" "$corpus" \
	--record "$build/tests/tools/ruleset-record" --replay "$build/tests/tools/flow-replay" --every 5 "$@"
