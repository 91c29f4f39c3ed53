#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Rulesets as people wrote them, with the verdicts that the kernel gave them.

The corpus is a directory with manifest.jsonl and oracle.jsonl (see its README); it is not part of
the project. Each ruleset is loaded on the lab's host; the verdicts that `check` predicts for four
packets must be the kernel's, or "unknown". Runs in the lab (21-corpus.sh).
"""

import argparse
import collections
import json
import pathlib
import subprocess
import sys

DEVICE, PORT = "192.168.178.178", 25623
PACKETS = {"udp_out": "invitation-out", "udp_in": "reply-in", "syn_in": "syn-in",
           "synack_out": "synack-out"}


def in_host(*command, stdin=None):
    return subprocess.run(["ip", "netns", "exec", "host", *command], stdin=stdin, text=True,
                          capture_output=True, timeout=60, check=False)


def load(path, how):
    in_host("nft", "flush", "ruleset")
    with open(path, encoding="utf-8") as rules:
        if how.startswith("nft"):
            return in_host("nft", "-f", "-", stdin=rules)
        return in_host(how.split()[0], stdin=rules)


def rows(path):
    with open(path, encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def complaints(report, oracle):
    """Packets whose prediction is not what the kernel did; and how many were left unknown."""
    wrong, unknown = [], 0
    flow = {packet["packet"]: packet for packet in report["flow"]}
    for name, packet in PACKETS.items():
        if name not in oracle:
            break
        dropped = bool(oracle[name]["drop"])
        verdict = flow.get(packet, {}).get("verdict")
        if verdict == "unknown":
            unknown += 1
        elif verdict is None or (verdict in ("drop", "reject")) != dropped:
            wrong.append(f"{packet}: said {verdict}, the kernel: {oracle[name]['last']}"
                         f" drop={oracle[name]['drop']}")
        if dropped:
            break
    return wrong, unknown


def judge(case, corpus):
    loaded = load(corpus / case["file"], case["load"])
    if loaded.returncode:
        return None, 0
    done = in_host("espota-doctor", "check", "-i", DEVICE, "-P", str(PORT), "-p", "8266", "--json")
    try:
        return complaints(json.loads(done.stdout), case["oracle_row"])
    except ValueError:
        return [f"exit {done.returncode}, no JSON: {done.stderr[-400:]}"], 0


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("corpus", type=pathlib.Path)
    parser.add_argument("--every", type=int, default=1, help="only each Nth of the single rules")
    parser.add_argument("--only", default="", help="only files whose name contains this")
    options = parser.parse_args()
    oracle = {row["file"]: row for row in rows(options.corpus / "oracle.jsonl") if row["stable"]}
    number = failed = 0
    tally = collections.Counter()
    for index, case in enumerate(rows(options.corpus / "manifest.jsonl")):
        if case["file"] not in oracle or options.only not in case["file"]:
            continue
        if case["class"] == "single-rule" and index % options.every:
            continue
        case["oracle_row"] = oracle[case["file"]]
        wrong, unknown = judge(case, options.corpus)
        number += 1
        if wrong is None:
            tally["not loaded"] += 1
            print(f"ok {number} - {case['id']} # SKIP does not load here")
            continue
        tally["with an unknown" if unknown else "all known"] += 1
        failed += bool(wrong)
        print(f"{'not ok' if wrong else 'ok'} {number} - {case['id']}", flush=True)
        for line in wrong:
            print(f"# {line}")
    print(f"# summary: {number} rulesets: "
          + ", ".join(f"{count} {what}" for what, count in sorted(tally.items())))
    print(f"1..{number}")
    return failed > 0


if __name__ == "__main__":
    sys.exit(main())
