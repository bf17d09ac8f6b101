"""What a scheduler knows of a transaction before it is executed, and what a block has room for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Final

from samestate.spec.machine import Key


@dataclass(frozen=True, slots=True)
class Pending:
    """A transaction that wants to be in the block.

    ``name``: bytes that identify it; they decide between equals, so that the order of the pool does not. ``fee``: what
    the block's producer earns by it, in the smallest unit, if it uses all that it declares. ``use``: the most that it
    uses of each dimension, or what is reserved for it. ``reads``, ``writes``: the keys that it declares; a key that is
    written need not stand among those read. ``after``: the candidate, by index, without which it may not be there.
    """

    name: bytes
    fee: int
    use: Mapping[str, int]
    reads: frozenset[Key] = frozenset()
    writes: frozenset[Key] = frozenset()
    after: int | None = None


@dataclass(frozen=True, slots=True)
class BlockLimits:
    """What a block has room for: in each dimension in all, and in some for the transactions that write the same key.

    ``entry``: how many transactions an entry may have, where the block has entries.
    """

    block: Mapping[str, int]
    key: Mapping[str, int] = field(default_factory=dict)
    entry: int = 64


Priority = Callable[[Pending, BlockLimits], Fraction]
"""What candidates are taken by, the largest first."""


def by_largest_share(candidate: Pending, limits: BlockLimits) -> Fraction:
    """The fee for each share of the block that the candidate takes, by the dimension of which it takes the most.

    One that takes nothing comes before all others, and is told by its fee alone.
    """
    shares = [Fraction(used, limits.block[name]) for name, used in candidate.use.items() if limits.block.get(name)]
    largest = max(shares, default=Fraction(0))
    return candidate.fee / largest if largest else Fraction(candidate.fee) * 2**128


def by_sum_of_shares(candidate: Pending, limits: BlockLimits) -> Fraction:
    """The fee for the shares of the block that the candidate takes in all dimensions together."""
    taken = sum(Fraction(used, limits.block[name]) for name, used in candidate.use.items() if limits.block.get(name))
    return candidate.fee / taken if taken else Fraction(candidate.fee) * 2**128


def by_fee(candidate: Pending, limits: BlockLimits) -> Fraction:
    """The fee: better where few transactions fill a block."""
    return Fraction(candidate.fee)


PRIORITIES: Final[tuple[Priority, ...]] = (by_largest_share, by_sum_of_shares, by_fee)
"""All that a block is tried with; the first is taken unless another earns more."""


def conflicts(reads: AbstractSet[Key], writes: AbstractSet[Key], candidate: Pending) -> bool:
    """Whether a candidate may not run beside what reads and writes these keys: one of the two writes what both name."""
    return not (
        candidate.writes.isdisjoint(writes)
        and candidate.reads.isdisjoint(writes)
        and candidate.writes.isdisjoint(reads)
    )
