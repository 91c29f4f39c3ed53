# SPDX-License-Identifier: GPL-2.0-or-later
"""One case out of a seed: a ruleset, what is to be asked about it, whether all can be known."""

import random

import generate
import model
import values
import xtables

# How often each kind comes.
KINDS = (("nft", 14), ("iptables", 4), ("mixed", 2), ("bridge", 1), ("bridge-nf", 1))

QUESTIONS = ["whole", "single", "network"]


class Case:
    def __init__(self, seed, ports, kinds=None, questions=None):
        self.questions = questions or QUESTIONS
        self.seed = seed
        dice = random.Random(f"kind {seed}")
        table = [(kind, weight) for kind, weight in KINDS if not kinds or kind in kinds]
        kind = dice.choices([k for k, _ in table], [w for _, w in table])[0]
        generators = []
        if kind != "iptables":
            generators.append(generate.Generator(f"nft {seed}"))
        if kind in ("iptables", "mixed"):
            generators.append(xtables.Generator(f"xt {seed}", dice.choice((4, 4, 6))))
        # The lab that it needs; see judge.c.
        self.bridge = f"--{kind}" if kind.startswith("bridge") else ""
        rulesets = [generator.ruleset(bool(self.bridge)) if isinstance(generator, generate.Generator)
                    else generator.ruleset() for generator in generators]
        dice.shuffle(rulesets)
        self.ruleset = {**rulesets[0], "with": rulesets[1:]}
        self.hazy = any(generator.hazy for generator in generators)
        self.stateful = any(getattr(g, "stateful", False) for g in generators)
        pool = values.Values(f"ports {seed}")
        for generator in generators:
            pool.boundaries |= generator.boundaries
        self.ports = pool.sampled_ports(ports)
        self.families = [4, 6]
        if self.stateful:
            # Each packet would change what the next exchange meets.
            self.ports, self.families = [dice.choice(self.ports)], [dice.choice((4, 6))]

    def request(self, ruleset=None, ports=None):
        return {"loads": model.loads(ruleset or self.ruleset), "ports": ports or self.ports,
                "families": self.families, "questions": self.questions}

    def text(self, ruleset=None):
        return "".join(f"# {load['how']}\n{load['text']}"
                       for load in model.loads(ruleset or self.ruleset))
