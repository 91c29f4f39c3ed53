#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# time limit: 900 s
# Rules in our words beside nft's own, for rulesets from the wild.
. "$(dirname "$0")/lib.sh"

need_corpus
tools=${ESPOTA_DOCTOR_BUILD:-$lab_top/build-test}/tests/tools
[ -x "$tools/ruleset-text" ] || bail "no ruleset-text; build first"
lab_lan
PYTHONDONTWRITEBYTECODE=1 /usr/bin/python3 "$lab_here/ruleset_text.py" "$corpus" \
	--recorder "$tools/ruleset-record" --tool "$tools/ruleset-text" "$@"
