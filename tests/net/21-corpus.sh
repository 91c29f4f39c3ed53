#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# time limit: 600 s
# Rulesets from the wild, with the kernel's own verdicts. The directory is ESPOTA_DOCTOR_CORPUS, or
# shared/corpus beside the checkout.
. "$(dirname "$0")/lib.sh"

corpus=${ESPOTA_DOCTOR_CORPUS:-$lab_top/../shared/corpus}
[ -f "$corpus/oracle.jsonl" ] || skip_all "no ruleset corpus in $corpus (ESPOTA_DOCTOR_CORPUS)"
PYTHONDONTWRITEBYTECODE=1 exec /usr/bin/python3 "$lab_top/tests/differential/corpus.py" "$corpus" "$@"
