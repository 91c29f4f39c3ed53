#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# time limit: 900 s
# Rules in our words beside nft's own, for rulesets from the wild. The directory of those is
# ESPOTA_DOCTOR_CORPUS, or shared/corpus beside the checkout.
. "$(dirname "$0")/lib.sh"

corpus=${ESPOTA_DOCTOR_CORPUS-$lab_top/../shared/corpus}
[ -f "$corpus/manifest.jsonl" ] || skip_all "no ruleset corpus (ESPOTA_DOCTOR_CORPUS)"
tools=${ESPOTA_DOCTOR_BUILD:-$lab_top/build-test}/tests/tools
[ -x "$tools/ruleset-text" ] || bail "no ruleset-text; build first"
lab_lan
PYTHONDONTWRITEBYTECODE=1 /usr/bin/python3 "$lab_here/ruleset_text.py" "$corpus" \
	--recorder "$tools/ruleset-record" --tool "$tools/ruleset-text" "$@"
