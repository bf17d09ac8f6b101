"""Running a program under many schedules: all with few preemptions, or seeded random ones."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol

from samestate.reference.explorer.document import ScheduleDocument
from samestate.reference.explorer.driver import Choice, Driver, Limit, Passed, Worker
from samestate.reference.explorer.points import Point
from samestate.reference.explorer.policy import Policy, RandomTurns, Schedule, Switch
from samestate.reference.explorer.violation import LIVELOCK, Violation

ENOUGH: Final = Limit(10_000_000)
"""What a run may take where nobody says otherwise, and nobody knows how long the work is."""

TIMES_THE_FIRST: Final = 20
"""How many times as many points as undisturbed workers others may take before they count as livelocked."""


class Program(Protocol):
    """What is explored: the same work again and again, from the beginning. It must behave alike under like schedules.

    Any of the three may raise :class:`Violation`.
    """

    def start(self, point: Point) -> Sequence[Worker]:
        """Fresh workers on fresh work. Each calls ``point`` before each of its actions."""

    def inspect(self) -> None:
        """Check what has to hold at every moment. Called between actions, at each point that follows an ACT.

        Other actions change nothing that could be seen.
        """

    def finish(self) -> None:
        """Check the result, once every worker has finished."""


@dataclass(frozen=True, slots=True)
class ExploredRun:
    """One run: the schedule that gives it again, how many points it had, and what was wrong, if anything was."""

    schedule: tuple[Switch, ...]
    points: int
    violation: Violation | None
    trace: tuple[Passed, ...] = ()

    def document(self, case: str, engine: str, workers: int, block: int = 0) -> ScheduleDocument:
        """The schedule as a file, with which anybody sees the same again: ``samestate run --schedule FILE``."""
        shows = "" if self.violation is None else str(self.violation)
        return ScheduleDocument(case, engine, workers, self.schedule, block, shows)

    def text(self, steps: int = 12) -> str:
        """What was wrong and the last steps before it, for people."""
        lines = ["nothing is wrong" if self.violation is None else str(self.violation)]
        lines.append(f"schedule: {describe(self.schedule)}")
        return "\n".join(lines + [str(passed) for passed in self.trace[-steps:]])


@dataclass(frozen=True, slots=True)
class Exploration:
    """Many runs. ``complete``: every schedule within the bound was run, or that of every seed.

    What explores all within a bound is not complete after a violation, as schedules that go on from a wrong one are not
    run.
    """

    runs: int
    points: int
    seconds: float
    complete: bool
    violations: tuple[ExploredRun, ...] = field(default=())

    @property
    def first(self) -> ExploredRun | None:
        """The first violation, which of an exploration has the fewest preemptions."""
        return self.violations[0] if self.violations else None


def describe(schedule: Sequence[Switch]) -> str:
    """A schedule in one line."""
    return ", ".join(f"at point {at} worker {to} goes on" for at, to in schedule) or "no preemption"


def run_once(
    program: Program,
    policy: Policy,
    limit: int | Limit | None = None,
    keep_trace: bool = False,
    choices: list[Choice] | None = None,
) -> ExploredRun:
    """One run of the program. Raises ValueError for a schedule that does not fit it.

    A schedule fits where each of its switches is to a worker that is not finished, at a point that the run comes to
    unless it is cut short by a violation. ``limit``: so many points, and no more.
    """
    trace: list[Passed] | None = [] if keep_trace else None
    driver = Driver(policy, program.inspect, as_limit(limit), trace, choices)
    violation = None
    try:
        driver.run(program.start(driver.point))
        program.finish()
    except Violation as found:
        violation = found
    return ExploredRun(tuple(driver.switches), driver.number, violation, tuple(trace or ()))


def as_limit(limit: int | Limit | None) -> Limit:
    """What is meant by a number of points, or by none."""
    if limit is None:
        return ENOUGH
    return Limit(limit) if isinstance(limit, int) else limit


def limit_after(undisturbed: ExploredRun) -> Limit:
    """What other runs of the same work may take: far more than this one, in which nobody was interrupted."""
    return Limit(TIMES_THE_FIRST * undisturbed.points + 1_000, LIVELOCK)


def explore(
    program: Program,
    preemptions: int = 2,
    limit: int | None = None,
    seconds: float | None = None,
    stop_at: int = 1,
    on_run: Callable[[ExploredRun], None] | None = None,
) -> Exploration:
    """Run every schedule with at most so many preemptions, those with fewer first.

    A preemption is a switch at a point at which the worker would have gone on, or, where a worker is idle, a switch to
    another one than the next in turn. No schedule is run twice. Points before an action that concerns nobody else
    (:attr:`Kind.OWN`) are left out, which loses nothing: to stop a worker before or after such an action is the same
    to everybody. Stops after ``stop_at`` violations, or after so many ``seconds``. Where there is no ``limit``, the
    first run, which is undisturbed, says how long the others may be before they are a livelock.
    """
    bound = as_limit(limit)
    began = time.monotonic()
    waiting: deque[tuple[Switch, ...]] = deque([()])
    runs = points = 0
    violations: list[ExploredRun] = []
    while waiting and len(violations) < stop_at:
        if seconds is not None and time.monotonic() - began > seconds:
            break
        switches = waiting.popleft()
        choices: list[Choice] | None = [] if len(switches) < preemptions else None
        report = run_once(program, Schedule(switches), bound, choices=choices)
        if limit is None and not runs and report.violation is None:
            bound = limit_after(report)
        runs += 1
        points += report.points
        if on_run is not None:
            on_run(report)
        if report.violation is not None:
            violations.append(replay(program, report, bound))
        else:
            waiting.extend(further(switches, choices or ()))
    complete = not waiting and not violations
    return Exploration(runs, points, time.monotonic() - began, complete, tuple(violations))


def further(switches: tuple[Switch, ...], choices: Iterable[Choice]) -> Iterator[tuple[Switch, ...]]:
    """The schedules with one more preemption, after the last one."""
    last = switches[-1].at if switches else -1
    for choice in choices:
        if choice.number > last:
            for worker in choice.others:
                yield (*switches, Switch(choice.number, worker))


def sample(
    program: Program,
    seeds: Iterable[int],
    limit: int | None = None,
    rate: float | None = None,
    stop_at: int = 1,
    on_run: Callable[[ExploredRun], None] | None = None,
) -> Exploration:
    """Run the program once for each seed, under a random schedule."""
    began = time.monotonic()
    runs = points = 0
    violations: list[ExploredRun] = []
    for seed in seeds:
        report = run_once(program, RandomTurns(seed, rate), limit)
        runs += 1
        points += report.points
        if on_run is not None:
            on_run(report)
        if report.violation is not None:
            violations.append(replay(program, report, limit))
            if len(violations) >= stop_at:
                return Exploration(runs, points, time.monotonic() - began, False, tuple(violations))
    return Exploration(runs, points, time.monotonic() - began, True, tuple(violations))


def replay(program: Program, report: ExploredRun, limit: int | Limit | None = None) -> ExploredRun:
    """The same run again, with its trace. Raises ValueError where the program does not behave alike."""
    again = run_once(program, Schedule(report.schedule), limit, keep_trace=True)
    if (again.points, str(again.violation)) != (report.points, str(report.violation)):
        raise ValueError(
            f"the program does not behave alike under like schedules: {report.points} points and {report.violation}, "
            f"then {again.points} points and {again.violation}"
        )
    return again
