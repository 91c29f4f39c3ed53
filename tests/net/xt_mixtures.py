#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Rules of xt_cases.py mixed at random, with any target, and the kernel as the judge.

Nothing is expected of a mixture but that what is told of it is true. Runs in the lab
(23-xt-mixtures.sh).
"""

import argparse
import collections
import random
import sys

import xt_cases
from xt_extensions import Case, TOOLS, in_host, lines

TABLES = ("raw", "mangle", "nat", "filter")
TARGETS = ("DROP", "ACCEPT", "ACCEPT", "RETURN", "extra")
EXTRA = ("-p tcp -j DROP", "-m conntrack --ctstate NEW -j ACCEPT",
         "-m conntrack --ctstate ESTABLISHED -j RETURN", "-p udp -j DROP")
ENDS = ("INPUT -j DROP", "OUTPUT -j DROP", "INPUT -p tcp -j REJECT", "INPUT -p tcp --dport 25623 -j DROP")
GIVEN_AWAY = ("SYNPROXY", "NFQUEUE")  # nothing can be told of what follows them


def of_family(text, family):
    return [line for line in lines(text) if line[0] == family]


def chain_and_rule(text):
    return tuple(text.split(" ", 1))


class Mixture(Case):
    def __init__(self, seed):
        self.random = random.Random(seed)
        family = self.random.choice("46")
        super().__init__(family, "INPUT", "hazy", "-j ACCEPT", drops=False)
        self.name = f"seed {seed}"
        self.rules = []
        for _ in range(self.random.randint(2, 6)):
            (self.add_target if self.random.random() < 0.25 else self.add_match)()
        if self.random.random() < 0.5:
            self.rules.append(chain_and_rule(self.random.choice(ENDS)))
        self.rules = [(chain, self.fill_in(rule)) for chain, rule in self.rules]

    def add_target(self):
        choice = self.random.choice(of_family(xt_cases.TARGETS, self.family))
        if any(name in choice[3] for name in GIVEN_AWAY):
            return
        first, *others = choice[3].split(" then ")
        self.rules.append((choice[1], first))
        for other in others:
            verdict = self.random.choice(("DROP", "ACCEPT"))
            self.rules.append(chain_and_rule(other.replace("-j DROP", "-j " + verdict)))

    def add_match(self):
        _, chain, expected, rule = self.random.choice(of_family(xt_cases.MATCHES, self.family))
        if expected == "hazy" and self.random.random() < 0.85:
            return
        self.rules.append((chain, f"{rule} -j {self.random.choice(TARGETS)}"))

    def load(self):
        """What a table refuses is left out."""
        tool, extra = TOOLS[self.family][0], self.random.choice(EXTRA)
        for table in TABLES:
            in_host(tool, "-t", table, "-N", "extra")
            in_host(tool, "-t", table, "-A", "extra", *extra.split())
        for rule in self.rules:
            self.load_rule(*rule)

    def judge(self):
        self.ask()
        if not self.flow:
            return "without an answer"
        told = self.predicted()
        got = self.observed(told)
        if told not in ("unknown", got):
            self.complaints.append(f"said to be {told}, a connection is {got}: {self.flow}")
        return told


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seed", type=int, default=1, help="of the first mixture")
    parser.add_argument("--count", type=int, default=60)
    options = parser.parse_args()
    print(f"# seeds {options.seed} to {options.seed + options.count - 1}")
    tally, failed = collections.Counter(), 0
    for number in range(options.count):
        mixture = Mixture(options.seed + number)
        in_host("nft", "flush", "ruleset")
        mixture.load()
        tally[mixture.judge()] += 1
        mixture.judge_datagrams(tally)
        failed += bool(mixture.complaints)
        print(f"{'not ok' if mixture.complaints else 'ok'} {number + 1} - {mixture.name}", flush=True)
        for complaint in mixture.complaints:
            print(f"# {complaint}")
            print("".join(f"# | {chain} {rule}\n" for chain, rule in mixture.rules), end="")
    print("# summary: " + ", ".join(f"{count} {what}" for what, count in sorted(tally.items())))
    print(f"1..{options.count}")
    return failed > 0


if __name__ == "__main__":
    sys.exit(main())
