#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# time limit: 600 s
# Rulesets from the wild, with the kernel's own verdicts.
. "$(dirname "$0")/lib.sh"

need_corpus
PYTHONDONTWRITEBYTECODE=1 exec /usr/bin/python3 "$lab_top/tests/differential/corpus.py" "$corpus" "$@"
