"""What an engine does beside executing: many blocks in a row, limits, signals, figures, traces."""

from __future__ import annotations

import errno
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from queue import SimpleQueue
from typing import Any

import pytest

from samestate.conformance.generating.toy import Workload, generate_block
from samestate.optimized.configuration import Configuration
from samestate.optimized.engine import Engine
from samestate.optimized.errors import (
    BlockTooLarge,
    ConfigurationError,
    EngineClosed,
    MachineError,
    MissingAccessList,
    OutOfMemory,
    TimeLimitExceeded,
)
from samestate.optimized.metrics import Metrics
from samestate.optimized.toy.expecting import ToyExpectations
from samestate.optimized.toy.packing import PackedBlock, pack
from samestate.optimized.toy.running import ToyRun
from samestate.optimized.words.keccak import keccak
from tests.optimized.toy.blocks import assert_same, packed, with_its_list

PARALLEL = ("block-stm", "locks", "waves", "access-list")
ALL = pytest.mark.parametrize("strategy", ["sequential", *PARALLEL])
SENDERS = [number.to_bytes(20, "big") for number in range(1, 65)]
BASE = {b"\x01" + sender: b"\x01" + bytes(14) for sender in SENDERS}


def configured(strategy: str = "block-stm", **settings: object) -> Configuration:
    return Configuration(strategy=strategy, **{"memory_limit": 8 << 20, **settings})  # type: ignore[arg-type]


def long_block(hashes: int, length: int = 10_000) -> PackedBlock:
    """64 transactions of so many hashes, each of some 20 microseconds for 10,000 bytes."""
    data = bytes(length)
    transactions = [(sender, 0, 2**50, 0, [("KECCAK", data)] * hashes, None) for sender in SENDERS]
    return pack(transactions, (SENDERS[0], 2**63), (), [((), ())] * 66, BASE)


ENDLESS = long_block(10_000, 200_000)
LARGE = long_block(100, 20_000_000)
"""A hash takes some 50 ms, and a transaction has too few operations for them to be counted."""
SLOW = pack(
    [
        (sender, 0, 2**50, 0, [("SLOAD", 20 * index + slot) for slot in range(20)], None)
        for index, sender in enumerate(SENDERS)
    ],
    (SENDERS[0], 2**63),
    (),
    [((), ())] * 66,
    BASE,
)
"""Each transaction reads 22 keys, of which nobody else reads any: endless where a read takes a second."""

TIME_LIMIT = 0.2
IN_TIME = 20.0
"""Seconds within which an engine on a busy machine raises what it is to raise after 0.2."""

LONG = pytest.mark.parametrize(
    ("block", "settings"),
    [(ENDLESS, {}), (LARGE, {}), (SLOW, {"read_latency_us": 1e6})],
    ids=["many hashes", "large hashes", "slow reads"],
)


@ALL
def test_many_blocks_in_a_row(strategy: str) -> None:
    case = generate_block(5, 30, 0.5, Workload(keys=300))
    state = case.state
    block = with_its_list(case.blocks[0], state) if strategy == "access-list" else case.blocks[0]
    with Engine("toy", configured(strategy, memory_limit=1 << 20)) as engine:
        for _ in range(50):
            result = engine.execute(packed(block, state))
        assert_same(result, block, state)


def test_long_hashes() -> None:
    """Which are worked out piece by piece, so that the clock is looked at."""
    pieces = 256 * 136
    data = [bytes([length % 251]) * length for length in (1, *range(pieces - 1, pieces + 3), 2 * pieces + 136, 100_000)]
    operations = [("KECCAK", each) for each in data]
    block = pack([(SENDERS[0], 0, 2**50, 0, operations, None)], (SENDERS[0], 2**63), (), None, BASE)
    for strategy in ("sequential", "block-stm"):
        with Engine("toy", configured(strategy)) as engine:
            assert engine.execute(block).receipts[0].logs == tuple(map(keccak, data))


def test_logs_stay_in_place_where_others_leave_none() -> None:
    """A transaction that runs out of gas has room for logs and leaves none; indices do not count its room."""
    gas = [2**40, 37, 2**40, 0, 2**40]
    operations = [("KECCAK", b"a"), ("KECCAK", b"b")]
    transactions = [(SENDERS[index], 0, limit, 0, operations, None) for index, limit in enumerate(gas)]
    block = pack(transactions, (SENDERS[9], 2**63), (), None, BASE)
    logs = (keccak(b"a"), keccak(b"b"))
    for strategy in ("sequential", "block-stm"):
        with Engine("toy", configured(strategy)) as engine:
            receipts = engine.execute(block).receipts
        assert [receipt.logs for receipt in receipts] == [logs, (), logs, (), logs]
        assert [receipt.first_log for receipt in receipts] == [0, 2, 2, 4, 4]


def test_a_result_outlives_the_next_block_and_the_engine() -> None:
    first, second = generate_block(1, 20, 0.5), generate_block(2, 30, 0.2)
    with Engine("toy", configured()) as engine:
        result = engine.execute(packed(first.blocks[0], first.state))
        engine.execute(packed(second.blocks[0], second.state))
    assert_same(result, first.blocks[0], first.state)


@ALL
@LONG
@pytest.mark.parametrize("workers", [1, 2])
def test_out_of_time(strategy: str, block: PackedBlock, settings: dict[str, object], workers: int) -> None:
    small = generate_block(1, 5, 0.0)
    listed = with_its_list(small.blocks[0], small.state)
    with Engine("toy", configured(strategy, workers=workers, time_limit=TIME_LIMIT, **settings)) as engine:
        begun = time.monotonic()
        with pytest.raises(TimeLimitExceeded, match=r"within 0\.2 s \(time_limit\): transactions? 0") as caught:
            engine.execute(block)
        assert time.monotonic() - begun < IN_TIME
        running = caught.value.transactions
        assert running[0] == 0
        assert len(set(running)) == len(running) <= (1 if strategy == "sequential" else workers)
        if not settings:
            assert_same(engine.execute(packed(listed, small.state)), listed, small.state)


@ALL
def test_the_transaction_that_does_not_end_is_named(strategy: str) -> None:
    """And none of those that have ended."""
    transactions = [(sender, 0, 2**50, 0, [("ADD", 1)], None) for sender in SENDERS[1:6]]
    transactions[2] = (SENDERS[3], 0, 2**50, 0, [("KECCAK", bytes(200_000))] * 10_000, None)
    block = pack(transactions, (SENDERS[0], 2**63), (), [((), ())] * 7, BASE)
    with Engine("toy", configured(strategy, workers=3, time_limit=TIME_LIMIT)) as engine:
        for _ in range(3):
            with pytest.raises(TimeLimitExceeded, match="transaction 2 was being executed") as caught:
                engine.execute(block)
            assert caught.value.transactions == (2,)


@ALL
@LONG
def test_interrupted(strategy: str, block: PackedBlock, settings: dict[str, object]) -> None:
    small = generate_block(1, 5, 0.0)
    listed = with_its_list(small.blocks[0], small.state)
    with Engine("toy", configured(strategy, **settings)) as engine:
        threading.Timer(0.2, signal.raise_signal, (signal.SIGINT,)).start()
        begun = time.monotonic()
        with pytest.raises(KeyboardInterrupt):
            engine.execute(block)
        assert time.monotonic() - begun < IN_TIME
        if not settings:
            assert_same(engine.execute(packed(listed, small.state)), listed, small.state)


@pytest.mark.parametrize("strategy", PARALLEL)
def test_interrupted_while_only_another_worker_works(strategy: str) -> None:
    hashes = [("KECCAK", bytes(200_000))] * 500_000
    block = pack([(SENDERS[0], 0, 2**50, 0, hashes, None)], (SENDERS[0], 2**63), (), [((), ())] * 3, BASE)
    with Engine("toy", configured(strategy, workers=3)) as engine:
        for _ in range(3):
            threading.Timer(0.1, signal.raise_signal, (signal.SIGINT,)).start()
            begun = time.monotonic()
            with pytest.raises(KeyboardInterrupt):
                engine.execute(block)
            assert time.monotonic() - begun < 20


@pytest.mark.parametrize("strategy", PARALLEL)
@pytest.mark.parametrize("again", [False, True], ids=["once", "twice"])
def test_interrupted_when_the_block_has_just_been_handed_out(
    strategy: str, again: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And once more while the workers are being stopped. None of them is still at work in the next block."""

    class InterruptedQueue(SimpleQueue[Any]):
        handed = 0

        def put(self, item: Any, block: bool = True, timeout: float | None = None) -> None:
            super().put(item)
            InterruptedQueue.handed += 1
            if InterruptedQueue.handed == 1:
                raise KeyboardInterrupt

    class InterruptedRun(ToyRun):
        stopped = 0

        def stop(self) -> None:
            super().stop()
            InterruptedRun.stopped += 1
            if again and InterruptedRun.stopped == 1:
                raise KeyboardInterrupt

    monkeypatch.setattr("samestate.optimized.threads.SimpleQueue", InterruptedQueue)
    monkeypatch.setattr("samestate.optimized.toy.engine.ToyRun", InterruptedRun)
    small = generate_block(1, 5, 0.0)
    listed = with_its_list(small.blocks[0], small.state)
    with Engine("toy", configured(strategy, workers=3)) as engine:
        begun = time.monotonic()
        with pytest.raises(KeyboardInterrupt):
            engine.execute(ENDLESS)
        for _ in range(5):
            assert_same(engine.execute(packed(listed, small.state)), listed, small.state)
        assert time.monotonic() - begun < 20
    assert InterruptedRun.stopped == 1


def test_what_a_handler_raises_is_raised() -> None:
    class AlarmError(Exception):
        pass

    def ring(*_: object) -> None:
        raise AlarmError

    before = signal.signal(signal.SIGALRM, ring)
    try:
        with Engine("toy", configured()) as engine:
            signal.setitimer(signal.ITIMER_REAL, 0.2)
            with pytest.raises(AlarmError):
                engine.execute(ENDLESS)
    finally:
        signal.signal(signal.SIGALRM, before)


@pytest.mark.parametrize("strategy", PARALLEL)
def test_out_of_memory(strategy: str) -> None:
    case = generate_block(1, 2_000, 0.2)
    with Engine("toy", configured(strategy, memory_limit=1 << 20)) as engine:
        with pytest.raises(OutOfMemory, match="raise memory_limit"):
            engine.execute(packed(with_its_list(case.blocks[0], case.state), case.state))
        small = generate_block(1, 5, 0.0)
        listed = with_its_list(small.blocks[0], small.state)
        assert_same(engine.execute(packed(listed, small.state)), listed, small.state)


def test_more_memory_than_there_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("samestate.optimized.shared_memory.available", lambda: 3 << 20)
    with pytest.raises(OutOfMemory, match="memory_limit is 8 MiB, but the system has 3 MiB of memory left"):
        Engine("toy", configured(memory_limit=8 << 20))


SPARE_MEMORY = """
import resource
from samestate.optimized.configuration import Configuration
from samestate.optimized.engine import Engine
from samestate.optimized.errors import EngineError, OutOfMemory
from samestate.optimized.toy.packing import pack

BASE = {b"\\x01" + bytes(20): b"\\x01" + bytes(14)}

def block(count, keys, logs):
    operations = [("SLOAD", key) for key in range(keys)] + [("KECCAK", b"")] * logs
    transactions = [(bytes(20), nonce, 2**50, 0, operations, None) for nonce in range(count)]
    return pack(transactions, (bytes(20), 2**63), (), None, BASE)

def in_use():
    return next(int(line.split()[1]) << 10 for line in open("/proc/self/status") if line.startswith("VmSize"))

def limit(spare):
    resource.setrlimit(resource.RLIMIT_AS, (resource.RLIM_INFINITY if spare is None else in_use() + spare, -1))
"""


@pytest.mark.parametrize("strategy", ["sequential", "block-stm", "locks"])
def test_memory_that_this_process_cannot_have(strategy: str) -> None:
    """Whatever does not fit beside the arena is an error of the engine that says so, and the next block is run."""
    script = f"""{SPARE_MEMORY}
small, large = block(10, 2, 2), block(10, 3, 400_000)
with Engine("toy", Configuration(strategy={strategy!r}, workers=1)) as engine:
    engine.execute(small)
    for spare in range(0, 200 << 20, 1 << 20):
        limit(spare)
        try:
            engine.execute(large)
        except EngineError as error:
            print(error)
        else:
            print("fits")
            break
        finally:
            limit(None)
        assert len(engine.execute(small).receipts) == 10
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    *refused, last = done.stdout.splitlines()
    assert last == "fits"
    assert "this process cannot have the memory of the block's result" in refused
    assert all(line.startswith("this process cannot have the memory of") for line in refused), set(refused)


def test_an_engine_that_needs_no_arena_says_so_where_even_the_least_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(size: int) -> int:
        raise OSError(errno.ENOMEM, "Cannot allocate memory")

    monkeypatch.setattr("samestate.optimized.core.arena.open_memory", refuse)
    with pytest.raises(OutOfMemory, match="the system does not give 64 KiB of shared memory: Cannot allocate memory"):
        Engine("toy", configured("sequential"))


@ALL
def test_more_workers_than_transactions(strategy: str) -> None:
    case = generate_block(1, 3, 0.5)
    block = with_its_list(case.blocks[0], case.state)
    with Engine("toy", configured(strategy, workers=16)) as engine:
        assert_same(engine.execute(packed(block, case.state)), block, case.state)


def test_an_engine_used_wrongly() -> None:
    block = pack([], (SENDERS[0], 0))
    with pytest.raises(MachineError, match="there is no compiled machine 'abacus'"):
        Engine("abacus")
    with pytest.raises(ConfigurationError, match="kind = processes: the machine toy is compiled"):
        Engine("toy", configured(kind="processes"))
    with Engine("toy", configured("access-list")) as engine, pytest.raises(MissingAccessList):
        engine.execute(block)
    with Engine("toy", configured(maximum_block=1)) as engine, pytest.raises(BlockTooLarge, match="maximum_block = 1"):
        engine.execute(pack([(SENDERS[0], 0, 0, 0, (), None)] * 2, (SENDERS[0], 0)))
    with pytest.raises(TypeError, match=r"optimized\.toy\.packing\.pack"):
        Engine("toy", configured()).execute({})
    engine = Engine("toy", configured())
    engine.close()
    engine.close()
    with pytest.raises(EngineClosed):
        engine.execute(block)


@pytest.mark.parametrize("strategy", PARALLEL)
def test_both_workers_work(strategy: str) -> None:
    with Engine("toy", configured(strategy)) as engine:
        metrics = engine.execute(long_block(400)).metrics
    shares = [worker.executions / metrics.executions for worker in metrics.workers]
    assert len(shares) == 2
    assert min(shares) >= 0.2
    assert all(worker.busy_seconds > 0 for worker in metrics.workers)
    assert metrics.version_reads is not None and metrics.base_reads is not None and metrics.base_reads > 0


@ALL
def test_figures(strategy: str) -> None:
    case = generate_block(1, 60, 0.5, Workload(keys=400))
    with Engine("toy", configured(strategy)) as engine:
        metrics = engine.execute(packed(with_its_list(case.blocks[0], case.state), case.state)).metrics
    assert isinstance(metrics, Metrics)
    assert metrics.executions >= 60
    assert len(metrics.re_executions) == 60
    assert sum(metrics.re_executions) == metrics.executions - 60
    assert metrics.conflict_rate == 0.5
    assert metrics.latency is not None and 0 < metrics.latency.p50 <= metrics.latency.p99
    assert metrics.critical_path is not None and metrics.critical_path > 1
    assert (metrics.waves is not None) == (strategy == "waves")
    assert (metrics.precision is not None) == (strategy in ("locks", "waves"))
    if strategy == "sequential":
        assert metrics.executions == 60 and metrics.runtime_conflicts == 0
    else:
        assert metrics.version_reads is not None and metrics.version_reads > 0
    assert metrics.as_json()


@pytest.mark.parametrize("strategy", ["locks", "waves"])
@pytest.mark.parametrize("estimator", ["declared", "static", "last-run"])
def test_estimators(strategy: str, estimator: str) -> None:
    case = generate_block(1, 60, 0.5, Workload(keys=400))
    transactions = case.blocks[0].transactions
    undeclared = replace(case.blocks[0], transactions=tuple(replace(each, declared=None) for each in transactions))
    for block, known in ((case.blocks[0], True), (undeclared, estimator != "declared")):
        with Engine("toy", configured(strategy, estimator=estimator)) as engine:
            engine.execute(packed(block, case.state))
            result = engine.execute(packed(block, case.state))
        assert_same(result, block, case.state)
        metrics = result.metrics
        assert metrics.precision == 1.0
        assert metrics.recall > (0.85 if known else 0.3)
        assert known == (metrics.recall > 0.7)
        if known:
            assert metrics.aborts == 0


def chained(nonce: int) -> PackedBlock:
    """Twenty senders, each of whom counts in a slot of theirs, as in the block before; and some share one."""
    transactions = [
        (sender, nonce, 2**40, 0, [("SLOAD", index // 2), ("ADD", 1), ("SSTORE", index // 2, None)], None)
        for index, sender in enumerate(SENDERS[:20])
    ]
    base = {b"\x02" + sender: nonce.to_bytes(1, "big") for sender in SENDERS[:20] if nonce}
    return pack(transactions, (SENDERS[30], 2**63), (), None, BASE | base)


@pytest.mark.parametrize("strategy", ["locks", "waves"])
@pytest.mark.parametrize("record", [True, False])
def test_the_last_run_is_that_of_the_block_before(strategy: str, record: bool) -> None:
    with Engine("toy", configured(strategy, estimator="last-run", record=record)) as engine:
        results = [engine.execute(chained(nonce)) for nonce in range(4)]
        assert engine._toy is not None
        assert len(engine._toy._estimator) == 20
    assert [result.rejection for result in results] == [None] * 4
    if record:
        assert [result.metrics.recall for result in results] == [0.0, 1.0, 1.0, 1.0]
        assert [result.metrics.precision for result in results] == [None, 1.0, 1.0, 1.0]
    else:
        assert [len(result.steps) for result in results] == [0] * 4
    assert [result.metrics.aborts for result in results[1:]] == [0] * 3


@pytest.mark.parametrize("strategy", ["sequential", "block-stm", "access-list"])
def test_nothing_is_remembered_for_strategies_that_do_not_ask(strategy: str) -> None:
    case = generate_block(1, 20, 0.5)
    block = with_its_list(case.blocks[0], case.state)
    with Engine("toy", configured(strategy, estimator="last-run")) as engine:
        assert_same(engine.execute(packed(block, case.state)), block, case.state)
        assert engine._toy is not None
        assert len(engine._toy._estimator) == 0


def test_the_kind_of_toy_transactions() -> None:
    kind = ToyExpectations().kind
    one = (SENDERS[0], 0, 10, 0, (("SLOAD", 1), ("KECCAK", b"12")), None)
    assert kind(one) == kind((SENDERS[0], 7, 99, 3, [("SLOAD", 1), ("KECCAK", b"12")], ((), ())))
    for sender, operations in (
        (SENDERS[1], one[4]),
        (SENDERS[0], one[4][:1]),
        (SENDERS[0], (("SLOAD", 1), ("KECCAK", b"1"), ("KECCAK", b"2"))),
        (SENDERS[0], (("SLOAD", 11), ("KECCAK", b"12"))),
    ):
        assert kind((sender, 0, 10, 0, operations, None)) != kind(one)


@ALL
def test_trace(strategy: str) -> None:
    case = generate_block(1, 60, 0.5, Workload(keys=400))
    block = packed(with_its_list(case.blocks[0], case.state), case.state)
    with Engine("toy", configured(strategy, trace=True)) as engine:
        result = engine.execute(block)
    executed = {event.transaction for event in result.trace if event.kind == "execute" and event.ending == "done"}
    assert executed == set(range(60))
    assert all(event.begin <= event.end for event in result.trace)
    assert sum(event.kind == "execute" for event in result.trace) == result.metrics.executions
    by_worker = [[event.begin for event in result.trace if event.worker == worker] for worker in range(2)]
    assert all(begins == sorted(begins) for begins in by_worker)


def test_slow_state_is_waited_for() -> None:
    """By several workers at once: in one of many runs at least, since a busy machine may wake them one by one."""
    case = generate_block(1, 20, 0.0)
    block = packed(case.blocks[0], case.state)
    one_by_one = 20 * 3 * 2000e-6

    def seconds(strategy: str) -> Iterator[float]:
        with Engine("toy", configured(strategy, workers=4, read_latency_us=2000)) as engine:
            for _ in range(100):
                result = engine.execute(block)
                assert_same(result, case.blocks[0], case.state)
                yield result.metrics.seconds

    assert all(each > one_by_one for each in islice(seconds("sequential"), 5))
    assert any(each < one_by_one for each in seconds("block-stm"))


def test_affinity() -> None:
    case = generate_block(1, 20, 0.0)
    with Engine("toy", configured(affinity=(0, 1))) as engine:
        assert_same(engine.execute(packed(case.blocks[0], case.state)), case.blocks[0], case.state)
