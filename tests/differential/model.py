# SPDX-License-Identifier: GPL-2.0-or-later
"""A ruleset as a tree that can be written as text and cut down.

    ruleset  {how, tables, before}             how: "nft" or an xtables restore command
    table    {family, name, flags, objects, sets, chains}
    set      {head, elements}
    chain    {name, base, rules}               base: "type filter hook …; policy …;" or None
    rule     [part, …]
    part     text, or {before, elements, after}: a list in braces, of which any may be left out

For xtables a table has name and chains, and base is a chain's policy.
"""


def listed(before, elements, after=""):
    return {"before": before, "elements": list(elements), "after": after}


def part_text(part):
    if isinstance(part, str):
        return part
    return f"{part['before']}{{ {', '.join(part['elements'])} }}{part['after']}"


def rule_text(rule):
    return " ".join(part_text(part) for part in rule)


def set_text(entry):
    elements = ", ".join(entry["elements"])
    return f"\t{entry['head']}" + (f" elements = {{ {elements} }};" if elements else "") + " }\n"


def nft_table(table):
    lines = [f"table {table['family']} {table['name']} {{\n"]
    lines += [f"\tflags {table['flags']}\n"] if table.get("flags") else []
    lines += [f"\t{entry}\n" for entry in table["objects"]]
    lines += [set_text(entry) for entry in table["sets"]]
    for chain in table["chains"]:
        lines.append(f"\tchain {chain['name']} {{\n")
        lines += [f"\t\t{chain['base']}\n"] if chain["base"] else []
        lines += [f"\t\t{rule_text(rule)}\n" for rule in chain["rules"]]
        lines.append("\t}\n")
    return "".join(lines) + "}\n"


def xt_table(table):
    lines = [f"*{table['name']}\n"]
    lines += [f":{chain['name']} {chain['base'] or '-'} [0:0]\n" for chain in table["chains"]]
    lines += [f"-A {chain['name']} {rule_text(rule)}\n"
              for chain in table["chains"] for rule in chain["rules"]]
    return "".join(lines) + "COMMIT\n"


def text(ruleset):
    write = nft_table if ruleset["how"] == "nft" else xt_table
    return "".join(write(table) for table in ruleset["tables"])


def loads(ruleset):
    """As the judge wants it; a ruleset of several kinds is a list under "with"."""
    first = [{"how": ruleset["how"], "text": text(ruleset)}]
    return first + [load for other in ruleset.get("with", []) for load in loads(other)]


def lists(ruleset):
    """All lists of which an entry may be left out, the coarsest first."""
    yield ruleset.setdefault("with", [])
    for part in [ruleset] + ruleset["with"]:
        yield part["tables"]
    tables = [table for part in [ruleset] + ruleset["with"] for table in part["tables"]]
    for table in tables:
        yield table["chains"]
        yield table.get("sets", [])
        yield table.get("objects", [])
    chains = [chain for table in tables for chain in table["chains"]]
    yield from (chain["rules"] for chain in chains)
    yield from (rule for chain in chains for rule in chain["rules"])
    yield from (entry["elements"] for table in tables for entry in table.get("sets", []))
    yield from (part["elements"] for chain in chains for rule in chain["rules"] for part in rule
                if isinstance(part, dict))
