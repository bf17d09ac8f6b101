"""The way in: one block at a time, closing at any time, and whose configuration it is."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from samestate.conformance.engines.optimized.toy import packed_block
from samestate.conformance.generating.toy import generate_block
from samestate.optimized import Configuration, Engine, EngineError, MachineName, end_workers
from samestate.optimized.errors import ConfigurationError, EngineBusy, EngineClosed
from samestate.optimized.processes.pools import shared_pool
from tests.optimized.token_ledger import Block, Transfer

TOKENS = MachineName("tests.optimized.token_ledger:TokenLedger")
PROCESSES = Configuration(kind="processes", memory_limit=4 << 20)
ALONE = Configuration(kind="processes", strategy="sequential")


def slow(count: int = 4) -> tuple[Block, dict[bytes, bytes]]:
    """Half a second for each transaction."""
    made = tuple(Transfer(b"a%d" % i, b"b%d" % i, 5, 0.0, "sleeps") for i in range(count))
    return Block(made), {b"a%d" % i: b"\xff" for i in range(count)}


def quick() -> tuple[Block, dict[bytes, bytes]]:
    return Block((Transfer(b"a", b"b", 5),)), {b"a": b"\xff"}


@pytest.mark.parametrize("configuration", [PROCESSES, ALONE], ids=["processes", "sequential"])
def test_an_engine_that_is_running_a_block_runs_no_other(configuration: Configuration) -> None:
    with Engine(TOKENS, configuration) as engine:
        results: list[Any] = []
        thread = threading.Thread(target=lambda: results.append(engine.execute(*slow())), daemon=True)
        thread.start()
        time.sleep(0.3)
        with pytest.raises(EngineBusy, match="this engine is running a block: wait until it is done, or make another"):
            engine.execute(*quick())
        thread.join(60)
        assert results[0].totals == 4
        assert engine.execute(*quick()).totals == 1


def test_the_compiled_machine_runs_one_block_at_a_time() -> None:
    """Many threads ask at once: each has its own block's result, or is told."""
    blocks = []
    for seed in range(4):
        case = generate_block(seed, 300, 0.5)
        blocks.append(packed_block(case.blocks[0], case.state))
    with Engine("toy", Configuration()) as engine:
        expected = [engine.execute(block).changes for block in blocks]
        wrong: list[int] = []
        busy: list[EngineBusy] = []

        def work(number: int) -> None:
            for _ in range(100):
                try:
                    if engine.execute(blocks[number]).changes != expected[number]:
                        wrong.append(number)
                except EngineBusy as error:
                    busy.append(error)

        threads = [threading.Thread(target=work, args=(number,), daemon=True) for number in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        assert not any(thread.is_alive() for thread in threads)
        assert wrong == []
        assert len(busy) > 0
        assert engine.execute(blocks[0]).changes == expected[0]


def at_a_signal(do: Callable[[], None], seconds: float) -> None:
    signal.signal(signal.SIGALRM, lambda number, frame: do())
    signal.setitimer(signal.ITIMER_REAL, seconds)


@pytest.mark.parametrize("configuration", [PROCESSES, ALONE], ids=["processes", "sequential"])
def test_closing_by_a_signal_lets_the_block_end(configuration: Configuration) -> None:
    engine = Engine(TOKENS, configuration)
    before = signal.getsignal(signal.SIGALRM)
    closed: list[float] = []

    def close() -> None:
        engine.close()
        closed.append(time.monotonic())

    try:
        at_a_signal(close, 0.3)
        assert engine.execute(*slow()).totals == 4
        assert time.monotonic() - closed[0] > 0.3
    finally:
        signal.signal(signal.SIGALRM, before)
    with pytest.raises(EngineClosed):
        engine.execute(*quick())
    engine.close()


def test_closing_does_not_wait_for_the_block_of_another_engine() -> None:
    """They share the workers, who forget the closed one's memory when they have time."""
    closing, working = Engine(TOKENS, PROCESSES), Engine(TOKENS, PROCESSES)
    closing.execute(*quick())
    results: list[Any] = []
    thread = threading.Thread(target=lambda: results.append(working.execute(*slow())), daemon=True)
    thread.start()
    time.sleep(0.3)
    closing.close()
    assert results == []
    thread.join(60)
    assert results[0].totals == 4
    assert working.execute(*quick()).totals == 1
    working.close()


def test_an_engine_is_usable_after_control_c_at_any_moment() -> None:
    """Whoever's turn it was has given it back."""
    rang: list[int] = []

    def ring(*_: object) -> None:
        rang.append(number)
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGALRM, ring)
    try:
        with Engine(TOKENS, ALONE) as engine:
            engine.execute(*quick())
            for number in range(100):
                try:
                    signal.setitimer(signal.ITIMER_REAL, 0.00002 + number * 0.00001)
                    engine.execute(*quick())
                    left, _ = signal.setitimer(signal.ITIMER_REAL, 0)
                    while left == 0 and number not in rang:  # it went off, though this thread has not heard of it yet
                        time.sleep(0)
                except KeyboardInterrupt:
                    pass
                assert engine.execute(*quick()).totals == 1
    finally:
        signal.signal(signal.SIGALRM, before)


def test_ending_the_workers_hurts_no_engine() -> None:
    with Engine(TOKENS, PROCESSES) as engine:
        engine.execute(*quick())
        workers = shared_pool(2).processes()
        end_workers()
        assert engine.execute(*quick()).totals == 1
        assert not set(shared_pool(2).processes()) & set(workers)


# Whose configuration


def test_without_a_configuration_the_environment_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SAMESTATE_WORKERS", "3")
    with Engine("toy") as engine:
        assert engine.configuration == Configuration(workers=3)
    with Engine("toy", Configuration()) as engine:
        assert engine.configuration.workers == 2
    monkeypatch.setenv("SAMESTATE_WORKERS", "none")
    with pytest.raises(ConfigurationError, match="environment variable SAMESTATE_WORKERS = none"):
        Engine("toy")


def test_a_machine_in_python_has_no_kind_of_workers_where_it_has_no_workers() -> None:
    with Engine(TOKENS, Configuration(strategy="sequential")) as engine:
        assert engine.execute(*quick()).metrics.kind == "none"
        poor = Block((*quick()[0].transfers, Transfer(b"poor", b"b", 5)))
        result = engine.execute(poor, quick()[1])
        assert (result.rejection is not None, result.metrics.executions) == (True, 2)
    with Engine(TOKENS, PROCESSES) as engine:
        assert engine.execute(*quick()).metrics.kind == "processes"


def test_whatever_the_machine_raises_has_its_step() -> None:
    """Also where the engine asks it between two steps: whose storage a key is of."""
    name = MachineName("tests.optimized.wayward:OwnsNothing")
    with Engine(name, PROCESSES) as engine, pytest.raises(EngineError, match="step open failed: LookupError: whose"):
        engine.execute((), {b"s": b"\x01"}, storage=())
