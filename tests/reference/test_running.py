"""Runs of blocks: what counts of a speculative run, metrics, estimates, access lists, bad arguments."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from samestate.reference import (
    STRATEGIES,
    BlockProgram,
    Estimate,
    Parts,
    Run,
    last_run,
    nothing_known,
    run_block,
    running,
)
from samestate.reference.commit import NO_ESTIMATES_LEFT
from samestate.reference.difference import difference, end_of
from samestate.reference.estimators import conflict, quality
from samestate.reference.explorer import LIVELOCK, RandomTurns, Violation, explore, pass_by, run_once
from samestate.reference.memory import VersionChain, VersionedMemory
from samestate.reference.scheduler import LOOK_DONE, Scheduler
from samestate.reference.strategies.wave_queue import WaveQueue
from samestate.spec.machine import Key, Rejection, Value
from samestate.spec.toy.access_list import access_list_of
from samestate.spec.toy.block import Block
from samestate.spec.toy.keys import balance_key
from samestate.spec.toy.machine import Toy
from samestate.spec.toy.operations import Sload, Sstore
from samestate.spec.toy.rejections import Invalid
from samestate.spec.transition import apply_block
from tests.reference.blocks import (
    COINBASE,
    CONFLICTING,
    COPY,
    INCREMENT,
    RICH,
    SENDERS,
    all_keys,
    block_of,
    independent,
    predictions_of,
    transaction,
)
from tests.spec.tiny_machine import TinyBlock, TinyMachine, TinyState

PARALLEL = [name for name in STRATEGIES if name != "sequential"]


def program(strategy: str, block: Any, state: Any = RICH, **options: Any) -> BlockProgram:
    return BlockProgram(Toy(), block, state, strategy, predictions=predictions_of(Toy(), block, state), **options)


# What counts of a speculative run


@pytest.mark.parametrize("strategy", PARALLEL)
def test_a_rejection_that_came_of_stale_reads_does_not_count(strategy: str) -> None:
    """Nonces of one sender in a row: whoever runs ahead finds the nonce too high (H01, H58)."""
    block = Block(COINBASE, 10**9, tuple(transaction(0, INCREMENT, nonce) for nonce in range(3)))
    assert explore(program(strategy, block), 1).first is None
    for seed in range(30):
        assert run_once(program(strategy, block), RandomTurns(seed)).violation is None


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_the_first_rejected_transaction_in_block_order_rejects_the_block(strategy: str) -> None:
    block = Block(COINBASE, 10**9, (transaction(0, COPY), transaction(1, COPY, 7), transaction(2, COPY, 9)))
    for seed in range(20):
        with pytest.raises(Rejection) as caught:
            run_block(Toy(), block, RICH, strategy, 3, RandomTurns(seed), predictions={}, check=True)
        assert (caught.value.code, caught.value.transaction) == (Invalid.NONCE_TOO_HIGH, 1)


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_the_block_gas_limit_is_settled_in_block_order(strategy: str) -> None:
    block = Block(COINBASE, 150_000, (transaction(0, INCREMENT), transaction(1, INCREMENT), transaction(2, COPY, 5)))
    for seed in range(10):
        with pytest.raises(Rejection) as caught:
            run_block(Toy(), block, RICH, strategy, 2, RandomTurns(seed), predictions={}, check=True)
        assert (caught.value.code, caught.value.transaction) in (
            (Invalid.GAS_ALLOWANCE_EXCEEDED, 1),
            (Invalid.NONCE_TOO_HIGH, 2),
        )
        assert caught.value.transaction == end_of(lambda: apply_block(Toy(), block, RICH)).transaction  # type: ignore[union-attr]


class MissingKeyError(LookupError):
    pass


class Partial(TinyState):
    """A state that does not know one of its keys."""

    def get(self, key: Key) -> Value:
        if key == b"sx1":
            raise MissingKeyError(key.hex())
        return super().get(key)


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_a_failure_to_fetch_what_turns_out_to_be_wiped_does_not_count(strategy: str) -> None:
    """A run ahead of the wipe fails. It failed on versions that did not hold, although the read never ended."""
    state = Partial({})
    block = TinyBlock(((("wipe", b"x"),), (("get", b"sx1"), ("set", b"a", b"\x01")), (("get", b"a"),)))
    explored = BlockProgram(TinyMachine(), block, state, strategy, predictions={})
    report = explore(explored, 2).first
    assert report is None, report.text()
    with pytest.raises(MissingKeyError):
        run_block(TinyMachine(), TinyBlock(block.programs[1:]), state, strategy, predictions={}, check=True)


def test_there_is_no_limit_to_incarnations() -> None:
    """A transaction is aborted over and over by a validation that is wrong for a while, and gets through (H60)."""

    class Moody(VersionedMemory):
        refusals = 0

        def agree(self, key: Key, observation: Any, now: VersionChain) -> bool:
            type(self).refusals += 1
            return type(self).refusals > 200 and super().agree(key, observation, now)

    Moody.refusals = 0
    run = run_block(Toy(), CONFLICTING, RICH, parts=Parts(memory=Moody))
    assert sum(run.metrics.re_executions) > 150
    assert difference(apply_block(Toy(), CONFLICTING, RICH), run.result) == ""


def test_a_transaction_that_is_aborted_for_ever_is_a_livelock() -> None:
    """Nobody has to set a limit for that, and it is none that a long block could reach."""

    class NeverSatisfied(VersionedMemory):
        def agree(self, key: Key, observation: Any, now: VersionChain) -> bool:
            return False

    with pytest.raises(Violation, match="was started 1004 times") as caught:
        run_block(Toy(), CONFLICTING, RICH, parts=Parts(memory=NeverSatisfied))
    assert caught.value.name == LIVELOCK


def test_workers_that_only_look_around_are_a_livelock(monkeypatch: pytest.MonkeyPatch) -> None:
    """As many points as that are none too many where transactions are started in between."""

    class NeverDone(Scheduler):
        def find_nothing(self) -> None:
            self.point(LOOK_DONE)

    monkeypatch.setattr(running, "STANDSTILL", 500)
    monkeypatch.setattr(running, "STANDSTILL_OF_EACH", 10)
    with pytest.raises(Violation, match="nothing has come of the last 530 points") as caught:
        run_block(Toy(), CONFLICTING, RICH, parts=Parts(scheduler=NeverDone))
    assert caught.value.name == LIVELOCK
    block, state = independent(100)
    assert run_block(Toy(), block, state).metrics.points > 2 * (500 + 10 * 100)


def test_a_large_block_is_no_livelock() -> None:
    block, state = independent(2500)
    exploration = explore(BlockProgram(Toy(), block, state, check=False), 0)
    assert exploration.violations == ()
    assert exploration.points > 100_000


@pytest.mark.parametrize("strategy", PARALLEL)
def test_an_estimate_that_is_left_when_the_block_is_closed_has_a_name(strategy: str) -> None:
    class LeavesOne(STRATEGIES[strategy]):  # type: ignore[misc]
        def close(self) -> Any:
            self.memory.mark_estimates(0)
            return super().close()

    read = BlockProgram(
        TinyMachine(),
        TinyBlock(((("set", b"a", b"\x01"),),), closing=(("get", b"a"),)),
        TinyState({}),
        strategy,
        parts=Parts(strategy=LeavesOne),
        predictions={},
    )
    report = run_once(read, RandomTurns(1))
    assert report.violation is not None
    assert report.violation.name == NO_ESTIMATES_LEFT


def test_a_specification_that_crashes_is_no_measure() -> None:
    class Crashing(TinyMachine):
        def execute(self, block: TinyBlock, program: Any, view: Any) -> Any:
            raise ZeroDivisionError

    crashing = BlockProgram(Crashing(), TinyBlock(((("get", b"a"),),)), TinyState({}))
    with pytest.raises(ZeroDivisionError):
        run_once(crashing, RandomTurns(1))


# The coinbase


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_fees_are_lazy_until_the_coinbase_itself_pays(strategy: str) -> None:
    """The coinbase sends in mid-block, so its balance is read, with every fee so far (H12, H13)."""
    block = Block(SENDERS[2], 10**9, tuple(transaction(number, COPY) for number in range(4)))
    for seed in range(30):
        run = run_block(
            Toy(),
            block,
            RICH,
            strategy,
            3,
            RandomTurns(seed),
            predictions=predictions_of(Toy(), block, RICH),
            check=True,
        )
        assert run.result.steps[3].reads[balance_key(SENDERS[2])].source == (0, 1)
        assert difference(apply_block(Toy(), block, RICH), run.result) == ""


def test_fees_alone_make_no_conflict() -> None:
    block, state = independent(20)
    for seed in range(10):
        run = run_block(Toy(), block, state, schedule=RandomTurns(seed), check=True)
        assert run.metrics.runtime_conflicts == 0


# Metrics


@pytest.mark.parametrize("strategy", PARALLEL)
def test_both_workers_do_their_share_of_an_independent_block(strategy: str) -> None:
    block, state = independent(100)
    run = run_block(Toy(), block, state, strategy, estimator=all_keys, predictions=predictions_of(Toy(), block, state))
    assert min(run.metrics.executions_per_worker) >= 20
    assert run.metrics.executions == 100
    assert run.metrics.re_executions == (0,) * 100
    assert run.metrics.aborts == 0
    assert (run.metrics.precision, run.metrics.recall) == (1.0, 1.0)


def test_waves_are_the_antichains_of_the_estimates() -> None:
    block = block_of(INCREMENT, (Sstore(7, 1),), COPY, (Sload(2),))
    run = run_block(Toy(), block, RICH, "waves", estimator=all_keys, check=True)
    assert run.metrics.waves == (2, 1, 1)
    assert run.metrics.aborts == 0


def test_a_transaction_kept_out_of_a_wave_keeps_those_behind_it_out() -> None:
    """1 conflicts with 0, and 2 with 1 alone: 2 must not pass 1."""
    block = block_of((Sstore(1, 5),), (Sload(1), Sstore(2, None)), (Sload(2),))
    run = run_block(Toy(), block, RICH, "waves", estimator=all_keys, check=True)
    assert run.metrics.waves == (1, 1, 1)


@given(st.lists(st.tuples(*[st.sets(st.sampled_from([b"a", b"b", b"c", b"d"]), max_size=2)] * 2), max_size=9))
def test_a_wave_is_all_whose_earlier_conflicts_are_done(accesses: list[tuple[set[bytes], set[bytes]]]) -> None:
    """By the definition, pair by pair."""
    estimates = [Estimate(tuple(reads), tuple(writes)) for reads, writes in accesses]
    left = list(range(len(estimates)))
    expected = []
    while left:
        wave = [step for step in left if not any(conflict(estimates[step], estimates[e]) for e in left if e < step)]
        expected.append(wave)
        left = [step for step in left if step not in wave]
    assert list(WaveQueue(estimates, pass_by, lambda members: None).waves) == expected


@pytest.mark.parametrize("strategy", ["locks", "waves"])
def test_an_undeclared_access_runs_its_transaction_again_and_every_later_reader(strategy: str) -> None:
    """Nothing is declared, and everybody reads what the one before changes: each is run again, but for the first."""
    block = block_of(INCREMENT, INCREMENT, INCREMENT)
    most = 0
    for seed in range(40):
        run = run_block(Toy(), block, RICH, strategy, 3, RandomTurns(seed), check=True)
        assert difference(apply_block(Toy(), block, RICH), run.result) == ""
        assert run.metrics.re_executions[0] == 0
        most = max(most, sum(run.metrics.re_executions))
    assert most >= 2


# Estimates


def test_precision_and_recall() -> None:
    block = block_of((Sload(1),), (Sload(2),))
    steps = apply_block(Toy(), block, RICH).steps
    right = [all_keys(block, index) for index in range(2)]
    assert quality([Estimate(tuple(reads), tuple(writes)) for reads, writes in right], steps) == (1.0, 1.0)
    assert quality([Estimate(), Estimate()], steps) == (1.0, 0.0)
    reads, writes = right[0]
    # Five keys of each transaction are read or written: nonce and balance twice, and a slot.
    assert quality([Estimate((*reads, b"x"), tuple(writes)), Estimate()], steps) == (5 / 6, 5 / 10)


def test_the_last_run_knows_all_of_the_same_block() -> None:
    steps = apply_block(Toy(), CONFLICTING, RICH).steps
    run = run_block(Toy(), CONFLICTING, RICH, "locks", estimator=last_run(steps), check=True)
    assert (run.metrics.precision, run.metrics.recall, run.metrics.aborts) == (1.0, 1.0, 0)
    assert last_run(steps)(None, 99) == nothing_known(None, 0) == Estimate()


# Access lists


def test_from_a_right_access_list_nothing_is_run_twice() -> None:
    for seed in range(20):
        run = run_block(
            Toy(),
            CONFLICTING,
            RICH,
            "access-list",
            schedule=RandomTurns(seed),
            predictions=predictions_of(Toy(), CONFLICTING, RICH),
            check=True,
        )
        assert run.metrics.re_executions == (0, 0, 0)
        assert difference(apply_block(Toy(), CONFLICTING, RICH), run.result) == ""


@pytest.mark.parametrize("wrong", range(4))
def test_from_the_first_wrong_entry_on_all_is_run_again_in_order(wrong: int) -> None:
    """Entry ``wrong`` has a value too many; entry 3 is the closing step's, after which nothing is left to do."""
    right = predictions_of(Toy(), CONFLICTING, RICH)
    run = run_block(
        Toy(), CONFLICTING, RICH, "access-list", predictions={**right, b"x": [(wrong, b"\x01")]}, check=True
    )
    assert run.metrics.re_executions == tuple(int(step > wrong) for step in range(3))
    assert difference(apply_block(Toy(), CONFLICTING, RICH), run.result) == ""


def test_the_predictions_of_the_tests_are_what_the_toy_says_of_itself() -> None:
    entries = access_list_of(apply_block(Toy(), CONFLICTING, RICH).steps, RICH)
    said = {(key, step - 1, value) for step, entry in enumerate(entries) for key, value in entry.changes}
    found = predictions_of(Toy(), CONFLICTING, RICH)
    assert said == {(key, step, value) for key, changes in found.items() for step, value in changes}


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_whoever_executes_a_block_its_list_is_judged(strategy: str) -> None:
    right = access_list_of(apply_block(Toy(), CONFLICTING, RICH).steps, RICH)
    predictions = predictions_of(Toy(), CONFLICTING, RICH)

    def run(block: Block) -> Run:
        return run_block(Toy(), block, RICH, strategy, predictions=predictions)

    assert len(run(replace(CONFLICTING, access_list=right)).result.receipts) == 3
    for wrong in ((), (*right[:2], right[1], *right[3:])):
        block = replace(CONFLICTING, access_list=wrong)
        with pytest.raises(Rejection) as caught:
            run(block)
        expected = end_of(lambda block=block: apply_block(Toy(), block, RICH))  # type: ignore[misc]
        assert isinstance(expected, Rejection)
        assert (caught.value.code, caught.value.transaction) == (expected.code, expected.transaction)
        assert caught.value.code is Invalid.ACCESS_LIST_MISMATCH


def test_without_a_list_there_is_no_such_strategy() -> None:
    with pytest.raises(ValueError, match="needs an access list"):
        run_block(Toy(), CONFLICTING, RICH, "access-list")


# The edges


@pytest.mark.parametrize("strategy", STRATEGIES)
@pytest.mark.parametrize("workers", [1, 2, 5])
def test_an_empty_block_and_one_transaction_for_many_workers(strategy: str, workers: int) -> None:
    for block in (block_of(), block_of(INCREMENT)):
        explored = program(strategy, block, workers=workers)
        for seed in range(10):
            report = run_once(explored, RandomTurns(seed))
            assert report.violation is None, report.text()


def test_arguments_that_make_no_sense() -> None:
    with pytest.raises(ValueError, match="no strategy is called 'fast'; known are sequential, block-stm"):
        run_block(Toy(), CONFLICTING, RICH, "fast")
    with pytest.raises(ValueError, match="0 workers: must be from 1 to 256"):
        run_block(Toy(), CONFLICTING, RICH, workers=0)
    with pytest.raises(ValueError, match="257 workers: must be from 1 to 256"):
        run_block(Toy(), CONFLICTING, RICH, workers=257)
