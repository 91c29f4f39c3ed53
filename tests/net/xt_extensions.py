#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The kernel as the judge of each xtables extension.

Loads the rules of xt_cases.py one after another with iptables-nft, asks `check` what becomes of a
connection from the device, makes that connection, and compares; and compares the words that the
program finds for each rule with those of `iptables-nft -S`. Runs in the lab (23-xt-extensions.sh).
"""

import argparse
import collections
import json
import re
import shlex
import socket
import subprocess
import sys
import time

import reach
import xt_cases

PORT, OTA_PORT = 25623, 8266
ADDRESSES = {"4": ("192.168.178.24", "192.168.178.178/32"), "6": ("fd00:178::24", "fd00:178::178/128")}
TOOLS = {"4": ("iptables-nft", "ip"), "6": ("ip6tables-nft", "ip6")}
UDP_PACKETS = ("invitation-out", "reply-in")
TCP_PACKETS = ("syn-in", "synack-out", "data-in", "data-out")
QUIET, PATIENT = 0.06, 1.4  # seconds; a disagreement is looked at again, patiently


def in_host(*command):
    return subprocess.run(["ip", "netns", "exec", "host", *command], text=True,
                          capture_output=True, timeout=60, check=False)


def clock(offset):
    return time.strftime("%H:%M:%S", time.gmtime(time.time() + offset))


def words():
    """What stands for a value in the table. The times are far from the day's ends, if they can be."""
    return {"{port}": str(PORT), "{now}": clock(-1), "{soon}": clock(60), "{earlier}": clock(-3600),
            "{later}": clock(3600), "{much_later}": clock(7200)}


def lines(text):
    for line in text.splitlines():
        if not line or line.startswith("#"):
            continue
        families, chain, expected, rule = line.split(" ", 3)
        for family in families:
            yield family, chain, expected, rule


class Datagrams:
    """The invitation and its answer."""

    def __init__(self, family):
        host, device = ADDRESSES[family][0], ADDRESSES[family][1].partition("/")[0]
        reach.enter("device")
        self.device = reach.new_socket(device, socket.SOCK_DGRAM)
        self.device.bind((device, OTA_PORT))
        reach.enter("host")
        self.host = reach.new_socket(host, socket.SOCK_DGRAM)
        self.host.bind((host, 0))
        self.there = (device, OTA_PORT)

    @staticmethod
    def arrives(sock, quiet):
        """Who sent it, or None."""
        sock.settimeout(quiet)
        try:
            return sock.recvfrom(100)[1]
        except OSError:
            return None

    def exchange(self, quiet):
        """Which of the two arrive; the second is None if the first does not."""
        try:
            self.host.sendto(b"0 18266 1 0", self.there)
        except PermissionError:
            return "shut", None
        sender = self.arrives(self.device, quiet)
        if not sender:
            return "shut", None
        try:
            self.device.sendto(b"OK", sender)
        except OSError:
            pass
        return "open", "open" if self.arrives(self.host, quiet) else "shut"

    def close(self):
        self.host.close()
        self.device.close()


class Case:
    def __init__(self, family, chain, expected, rule, drops):
        rule = self.fill_in(rule)
        self.family, self.expected = family, expected
        self.name = f"IPv{family} {chain} {rule}"[:150]
        first, *others = rule.split(" then ")
        if drops:
            first += " -j DROP"
        self.rules = [(chain, first)] + [tuple(other.split(" ", 1)) for other in others]
        self.flow = self.redirected = None
        self.complaints = []

    @staticmethod
    def fill_in(rule):
        for name, value in words().items():
            rule = rule.replace(name, value)
        return rule

    def load_rule(self, place, rule):
        table, _, chain = place.rpartition("/")
        return in_host(TOOLS[self.family][0], "-t", table or "filter", "-A", chain,
                       *shlex.split(rule))

    def load(self):
        """None, or why iptables refuses a rule."""
        for rule in self.rules:
            done = self.load_rule(*rule)
            if done.returncode:
                return done.stderr.strip().splitlines()[0]
        return None

    def ask(self):
        done = in_host("espota-doctor", "check", "--from", ADDRESSES[self.family][1], "-P",
                       str(PORT), "--json")
        try:
            report = json.loads(done.stdout)
        except ValueError:
            self.complaints.append(f"exit {done.returncode}, no JSON: {done.stderr[-400:]}")
            return
        self.flow = {packet["packet"]: packet["verdict"] for packet in report["flow"]}
        self.redirected = any(finding["id"] == "firewall-redirect"
                              for finding in report["findings"])

    def hides_translation(self):
        """The report tells of a redirection only if no earlier packet is stopped."""
        return (any(place.startswith("nat/") for place, _ in self.rules)
                and any(self.flow[packet] in ("drop", "reject") for packet in UDP_PACKETS))

    def predicted(self):
        if self.redirected:
            return "shut"
        if self.hides_translation():
            return "unknown"
        for packet in TCP_PACKETS:
            if self.flow[packet] in ("drop", "reject"):
                return "shut"
            if self.flow[packet] == "unknown":
                return "unknown"
        return "open"

    def observed(self, predicted):
        for quiet in (QUIET, PATIENT):
            seen = reach.Trial("device", "host", ADDRESSES[self.family][0]).run([PORT], quiet)[PORT]
            got = "open" if seen == "open" else "shut"
            if predicted in (got, "unknown"):
                break
        return got

    def judge(self):
        self.ask()
        if not self.flow:
            return
        predicted = self.predicted()
        hazy = self.expected == "hazy"
        got = self.observed(predicted)
        if predicted == "unknown" and not hazy:
            self.complaints.append(f"cannot tell; a connection is {got}")
        elif predicted != "unknown" and predicted != got:
            self.complaints.append(f"said to be {predicted}, a connection is {got}")
        if not hazy and (self.expected == "match") != (got == "shut"):
            self.complaints.append(f"the table says {self.expected}, a connection is {got}")
        if hazy and predicted != "unknown":
            self.complaints.append("can tell, yet the table calls it hazy")

    def judge_datagrams(self, tally):
        """The table says nothing of these; they must only never be told wrongly."""
        if not self.flow or self.redirected:
            return
        told = [{"accept": "open", "unknown": None}.get(self.flow[packet], "shut")
                for packet in UDP_PACKETS]
        if told[0] is None:
            told[1] = None  # it may be sent as something else, for instance with another address
        for quiet in (QUIET, PATIENT):
            datagrams = Datagrams(self.family)
            seen = datagrams.exchange(quiet)
            datagrams.close()
            wrong = [packet for packet, said, saw in zip(UDP_PACKETS, told, seen)
                     if said and saw and said != saw]
            if not wrong:
                break
        tally["datagrams judged"] += sum(bool(said and saw) for said, saw in zip(told, seen))
        for packet in wrong:
            self.complaints.append(f"{packet}: said to be {self.flow[packet]}, seen {seen}")

    def compare_text(self):
        """How many rules were compared."""
        program, family = TOOLS[self.family]
        ours = collections.defaultdict(list)
        for line in in_host("ruleset-text").stdout.splitlines():
            rule_family, table, chain, handle, text, _ = line.split("\t")
            if rule_family == family and handle != "0":
                ours[table, chain].append(text)
        for (table, chain), texts in ours.items():
            theirs = in_host(program, "-t", table, "-S", chain).stdout
            theirs = re.findall(r"^-A \S+ (.*)$", theirs, re.MULTILINE)
            if [text.split() for text in texts] != [text.split() for text in theirs]:
                self.complaints.append(f"worded as {texts}, iptables says {theirs}")
        return sum(len(texts) for texts in ours.values())


def run(case, tally):
    """How many rules were worded; None if the kernel does not have the extension."""
    in_host("nft", "flush", "ruleset")
    trouble = case.load()
    if trouble:
        tally["not offered by this kernel"] += 1
        print(f"# {case.name}: {trouble}")
        return None
    tally[case.expected] += 1
    case.judge()
    case.judge_datagrams(tally)
    return case.compare_text()


def load_all():
    """One ruleset of all rules, none of which decides before the chain's end; prints it as -S does."""
    in_host("nft", "flush", "ruleset")
    for family, (tool, _) in TOOLS.items():
        for table in ("raw", "mangle", "nat", "filter"):
            in_host(tool, "-t", table, "-N", "targets")
        for line in lines(xt_cases.MATCHES):
            if line[0] == family:
                Case(*line, drops=False).load()
        for line in lines(xt_cases.TARGETS):
            if line[0] == family:
                case = Case(*line, drops=False)
                table = case.rules[0][0].rpartition("/")[0] or "filter"
                case.rules = [(table + "/targets", case.rules[0][1])]
                case.load()
        for table in ("raw", "mangle", "nat", "filter"):
            for rule in in_host(tool, "-t", table, "-S").stdout.splitlines():
                if rule.startswith("-A "):
                    _, chain, text = rule.split(" ", 2)
                    print("\t".join((TOOLS[family][1], table, chain, text)))


def cases():
    for line in lines(xt_cases.MATCHES):
        yield Case(*line, drops=True)
    for line in lines(xt_cases.TARGETS):
        yield Case(*line, drops=False)


def bridged_cases():
    for hooks in "01":
        for tables in ("iptables", "ip6tables"):
            in_host("sysctl", "-qw", f"net.bridge.bridge-nf-call-{tables}={hooks}")
        for line in lines(xt_cases.BRIDGED):
            yield Case(*line, drops=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", default="", help="only lines that contain this")
    parser.add_argument("--load-all", action="store_true", help="only load all rules, and list them")
    parser.add_argument("--bridged", action="store_true", help="the rules for a host on a bridge")
    options = parser.parse_args()
    if options.load_all:
        return load_all()
    number = failed = texts = 0
    tally = collections.Counter()
    for case in bridged_cases() if options.bridged else cases():
        if options.only not in case.name:
            continue
        number += 1
        worded = run(case, tally)
        if worded is None:
            print(f"ok {number} - {case.name} # SKIP not offered", flush=True)
            continue
        texts += worded
        failed += bool(case.complaints)
        print(f"{'not ok' if case.complaints else 'ok'} {number} - {case.name}", flush=True)
        for complaint in case.complaints:
            print(f"# {complaint}")
    print(f"# summary: {texts} rules worded as iptables does; "
          + ", ".join(f"{count} {what}" for what, count in sorted(tally.items())))
    print(f"1..{number}")
    return failed > 0


if __name__ == "__main__":
    sys.exit(main())
