#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Rulesets as people wrote them, with the verdicts that a kernel gave them.

The corpus is a directory with manifest.jsonl and oracle.jsonl (see its README); it is not part of
the project. Each ruleset is loaded by the judge, which sends real packets and asks the evaluator;
verdict and deciding rule must be the same in all three: as recorded, as seen now, as predicted. The
prediction may also be "unknown", but is then listed with the doubt.
"""

import argparse
import collections
import json
import pathlib
import re
import sys

import judge

PORT = 25623
PACKETS = {"udp_out": (4, "invitation-out"), "udp_in": (4, "reply-in"), "syn_in": (4, "syn-in"),
           "synack_out": (4, "synack-out"), "syn6_in": (6, "syn-in"),
           "synack6_out": (6, "synack-out")}
STOPS = ("drop", "reject", "vanished")
OWN = ("eth0", "lo")


def rows(path):
    with open(path, encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def interfaces(text):
    """Names that nft wants to find: those that follow iif, oif and device."""
    names = set()
    for found in re.finditer(r"\b(?:iif|oif|sdif|devices?)\s*(?:[!=]=|=)?\s*"
                             r"(\{[^}]*\}|\"?[\w.@-]+\"?)", text):
        names.update(re.findall(r"[A-Za-z_][\w.@-]*", found[1]))
    return sorted(name for name in names if name not in OWN and len(name) < 16)


def request(case, text, sport):
    how = "nft" if case["load"].startswith("nft") else case["load"].split()[0]
    return {"loads": [{"how": how, "text": text if text.endswith("\n") else text + "\n"}],
            "bridges": interfaces(text) if how == "nft" else [], "ports": [PORT],
            "udp_port": sport, "device_port": sport, "ota_port": 8266,
            "questions": ["whole", "single"], "observations": True}


def plain(last):
    """A place without what traces and predictions word differently."""
    place, colon, verdict = last.rpartition(":")
    return place + colon + (verdict.split()[0] if verdict else "").replace("reject", "drop")


def stopped(verdict):
    return verdict in STOPS


def against_record(name, recorded, seen):
    """What was recorded and what was predicted, if they differ; None if they do not."""
    said = seen["said"]
    if said == "unknown":
        return None
    last = plain(recorded["last"])
    # The recording does not see netdev ingress.
    unseen = seen["said_last"].startswith("netdev/") and not last
    if stopped(said) == bool(recorded["drop"]) and (
            unseen or seen["step_doubt"] or plain(seen["said_last"]) == last):
        return None
    # A rule that looks at the clock: the judge has compared with what happens today.
    if seen["kernel"] != "not sent" and (stopped(seen["kernel"]), plain(seen["kernel_last"])) != (
            bool(recorded["drop"]), last):
        return None
    return (f"{name}: said {said} {seen['said_last']}, recorded "
            f"{'drop' if recorded['drop'] else 'pass'} {recorded['last']}, "
            f"seen {seen['kernel']} {seen['kernel_last']}")


def complaints(answer, recorded):
    wrong = [f"{w['question']} IPv{w['family']} {w['packet']}: said {w['said']} {w['said_last']}, "
             f"the kernel {w['kernel']} {w['kernel_last']}" for w in answer["wrong"]]
    seen = {(o["family"], o["packet"]): o for o in answer["observations"]}
    for name, key in PACKETS.items():
        if name in recorded and key in seen:
            wrong.append(against_record(name, recorded[name], seen[key]))
    return [line for line in wrong if line]


class Tally:
    def __init__(self):
        self.count = collections.Counter()
        self.doubts, self.lossy = [], []

    def add(self, case, answer, wrong):
        self.count["rulesets"] += 1
        # A copy of each packet that comes in again, for ever: only the recording can be compared.
        self.count["with packets that loop"] += "lost" in answer
        self.count["checks"] += answer["checks"]
        self.count["unknown checks"] += answer["unknown"]
        self.count["with disagreements"] += bool(wrong)
        self.count["with unknown"] += bool(answer["unknown"])
        self.count["read without loss"] += not answer["opaque"]
        if answer["doubts"]:
            self.doubts.append((case["file"], answer["doubts"]))
        if answer["opaque"]:
            self.lossy.append((case["file"], answer["opaque"]))

    def report(self):
        for file, doubts in self.doubts:
            print(f"# unknown {file}: " + "; ".join(f"{n}× {d}" for d, n in doubts.items()))
        for file, parts in self.lossy:
            print(f"# not understood {file}: " + "; ".join(parts[:4]))
        print("# summary: " + ", ".join(f"{n} {what}" for what, n in self.count.items()))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("corpus", type=pathlib.Path)
    parser.add_argument("--only", default="", help="only files whose name contains this")
    parser.add_argument("--failures", action="store_true", help="print only what fails")
    options = parser.parse_args()
    oracle = {row["file"]: row for row in rows(options.corpus / "oracle.jsonl")}
    bench, tally, number, failed = judge.Judge(), Tally(), 0, 0
    for case in rows(options.corpus / "manifest.jsonl"):
        if options.only not in case["file"]:
            continue
        recorded = oracle.get(case["file"], {"sport": 40000})
        text = (options.corpus / case["file"]).read_text(encoding="utf-8")
        answer = bench.ask(**request(case, text, recorded["sport"]))
        if answer.get("disagreements"):
            # A machine under load may have lost a packet; what a rule does, it does again.
            answer = bench.ask(**request(case, text, recorded["sport"]))
        number += 1
        if "error" in answer:
            wrong = [answer["error"].strip().splitlines()[0]]
            tally.count["not loaded"] += 1
        else:
            wrong = complaints(answer, recorded)
            tally.add(case, answer, wrong)
        failed += bool(wrong)
        if wrong or not options.failures:
            print(f"{'not ok' if wrong else 'ok'} {number} - {case['id']}", flush=True)
        for line in wrong:
            print(f"# {line}", flush=True)
    bench.close()
    tally.report()
    print(f"1..{number}")
    return failed > 0


if __name__ == "__main__":
    sys.exit(main())
