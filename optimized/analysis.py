"""What the access record of a block says about how well it can run in parallel."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple

from samestate.optimized.record import Step


class Access(NamedTuple):
    """The keys that a transaction is expected to read and to write, or did."""

    reads: Collection[bytes]
    writes: Collection[bytes]


class NumberedAccess(NamedTuple):
    """The same where a number stands for each key."""

    reads: Collection[int]
    writes: Collection[int]


class NumberedStep(NamedTuple):
    """A step of the access record with a number for each key."""

    reads: Collection[int]
    writes: Collection[int]
    credits: Collection[int]


class Accuracy(NamedTuple):
    """How good a set of expectations was: the share of what was expected that happened, and of what happened that was.

    None where there was nothing to have a share of.
    """

    precision: float | None
    recall: float | None


def is_transaction(step: int, steps: Sequence[Step]) -> bool:
    """Whether that step of a block is a transaction, not the opening or the closing."""
    return 0 <= step < len(steps) - 2


def conflict_rate(steps: Sequence[Step]) -> float:
    """The share of transactions that read what an earlier transaction wrote. A credit, such as a fee, is no write."""
    transactions = steps[1:-1]
    wrote = {(key, access.step) for access in transactions for key in access.writes}
    conflicting = sum(
        any((key, source) in wrote for key, read in access.reads.items() for source in read.source)
        for access in transactions
    )
    return conflicting / len(transactions) if transactions else 0.0


def critical_path(steps: Sequence[Step], weights: Sequence[int] | None = None) -> int:
    """The heaviest chain of transactions that read what the one before contributed; each weighs 1 unless told."""
    finish: dict[int, int] = {}
    for access in steps[1:-1]:
        before = (finish.get(source, 0) for read in access.reads.values() for source in read.source)
        finish[access.step] = max(before, default=0) + (1 if weights is None else weights[access.step])
    return max(finish.values(), default=0)


def accuracy(expected: Iterable[Access | NumberedAccess], steps: Sequence[Step | NumberedStep]) -> Accuracy:
    """How well the expected accesses of the transactions, in block order, met what they did.

    A read and a write of the same key are two accesses. Credits count as neither: they commute, so that there is
    nothing to be gained from expecting them, and all that pay a fee would wait for one another.
    """
    foreseen = occurred = met = 0
    for expectation, access in zip(expected, steps[1:-1], strict=True):
        for before, after in (
            (set(expectation.reads), set(access.reads)),
            (set(expectation.writes) - set(access.credits), set(access.writes)),
        ):
            foreseen += len(before)
            occurred += len(after)
            met += len(before & after)
    return Accuracy(met / foreseen if foreseen else None, met / occurred if occurred else None)
