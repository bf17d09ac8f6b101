"""What transactions will access, as far as somebody knows before they run, and how right that was.

An estimator knows the machine, and comes from outside: declared access, or a look at the operations (static). The
access of the last run of the same transactions needs no machine.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

from samestate.spec.access import StepAccess
from samestate.spec.machine import Key


class Estimate(NamedTuple):
    """Keys that a transaction may read, and keys that it may write. Credits are left out: they conflict with nobody."""

    reads: tuple[Key, ...] = ()
    writes: tuple[Key, ...] = ()


Estimator = Callable[[Any, int], tuple[Iterable[Key], Iterable[Key]]]
"""The keys that transaction ``index`` of ``block`` may read and write."""


class Quality(NamedTuple):
    """How right estimates were, over all transactions.

    ``precision``: the share of what was estimated that happened; ``recall``: the share of what happened that was
    estimated. Both are 1 where there was nothing.
    """

    precision: float
    recall: float


def nothing_known(block: Any, index: int) -> Estimate:
    """The estimator that knows nothing: every transaction looks independent."""
    return Estimate()


def last_run(steps: Sequence[StepAccess]) -> Estimator:
    """The estimator that says what the transactions did when a block with the same access record was run."""

    def estimator(block: Any, index: int) -> Estimate:
        if index + 2 >= len(steps):
            return Estimate()
        access = steps[index + 1]
        return Estimate(tuple(access.reads), tuple(access.writes))

    return estimator


def estimate_all(estimator: Estimator, block: Any, transactions: int) -> tuple[Estimate, ...]:
    """The estimates of all transactions, in order, each key once."""
    estimates = []
    for index in range(transactions):
        reads, writes = estimator(block, index)
        estimates.append(Estimate(tuple(dict.fromkeys(reads)), tuple(dict.fromkeys(writes))))
    return tuple(estimates)


def quality(estimates: Sequence[Estimate], steps: Sequence[StepAccess]) -> Quality:
    """How right the estimates were, given the access record that the block turned out to have."""
    estimated = happened = both = 0
    for estimate, access in zip(estimates, steps[1:-1], strict=True):
        for guess, truth in ((set(estimate.reads), set(access.reads)), (set(estimate.writes), set(access.writes))):
            estimated += len(guess)
            happened += len(truth)
            both += len(guess & truth)
    return Quality(both / estimated if estimated else 1.0, both / happened if happened else 1.0)


def conflict(one: Estimate, other: Estimate) -> bool:
    """Whether two transactions may not run side by side: one of them may write what the other one reads or writes."""
    return any(key in other.reads or key in other.writes for key in one.writes) or any(
        key in other.writes for key in one.reads
    )
