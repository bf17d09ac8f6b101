"""Explaining a difference: which dependency the engine missed, and where the value that it gives comes from.

The expected record tells what each key held after every step. A wrong value that stood there once is a stale read, one
that stands there later was seen too soon, and one that never does was computed wrongly.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from samestate.conformance.vectors.document import Json, Object
from samestate.conformance.vectors.model import ABSENT, PRE, members, text, texts

Values = Mapping[str, str]
"""What keys held before the block, as an access record writes them; a key that is not there was absent."""

EDGES_SHOWN: Final = 4
SHOWN: Final = 140
ENDS: Final = 60


def show_value(value: Json | None) -> str:
    """A part of a document for people."""
    if value is None:
        return "nothing"
    if isinstance(value, str):
        return value if len(value) <= SHOWN else f"{value[:ENDS]}…{value[-ENDS:]} ({len(value)} characters)"
    return str(value)


def map_of(step: Object, name: str) -> Object:
    """A map in a step, empty where it is left out."""
    value = step.get(name, {})
    return value if isinstance(value, dict) else {}


def explain_read(right: Object, values: Values, step: str, key: str, given: Json | None) -> str:
    """Why a read is wrong: the write or credit that was missed, or seen too soon."""
    expected = read_of(right, step, key)
    if expected is None:
        return f"  step {step} does not read {key}: who waits for it, or validates it, waits for nothing"
    value, source = expected
    sentence = f"  step {step} reads {key} = {show_value(value)} {show_source(source)}"
    if not isinstance(given, dict):
        missed = f": RAW on {steps_of(source)} cannot be kept" if source else ""
        return f"{sentence}; the engine has no such read on record{missed}"
    found = given.get("value")
    if found == value:
        return f"{sentence}; the engine has the right value from the wrong step: {show_source_of(given)}"
    return f"{sentence}; the engine gives {show_value(found)}, {origin(right, values, step, key, str(found), source)}"


def origin(right: Object, values: Values, step: str, key: str, value: str, source: Sequence[str]) -> str:
    """Where a wrong value of a read stands in the history of the key, and so which dependency was not kept."""
    before, after = history(right, values, step, key)
    stale = [index for index, (_, held) in enumerate(before) if held == value]
    if stale and source:
        missed = [made for made, _ in before[stale[-1] + 1 :]]
        if missed:
            return f"the value from before step {missed[0]}: RAW on {steps_of(missed)} was missed"
    early = [made for made, held in after if held == value]
    if early:
        return f"the value that step {early[0]} leaves: it was seen too soon, WAR with step {early[0]} was not kept"
    raw = f": RAW on {steps_of(source)} was not kept" if source else ""
    return f"a value that no step leaves there{raw}"


def explain_write(right: Object, part: str, step: str, key: str, records_reads: bool) -> str:
    """Why a write or a credit is wrong: what the step had to read first, or that it read everything right."""
    edges = list(edges_of(right, step, key))
    about = f"  step {step} {', and '.join(edges)} ({key})" if edges else ""
    if records_reads:
        own = f"  step {step} read everything right: its {part} follow from how it executes and what becomes of it"
        return f"{own}\n{about}" if about else own
    reads = explain_step(right, step)
    return "\n".join(line for line in (about, reads) if line)


def explain_step(right: Object, step: str) -> str:
    """What a step has from earlier ones: whatever is wrong about it may come from one of these."""
    reads = [
        f"{key} = {show_value(value)} {show_source(source)}"
        for key, value, source in sourced_reads(right, step)
        if source
    ]
    if not reads:
        return f"  step {step} reads nothing that an earlier step wrote"
    more = f", and {len(reads) - EDGES_SHOWN} more" if len(reads) > EDGES_SHOWN else ""
    return f"  step {step} reads {', '.join(reads[:EDGES_SHOWN])}{more} (RAW)"


def explain_last_write(right: Object, key: str) -> str:
    """Which step leaves a key as it is after the block."""
    made = [text(step, "step") for step in members(right, "access") if changes(step, key)]
    if not made:
        return f"  no step changes {key}: it stays as it was before the block"
    others = f", of {len(made)} that change it" if len(made) > 1 else ""
    return f"  {key} is what step {made[-1]} leaves, the last in block order{others}"


def changes(step: Object, key: str) -> bool:
    """Whether a step writes, credits or wipes a key."""
    if key in map_of(step, "writes") or key in map_of(step, "credits"):
        return True
    return any(key.startswith(f"slot {address} ") for address in texts(step, "wipes"))


def explain_root(so_far: str) -> str:
    """Why only the state root is wrong, where the whole state is right. ``so_far``: what else was right."""
    return f"  {so_far}, and so is every value after the block: what is wrong is how the root is made of them"


def explain_state(right: Object, so_far: str) -> str:
    """Why the state after the block is wrong: keys with several writers, the last of which counts.

    ``so_far`` says what was right before that; nothing else may be said to be.
    """
    overwritten: dict[str, list[str]] = {}
    for step in members(right, "access"):
        for key in (*map_of(step, "writes"), *map_of(step, "credits")):
            overwritten.setdefault(key, []).append(text(step, "step"))
    several = [f"{key} ({steps_of(made)})" for key, made in overwritten.items() if len(made) > 1]
    if not several:
        return f"  {so_far}: what is wrong is the state that is put together from them"
    several[EDGES_SHOWN:] = [f"and {len(several) - EDGES_SHOWN} more"] if len(several) > EDGES_SHOWN else []
    return f"  {so_far}; of several steps that change a key the last in block order counts: {', '.join(several)}"


# The expected record


def read_of(right: Object, step: str, key: str) -> tuple[str, list[str]] | None:
    """The value that a step reads and the steps it comes from, none for the pre-state. None where it is no read."""
    for name, value, source in sourced_reads(right, step):
        if name == key:
            return value, source
    return None


def sourced_reads(right: Object, step: str) -> Iterator[tuple[str, str, list[str]]]:
    """The reads of a step: key, value, and the steps that the value comes from."""
    for entry in members(right, "access"):
        if text(entry, "step") == step:
            for key, read in map_of(entry, "reads").items():
                if isinstance(read, dict):
                    yield key, text(read, "value"), [] if read["from"] == PRE else texts(read, "from")


def history(right: Object, values: Values, step: str, key: str) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """What a key held: before ``step``, each value with the step that made it (the first with ``pre``), and after."""
    held = values.get(key) or first_value(right, key)
    before: list[tuple[str, str]] = [(PRE, held)]
    after: list[tuple[str, str]] = []
    place = before
    for entry in members(right, "access"):
        name = text(entry, "step")
        if name == step:
            place = after
        held_before, held = held, value_after(entry, key, held)
        if held != held_before:
            place.append((name, held))
    return before, after


def first_value(right: Object, key: str) -> str:
    """What a key held before the block, where a step read that."""
    for entry in members(right, "access"):
        read = map_of(entry, "reads").get(key)
        if isinstance(read, dict) and read["from"] == PRE:
            return text(read, "value")
    return ABSENT


def value_after(entry: Object, key: str, held: str) -> str:
    """What a key holds after a step that found ``held`` there."""
    written = map_of(entry, "writes").get(key)
    if written is not None:
        return str(written)
    if any(key.startswith(f"slot {address} ") for address in texts(entry, "wipes")):
        return ABSENT
    amount = map_of(entry, "credits").get(key)
    if amount is not None:
        total = (0 if held == ABSENT else int(held, 16)) + int(str(amount), 16)
        return f"0x{total.to_bytes((total.bit_length() + 7) // 8, 'big').hex()}"
    return held


def edges_of(right: Object, step: str, key: str) -> Iterator[str]:
    """The dependencies of a step by a key, in words."""
    words: Mapping[str, str] = {
        "RAW": "reads what step {} wrote",
        "WAW": "writes after step {} did",
        "WAR": "writes after step {} read",
    }
    for edge in members(right, "depends"):
        if text(edge, "later") == step and text(edge, "key") == key:
            yield words[text(edge, "kind")].format(text(edge, "earlier"))


# Words


def steps_of(names: Sequence[str]) -> str:
    """Steps for people: ``step 1``, ``steps 1 and 3``."""
    if len(names) == 1:
        return f"step {names[0]}"
    return f"steps {', '.join(names[:-1])} and {names[-1]}"


def show_source(source: Sequence[str]) -> str:
    """Where a value comes from, for people."""
    return f"from {steps_of(source)}" if source else "from before the block"


def show_source_of(read: Object) -> str:
    """Where an engine says that a value comes from."""
    source = read.get("from")
    if source == PRE:
        return "from before the block"
    return show_source([str(step) for step in source]) if isinstance(source, list) and source else "from nowhere"
