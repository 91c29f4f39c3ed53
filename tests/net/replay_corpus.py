#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Rulesets as people wrote them, replayed: copied by netlink and judged by the kernel once more.

The corpus is a directory with manifest.jsonl and oracle.jsonl (see its README); it is not part of the
project. Each ruleset is loaded into this network namespace, recorded, and replayed by flow-replay in
namespaces of its own. What happens to six packets there has to be what the kernel did with them when
the ruleset itself was in force, the deciding step included. Run it in a network namespace made for
it, with an eth0 (28-replay-corpus.sh).
"""

import argparse
import collections
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

PACKETS = {"udp_out": "invitation-out", "udp_in": "reply-in", "syn_in": "syn-in",
           "synack_out": "synack-out"}
PACKETS6 = {"syn6_in": "syn-in", "synack6_out": "synack-out"}
REFUSALS = ("drop", "reject", "elsewhere")
# What decides otherwise the next time, or hangs on what the packet's sender chose.
UNREPEATABLE = re.compile(r"numgen|random|limit|quota|hashlimit|recent|statistic|connlimit|time|meta "
                          r"(cpu|hour|day)|jhash|symhash|flowlabel")


def run(*command, stdin=None):
    return subprocess.run(command, stdin=stdin, text=True, capture_output=True, timeout=60,
                          check=False)


def rows(path):
    with open(path, encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def add_missing_devices(path):
    text = path.read_text(encoding="utf-8", errors="replace")
    names = set(re.findall(r"\b(?:iif|oif|device)\s+\"?([A-Za-z][\w.-]*)\"?", text))
    for group in re.findall(r"devices\s*=\s*\{([^}]*)\}", text):
        names |= set(re.findall(r"[A-Za-z][\w.-]*", group))
    for name in names - set(os.listdir("/sys/class/net")):
        run("ip", "link", "add", name[:15], "type", "bridge")


def load(path, how):
    run("nft", "flush", "ruleset")
    with open(path, encoding="utf-8") as rules:
        if how.startswith("nft"):
            done = run("nft", "-f", "-", stdin=rules)
        else:
            done = run(how.split()[0], stdin=rules)
    return done.returncode == 0


def replay(tool, dump, *options):
    done = run(tool, "-i", eth0_index(), *options, dump)
    packets, gaps = {}, []
    for line in done.stdout.splitlines():
        _, kind, *rest = line.split("\t")
        if kind == "gap":
            gaps.append(rest)
        else:
            packets[kind] = rest
    return packets, gaps, done.stderr.strip()


def eth0_index():
    return pathlib.Path("/sys/class/net/eth0/ifindex").read_text(encoding="ascii").strip()


def compare(oracle, names, packets):
    for name, packet in names.items():
        if name not in oracle or packet not in packets:
            continue
        verdict, last = packets[packet]
        if verdict == "not sent":
            continue
        dropped = bool(oracle[name]["drop"])
        if dropped != (verdict in REFUSALS[:2]):
            yield f"{name}: {verdict} at {last or '-'}, was: drop={oracle[name]['drop']} " \
                  f"{oracle[name]['last']}"
        elif last != oracle[name]["last"].replace(":?", ":queue"):
            yield f"{name}: last step {last or '-'}, was: {oracle[name]['last'] or '-'}"


def judge(case, options, scratch):
    path = options.corpus / case["file"]
    add_missing_devices(path)
    if not load(path, case["load"]):
        return None, []
    dump = str(scratch / "dump")
    run(options.record, dump)
    packets, gaps, error = replay(options.replay, dump)
    packets6, _, error6 = replay(options.replay, dump, "-d", "fd00::178", "-h", "fd00::20/64")
    wrong = [line for line in (error, error6) if line]
    wrong += compare(case["oracle"], PACKETS, packets)
    wrong += compare(case["oracle"], PACKETS6, packets6)
    return wrong, gaps


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("corpus", type=pathlib.Path)
    parser.add_argument("--record", required=True, help="the tool ruleset-record")
    parser.add_argument("--replay", required=True, help="the tool flow-replay")
    parser.add_argument("--every", type=int, default=1, help="only each Nth ruleset")
    parser.add_argument("--only", default="", help="only files whose name contains this")
    options = parser.parse_args()
    oracle = {row["file"]: row for row in rows(options.corpus / "oracle.jsonl") if row["stable"]}
    number = failed = 0
    tally = collections.Counter()
    with tempfile.TemporaryDirectory() as scratch:
        for index, case in enumerate(rows(options.corpus / "manifest.jsonl")):
            if case["file"] not in oracle or options.only not in case["file"]:
                continue
            if index % options.every:
                continue
            case["oracle"] = oracle[case["file"]]
            wrong, gaps = judge(case, options, pathlib.Path(scratch))
            number += 1
            if wrong is None:
                tally["do not load"] += 1
                print(f"ok {number} - {case['id']} # SKIP does not load here")
                continue
            text = (options.corpus / case["file"]).read_text(encoding="utf-8", errors="replace")
            excused = "unrepeatable" if wrong and UNREPEATABLE.search(text) else ""
            tally["copied without loss" if not gaps else "with gaps"] += 1
            tally["agree" if not wrong else excused or "disagree"] += 1
            bad = wrong and not excused and not gaps
            failed += bool(bad)
            print(f"{'not ok' if bad else 'ok'} {number} - {case['id']}"
                  + (f" # {excused}" if excused else ""), flush=True)
            for line in wrong:
                print(f"# {line}")
            for gap in gaps:
                print(f"# gap: {' | '.join(gap)}")
    print(f"# summary: {number} rulesets: "
          + ", ".join(f"{count} {what}" for what, count in sorted(tally.items())))
    print(f"1..{number}")
    return failed > 0


if __name__ == "__main__":
    sys.exit(main())
