"""Machines that make it hard: the result is still that of sequential execution, or an error that names the step."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from samestate.optimized.configuration import Configuration
from samestate.optimized.errors import EngineError, StepFailed
from samestate.optimized.processes.ledger import Effect, Ledger
from samestate.optimized.processes.machine import MachineName, checked_merge
from samestate.optimized.processes.python_machine import PythonEngine
from samestate.optimized.processes.view import StepView
from tests.optimized.machines import check_against_specification, right_list, wrong_list
from tests.optimized.wayward import CappedTiny
from tests.spec.tiny_machine import TinyBlock, TinyMachine, TinyState

pytestmark = pytest.mark.slow

CAPPED = MachineName("tests.optimized.wayward:CappedTiny")
WAYWARD = MachineName("tests.optimized.wayward:Wayward")
PARALLEL = ("block-stm", "locks", "waves", "access-list")


@pytest.fixture(scope="module", params=("sequential", *PARALLEL))
def strategy(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def made(name: MachineName, strategy: str) -> PythonEngine:
    return PythonEngine(name, Configuration(strategy=strategy, kind="processes", memory_limit=4 << 20, time_limit=20))


@pytest.fixture(scope="module")
def capped(strategy: str) -> Iterator[PythonEngine]:
    engine = made(CAPPED, strategy)
    yield engine
    engine.close()


@pytest.fixture(scope="module")
def wayward(strategy: str) -> Iterator[PythonEngine]:
    engine = made(WAYWARD, strategy)
    yield engine
    engine.close()


# Credits that cannot be merged

keys = st.sampled_from([b"a", b"b", b"sx1", b"sy1"])
operations = st.recursive(
    st.one_of(
        st.tuples(st.just("get"), keys),
        st.tuples(st.just("set"), keys, st.sampled_from([None, b"\x01", b"\xff"])),
        st.tuples(st.just("add"), keys, st.integers(1, 200)),
        st.tuples(st.just("add"), keys, st.integers(1, 200)),
        st.tuples(st.just("wipe"), st.sampled_from([b"x", b"y"])),
    ),
    lambda inner: st.tuples(st.just("undo"), st.lists(inner, max_size=3).map(tuple)),
    max_leaves=6,
)
programs = st.lists(operations, max_size=5).map(tuple)


@given(st.dictionaries(keys, st.sampled_from([b"\x01", b"\xff"])), st.lists(programs, max_size=5).map(tuple), programs)
@settings(max_examples=60)
def test_a_credit_that_is_too_much_rejects_the_block_as_in_the_specification(
    capped: PythonEngine, before: dict[bytes, bytes], steps: Any, closing: Any
) -> None:
    """A block that has no room is rejected for that first, so the limit is low."""
    for limit in (7, 100):
        block, state = TinyBlock(steps, closing=closing, limit=limit), TinyState(before)
        right = right_list(CappedTiny(), block, state, before)
        uncapped = right_list(TinyMachine(), block, state, before)  # says something of rejected blocks, too
        for predictions in (right, uncapped, wrong_list(uncapped)):
            result = capped.execute(block, before, predictions=predictions)
            check_against_specification(CappedTiny(), block, state, result)


@pytest.mark.parametrize(
    "program",
    [
        (("get", b"a"), ("add", b"a", 200)),
        (("set", b"a", b"\xff"), ("add", b"a", 200)),
        (("add", b"a", 200),),
        (("wipe", b"x"), ("add", b"sx1", 300), ("add", b"sx1", 300)),
    ],
    ids=["read", "set", "unseen", "wiped"],
)
def test_a_credit_beyond_the_largest_number(capped: PythonEngine, program: Any) -> None:
    """The block is rejected, and no transaction of it; unless what comes before merging has rejected it already."""
    before = {b"a": b"\xff"}
    undone = (("undo", program),)
    for programs_of_block, limit, transaction, code in (
        ((undone, program, undone), 100, None, "LARGEST"),
        ((undone, program, undone), len(program), 1, "FULL"),
        ((undone, undone), 100, None, None),
    ):
        block = TinyBlock(programs_of_block, limit=limit)
        for predictions in ({}, {b"a": [(0, b"\x05"), (1, b"\xff")]}):
            result = capped.execute(block, before, predictions=predictions)
            check_against_specification(CappedTiny(), block, TinyState(before), result)
            found = result.rejection and (result.rejection.code, result.rejection.transaction)
            assert found == (code and (code, transaction))


def test_a_credit_is_merged_when_its_step_is_entered_and_not_before() -> None:
    merged: list[int] = []

    def merge(key: bytes, value: bytes | None, amount: int) -> bytes | None:
        merged.append(amount)
        return bytes([amount])

    view = StepView({}.get, lambda key: None, merge, ())
    view.set(b"a", b"\x01")
    view.add(b"a", 3)
    view.add(b"a", 4)
    assert (merged, view.effect().credits) == ([], {b"a": 7})
    ledger = Ledger({}.get, merge, lambda key: None)
    assert ledger.enter(0, view.effect()).writes == {b"a": b"\x07"}
    assert merged == [7]


# What merge gives


@pytest.mark.parametrize("how", ["credit", "read_and_credit", "set_and_credit"])
@pytest.mark.parametrize(
    ("key", "reason"),
    [
        (b"text", r"TypeError: merge is to give bytes or None, not str"),
        (b"broken", r"ZeroDivisionError: nothing to merge with"),
    ],
)
def test_a_merge_that_fails_is_the_fault_of_its_step(wayward: PythonEngine, how: str, key: bytes, reason: str) -> None:
    block = (("credit", b"a"), ("credit", b"b"), (how, key), ("read_and_credit", key))
    for predictions in ({}, {key: [(2, b"\x01"), (3, b"\x02")], b"a": [(0, b"\x07")]}):
        with pytest.raises(StepFailed, match=f"^step transaction 2 failed: {reason}"):
            wayward.execute(block, {key: b"\x01"}, predictions=predictions)
    assert wayward.execute(block[:2], {}, predictions={}).rejection is None


def test_a_merge_that_fails_in_workers_alone_makes_no_result(wayward: PythonEngine) -> None:
    key = b"not in a worker"
    block = (("credit", b"a"), ("read_and_credit", key))
    if wayward.configuration.strategy == "sequential":
        assert wayward.execute(block, {}).changes[key] == (1).to_bytes(8, "big")
        return
    with pytest.raises(StepFailed, match="transaction 1 failed: merge failed in a worker, but not here: ZeroDivision"):
        wayward.execute(block, {}, predictions={})
    if wayward.configuration.strategy == "access-list":
        with pytest.raises(EngineError, match="merge failed in a worker, but not here: ZeroDivisionError: in a worker"):
            wayward.execute((("credit", key),), {}, predictions={key: [(0, b"\x01")]})


def test_the_merge_of_a_machine_is_checked() -> None:
    assert checked_merge(lambda key, value, amount: None)(b"a", b"1", 1) is None
    with pytest.raises(TypeError, match="merge is to give bytes or None, not int"):
        checked_merge(lambda key, value, amount: amount)(b"a", b"1", 1)  # type: ignore[arg-type,return-value]
    with pytest.raises(TypeError, match="not bytearray"):
        merge = checked_merge(lambda key, value, amount: bytearray(b"1"))
        Ledger({}.get, merge, lambda key: None).enter(0, Effect((), {}, {b"a": 1}, (), ()))


# Going astray


@pytest.mark.parametrize("how", ["loop_unless_equal", "loop_unless_equal_and_swallow", "loop_unless_set"])
def test_a_loop_that_only_a_value_read_too_early_leads_to(wayward: PythonEngine, how: str) -> None:
    """Its execution is given up when what it has read is no longer so, and the block takes no longer than it must."""
    block = (("set_both",), (how,), ("loop_unless_set",), ("loop_unless_set",))
    began = time.monotonic()
    for predictions in ({}, {b"one": [(0, b"\x09")]}):
        result = wayward.execute(block, {}, predictions=predictions)
        assert result.outcomes == (None, b"\x01", b"\x01", b"\x01")
        metrics = result.metrics
        assert metrics.executions == 4 + sum(metrics.re_executions)
        if wayward.configuration.strategy != "sequential":
            assert metrics.runtime_conflicts >= 1
    assert time.monotonic() - began < 15
    assert {key: result.changes[key] for key in (b"one", b"other")} == {b"one": b"\x01", b"other": b"\x01"}


def test_a_machine_that_makes_something_up_instead_of_suspending() -> None:
    """It reads no more after that, so only what the view remembers keeps its result from counting."""
    engine = made(WAYWARD, "block-stm")
    suspensions = 0
    for _ in range(6):
        block: list[Any] = [("read_and_set", bytes([i])) if i % 2 == 0 else ("swallow_once",) for i in range(10)]
        block[0] = ("set_both", 0.02)
        result = engine.execute(tuple(block), {})
        suspensions += result.metrics.suspensions
        assert result.outcomes[1::2] == tuple((bytes([i or 1]),) for i in range(0, 10, 2))
    assert suspensions > 0
    engine.close()
