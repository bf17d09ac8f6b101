"""What a block of the core's trial machine means, in plain Python: one transaction after the other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

Operation = tuple[str, int, int]

MASK = (1 << 64) - 1
PRIME = 0x100000001B3


@dataclass(frozen=True, slots=True)
class Ended:
    """Outcomes, None where a transaction failed; the keys' values after the block; what each transaction accessed."""

    outcomes: list[int | None]
    values: list[int | None]
    reads: list[list[int]]
    writes: list[list[int]]


def in_order(
    base: Sequence[int | None],
    programs: Sequence[Sequence[Operation]],
    opened: Mapping[int, int | None] | None = None,
    closed: Mapping[int, int | None] | None = None,
) -> Ended:
    """``opened`` and ``closed`` are what the steps around the transactions leave. Credits count among the writes."""
    state = dict(enumerate(base))
    state.update(opened or {})
    ended = Ended([], [], [], [])
    for number, operations in enumerate(programs):
        outcome, state, read, written = after(state, number, operations)
        ended.outcomes.append(outcome)
        ended.reads.append(read)
        ended.writes.append(written)
    state.update(closed or {})
    ended.values.extend(state[key] for key in range(len(base)))
    return ended


def after(
    before: Mapping[int, int | None], number: int, operations: Sequence[Operation]
) -> tuple[int | None, dict[int, int | None], list[int], list[int]]:
    """One transaction: its outcome, the state it leaves, the keys whose value it took from before, those it changed."""
    state = dict(before)
    accumulator = number
    read: list[int] = []
    set_by_itself: list[int] = []
    credited: list[int] = []
    position = 0
    while position < len(operations):
        name, key, amount = operations[position]
        position += 1
        if name.endswith(" at"):
            name = name[:-3]
            key += accumulator % amount
        if name == "read":
            if key not in set_by_itself and key not in read:
                read.append(key)
            value = state[key]
            accumulator = (accumulator ^ (1 if value is None else value)) * PRIME & MASK
        elif name == "write" or name == "remove":
            state[key] = accumulator if name == "write" else None
            set_by_itself.append(key)
        elif name == "credit":
            state[key] = (amount + (state[key] or 0)) & MASK
            credited.append(key)
        elif name == "skip":
            position += amount if accumulator & 1 else 0
        elif name == "spin":
            for i in range(amount):
                accumulator = (accumulator ^ i) * PRIME & MASK
        elif name == "fail":
            return None, dict(before), read, []
    return accumulator, state, read, list(dict.fromkeys([*set_by_itself, *credited]))
