"""Waves of transactions that do not conflict: everybody runs one wave, then everybody runs the next."""

from __future__ import annotations

from samestate.reference.explorer.points import Point
from samestate.reference.journal import Journal
from samestate.reference.strategies.base import Job
from samestate.reference.strategies.in_order import InOrder


class Waves(InOrder):
    """First executions wave by wave. A wave starts when all of the last one have been executed, committed or not."""

    name = "waves"

    def __init__(self, job: Job, point: Point, journal: Journal) -> None:
        super().__init__(job, point, journal)
        self.queue = job.parts.waves(job.estimates, point, journal.wave)

    def claim(self, worker: int) -> int | None:
        """A member of the current wave."""
        return self.queue.take()

    def release(self, step: int) -> None:
        """One less to wait for."""
        self.queue.finish(step)
