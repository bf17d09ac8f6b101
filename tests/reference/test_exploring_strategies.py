"""The explorer on strategies: right ones pass all schedules within the bound, and broken ones fail with a name."""

from __future__ import annotations

import time

import pytest

from samestate.conformance.mutants.scheduling import ExecutionCountedAfterIndex
from samestate.reference import STRATEGIES, BlockProgram, Metrics, Parts
from samestate.reference.explorer import (
    LIVELOCK,
    LOST_WAKE_UP,
    RESULT,
    ExploredRun,
    Kind,
    Program,
    Schedule,
    Switch,
    explore,
    run_once,
    sample,
)
from samestate.reference.explorer.points import IDLE, Label
from samestate.reference.invariants import DONE_IDLE, DONE_VALIDATED, MARKED_FIRST, NAMES
from samestate.reference.memory import PUBLISH, Observation, VersionChain, VersionedMemory
from samestate.reference.scheduler import (
    LOOK_ACTIVE,
    LOOK_DONE,
    LOWER_VALIDATION_INDEX,
    Scheduler,
)
from samestate.reference.strategies.base import EXECUTE
from samestate.reference.strategies.locks import Locks
from samestate.spec.machine import Key
from samestate.spec.toy.machine import Toy
from samestate.spec.toy.operations import Add, Sload, Sstore
from tests.reference.blocks import CONFLICTING, INCREMENT, RICH, all_keys, block_of, predictions_of
from tests.reference.blocks import Program as Operations

PARALLEL = [name for name in STRATEGIES if name != "sequential"]


def program(strategy: str = "block-stm", parts: Parts | None = None, *operations: Operations) -> BlockProgram:
    block = block_of(*operations) if operations else CONFLICTING
    predictions = predictions_of(Toy(), block, RICH)
    return BlockProgram(Toy(), block, RICH, strategy, parts=parts or Parts(), predictions=predictions)


@pytest.mark.slow
def test_block_stm_under_every_schedule_with_two_preemptions() -> None:
    """Three transactions in conflict, two workers: under a minute of one core, with aborts and suspensions in it."""
    explored = program()
    seen: list[Metrics] = []
    explored.observe = seen.append
    began = time.process_time()
    exploration = explore(explored, preemptions=2)
    assert exploration.first is None, exploration.first.text(40)
    assert exploration.runs > 8_000
    assert time.process_time() - began < 60
    assert max(metrics.aborts for metrics in seen) >= 2
    assert max(metrics.suspensions for metrics in seen) >= 1
    assert {2} == {sum(1 for count in metrics.executions_per_worker if count) for metrics in seen} - {1}


@pytest.mark.parametrize("strategy", PARALLEL)
@pytest.mark.parametrize("knows", ["nothing", "all"])
def test_every_strategy_under_every_schedule_with_one_preemption(strategy: str, knows: str) -> None:
    explored = program(strategy)
    if knows == "all":
        explored = BlockProgram(
            Toy(), CONFLICTING, RICH, strategy, estimator=all_keys, predictions=explored.predictions
        )
    exploration = explore(explored, preemptions=1)
    assert exploration.first is None, exploration.first.text(40)
    assert exploration.runs == 1 + places_to_preempt(explored) > 50


def places_to_preempt(program: Program) -> int:
    """In how many ways one preemption disturbs the run: wherever one of two workers goes on that could be noticed."""
    trace = run_once(program, Schedule(), keep_trace=True).trace
    last = {passed.worker: passed.number for passed in trace}
    first = {passed.worker: passed.number for passed in reversed(trace) if passed.label.kind is not Kind.OWN}
    return sum(
        passed.label.kind in (Kind.ACT, Kind.LOOK)
        and passed.number <= last[1 - passed.worker]
        and (passed.number == 0 or passed.number != first[passed.worker])
        for passed in trace
    )


@pytest.mark.parametrize("strategy", PARALLEL)
def test_three_workers_under_random_schedules(strategy: str) -> None:
    block = block_of((Sload(1), Add(1), Sstore(1, None)), (Sstore(1, 5),), (Sload(1), Sstore(2, None)), (Sload(2),))
    predictions = predictions_of(Toy(), block, RICH)
    exploration = sample(BlockProgram(Toy(), block, RICH, strategy, 3, predictions=predictions), range(100))
    assert exploration.first is None, exploration.first.text(40)


def found(program: Program, preemptions: int = 2) -> ExploredRun:
    report = explore(program, preemptions).first
    assert report is not None
    assert report.violation is not None
    return report


def test_the_counter_raised_after_the_index_is_found_with_one_preemption() -> None:
    broken = program("block-stm", Parts(scheduler=ExecutionCountedAfterIndex))
    report = found(broken)
    assert report.violation is not None
    assert report.violation.name in (DONE_VALIDATED, DONE_IDLE)
    assert explore(broken, 0).complete
    assert len(report.schedule) == 1


class CountsDecreasesTooEarly(Scheduler):
    """Counts a decrease of an index before it lowers it."""

    def lower_execution_index(self, step: int) -> None:
        self.count_decrease()
        self.set_execution_index(step)

    def lower_validation_index(self, step: int) -> None:
        self.count_decrease()
        self.set_validation_index(step)


def test_decreases_counted_before_the_index_is_lowered_are_found_by_random_schedules() -> None:
    report = sample(program("block-stm", Parts(scheduler=CountsDecreasesTooEarly)), range(10_000)).first
    assert report is not None
    assert report.violation is not None
    assert report.violation.name in (DONE_VALIDATED, DONE_IDLE)


def test_decreases_counted_before_the_index_is_lowered_take_four_preemptions() -> None:
    """What the bound means: a fault that all schedules with few preemptions miss.

    Worker 0 is stopped as it publishes the last transaction, so that worker 1 takes its validation in vain; then
    between counting and lowering; worker 1 in the middle of its check for the end; worker 0 before it takes a task.
    """
    broken = program("block-stm", Parts(scheduler=CountsDecreasesTooEarly), INCREMENT, INCREMENT)
    switches: list[Switch] = []
    for worker, label in ((0, PUBLISH), (0, LOWER_VALIDATION_INDEX), (1, LOOK_ACTIVE), (0, LOOK_DONE)):
        report = run_once(broken, Schedule(switches), keep_trace=True)
        assert report.violation is None
        begin = switches[-1].at + 1 if switches else last_execution(report)
        stop = next(p for p in report.trace[begin:] if p.worker == worker and p.label is label)
        switches.append(Switch(stop.number, 1 - worker))
    report = run_once(broken, Schedule(switches))
    assert report.violation is not None
    assert report.violation.name in (DONE_VALIDATED, DONE_IDLE)


def last_execution(report: ExploredRun) -> int:
    """Where the execution of the second transaction begins."""
    return next(p.number for p in report.trace if p.label is EXECUTE and p.detail == (1, 0))


@pytest.mark.slow
def test_no_schedule_with_two_preemptions_shows_that_decreases_are_counted_too_early() -> None:
    broken = program("block-stm", Parts(scheduler=CountsDecreasesTooEarly), INCREMENT, INCREMENT)
    exploration = explore(broken, 2)
    assert exploration.first is None
    assert exploration.runs > 4_000


class BelievesEverything(VersionedMemory):
    """Skips validation."""

    def validate(self, step: int, reads: object) -> bool:
        return True


def test_skipped_validation_is_found_by_an_invariant_and_without_it_by_the_result() -> None:
    report = found(program("block-stm", Parts(memory=BelievesEverything)))
    assert report.violation is not None
    assert report.violation.name == DONE_VALIDATED
    unguarded = program("block-stm", Parts(memory=BelievesEverything))
    unguarded.check = False
    report = found(unguarded)
    assert report.violation is not None
    assert report.violation.name == RESULT
    assert "expected" in report.violation.detail


class ForgetsEstimates(VersionedMemory):
    """Leaves the writes of an aborted incarnation looking like values."""

    def mark_estimates(self, step: int) -> None: ...


def test_writes_that_are_not_marked_are_found() -> None:
    report = found(program("block-stm", Parts(memory=ForgetsEstimates)))
    assert report.violation is not None
    assert report.violation.name == MARKED_FIRST


class NeverSatisfied(VersionedMemory):
    """Takes every read for stale."""

    def agree(self, key: Key, observation: Observation, now: VersionChain) -> bool:
        return False


def test_a_strategy_that_aborts_for_ever_is_livelocked() -> None:
    report = found(program("block-stm", Parts(memory=NeverSatisfied)), preemptions=0)
    assert report.violation is not None
    assert report.violation.name == LIVELOCK


class LooksOnlyOnce(Locks):
    """Tries to commit after each execution, and never again: the last to finish may find the gate taken."""

    def work(self, worker: int) -> None:
        while not self.has_ended():
            step = self.claim(worker)
            if step is None:
                self.point(IDLE)
                continue
            self.execute_first(worker, step)
            self.commit_some(worker)


def test_a_commit_gate_that_nobody_looks_at_again_is_a_lost_wake_up() -> None:
    broken = program("locks", Parts(strategy=LooksOnlyOnce))
    report = found(broken)
    assert report.violation is not None
    assert report.violation.name == LOST_WAKE_UP
    assert explore(broken, len(report.schedule) - 1).complete


def test_invariants_have_different_names() -> None:
    assert len(set(NAMES)) == len(NAMES) >= 12


def test_a_report_says_how_to_see_it_again() -> None:
    report = found(program("block-stm", Parts(memory=ForgetsEstimates)))
    document = report.document("toy/case", "reference:block-stm", 2)
    assert document.switches == report.schedule
    assert MARKED_FIRST in document.write()
    assert all(isinstance(passed.label, Label) for passed in report.trace)
