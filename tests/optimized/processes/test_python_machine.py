"""Machines written in Python on worker processes give what executing one transaction at a time gives."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from samestate.conformance.generating.evm import generate_block as generate_evm_block
from samestate.conformance.generating.evm import generate_invalid_block as generate_invalid_evm_block
from samestate.conformance.generating.toy import generate_block as generate_toy_block
from samestate.optimized.configuration import Configuration
from samestate.optimized.errors import (
    BlockTooLarge,
    ConfigurationError,
    EngineClosed,
    FallbackRefused,
    MachineError,
    MissingAccessList,
)
from samestate.optimized.processes.machine import MachineName
from samestate.optimized.processes.python_machine import PythonEngine, PythonResult
from samestate.spec.evm.forks import AMSTERDAM, LONDON, OSAKA
from samestate.spec.evm.machine import Evm
from samestate.spec.toy.machine import Toy
from tests.optimized.machines import check_against_specification, evm_base, evm_storage, right_list, wrong_list
from tests.optimized.token_ledger import Block, Transfer, encoded, expected_changes
from tests.spec.tiny_machine import TinyBlock, TinyMachine, TinyState

pytestmark = pytest.mark.slow

TINY = MachineName("tests.spec.tiny_machine:TinyMachine")
TOY = MachineName("samestate.spec.toy.machine:Toy")
TOKENS = MachineName("tests.optimized.token_ledger:TokenLedger")

PARALLEL = ("block-stm", "locks", "waves", "access-list")


def configured(strategy: str = "block-stm", **settings: Any) -> Configuration:
    return Configuration(strategy=strategy, kind="processes", memory_limit=16 << 20, **settings)


@pytest.fixture(scope="module", params=("sequential", *PARALLEL))
def strategy(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def tiny(strategy: str) -> Iterator[PythonEngine]:
    engine = PythonEngine(TINY, configured(strategy))
    yield engine
    engine.close()


def evm_engine(fork: str, strategy: str, **settings: Any) -> PythonEngine:
    return PythonEngine(MachineName("tests.optimized.machines:evm", fork), configured(strategy, **settings))


keys = st.sampled_from([b"a", b"b", b"sx1", b"sx2", b"sy1"])
values = st.sampled_from([None, b"", b"\x01", b"\x05"])
owners = st.sampled_from([b"x", b"y"])
operations = st.recursive(
    st.one_of(
        st.tuples(st.just("get"), keys),
        st.tuples(st.just("set"), keys, values),
        st.tuples(st.just("add"), keys, st.integers(1, 300)),
        st.tuples(st.just("touch"), owners),
        st.tuples(st.just("wipe"), owners),
        st.tuples(st.just("has storage"), owners),
        st.tuples(st.sampled_from(["reject"] + ["get"] * 9), keys).map(lambda made: made[: 1 + (made[0] == "get")]),
    ),
    lambda inner: st.tuples(st.just("undo"), st.lists(inner, max_size=4).map(tuple)),
    max_leaves=6,
)
programs = st.lists(operations, max_size=6).map(tuple)


@given(
    st.dictionaries(keys, st.sampled_from([b"", b"\x01", b"\x05"])),
    st.lists(programs, max_size=8).map(tuple),
    programs,
    programs,
    st.integers(10, 60),
)
@settings(max_examples=80)
def test_any_programs(
    tiny: PythonEngine, before: dict[bytes, bytes], steps: Any, opening: Any, closing: Any, limit: int
) -> None:
    block = TinyBlock(steps, opening, closing, limit)
    state = TinyState(before)
    right = right_list(TinyMachine(), block, state, before)
    for predictions in (right, wrong_list(right), {}):
        result = tiny.execute(block, before, predictions=predictions)
        check_against_specification(TinyMachine(), block, state, result)
        if tiny.configuration.strategy != "access-list":
            break


def test_a_key_that_nearly_all_transactions_credit_read_or_wipe(tiny: PythonEngine) -> None:
    """Longer than what hypothesis makes: wipes, credits and reads of the same few keys, in every order."""
    kinds = [
        (("add", b"sx1", 3),),
        (("get", b"sx1"), ("get", b"a")),
        (("wipe", b"x"),),
        (("add", b"a", 7), ("set", b"sx2", b"\x09")),
        (("wipe", b"x"), ("set", b"sx1", b"\x07")),
        (("get", b"sx2"), ("add", b"sx2", 1)),
    ]
    block = TinyBlock(tuple(kinds[(i * i + i // 5) % len(kinds)] for i in range(120)))
    before = {b"sx1": b"\x01", b"sx2": b"\x02", b"a": b"\x03"}
    right = right_list(TinyMachine(), block, TinyState(before), before)
    for predictions in (right, wrong_list(right), {}, right, right):
        result = tiny.execute(block, before, predictions=predictions)
        check_against_specification(TinyMachine(), block, TinyState(before), result)
        asked = tiny.configuration.strategy
        assert result.metrics.strategy == ("block-stm" if asked == "access-list" else asked), "who gave the result"
        assert (result.metrics.reason is None) == (asked != "access-list"), "and why"


def test_no_strategy_gives_way_to_another_where_that_is_forbidden() -> None:
    wiping = TinyBlock(((("wipe", b"x"),), (("get", b"sx1"),)))
    harmless = TinyBlock(((("set", b"a", b"\x01"),),))
    engine = PythonEngine(TINY, configured("access-list", no_fallback=True))
    try:
        with pytest.raises(FallbackRefused, match="no_fallback is set: an access list cannot say that storage was wip"):
            engine.execute(wiping, {b"sx1": b"\x01"}, predictions={})
        result = engine.execute(harmless, {}, predictions={})
        assert (result.metrics.strategy, result.metrics.reason) == ("access-list", None)
    finally:
        engine.close()


@pytest.mark.parametrize("conflict", [0.0, 0.5, 1.0])
def test_the_toy(strategy: str, conflict: float) -> None:
    engine = PythonEngine(TOY, configured(strategy))
    for seed in range(3):
        case = generate_toy_block(seed, 60, conflict)
        block, base = case.blocks[0], dict(case.state.values)
        right = right_list(Toy(), block, case.state, base)
        for predictions in (right, wrong_list(right)):
            result = engine.execute(block, base, predictions=predictions)
            check_against_specification(Toy(), block, case.state, result)
    engine.close()


@pytest.mark.parametrize("fork", [LONDON, OSAKA, AMSTERDAM], ids=lambda fork: fork.name)
def test_the_evm(strategy: str, fork: Any) -> None:
    engine = evm_engine(fork.name, strategy)
    for seed in range(2):
        for case in (
            generate_evm_block(fork, seed, 10, conflict=0.6),
            generate_invalid_evm_block(fork, seed, 5, conflict=0.6),
        ):
            state, payload = case.state(), case.payload()
            base = evm_base(state)
            right = right_list(Evm(fork), payload, state, base)
            result = engine.execute(payload, base, evm_storage(state), predictions=right)
            check_against_specification(Evm(fork), payload, state, result)
    engine.close()


def run_tokens(strategy: str, block: Block, state: dict[bytes, bytes], **settings: Any) -> PythonResult:
    engine = PythonEngine(TOKENS, configured(strategy, **settings))
    try:
        return engine.execute(block, state, predictions={})
    finally:
        engine.close()


def ring(count: int, work: float = 0.0) -> tuple[Block, dict[bytes, bytes]]:
    """Everybody pays their neighbour, who needs that to pay the next: one long chain."""
    block = Block(tuple(Transfer(b"a%d" % i, b"a%d" % (i + 1), 10 + count - i, work) for i in range(count)))
    return block, {b"a0": b"\xff" * 4} | {b"a%d" % i: b"\x01" for i in range(1, count)}


def strangers(count: int, work: float = 0.0) -> tuple[Block, dict[bytes, bytes]]:
    """Nobody has anything to do with anybody."""
    block = Block(tuple(Transfer(b"a%d" % i, b"b%d" % i, 5, work) for i in range(count)))
    return block, {b"a%d" % i: b"\xff" for i in range(count)}


def test_a_users_machine_without_anything_of_ours(strategy: str) -> None:
    block, state = ring(30)
    result = run_tokens(strategy, block, state)
    assert result.rejection is None
    assert result.closing == "30 transfers"
    expected = expected_changes(state, block)
    assert result.changes == {key: encoded(expected[key]) for key in result.changes}
    assert set(expected) == set(result.changes)
    assert result.totals == 30


def test_the_first_rejection_in_block_order_is_the_one(strategy: str) -> None:
    block, state = strangers(20)
    transfers = list(block.transfers)
    transfers[17] = Transfer(b"poor", b"a1", 5)
    transfers[12] = Transfer(b"pauper", b"a1", 7)
    result = run_tokens(strategy, Block(tuple(transfers)), state)
    assert result.rejection is not None
    assert (result.rejection.code, result.rejection.transaction) == ("OVERDRAWN", 12)
    assert result.rejection.detail == "0 of 8"
    settled = run_tokens(strategy, Block(tuple(transfers), most_fees=9), state)
    assert settled.rejection is not None
    assert (settled.rejection.code, settled.rejection.transaction) == ("FULL", 9)


def test_a_rejection_of_a_speculative_run_does_not_count(strategy: str) -> None:
    block, state = ring(12, work=1.0)
    for _ in range(3):
        assert run_tokens(strategy, block, state).rejection is None


# That nothing is true only in name


@pytest.mark.parametrize("strategy", PARALLEL)
def test_workers_share_independent_work(strategy: str) -> None:
    block, state = strangers(60, work=2.0)
    result = run_tokens(strategy, block, state)
    metrics = result.metrics
    assert [worker.executions >= 12 for worker in metrics.workers] == [True, True]
    assert sum(worker.executions for worker in metrics.workers) == metrics.executions == 60
    assert (metrics.aborts, metrics.suspensions, metrics.conflict_rate) == (0, 0, 0.0)
    assert metrics.version_reads == 0
    assert metrics.base_reads == 120
    assert len({moved.process for moved in result.outcomes}) == 2


def test_conflicts_are_met_in_the_versioned_memory() -> None:
    block, state = ring(40, work=2.0)
    metrics = run_tokens("block-stm", block, state, trace=True).metrics
    assert metrics.version_reads is not None and metrics.version_reads >= 39
    assert metrics.aborts >= 1
    assert metrics.executions == 40 + sum(metrics.re_executions)
    assert metrics.runtime_conflicts == sum(metrics.re_executions)
    assert (metrics.critical_path, metrics.conflict_rate) == (40, 39 / 40)
    assert metrics.latency is not None and metrics.latency.p50 >= 2.0


def test_the_trace_shows_what_was_executed_where() -> None:
    block, state = ring(20, work=2.0)
    result = run_tokens("block-stm", block, state, trace=True)
    executed = [event for event in result.trace if event.kind == "execute"]
    assert len(executed) == result.metrics.executions
    assert {event.transaction for event in executed if event.ending == "done"} == set(range(20))
    for event in result.trace:
        assert event.begin <= event.end
        assert (event.blocking is not None) == (event.ending == "suspended")
    assert run_tokens("block-stm", block, state).trace == ()


def test_nothing_is_recorded_unless_asked() -> None:
    block, state = strangers(4)
    assert run_tokens("block-stm", block, state, record=False).steps == ()
    assert len(run_tokens("block-stm", block, state).steps) == 6


def test_workers_stay_on_the_processors_they_are_given() -> None:
    processor = max(os.sched_getaffinity(0))
    block, state = strangers(6, work=1.0)
    result = run_tokens("block-stm", block, state, affinity=(processor,))
    assert {tuple(os.sched_getaffinity(moved.process)) for moved in result.outcomes} == {(processor,)}


SLOW = 0.05
"""Seconds that a read of the state before the block takes."""


@pytest.mark.parametrize(
    ("program", "opening", "waits"),
    [
        ((("get", b"a"),), (), 1),
        ((("get", b"a"), ("get", b"sx1")), (), 2),
        ((("set", b"a", b"\x05"), ("get", b"a")), (), 0),
        ((("add", b"a", 1),), (), 0),
        ((("add", b"a", 1), ("get", b"a")), (), 1),
        ((("wipe", b"x"), ("set", b"sx1", b"\x05")), (), 0),
        ((("get", b"a"),), (("set", b"a", b"\x07"),), 1),
    ],
    ids=["read", "two keys", "written first", "credited", "credited and read", "wiped and written", "opened"],
)
@pytest.mark.parametrize("strategy", ["sequential", "locks"])
def test_slow_state_is_waited_for_once_a_key(strategy: str, program: Any, opening: Any, waits: int) -> None:
    """And not at every read: a hundred transactions do the same."""
    engine = PythonEngine(TINY, configured(strategy, read_latency_us=SLOW * 1e6, workers=1))
    block = TinyBlock((program,) * 100, opening)
    engine.execute(TinyBlock((program,)), {})  # the workers are there
    seconds = engine.execute(block, {b"a": b"\x01", b"sx1": b"\x02"}).metrics.seconds
    engine.close()
    assert waits * SLOW <= seconds < waits * SLOW + 80 * SLOW


@pytest.mark.parametrize("strategy", ["sequential", "locks"])
@pytest.mark.parametrize(
    ("before", "waits"),
    [
        ((("add", b"sx1", 1),), 1),
        ((("set", b"sx1", b"\x05"),), 0),
        ((("wipe", b"x"),), 1),
        ((("set", b"sx1", b"\x05"), ("wipe", b"x")), 1),
        ((("wipe", b"x"), ("set", b"sx1", b"\x05")), 0),
    ],
    ids=["credit", "write", "wipe", "wipe after a write", "write after a wipe"],
)
def test_strategies_wait_for_the_same_reads(strategy: str, before: Any, waits: int) -> None:
    """Whatever a transaction did to a key, the next one waits for it with workers if and only if it does without."""
    engine = PythonEngine(TINY, configured(strategy, read_latency_us=1e6, workers=1))
    engine.execute(TinyBlock(((),)), {})
    result = engine.execute(TinyBlock((before, (("get", b"sx1"),))), {b"sx1": b"\x02"})
    engine.close()
    assert (result.metrics.seconds >= 1) == bool(waits)
    assert result.metrics.seconds < 2


# Sizes


def test_more_workers_than_transactions(strategy: str) -> None:
    block, state = strangers(1)
    for few in (block, Block(())):
        result = run_tokens(strategy, few, state, workers=3)
        assert result.rejection is None
        assert result.totals == len(few.transfers)


def test_a_block_that_is_too_large(strategy: str) -> None:
    block, state = strangers(3)
    with pytest.raises(BlockTooLarge, match="the block has 3 transactions, more than maximum_block = 2"):
        run_tokens(strategy, block, state, maximum_block=2)


def test_more_keys_than_were_expected() -> None:
    """The key table is made again, larger."""
    program = tuple(("get", b"s%c%d" % (97 + i % 20, i)) for i in range(3000))
    engine = PythonEngine(TINY, configured())
    block = TinyBlock((program, program), limit=10_000)
    check_against_specification(TinyMachine(), block, TinyState({}), engine.execute(block, {}))
    engine.close()


def test_one_engine_runs_block_after_block_on_the_same_memory() -> None:
    engine = PythonEngine(TOKENS, Configuration(kind="processes", memory_limit=2 << 20))
    block, state = strangers(50)
    pool = engine._parallel._pool.processes()  # type: ignore[union-attr]
    for _ in range(40):
        result = engine.execute(block, state)
        assert result.rejection is None
        state = state | {key: value for key, value in result.changes.items() if value is not None}
        state = {key: b"\xff" if key[:1] == b"a" else value for key, value in state.items()}
    assert engine._parallel._pool.processes() == pool  # type: ignore[union-attr]
    engine.close()
    with pytest.raises(EngineClosed):
        engine.execute(block, state)


# What an engine is asked for


def test_a_machine_in_python_has_no_threads() -> None:
    with pytest.raises(ConfigurationError, match=r"kind = threads: machine .* is written in Python.*choose processes"):
        PythonEngine(TOKENS, Configuration())


def test_an_access_list_is_needed_where_it_is_the_strategy() -> None:
    engine = PythonEngine(TOKENS, configured("access-list"))
    with pytest.raises(MissingAccessList):
        engine.execute(*strangers(2))
    engine.close()


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("tests.optimized.token_ledger", "is to be named as module:attribute"),
        ("no.such.module:Machine", "No module named 'no'"),
        ("tests.optimized.token_ledger:Nothing", "has no attribute 'Nothing'"),
        ("tests.optimized.token_ledger:Transfer", "missing 3 required positional arguments"),
        ("builtins:dict", "has no merge, storage_owner, transactions, start, open, execute, settle, close"),
    ],
)
def test_a_machine_that_is_not_there(name: str, message: str) -> None:
    with pytest.raises(MachineError, match=message):
        PythonEngine(MachineName(name), configured())
