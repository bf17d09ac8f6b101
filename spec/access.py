"""The access record: what each step of a block read and wrote, and the dependencies that follow from it.

A step is a number: :data:`OPEN`, then 0 for the first transaction, and so on; the closing step has the number after the
last transaction's. :func:`step_name` gives the words for people and files.
"""

# source: Samestate: vectors/FORMAT.md, "Dependencies and the critical path"

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from samestate.spec.machine import Key, Value

OPEN = -1
"""The step before the first transaction."""


def step_name(step: int, transactions: int) -> str:
    """``open``, the index of a transaction, or ``close``, in a block of so many transactions."""
    if step == OPEN:
        return "open"
    return "close" if step == transactions else str(step)


class Read(NamedTuple):
    """A value observed from before the step.

    ``source`` lists the earlier steps whose committed effect contributed to it, oldest first: the last write or wipe of
    the key, and the credits since. Empty: the value stems from before the block.
    """

    value: Value
    source: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class StepAccess:
    """What one step read and wrote. See FORMAT.md for the keys that each rule reads.

    ``reads``: keys whose value from before the step was observed, in reverted frames too. ``writes``: keys whose value
    after the step differs from the one ``before`` it. ``credits``: sums added to keys that the step never read nor set.
    ``wipes``: addresses whose storage vanished. ``touches``: addresses accessed without their value mattering.
    """

    step: int
    reads: Mapping[Key, Read]
    writes: Mapping[Key, Value]
    before: Mapping[Key, Value]
    credits: Mapping[Key, int]
    wipes: tuple[bytes, ...] = ()
    touches: tuple[bytes, ...] = ()


class Dependency(enum.Enum):
    """How a later step depends on an earlier one."""

    RAW = "reads what the earlier step contributed"
    WAW = "writes what the earlier step wrote"
    WAR = "writes what the earlier step read"


class Edge(NamedTuple):
    """``later`` depends on ``earlier`` because of ``key``."""

    earlier: int
    later: int
    kind: Dependency
    key: Key


def dependencies(steps: Sequence[StepAccess], storage_owner: Mapping[Key, bytes] | None = None) -> tuple[Edge, ...]:
    """Every direct dependency between the steps of a block, ordered by later step, then earlier step, kind and key.

    A write orders itself after the last write of its key and after the credits and reads since; a credit after the last
    write and the reads since, but not after another credit, since additions commute. So every credit after a read is
    ordered after it, not just the first one. A wipe counts as a write of every slot that the address is known to have:
    those in ``storage_owner``, which names the owner of each slot key.
    """
    owners = storage_owner or {}
    slots: dict[bytes, list[Key]] = {}
    for key, owner in owners.items():
        slots.setdefault(owner, []).append(key)
    last_write: dict[Key, int] = {}
    credits_since: dict[Key, list[int]] = {}
    reads_since: dict[Key, list[int]] = {}
    edges: set[Edge] = set()
    for access in steps:
        step = access.step
        for key, read in access.reads.items():
            # rule: frame.dependency.read-after-write
            edges.update(Edge(source, step, Dependency.RAW, key) for source in read.source)
        writes = dict.fromkeys(access.writes)
        for address in access.wipes:
            writes.update(dict.fromkeys(slots.get(address, ())))
        for key in (*writes, *access.credits):
            # rule: frame.dependency.write-after-read
            edges.update(Edge(reader, step, Dependency.WAR, key) for reader in reads_since.get(key, ()))
            if key in last_write:
                # rule: frame.dependency.write-after-write
                edges.add(Edge(last_write[key], step, Dependency.WAW, key))
        for key in writes:
            edges.update(Edge(credit, step, Dependency.WAW, key) for credit in credits_since.pop(key, ()))
            last_write[key] = step
            reads_since.pop(key, None)
        for key in access.credits:
            credits_since.setdefault(key, []).append(step)
        for key in access.reads:
            if key not in writes:
                reads_since.setdefault(key, []).append(step)
    return tuple(sorted(edges, key=lambda edge: (edge.later, edge.earlier, edge.kind.name, edge.key)))


def critical_path(steps: Sequence[StepAccess], weights: Sequence[int]) -> int:
    """The heaviest chain of transactions in which each reads what the one before contributed.

    ``weights`` gives each transaction's weight by index: 1 each for the length in transactions, gas used for the length
    in gas. The opening and closing steps weigh nothing.
    """
    finish: dict[int, int] = {}
    for access in steps:
        weight = weights[access.step] if 0 <= access.step < len(weights) else 0
        started = max(
            (finish[source] for read in access.reads.values() for source in read.source),
            default=0,
        )
        # rule: frame.critical-path
        finish[access.step] = started + weight
    return max(finish.values(), default=0)
