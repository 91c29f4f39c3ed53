#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Two dumps of a ruleset, compared message by message: the original's and the copy's.

Left out of the comparison is what the kernel gives anew or counts: handles, use counts, policy
counters, expirations, the owner; the order of sets and of their elements, which means nothing; and
the devices that netdev chains are hooked to, for the copy has but one. Usage: replay_copy.py ORIGINAL
COPY; prints the first differences, exit 1 if there is any.
"""

import base64
import json
import struct
import sys

NFTABLES = 10
NEWTABLE, NEWCHAIN, NEWRULE, NEWSET, NEWSETELEM, NEWGEN, NEWOBJ = 0, 3, 6, 9, 12, 15, 18
# By message: attributes that are not the ruleset's. (Chains: a rule's own chain has a flag.)
ASIDE = {
    NEWTABLE: {3, 4, 5, 7},       # use, handle, pad, owner
    NEWCHAIN: {2, 6, 8, 9, 10},   # handle, use, counters, pad, flags
    NEWRULE: {3, 6, 8},           # handle, position, pad
    NEWSET: {10, 14, 16, 19, 20}, # id, pad, handle, type, count
    NEWSETELEM: set(),
    NEWOBJ: {5, 6, 7},            # use, handle, pad
}
LIST_ELEMENTS, EXPIRATION = 3, 5
TABLE_FLAGS, DORMANT = 2, 1
NETDEV, HOOKED = 5, {4, 5, 7}


def attributes(data):
    at = 0
    while at + 4 <= len(data):
        length, kind = struct.unpack_from("=HH", data, at)
        if length < 4:
            raise ValueError("broken attribute")
        yield kind & 0x3fff, data[at + 4:at + length]
        at += (length + 3) & ~3


def element(data):
    return tuple((kind, value) for kind, value in attributes(data) if kind != EXPIRATION)


def ruleset(path):
    """The messages of a record, or of a file that holds nothing else."""
    with open(path, "rb") as file:
        data = file.read()
    if not data.startswith(b"{"):
        return data
    answers = json.loads(data)["answers"]
    return base64.b64decode(next(answer["bytes"] for answer in answers
                                 if answer["question"] == "worker ruleset"))


def messages(path):
    """In order: tables, chains, objects, rules; then sets, then elements, both sorted."""
    data = ruleset(path)
    at, ordered, sets, elements = 0, [], [], []
    while at < len(data):
        length, kind = struct.unpack_from("=IH", data, at)
        body = data[at + 16:at + length]
        at += (length + 3) & ~3
        kind &= 0xff
        if kind == NEWGEN:
            continue
        kept = dict((number, value) for number, value in attributes(body[4:])
                    if number not in ASIDE[kind]
                    and not (kind == NEWCHAIN and body[0] == NETDEV and number in HOOKED))
        if kind == NEWTABLE and TABLE_FLAGS in kept:
            kept[TABLE_FLAGS] = struct.unpack(">I", kept[TABLE_FLAGS])[0] & DORMANT
        if kind == NEWSETELEM:
            elements += [(kind, body[0], kept[1], kept[2], element(one))
                         for _, one in attributes(kept.get(LIST_ELEMENTS, b""))]
        else:
            (sets if kind == NEWSET else ordered).append((kind, body[0], sorted(kept.items())))
    return ordered + sorted(sets) + sorted(elements)


def main():
    original, copy = (messages(path) for path in sys.argv[1:3])
    differences = [pair for pair in zip(original, copy) if pair[0] != pair[1]]
    if len(original) != len(copy):
        print(f"{len(original)} parts, and {len(copy)} in the copy")
    for one, other in differences[:5]:
        print(f"original: {one}\n    copy: {other}")
    return 1 if differences or len(original) != len(copy) else 0


if __name__ == "__main__":
    sys.exit(main())
