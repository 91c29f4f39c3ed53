#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The kernel as the judge: generated rulesets, what espota-doctor says, and what connections meet.

For each ruleset `ports` is compared with real connections on sampled ports (the boundaries of all
rules and their neighbours), and the flow of `check -P` on a few of them. A wrong answer is always a
failure; "cannot tell" is one unless the ruleset holds something that no one can know. Runs in the
lab (23-ports-and-connections.sh); tests/differential puts far more rulesets to the evaluator itself.
"""

import argparse
import json
import random
import subprocess
import sys

import legacy_rulesets
import reach
import rulesets

QUIET = 0.06  # seconds; a loaded machine may need more, so a disagreement is looked at again
PATIENT = 1.4  # long enough for one retransmitted SYN
CHECKS = 2  # of single ports, for each ruleset
TCP_PACKETS = ("syn-in", "synack-out", "data-in", "data-out")


def in_host(*command, text=None):
    return subprocess.run(["ip", "netns", "exec", "host", *command], input=text, text=True,
                          capture_output=True, timeout=60, check=False)


def connections(ports, host, quiet=QUIET):
    return reach.Trial("device", "host", host).run(ports, quiet)


def doctor(*arguments):
    """The JSON report, or None with what was said instead."""
    done = in_host("espota-doctor", *arguments, "--json")
    try:
        report = json.loads(done.stdout)
    except ValueError:
        return None, f"exit {done.returncode}, no JSON: {done.stderr[-400:]}"
    if report["exit_code"] != done.returncode:
        return None, f"exit {done.returncode}, yet exit_code {report['exit_code']}"
    return report, None


def among(port, ranges):
    return any(low <= port <= high for low, high in ranges)


def redirected(report):
    """Whether a connection that comes here is sent elsewhere; the device may also be made to call another."""
    return any(finding["id"] == "firewall-redirect" and "makes the device call" not in finding["title"]
               for finding in report["findings"])


class Case:
    """One ruleset: `complaints` is what does not fit."""

    def __init__(self, seed, generator):
        self.seed = seed
        self.ruleset = generator(seed).ruleset()
        self.random = random.Random(seed)
        self.complaints = []
        self.unknown = 0

    def complain(self, text):
        self.complaints.append(text)

    def run(self):
        trouble = self.ruleset.load(in_host)
        if trouble:
            return self.complain(trouble)
        self.compare_ports()
        for port in self.random.sample(self.ruleset.ports, CHECKS):
            self.compare_check(port)

    def observed(self, ports, suspicious):
        """What connections meet; those that contradict the prediction are tried again, patiently."""
        seen = connections(ports, self.ruleset.host)
        again = [port for port in ports if suspicious(port, seen[port])]
        if again:
            seen.update(connections(again, self.ruleset.host, PATIENT))
        return seen

    def compare_ports(self):
        report, trouble = doctor("ports", *self.ruleset.asked)
        if trouble:
            return self.complain("ports: " + trouble)
        listed = report["ports"]
        if report["exit_code"] == 7 and not self.ruleset.hazy:
            self.complain("ports: cannot tell, though all of it can be known")
        seen = self.observed(
            self.ruleset.ports, lambda port, got: (got == "open") != among(port, listed))
        for port, got in seen.items():
            if among(port, listed) and got != "open":
                self.complain(f"ports lists {port}, a connection is {got}")
            elif got == "open" and not among(port, listed) and not self.ruleset.hazy:
                self.complain(f"ports does not list {port}, a connection is open")

    def compare_check(self, port):
        report, trouble = doctor("check", "-P", str(port), *self.ruleset.asked)
        if trouble:
            return self.complain(f"check -P {port}: {trouble}")
        verdicts = {step["packet"]: step["verdict"] for step in report["flow"]}
        path = [verdicts.get(packet) for packet in TCP_PACKETS]
        if None in path:
            return self.complain(f"check -P {port}: flow without a TCP packet: {verdicts}")
        expected = self.expected(path, redirected(report))
        if expected == "unknown":
            self.unknown += 1
            if not self.ruleset.hazy:
                self.complain(f"check -P {port}: cannot tell: {verdicts}")
            return None
        rule = None if self.ruleset.hazy else self.deciding_rule(report)
        before = self.ruleset.counted(in_host, rule)
        got = self.observed([port], lambda _, got: (got == "open") != (expected == "open"))[port]
        if before is not None and self.ruleset.counted(in_host, rule) == before:
            self.complain(f"check -P {port}: the rule that is named does not meet the packet: {rule}")
        if (got == "open") != (expected == "open"):
            self.complain(f"check -P {port}: {verdicts}, a connection is {got}")
        # A drop behind a reject by chance stops it in any case, and is what is named.
        elif path[0] == "drop" and got != "silent" and not self.ruleset.hazy:
            self.complain(f"check -P {port}: the SYN is said to be dropped, a connection is {got}")
        return None

    @staticmethod
    def deciding_rule(report):
        """What stops the SYN, unless the report says that it hangs on an assumed order."""
        finding = (report["findings"] or [{}])[0]
        assumed = any(what["what"] == "order of rules" for what in report["unchecked"])
        if finding.get("packet") != "syn-in" or report["verdict"] != "blocked" or assumed:
            return None
        return finding["rule"]

    @staticmethod
    def expected(path, redirected):
        if redirected:
            return "shut"  # whatever becomes of the later packets, which are another listener's
        for verdict in path:
            if verdict in ("drop", "reject"):
                return "shut"
            if verdict == "unknown":
                return "unknown"
        return "open"


def report_case(number, case):
    what = f"seed {case.seed}: {len(case.ruleset.ports)} ports"
    if case.ruleset.hazy:
        what += f", hazy, {case.unknown} of {CHECKS} checks cannot tell"
    print(f"{'not ok' if case.complaints else 'ok'} {number} - {what}", flush=True)
    for complaint in case.complaints[:8]:
        print(f"# {complaint}")
    return not case.complaints


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seed", type=int, default=1000, help="of the first ruleset")
    parser.add_argument("--count", type=int, default=250)
    parser.add_argument("--legacy", action="store_true", help="rules of legacy iptables and ipsets")
    parser.add_argument("--show", action="store_true", help="print the rulesets that disagree")
    options = parser.parse_args()
    print(f"# seeds {options.seed} to {options.seed + options.count - 1}")
    generator = legacy_rulesets.Generator if options.legacy else rulesets.Generator
    failed = shown = hazy = unknown = 0
    for number in range(options.count):
        case = Case(options.seed + number, generator)
        case.run()
        hazy += case.ruleset.hazy
        unknown += case.unknown
        if report_case(number + 1, case):
            continue
        failed += 1
        if options.show or shown < 2:
            shown += 1
            print("".join(f"# | {line}\n" for line in case.ruleset.text.splitlines()), end="")
    print(f"# summary: {hazy} of {options.count} rulesets hold something that no one can know;"
          f" {unknown} of {CHECKS * options.count} checks cannot tell")
    print(f"1..{options.count}")
    return failed > 0


if __name__ == "__main__":
    sys.exit(main())
