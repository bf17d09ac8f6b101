"""Driving workers one at a time: each is a greenlet, and at every point a policy says who goes on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from greenlet import getcurrent, greenlet

from samestate.reference.explorer.points import FINISHED, Kind, Label
from samestate.reference.explorer.policy import Policy, Schedule, Switch
from samestate.reference.explorer.violation import CRASH, LIVELOCK, LOST_WAKE_UP, OUT_OF_POINTS, Violation

Worker = Callable[[], object]
"""A worker: called once, it works until there is nothing left to do."""

PATIENCE: Final = 4
"""So many idle points of every worker, and nothing done in between, are a lost wake-up."""

TURN: Final = 4_000
"""After so many points in a row the next worker has its turn, so that nobody waits for ever.

Points before an action that concerns nobody else are counted, but no turn ends at one of them.
"""


class Passed(NamedTuple):
    """A point that was passed: its number over all workers, by which worker, and what that one was about to do."""

    number: int
    worker: int
    label: Label
    detail: object

    def __str__(self) -> str:
        return f"{self.number:>5}  worker {self.worker}  {self.label} {show(self.detail)}".rstrip()


class Choice(NamedTuple):
    """A point at which others could have gone on instead of the worker that did."""

    number: int
    others: tuple[int, ...]


class Limit(NamedTuple):
    """How many points a run may take, and what is wrong where it takes more."""

    points: int
    violation: str = OUT_OF_POINTS


@dataclass(frozen=True, slots=True)
class Progress:
    """How to see whether work gets on: ``count`` grows as it does, at least once in so many points in a row."""

    count: Callable[[], int]
    points: int


class Unfit(BaseException):
    """The policy cannot be followed. Nothing catches it on its way out of a worker."""


class Driver:
    """One run of some workers under a policy.

    ``inspect`` is called at every point that follows an action which others can notice, when nobody is in the middle of
    one. A run that takes more points than ``limit`` or makes no ``progress`` is given up. ``trace`` keeps the points
    and ``choices`` what could have been decided, where those are lists.
    """

    def __init__(
        self,
        policy: Policy,
        inspect: Callable[[], None] | None = None,
        limit: Limit | None = None,
        trace: list[Passed] | None = None,
        choices: list[Choice] | None = None,
        progress: Progress | None = None,
    ) -> None:
        self.policy = policy
        self.inspect = inspect
        self.limit = limit
        self.trace = trace
        self.choices = choices
        self.progress = progress
        self.number = 0
        self.current = 0
        self.switches: list[Switch] = []
        self._live: list[int] = []
        self._begun: set[int] = set()
        self._idle: dict[int, int] = {}
        self._turn = 0
        self._acted = True
        self._greenlets: list[greenlet] = []
        self._over = False
        self._count = -1
        self._next_look = self._when_to_look()

    def point(self, label: Label, detail: object = None, /) -> None:
        """See :class:`samestate.reference.explorer.points.Point`."""
        if not self._live or self._over:
            return
        current = default = self.current
        number = self._pass(current, label, detail)
        self._turn += 1
        if label.kind is Kind.IDLE:
            self._note_idle(current)
            default = self._after(current)
        elif label.kind is not Kind.OWN and self._turn > TURN:
            default = self._after(current)
        if label.kind is Kind.ACT:
            self._idle.clear()
        if self.choices is not None and label.kind is not Kind.OWN:
            self._note_choice(self.choices, number, current, default, label.kind)
        chosen = self._decide(number, current, default)
        if chosen != current:
            self.current = chosen
            self._turn = 0
            self._greenlets[chosen].switch()
        if label.kind is Kind.ACT:
            # It acts now: what others did while it stood here came before.
            self._acted = True
            self._idle.clear()

    def _pass(self, current: int, label: Label, detail: object = None) -> int:
        """Note that the worker is at its next point. The number of that."""
        number = self.number
        self.number = number + 1
        if self.trace is not None:
            self.trace.append(Passed(number, current, label, detail))
        if self._acted and self.inspect is not None:
            self._inspect(self.inspect)
        self._acted = False
        if number == self._next_look:
            self._look_how_far(number)
        return number

    def run(self, workers: Sequence[Worker]) -> None:
        """Run the workers until all have finished. Raises Violation, and ValueError for a policy that cannot be."""
        here = getcurrent()
        self._greenlets = [greenlet(worker, here) for worker in workers]
        self._live = list(range(len(workers)))
        try:
            while self._live:
                self._greenlets[self.current].switch()
                # Only a worker that finishes comes back here: the others switch to one another.
                finished, self._turn = self.current, 0
                self._idle.clear()
                default = self._after(finished)
                self._live.remove(finished)
                self.current = self._next_after(finished, default) if len(self._live) > 1 else default
        except Unfit as unfit:
            raise ValueError(str(unfit)) from unfit
        except Exception as error:
            raise Violation(CRASH, f"worker {self.current}: {type(error).__name__}: {error}") from error
        finally:
            self._over = True
            self._end_the_others()
        if isinstance(self.policy, Schedule):
            self.policy.require_reached(self.number)

    def _inspect(self, inspect: Callable[[], None]) -> None:
        """Inspect. An error in that must not look like one of the machine whose call stands at the point."""
        try:
            inspect()
        except Exception as error:
            raise Violation(CRASH, f"inspection: {type(error).__name__}: {error}") from error

    def _next_after(self, finished: int, default: int) -> int:
        """Who goes on where a worker has finished and several are left: a point like others, as it can be any of them.

        Where only one is left there is no point, since there is nothing to decide.
        """
        number = self._pass(finished, FINISHED)
        if self.choices is not None:
            self.choices.append(Choice(number, tuple(worker for worker in self._live if worker != default)))
        return self._decide(number, finished, default)

    def _note_choice(self, choices: list[Choice], number: int, current: int, default: int, kind: Kind) -> None:
        """Who could go on instead. Not the worker that is idle, for it would find the same again.

        Nor is anybody else to go on before the first action of a worker: whoever let it begin could have chosen them.
        """
        begins = current not in self._begun
        self._begun.add(current)
        if begins and number > 0 and kind is not Kind.IDLE:
            return
        idle = current if kind is Kind.IDLE else default
        others = tuple(worker for worker in self._live if worker not in (idle, default))
        if others:
            choices.append(Choice(number, others))

    def _decide(self, number: int, current: int, default: int) -> int:
        """Ask the policy who goes on. What it complains of is no error of the machine either."""
        try:
            chosen = self.policy.decide(number, current, self._live, default)
        except ValueError as error:
            raise Unfit(str(error)) from error
        if chosen != default:
            self.switches.append(Switch(number, chosen))
        return chosen

    def _when_to_look(self) -> int:
        """The number of the point at which to look next how far the run has come; none where it does not matter."""
        places = [] if self.limit is None else [self.limit.points]
        if self.progress is not None:
            places.append(self.number + self.progress.points)
        return min(places, default=-1)

    def _look_how_far(self, number: int) -> None:
        """Give up a run that takes too long, or gets nowhere."""
        if self.limit is not None and number >= self.limit.points:
            raise Violation(self.limit.violation, f"not done after {number} points")
        if self.progress is not None:
            before, self._count = self._count, self.progress.count()
            if self._count == before:
                raise Violation(LIVELOCK, f"nothing has come of the last {self.progress.points} points")
        self._next_look = self._when_to_look()

    def _after(self, worker: int) -> int:
        """The next live worker in turn."""
        return next((other for other in self._live if other > worker), self._live[0])

    def _note_idle(self, worker: int) -> None:
        """Everybody idle, again and again, and nothing done since: the same will happen for ever."""
        self._idle[worker] = self._idle.get(worker, 0) + 1
        if all(self._idle.get(other, 0) >= PATIENCE for other in self._live):
            waiting = ", ".join(str(other) for other in self._live)
            raise Violation(LOST_WAKE_UP, f"nothing left to do for the only workers left ({waiting}), and not done")

    def _end_the_others(self) -> None:
        """Unwind the workers that stand at a point of a run that is over."""
        for worker in self._greenlets:
            if not worker.dead:
                worker.throw()


def show(detail: object) -> str:
    """The detail of a point for people."""
    if isinstance(detail, tuple):
        return " ".join(show(part) for part in detail)
    return "" if detail is None else detail.hex() if isinstance(detail, bytes) else str(detail)
