#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Rulesets of iptables as people wrote them, loaded into the legacy tables: what espota-doctor says of
them, and what connections meet. The corpus is a directory with files ipt/SOURCE/NAME.v4 and .v6.
A wrong answer is a failure; "cannot tell" is counted.
"""

import argparse
import collections
import pathlib
import sys

import differential
import legacy_rulesets

PORTS = (25623, 22)


def load(path):
    for command in ("iptables-legacy-restore", "ip6tables-legacy-restore"):
        differential.in_host(command, text=legacy_rulesets.EMPTY)
    command = "ip6tables-legacy-restore" if path.suffix == ".v6" else "iptables-legacy-restore"
    return differential.in_host(command, text=path.read_text(errors="replace")).returncode == 0


def judge(words, port, counts):
    """What does not fit, or None."""
    report, trouble = differential.doctor("check", "-P", str(port), *words["asked"])
    if trouble:
        return trouble
    verdicts = {step["packet"]: step["verdict"] for step in report["flow"]}
    path = [verdicts.get(packet) for packet in differential.TCP_PACKETS]
    redirected = differential.redirected(report)
    expected = differential.Case.expected(path, redirected)
    counts[expected] += 1
    if expected == "unknown":
        return None
    for quiet in (differential.QUIET, differential.PATIENT):
        got = differential.connections([port], words["host"], quiet)[port]
        if (got == "open") == (expected == "open"):
            return None
    return f"port {port}: {verdicts}, a connection is {got}"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("corpus", type=pathlib.Path)
    parser.add_argument("--every", type=int, default=1, help="only each Nth ruleset")
    options = parser.parse_args()
    counts, failed = collections.Counter(), 0
    paths = sorted(options.corpus.glob("ipt/*/*.v[46]"))[::options.every]
    for number, path in enumerate(paths, 1):
        name = path.relative_to(options.corpus)
        if not load(path):
            counts["not loaded"] += 1
            print(f"ok {number} - {name} # SKIP iptables does not take it")
            continue
        words = legacy_rulesets.WORDS[6 if path.suffix == ".v6" else 4]
        complaints = [text for text in (judge(words, port, counts) for port in PORTS) if text]
        print(f"{'not ok' if complaints else 'ok'} {number} - {name}", flush=True)
        for complaint in complaints:
            print(f"# {complaint}")
        failed += bool(complaints)
    print("# summary: " + ", ".join(f"{count} {what}" for what, count in counts.items()))
    print(f"1..{len(paths)}")
    return failed > 0


if __name__ == "__main__":
    sys.exit(main())
