"""Building a block: pack, execute, see what is really used, and fill what was reserved for nothing.

What a transaction uses is known only once it was executed, and what it declares is more. So a block is packed by what
is declared, executed by the specification, and packed on with what the transactions in it have left over, until no
more fits. Whatever the specification rejects is left out, with its code, unless it was rejected too early.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from samestate.conformance.scheduling.bound import BoundUnavailable, most_fees
from samestate.conformance.scheduling.packing import LOOK_AHEAD, Packed, Room, pack
from samestate.conformance.scheduling.pending import PRIORITIES, BlockLimits, Pending, Priority
from samestate.conformance.scheduling.pricing import priced_orders
from samestate.conformance.scheduling.shape import Shape, shape_of
from samestate.conformance.vectors.model import Case
from samestate.spec.machine import Key

ROUNDS: Final = 16
"""How often a block is packed at most."""

Entries = tuple[tuple[int, ...], ...]


@dataclass(frozen=True, slots=True)
class ExecutedBlock:
    """What a block did: of each transaction in it what it used and what was earned by it, and why others may not be."""

    used: Mapping[int, Mapping[str, int]]
    earned: Mapping[int, int]
    rejected: Mapping[int, str]


class Mempool(Protocol):
    """Transactions of a machine that want to be in a block."""

    @property
    def candidates(self) -> Sequence[Pending]:
        """The transactions."""

    @property
    def limits(self) -> BlockLimits:
        """What the block has room for."""

    @property
    def hopeless(self) -> Mapping[int, str]:
        """Why some may be in no block here, by index."""

    @property
    def dimension(self) -> str:
        """The dimension that stands for time."""

    @property
    def fee_unit(self) -> str:
        """What fees are counted in."""

    @property
    def names(self) -> Sequence[str]:
        """BlockLimits that a user may set, beside those of the block."""

    def execute(self, entries: Entries) -> ExecutedBlock:
        """Execute a block of these candidates, leaving out what is rejected."""

    def case(self, name: str, entries: Entries) -> Case:
        """The block as a case."""


@dataclass(frozen=True, slots=True)
class ScheduledBlock:
    """A block, and what it is worth.

    ``declared``: the fees of what the first packing chose, by what it declares; ``bound``: what no packing of that pool
    by what it declares can exceed, or None, and why in ``no_bound``; ``earned``: what the whole block really earns.
    ``rounds``: how often it was packed.
    """

    entries: Entries
    left_out: Mapping[int, str]
    used: Mapping[str, int]
    declared: int
    earned: int
    shape: Shape
    rounds: int
    bound: float | None
    no_bound: str

    @property
    def order(self) -> tuple[int, ...]:
        """The transactions in the block, in order."""
        return tuple(index for entry in self.entries for index in entry)


def build(pool: Mempool, look_ahead: int = LOOK_AHEAD, rounds: int = ROUNDS) -> ScheduledBlock:
    """The block that greedy packing with that look-ahead makes of a pool."""
    candidates = pool.candidates
    entries: Entries = ()
    executed = ExecutedBlock({}, {}, {})
    hopeless = dict(pool.hopeless)
    left_out: Mapping[int, str] = hopeless
    first: tuple[int, ...] = ()
    done = 0
    while done < rounds:
        packed = best_packed(pool, executed, hopeless, look_ahead)
        left_out = packed.left_out
        if not packed.entries:
            break
        done += 1
        tried = (*entries, *packed.entries)
        executed = pool.execute(tried)
        again = accepted_later(candidates, tried, executed.rejected)
        hopeless |= {index: reason for index, reason in executed.rejected.items() if index not in again}
        entries = without(executed.rejected, tried)
        if done == 1:
            first = tuple(index for entry in entries for index in entry)
    bound, no_bound = None, ""
    try:
        bound = most_fees(candidates, pool.limits, hopeless)
    except BoundUnavailable as unavailable:
        no_bound = str(unavailable)
    order = [index for entry in entries for index in entry]
    return ScheduledBlock(
        entries=entries,
        left_out={**left_out, **executed.rejected, **hopeless},
        used={name: sum(used.get(name, 0) for used in executed.used.values()) for name in pool.limits.block},
        declared=sum(candidates[index].fee for index in first),
        earned=sum(executed.earned.values()),
        shape=shape_of((candidates[index] for index in order), pool.dimension),
        rounds=done,
        bound=bound,
        no_bound=no_bound,
    )


def accepted_later(candidates: Sequence[Pending], entries: Entries, rejected: Mapping[int, str]) -> frozenset[int]:
    """Those of the rejected that may be accepted behind all others: one came after them that writes a key they name.

    So whoever is paid in the block can pay for a transaction of his own, though the scheduler knows of no payments.
    """
    written: set[Key] = set()
    found: set[int] = set()
    for index in (index for entry in reversed(entries) for index in reversed(entry)):
        if index not in rejected:
            written |= candidates[index].writes
        elif not written.isdisjoint(candidates[index].writes | candidates[index].reads):
            found.add(index)
    return frozenset(found)


def best_packed(pool: Mempool, executed: ExecutedBlock, hopeless: Mapping[int, str], look_ahead: int) -> Packed:
    """The packing into what is left of the block that earns most by what is declared, of one for each priority.

    An empty block is tried by prices, too; in one that is being filled on, what is left decides.
    """
    candidates = pool.candidates

    def packed_by(priority: Priority) -> Packed:
        room = Room(pool.limits)
        for index, used in executed.used.items():
            room.take(used, candidates[index].writes)
        return pack(candidates, room, look_ahead, priority=priority, placed=executed.used, hopeless=hopeless)

    def worth(packed: Packed) -> int:
        return sum(candidates[index].fee for index in packed.order)

    packings = [packed_by(priority) for priority in PRIORITIES]
    if not executed.used:
        best = max(map(worth, packings))
        packings += [packed_by(each) for each in priced_orders(candidates, pool.limits, hopeless, best)]
    return max(packings, key=worth)


def without(left_out: Mapping[int, str], entries: Entries) -> Entries:
    """Entries without those that are left out, and without those that are empty then."""
    kept = (tuple(index for index in entry if index not in left_out) for entry in entries)
    return tuple(entry for entry in kept if entry)
