"""Locks on declared access, as in Sealevel: a transaction runs once all earlier ones that conflict have finished."""

from __future__ import annotations

from samestate.reference.explorer.points import Point
from samestate.reference.journal import Journal
from samestate.reference.strategies.base import Job
from samestate.reference.strategies.in_order import InOrder


class Locks(InOrder):
    """First executions in the order in which locks are granted. Estimates may be wrong: locks only avoid conflicts.

    Executions after the first hold no locks: they happen in block order anyway.
    """

    name = "locks"

    def __init__(self, job: Job, point: Point, journal: Journal) -> None:
        super().__init__(job, point, journal)
        self.locks = job.parts.locks(job.estimates, point)

    def claim(self, worker: int) -> int | None:
        """The first transaction that has all its locks."""
        return self.locks.take()

    def release(self, step: int) -> None:
        """Give up its locks, so that others may run."""
        # rule: locks.released-when-executed
        # source: Samestate: locks keep first executions apart; what follows is validated anyway
        self.locks.release(step)
