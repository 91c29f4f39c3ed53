# SPDX-License-Identifier: GPL-2.0-or-later
"""The smallest ruleset with which a disagreement remains."""

import copy

import model


def signature(wrong):
    """What has to remain: the same packet, wrong in the same way."""
    return (wrong["family"], wrong["packet"], wrong["kind"], wrong["said"], wrong["kernel"])


class Shrinker:
    def __init__(self, judge, case, wrong, most_trials=800):
        self.judge, self.case, self.trials_left = judge, case, most_trials
        self.signature, self.ports = signature(wrong), [wrong["port"]]
        self.questions = [wrong["question"]]
        self.last = wrong

    def still_wrong(self, ruleset):
        if self.trials_left <= 0:
            return False
        self.trials_left -= 1
        request = {**self.case.request(ruleset, self.ports), "questions": self.questions,
                   "families": [self.signature[0]]}
        for wrong in self.judge.ask(**request).get("wrong", []):
            if signature(wrong) == self.signature:
                self.last = wrong
                return True
        return False

    def thin_out(self, ruleset, position):
        """The list at POSITION without as many entries as can be missed."""
        size = max(1, len(list(model.lists(ruleset))[position]) // 2)
        while size:
            start, smaller = 0, False
            while start < len(list(model.lists(ruleset))[position]):
                trial = copy.deepcopy(ruleset)
                del list(model.lists(trial))[position][start:start + size]
                if self.still_wrong(trial):
                    ruleset, smaller = trial, True
                else:
                    start += size
            size = size // 2 if size > 1 else (1 if smaller else 0)
        return ruleset

    def promote(self, ruleset):
        """The first of several rulesets may be the one that can be missed."""
        for other in ruleset.get("with", []):
            trial = {**copy.deepcopy(other), "with": []}
            if self.still_wrong(trial):
                return trial
        return ruleset

    def run(self):
        """The ruleset, and the disagreement that it leaves; None if it does not come again."""
        ruleset = copy.deepcopy(self.case.ruleset)
        if not self.still_wrong(ruleset):
            self.ports = self.case.ports
            if not self.still_wrong(ruleset):
                return None
        ruleset = self.promote(ruleset)
        before = None
        while before != model.loads(ruleset) and self.trials_left > 0:
            before = model.loads(ruleset)
            position = 0
            while position < len(list(model.lists(ruleset))):
                ruleset = self.thin_out(ruleset, position)
                position += 1
        return ruleset
