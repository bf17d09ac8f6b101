"""Documents with one thing in them changed, right or wrong: a number, a name, a way of writing."""

from __future__ import annotations

import copy
import random
from typing import Any

LIVELY = ("blocks", "genesisBlockHeader", "genesisRLP", "lastblockhash", "post", "postState", "pre", "transaction")
"""The fields of tests in which most changes are made: what is in the others is often read by nobody."""


def mutated(document: Any, random_: random.Random) -> Any:
    """A copy of a document of tests with one part changed."""
    made = copy.deepcopy(document)
    name = random_.choice([*made])
    owner: Any = made
    key: Any = name
    lively = [field for field in LIVELY if field in made[name]]
    if lively and random_.random() < 0.9:
        owner, key = made[name], random_.choice(lively)
    while isinstance(owner[key], dict | list) and owner[key] and random_.random() < 0.95:
        owner = owner[key]
        key = random_.choice([*owner]) if isinstance(owner, dict) else random_.randrange(len(owner))
    change(owner, key, random_)
    return made


def change(owner: Any, key: Any, random_: random.Random) -> None:
    """Change one element of a list or an object."""
    value = owner[key]
    kind = random_.randrange(10)
    if kind == 0:
        del owner[key]
    elif kind == 1:
        owner[key] = random_.choice([None, 0, 1, True, "", "0x", "0x0", "0x1", "0xzz", [], {}, "text", 2**70, -1])
    elif kind == 2 and isinstance(owner, list):
        owner.insert(key, copy.deepcopy(value))
    elif kind == 3 and isinstance(owner, dict):
        owner[random_.choice(["unknown", "rlp_decoded", "type", "hash", "storage", "v", key + "s"])] = value
    elif kind == 4 and isinstance(owner, dict) and isinstance(key, str):
        # the same name, written in another way: twice the same account or slot, or just another name
        owner["0x0" + key[2:] if random_.random() < 0.5 else key.upper().replace("0X", "0x")] = value
    elif isinstance(value, str):
        owner[key] = rewritten(value, random_)
    elif isinstance(value, int):
        owner[key] = value + random_.choice([-1, 1])


def rewritten(text: str, random_: random.Random) -> str:
    """A string with something changed, which may stand for the same number or the same bytes."""
    kind = random_.randrange(7)
    if kind == 0:
        return "0x0" + text[2:]
    if kind == 1:
        return "0x" + text[2:].upper()
    if kind == 2:
        return "0x" + (text[2:].lstrip("0") or "0")
    if kind == 3:
        return text + random_.choice(["0", "00", " ", "\n", "é", '"', "\\"])
    if kind == 4:
        return text[:-1]
    if not text:
        return "0x00"
    place = random_.randrange(len(text))
    return text[:place] + random_.choice("0123456789abcdefg") + text[place + 1 :]
