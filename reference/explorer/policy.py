"""Who goes on at each scheduling point."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import NamedTuple, Protocol


class Switch(NamedTuple):
    """At the point of that number, counted from 0 over all workers, worker ``to`` goes on."""

    at: int
    to: int


class Policy(Protocol):
    """Decides at each point who goes on. Has to be deterministic."""

    def decide(self, number: int, current: int, live: Sequence[int], default: int) -> int:
        """One of the ``live`` workers.

        ``default`` is whoever goes on when nobody interferes: the ``current`` worker, or the next one where the current
        one is idle or has had a long turn.
        """


class Schedule:
    """Every worker goes on until it is idle or has finished, but for the given switches."""

    def __init__(self, switches: Sequence[Switch] = ()) -> None:
        self.switches = tuple(switches)
        self._to = dict(self.switches)
        if len(self._to) != len(self.switches):
            raise ValueError("a schedule switches only once at a point")

    def decide(self, number: int, current: int, live: Sequence[int], default: int) -> int:
        """See :meth:`Policy.decide`. Raises ValueError where the schedule names a worker that has finished."""
        to = self._to.get(number, default)
        if to not in live:
            raise ValueError(f"the schedule gives point {number} to worker {to}, and only {list(live)} are left")
        return to

    def require_reached(self, points: int) -> None:
        """Raise ValueError where a run of so many points has ended before a switch: the schedule is of another run."""
        for at, to in self.switches:
            if at >= points:
                raise ValueError(f"the schedule gives point {at} to worker {to}, and there are only {points} points")


class Turns:
    """Workers take turns of so many points."""

    def __init__(self, every: int = 16) -> None:
        self.every = every

    def decide(self, number: int, current: int, live: Sequence[int], default: int) -> int:
        """See :meth:`Policy.decide`."""
        if default != current or number % self.every:
            return default
        return next((worker for worker in live if worker > current), live[0])


class RandomTurns:
    """At each point the current worker is pre-empted with some probability, by any other.

    ``rate``: the probability; drawn from the seed where it is left out, since some faults need many switches and
    others long turns.
    """

    def __init__(self, seed: int, rate: float | None = None) -> None:
        self._random = random.Random(seed)
        drawn = self._random.choice((0.02, 0.1, 0.3, 0.6))
        self.rate = drawn if rate is None else rate

    def decide(self, number: int, current: int, live: Sequence[int], default: int) -> int:
        """See :meth:`Policy.decide`."""
        if len(live) == 1 or self._random.random() >= self.rate:
            return default
        others = [worker for worker in live if worker != current]
        return others[self._random.randrange(len(others))]
