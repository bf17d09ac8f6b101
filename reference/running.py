"""Running a block under a strategy: once, or as a program for the explorer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from samestate.reference.commit import AnyMachine
from samestate.reference.difference import Ending, end_of, judge, right_end_of
from samestate.reference.estimators import Estimator, estimate_all, nothing_known, quality
from samestate.reference.explorer.document import MOST_WORKERS
from samestate.reference.explorer.driver import Driver, Limit, Passed, Progress, Worker
from samestate.reference.explorer.points import Point
from samestate.reference.explorer.policy import Policy, Switch, Turns
from samestate.reference.invariants import GuardedJournal
from samestate.reference.journal import Journal
from samestate.reference.metrics import Metrics
from samestate.reference.predicted import Predictions
from samestate.reference.strategies import STRATEGIES
from samestate.reference.strategies.base import Job, Parts, Strategy
from samestate.spec.machine import State
from samestate.spec.transition import BlockResult, execute_block

STANDSTILL: Final = 5_000_000
"""So many points, and ``STANDSTILL_OF_EACH`` more for each transaction, in which none was started: a livelock."""
STANDSTILL_OF_EACH: Final = 1_000


@dataclass(frozen=True, slots=True)
class Run:
    """A block that was executed: the result in the terms of the specification, and what the run was like.

    ``switches`` give the same run again; ``trace`` has every point that was passed, if it was asked for.
    """

    result: BlockResult[Any, Any, Any, Any]
    metrics: Metrics
    switches: tuple[Switch, ...]
    trace: tuple[Passed, ...] = ()


def run_block(
    machine: AnyMachine,
    block: Any,
    state: State,
    strategy: str = "block-stm",
    workers: int = 2,
    schedule: Policy | None = None,
    *,
    parts: Parts | None = None,
    estimator: Estimator = nothing_known,
    predictions: Predictions | None = None,
    check: bool = False,
    trace: bool = False,
    limit: int | None = None,
) -> Run:
    """Execute the block. Raises Rejection where it is invalid, and ValueError for arguments that make no sense.

    ``schedule``: who goes on at each point; workers take turns where it is left out. ``estimator`` is for the
    strategies that plan ahead, ``predictions`` for the one that needs an access list. The machine has the last word, as
    in :func:`samestate.spec.transition.apply_block`: it verifies the list that a block carries. ``check``: all
    invariants are checked after every action, and raise :class:`Violation`. ``limit``: how many points the run may
    take. A livelock is a violation in any case.
    """
    program = BlockProgram(
        machine, block, state, strategy, workers, parts or Parts(), estimator, predictions, check=check
    )
    kept: list[Passed] | None = [] if trace else None
    driver = Driver(
        schedule or Turns(),
        program.inspect if check else None,
        None if limit is None else Limit(limit),
        kept,
        progress=Progress(program.started, STANDSTILL + STANDSTILL_OF_EACH * len(program.job.estimates)),
    )
    driver.run(program.start(driver.point))
    result = program.result()
    machine.verify(block, result.steps, state)
    return Run(result, program.metrics(result, driver.number), tuple(driver.switches), tuple(kept or ()))


@dataclass
class BlockProgram:
    """A block under a strategy, as the explorer runs it: again and again, its result compared with the specification's.

    What a block says of itself is not verified: blocks that were executed alike, step by step, are judged alike.
    ``observe`` is told the metrics of every run that ended with a valid block, but for how many points it had, which
    its report says.
    """

    machine: AnyMachine
    block: Any
    state: State
    strategy: str = "block-stm"
    workers: int = 2
    parts: Parts = field(default_factory=Parts)
    estimator: Estimator = nothing_known
    predictions: Predictions | None = None
    check: bool = True
    observe: Callable[[Metrics], None] | None = None

    def __post_init__(self) -> None:
        """Raise ValueError for a strategy that there is not, and for no workers or far too many."""
        if self.strategy not in STRATEGIES:
            raise ValueError(f"no strategy is called {self.strategy!r}; known are {', '.join(STRATEGIES)}")
        if not 1 <= self.workers <= MOST_WORKERS:
            raise ValueError(f"{self.workers} workers: must be from 1 to {MOST_WORKERS}")
        count = len(self.machine.transactions(self.block))
        self.job = Job(
            machine=self.machine,
            block=self.block,
            state=self.state,
            workers=self.workers,
            parts=self.parts,
            estimates=estimate_all(self.estimator, self.block, count),
            predictions=self.predictions,
        )
        self._right: Ending | None = None
        self._current: Strategy | None = None
        self._failure: Exception | None = None
        self._journal = Journal(self.strategy, 0, 0)

    def start(self, point: Point) -> Sequence[Worker]:
        """See :class:`samestate.reference.explorer.Program`. No worker is needed for a block that cannot be opened."""
        kind = self.parts.strategy or STRATEGIES[self.strategy]
        count = kind.count_workers(self.job)
        guard = GuardedJournal(self.strategy, len(self.job.estimates), count) if self.check else None
        self._journal = guard or Journal(self.strategy, len(self.job.estimates), count)
        strategy = self._current = kind(self.job, point, self._journal)
        if guard is not None:
            guard.watch(strategy)
        self._failure = None
        try:
            strategy.open()
        except Exception as failure:
            self._failure = failure
            return []
        return [worker_of(strategy, number) for number in range(count)]

    def inspect(self) -> None:
        """See :class:`samestate.reference.explorer.Program`."""
        self._journal.inspect()

    def result(self) -> BlockResult[Any, Any, Any, Any]:
        """The result of the run that has just ended. Raises what the block was rejected for."""
        if self._failure is not None:
            raise self._failure
        if self._current is None:
            raise RuntimeError("nothing was started")
        return self._current.close()

    def started(self) -> int:
        """How often a transaction was started in the run that is going on."""
        return sum(self._journal.starts)

    def finish(self) -> None:
        """See :class:`samestate.reference.explorer.Program`."""
        if self._right is None:
            self._right = right_end_of(lambda: execute_block(self.machine, self.block, self.state))
        given = end_of(self.result)
        judge(self._right, given)
        if self.observe is not None and not isinstance(given, Exception):
            self.observe(self.metrics(given, 0))

    def metrics(self, result: BlockResult[Any, Any, Any, Any], points: int) -> Metrics:
        """What the run was like."""
        if self.estimator is nothing_known:
            return self._journal.metrics(points)
        precision, recall = quality(self.job.estimates, result.steps)
        return self._journal.metrics(points, precision, recall)


def worker_of(strategy: Strategy, number: int) -> Worker:
    """A worker as a callable."""
    return lambda: strategy.work(number)
