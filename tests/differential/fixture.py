# SPDX-License-Identifier: GPL-2.0-or-later
"""A shrunk failure as a fixture of tests/fixtures/eval. All that knows their form is here."""

import judge
import model


def save(name, ruleset, wrong):
    """NAME.nft as text, what was wrong in its first lines; tests/fixtures/record makes the rest."""
    directory = judge.TOP / "tests/fixtures/eval"
    text = (f"# IPv{wrong['family']} {wrong['packet']}, port {wrong['port']}: the kernel "
            f"{wrong['kernel']} {wrong['kernel_last']}; was said to be {wrong['said']} "
            f"{wrong['said_last']}\n")
    if ruleset["how"] != "nft" or ruleset.get("with"):
        print(f"# {name} is not of nft alone: no fixture")
        return
    (directory / f"{name}.nft").write_text(text + model.text(ruleset), encoding="utf-8")
    print(f"# saved as {directory / name}.nft; now tests/fixtures/record, and a line in test_flow.c")
