#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Rules in our words beside nft's own, for rulesets as people wrote them.

The corpus is a directory with manifest.jsonl (see its README); it is not part of the project. Each
ruleset is loaded on the lab's host and recorded; what ruleset-text prints for a rule made of native
expressions must be what `nft -s -a list ruleset` prints for that handle. What differs is given back
to nft: it must mean the same bytecode. Runs in the lab (29-ruleset-text.sh).

Not compared, because it is not ours: handles, and the line breaks inside a rule. The clock's times
are listed in UTC.
"""

import argparse
import collections
import json
import os
import pathlib
import re
import subprocess
import sys

LEAST_EQUAL = 99.0  # per cent of the native rules
MOST_DIFFERENT = 0.1  # per cent of them that nothing shows to mean the same

# "in other words": for the same bytecode.
HOW = ("equal", "in iptables' words", "in other words", "different")

INTERFACE = re.compile(r'\b(?:[io]if|to|device)\s+"?([a-z][\w.@-]{0,14})"?')
INTERFACES = re.compile(r"\b(?:[io]if|devices)\s*(?:!=\s*|=\s*)?{([^}]*)}")
BYTECODE = re.compile(r"(\w+) (\S+) (\S+) (\d+)(?: \d+)?$")
TABLE = re.compile(r"table (\w+) (\S+) {")
CHAIN = re.compile(r"\tchain (\S+) {")
BASE_CHAIN = re.compile(r"\t\ttype \w+ hook .*; (policy \w+);$")
HANDLE = re.compile(r" # handle (\d+)$")
POLICY = 0  # in place of the handle of a rule


def in_host(*command, stdin=None, **options):
    return subprocess.run(["ip", "netns", "exec", "host", *command], input=stdin, text=True,
                          capture_output=True, timeout=120, check=False, **options)


def rows(path):
    with open(path, encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def make_interfaces(rules, made):
    """Rules may name an interface by its index: it has to exist."""
    names = set(INTERFACE.findall(rules))
    for inside in INTERFACES.findall(rules):
        names.update(re.findall(r"[a-z][\w.@-]{0,14}", inside))
    for name in names - made:
        in_host("ip", "link", "add", name, "type", "bridge")
        made.add(name)


def load(case, corpus, made):
    """True if the kernel took it."""
    rules = (corpus / case["file"]).read_text(encoding="utf-8")
    in_host("nft", "flush", "ruleset")
    if case["load"].startswith("nft"):
        make_interfaces(rules, made)
        return in_host("nft", "-f", "-", stdin=rules).returncode == 0
    return in_host(case["load"].split()[0], stdin=rules).returncode == 0


def one_line(lines):
    """A rule as it could be typed: those of a chain without a name with semicolons between."""
    lines = [line.strip() for line in lines]
    if lines[0].endswith((" jump {", " goto {")) or lines[0] in ("jump {", "goto {"):
        return f"{lines[0]} {'; '.join(lines[1:-1])} {lines[-1]}"
    return " ".join(lines)


def listed(listing):
    """nft's text of each rule and policy by family, table, chain and handle."""
    texts, family, table, chain, lines = {}, None, None, None, []
    for line in listing.splitlines():
        if found := TABLE.match(line):
            family, table = found.groups()
        elif found := CHAIN.match(line):
            chain, lines = found[1], []
        elif line == "\t}":
            chain = None
        elif chain and not lines and (found := BASE_CHAIN.match(line)):
            texts[family, table, chain, POLICY] = found[1]
        elif chain and not (not lines and re.match(r'\t\tcomment "[^"]*"$', line)):
            lines.append(line)
            if found := HANDLE.search(line):
                lines[-1] = line[:found.start()]
                texts[family, table, chain, int(found[1])] = one_line(lines)
                lines = []
    return texts


def elements_of(line):
    return re.findall(r"element (.*?\[end\])", line)


def bytecode(listing):
    """
    What `nft --debug=netlink list ruleset` shows of each rule: its expressions, and the elements of
    the sets without a name that it looks into.
    """
    code, sets, key, name = {}, {}, None, None
    for line in listing.splitlines():
        if line.startswith("  ["):
            code[key].append(line.strip())
        elif found := re.match(r"(\w+ \S+) @(\S+)$", line):
            name = (found[1], found[2])
        elif line.startswith("\telement "):
            sets.setdefault(name, []).extend(elements_of(line))
        elif found := BYTECODE.match(line):
            key = (*found.groups()[:3], int(found[4]))
            code[key] = []
    for key, expressions in code.items():
        for name in re.findall(r"set (__(?:set|map)\d+)", "\n".join(expressions)):
            expressions += sets.get((f"{key[0]} {key[1]}", name), [])
    return code


def is_native(expressions):
    return not any(line.startswith(("[ match ", "[ target ")) for line in expressions)


def ours(tool):
    """Our text of each rule and policy, or None and what went wrong."""
    done = in_host(tool)
    if done.returncode:
        return None, f"exit {done.returncode}: {done.stderr[-400:]}"
    texts = {}
    for line in done.stdout.splitlines():
        family, table, chain, handle, text, _ = line.split("\t")
        texts[family, table, chain, int(handle)] = text
    return texts, None


def comparable(code):
    """Expressions without the numbers of nameless sets and chains, and elements in one order."""
    plain = [re.sub(r"__(set|map|chain)(\d+|%d)( 0x0)?", r"__\1", line) for line in code]
    return ([line for line in plain if line.startswith("[")],
            sorted(line for line in plain if not line.startswith("[")))


def means_the_same(key, text, code):
    """Whether nft makes of our text the expressions and elements that the rule is made of."""
    family, table, chain, _ = key
    done = in_host("nft", "--debug=netlink", "-c", "-f", "-",
                   stdin=f"add rule {family} {table} {chain} {text}\n")
    made = []
    for line in done.stdout.splitlines():
        made += [line.strip()] if line.startswith("  [") else elements_of(line)
    return done.returncode == 0 and comparable(made) == comparable(code)


def listed_by_iptables(key, text):
    """Whether it is how iptables lists the rule, for tables that are iptables' own."""
    family, table, chain, _ = key
    command = {"ip": "iptables-nft", "ip6": "ip6tables-nft"}.get(family)
    if not command:
        return False
    done = in_host(command, "-t", table, "-S", chain)
    return f"-A {chain} {text}" in done.stdout.splitlines()


class Comparison:
    """Counts over the whole corpus, and the rules that differ."""

    def __init__(self, options):
        self.options = options
        self.tally = collections.Counter()
        self.differ, self.broken = [], []
        self.interfaces = set()

    def kept(self, case, suffix):
        self.options.keep.mkdir(parents=True, exist_ok=True)
        return self.options.keep / (case["file"].replace("/", "_") + suffix)

    def judge(self, case):
        if not load(case, self.options.corpus, self.interfaces):
            self.tally["not loaded"] += 1
            return
        if self.options.keep:
            in_host(self.options.recorder, str(self.kept(case, ".bin")))
        texts, wrong = ours(self.options.tool)
        if texts is None:
            self.broken.append(f"{case['id']}: {wrong}")
            return
        self.tally["rulesets"] += 1
        if case["load"].startswith("nft"):
            self.judge_rules(case, texts)

    def judge_rules(self, case, texts):
        listing = in_host("nft", "-s", "-a", "list", "ruleset", env=dict(os.environ, TZ="UTC"))
        code = bytecode(in_host("nft", "--debug=netlink", "list", "ruleset").stdout)
        if self.options.keep:
            self.kept(case, ".nft").write_text(listing.stdout, encoding="utf-8")
        for key, theirs in listed(listing.stdout).items():
            text = texts.get(key)
            if not text or (key[3] == POLICY and text.lower() != theirs):
                self.broken.append(f"{case['id']}: {key}: {text}, not {theirs}")
            elif key[3] == POLICY:
                self.tally["policies"] += 1
            elif not is_native(code.get(key, [])):
                self.tally["with xt"] += 1
            elif text == theirs:
                self.tally["equal"] += 1
            else:
                how = ("in iptables' words" if listed_by_iptables(key, text) else
                       "in other words" if means_the_same(key, text, code[key]) else "different")
                self.tally[how] += 1
                self.differ.append((case["id"], key, theirs, text, how))


def print_results(comparison):
    tally = comparison.tally
    native = sum(tally[how] for how in HOW)
    share = 100.0 * tally["equal"] / native if native else 0.0
    for name, key, theirs, text, how in comparison.differ:
        print(f"# {name} {' '.join(map(str, key))} ({how})\n#   nft:  {theirs}\n#   ours: {text}")
    for line in comparison.broken:
        print(f"# {line}")
    print(f"# summary: {tally['rulesets']} rulesets ({tally['not loaded']} do not load here), "
          f"{native} native rules: {share:.2f} % as nft lists them; "
          + ", ".join(f"{tally[how]} {how}" for how in HOW) + f"; {tally['with xt']} with xt; {tally['policies']} policies")
    checks = [(f"at least {LEAST_EQUAL} % of the native rules read as nft lists them",
               native > 0 and share >= LEAST_EQUAL),
              ("what differs has the same bytecode, or is how iptables lists it",
               100.0 * tally["different"] <= MOST_DIFFERENT * native),
              ("every rule has a text, every policy the right one", not comparison.broken)]
    for number, (what, good) in enumerate(checks, 1):
        print(f"{'ok' if good else 'not ok'} {number} - {what}")
    print(f"1..{len(checks)}")
    return all(good for _, good in checks)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("corpus", type=pathlib.Path)
    parser.add_argument("--recorder", required=True, help="the program ruleset-record")
    parser.add_argument("--tool", required=True, help="the program ruleset-text")
    parser.add_argument("--only", default="", help="only files whose name contains this")
    parser.add_argument("--keep", type=pathlib.Path, help="keep recordings and listings here")
    options = parser.parse_args()
    comparison = Comparison(options)
    for case in rows(options.corpus / "manifest.jsonl"):
        if options.only in case["file"]:
            comparison.judge(case)
    return 0 if print_results(comparison) else 1


if __name__ == "__main__":
    sys.exit(main())
