"""What the engine does beside executing blocks of the EVM: limits, signals, bad input, many blocks in a row."""

from __future__ import annotations

import gc
import random
import signal
import threading
import time
from functools import cache
from pathlib import Path
from typing import Any, Final

import pytest

from samestate.conformance.engines.optimized.evm import packed_block
from samestate.conformance.engines.optimized.evm_states import world_of
from samestate.conformance.vectors import evm
from samestate.conformance.vectors.loading import load_vector_file
from samestate.conformance.vectors.places import SUFFIX, VECTORS
from samestate.optimized.configuration import Configuration
from samestate.optimized.engine import Engine
from samestate.optimized.errors import OutOfMemory, TimeLimitExceeded
from samestate.optimized.evm.packing import PackedBlock
from samestate.optimized.evm.result import EvmResult
from samestate.optimized.evm.world import World
from samestate.optimized.result import Rejection
from samestate.spec.evm.machine import Evm
from samestate.spec.evm.payload import Payload
from samestate.spec.evm.state import FlatState
from samestate.spec.evm.transaction import decode_transaction
from samestate.spec.machine import Rejection as SpecRejection
from samestate.spec.transition import apply_block
from tests.optimized.evm.blocks import (
    BEST_BEFORE,
    CALLS,
    COUNTER,
    DEEP,
    GREEDY,
    HOARDER,
    JUMPS,
    STOP,
    call,
    packed,
    world,
)

PARALLEL: Final = ("block-stm", "locks", "waves", "access-list")
ALL = pytest.mark.parametrize("strategy", ["sequential", *PARALLEL])
WORKERS = pytest.mark.parametrize("workers", [1, 2, 4])
PLENTY: Final = 2**50
TIME_LIMIT: Final = 0.2
IN_TIME: Final = 10.0
"""Seconds within which an engine on a busy machine raises what it is to raise after 0.2."""

LONG = pytest.mark.parametrize("to", [JUMPS, CALLS], ids=["jumps", "calls"])


def engine_of(strategy: str, workers: int = 2, **settings: Any) -> Engine:
    return Engine("evm", Configuration(strategy=strategy, workers=workers, **{"memory_limit": 16 << 20, **settings}))


def run(engine: Engine, block: PackedBlock, state: World) -> EvmResult:
    result = engine.execute(block, state)
    assert isinstance(result, EvmResult)
    return result


def slot_of(address: bytes, slot: int) -> bytes:
    return b"\x04" + address + slot.to_bytes(32, "big")


def check_usable(engine: Engine) -> None:
    """The engine runs the next block."""
    block = packed([(index, call(index, 0, COUNTER)) for index in range(20)])
    result = run(engine, block, world())
    assert result.rejection is None
    assert result.changes[slot_of(COUNTER, 0)] == b"\x14"


# A block that is invalid


@cache
def rejected_block(name: str) -> tuple[Evm, Payload, FlatState, SpecRejection]:
    """The first block of a vector of the suite `nonces`, and what the specification says of it."""
    found: list[tuple[Evm, Payload, FlatState, SpecRejection]] = []

    def apply(machine: Evm, block: Payload, state: FlatState) -> Any:
        try:
            return apply_block(machine, block, state)
        except SpecRejection as rejection:
            found.append((machine, block, state, rejection))
            raise

    evm.execute(load_vector_file(VECTORS / "evm" / "nonces" / f"{name}{SUFFIX}").case, apply)
    return found[0]


@WORKERS
@ALL
@pytest.mark.parametrize("name", ["gap_in_mid_block-amsterdam", "nonce_used_twice-london"])
def test_a_block_that_is_invalid_in_the_middle_leaves_the_state_as_it_is(
    name: str, strategy: str, workers: int
) -> None:
    machine, block, state, expected = rejected_block(name)
    assert expected.transaction is not None
    made = world_of(state)
    before = made.items()
    with engine_of(strategy, workers) as engine:
        result = run(engine, packed_block(machine, block, {}), made)
        assert result.rejection is not None
        assert (result.rejection.code, result.rejection.transaction) == (expected.code.name, expected.transaction)
        assert (result.outcomes, result.changes) == ((), {})
        assert made.items() == before
        check_usable(engine)


@ALL
@pytest.mark.parametrize("encoded", ["", "c0", "7f", "05c0", "02c101", "f801", "b80102c0"])
def test_bytes_that_are_no_transaction(encoded: str, strategy: str) -> None:
    """The rejection is the decoder's: nothing of the block is executed, be it invalid before that place too."""
    given = bytes.fromhex(encoded)
    with pytest.raises(SpecRejection) as expected:
        decode_transaction(given)
    state = world()
    before = state.items()
    with engine_of(strategy) as engine:
        for nonce in (0, 7):
            result = run(
                engine, packed([(0, call(0, nonce, STOP)), (1, given), (2, call(2, 0, STOP)), (3, b"")]), state
            )
            assert result.rejection == Rejection(expected.value.code.name, 1)
            assert (result.outcomes, result.changes, result.metrics.executions) == ((), {}, 0)
            assert state.items() == before
        check_usable(engine)


# Limits


@WORKERS
@ALL
@LONG
def test_out_of_time(strategy: str, to: bytes, workers: int) -> None:
    """The transaction that never ends is named, and none of those that have ended."""
    calls = [
        (index, call(index, 0, to if index == 3 else STOP, PLENTY if index == 3 else 100_000)) for index in range(6)
    ]
    with engine_of(strategy, workers, time_limit=TIME_LIMIT) as engine:
        began = time.monotonic()
        with pytest.raises(TimeLimitExceeded, match="transaction 3 was being executed") as caught:
            engine.execute(packed(calls), world())
        assert time.monotonic() - began < IN_TIME
        assert caught.value.transactions == (3,)


@WORKERS
@ALL
def test_more_memory_than_a_worker_may_have(strategy: str, workers: int) -> None:
    calls = [(index, call(index, 0, GREEDY if index == 3 else STOP, 2**62)) for index in range(6)]
    block = packed([(sender, encoded) for sender, encoded in calls])
    with engine_of(strategy, workers) as engine:
        for _ in range(3):
            with pytest.raises(OutOfMemory, match="transaction 3: its call frames want more memory"):
                engine.execute(block, world())
        check_usable(engine)


@WORKERS
@ALL
def test_memory_that_only_a_speculative_run_wants_is_no_failure(strategy: str, workers: int) -> None:
    """Each of the later transactions wants 8 GiB, unless it sees what the first one writes."""
    calls = [(0, call(0, 0, BEST_BEFORE, data=b"\x01"))]
    calls += [(index, call(index, 0, BEST_BEFORE, 2**60)) for index in range(1, 7)]
    with engine_of(strategy, workers) as engine:
        for _ in range(20):
            result = run(engine, packed(calls), world())
            assert result.rejection is None
            assert all(outcome.succeeded for outcome in result.outcomes)


@ALL
def test_frames_as_deep_as_they_may_be(strategy: str) -> None:
    """1,024 frames below the first one, on threads with small stacks; each leaves its depth in a slot."""
    calls = [(index, call(index, 0, DEEP, 2**60)) for index in range(3)]
    with engine_of(strategy, 3) as engine:
        result = run(engine, packed(calls), world())
        assert result.rejection is None
        assert all(outcome.succeeded for outcome in result.outcomes)
        assert len({key for key in result.changes if key[:21] == b"\x04" + DEEP}) == 1025


@pytest.mark.parametrize("strategy", PARALLEL)
def test_a_block_beyond_the_arena(strategy: str) -> None:
    calls = [(index, call(index, 0, HOARDER, 30_000_000, (index << 64).to_bytes(32, "big"))) for index in range(60)]
    with engine_of(strategy, memory_limit=1 << 20) as engine:
        with pytest.raises(OutOfMemory, match="raise memory_limit"):
            engine.execute(packed(calls), world())
        check_usable(engine)
    with engine_of(strategy, memory_limit=64 << 20) as engine:
        assert run(engine, packed(calls), world()).rejection is None


# Signals


@ALL
@LONG
@pytest.mark.parametrize("workers", [1, 2, 3])
def test_interrupted(strategy: str, to: bytes, workers: int) -> None:
    calls = [(index, call(index, 0, to, PLENTY)) for index in range(6)]
    with engine_of(strategy, workers) as engine:
        threading.Timer(0.2, signal.raise_signal, (signal.SIGINT,)).start()
        began = time.monotonic()
        with pytest.raises(KeyboardInterrupt):
            engine.execute(packed(calls), world())
        assert time.monotonic() - began < IN_TIME
        check_usable(engine)


@pytest.mark.parametrize("strategy", PARALLEL)
def test_interrupted_while_only_another_worker_works(strategy: str) -> None:
    with engine_of(strategy, 3) as engine:
        for _ in range(3):
            threading.Timer(0.1, signal.raise_signal, (signal.SIGINT,)).start()
            began = time.monotonic()
            with pytest.raises(KeyboardInterrupt):
                engine.execute(packed([(0, call(0, 0, JUMPS, PLENTY))]), world())
            assert time.monotonic() - began < IN_TIME


# Many blocks


def resident() -> int:
    """The bytes of memory that this process has."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096


@pytest.mark.slow
@ALL
def test_ten_thousand_blocks_take_no_more_memory_than_one_thousand(strategy: str) -> None:
    state = world()
    with engine_of(strategy, 2, memory_limit=4 << 20) as engine:
        for nonce in range(10_000):
            calls = [(index, call(index, nonce, COUNTER if index < 3 else STOP, value=index)) for index in range(6)]
            result = run(engine, packed(calls), state)
            assert result.rejection is None
            state.apply(result.changes, result.wipes)
            if nonce == 1_000:
                gc.collect()
                settled = resident()
    gc.collect()
    assert int.from_bytes(state.get(slot_of(COUNTER, 0)) or b"", "big") == 30_000
    assert resident() - settled < 4 << 20


@pytest.mark.slow
@pytest.mark.parametrize("strategy", PARALLEL)
def test_a_contended_block_gives_one_result_a_thousand_times(strategy: str) -> None:
    """Four workers, each kept waiting at random: where it reads first, and by who else wants the processor."""
    calls = [(index % 8, call(index % 8, index // 8, COUNTER, value=0)) for index in range(24)]
    block, state = packed(calls), world()
    choose = random.Random(1)
    with engine_of("sequential") as engine:
        right = run(engine, block, state)
        expected = right.steps, right.receipts, dict(right.changes)
    engines = [engine_of(strategy, 4, memory_limit=4 << 20, read_latency_us=latency) for latency in (0, 0, 3, 20, 100)]
    over = threading.Event()

    def get_in_the_way() -> None:
        while not over.is_set():
            sum(range(choose.randrange(20_000)))
            time.sleep(choose.random() / 1000)

    nuisance = threading.Thread(target=get_in_the_way)
    nuisance.start()
    try:
        for _ in range(1_000):
            result = run(choose.choice(engines), block, state)
            assert (result.steps, result.receipts, dict(result.changes)) == expected
    finally:
        over.set()
        nuisance.join()
        for engine in engines:
            engine.close()
