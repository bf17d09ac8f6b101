"""As many workers as suit a block: decided, learnt, and without any difference to what comes out."""

from __future__ import annotations

from dataclasses import replace

import pytest

from samestate.conformance.engines.optimized import THREADS
from samestate.conformance.engines.optimized.engine import make_optimized_engine
from samestate.conformance.engines.optimized.evm import packed_block as packed_evm_block
from samestate.conformance.engines.optimized.evm_states import world_of
from samestate.conformance.engines.optimized.toy import packed_block
from samestate.conformance.engines.registry import compare_engine
from samestate.conformance.generating.evm import generate_block as generate_evm_block
from samestate.conformance.generating.toy import Workload, generate_block
from samestate.conformance.vectors.loading import load_vector
from samestate.conformance.vectors.places import VECTORS
from samestate.optimized import Configuration, Engine, load, settings
from samestate.optimized.errors import ConfigurationError
from samestate.optimized.metrics import Metrics
from samestate.optimized.processors import AutoWorkers
from samestate.optimized.threads import ThreadPool
from samestate.optimized.topology import helps, place, read_topology
from samestate.optimized.worker_count import TRIED_EVERY, BlockSize, WorkerCount
from samestate.spec.evm.forks import OSAKA
from samestate.spec.evm.machine import Evm

SVM = sorted((VECTORS / "svm/locks").glob("*.yaml"))[0]
LARGE = BlockSize(10_000)
STRATEGIES = ("block-stm", "locks", "waves")


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        (BlockSize(0), 1),
        (BlockSize(10), 1),
        (BlockSize(100), 3),
        (BlockSize(10_000), 8),
        (BlockSize(10_000, gas=1_000_000), 2),
        (BlockSize(10_000, gas=10**9), 8),
        (BlockSize(10_000, chain=0.5), 2),
        (BlockSize(10_000, chain=1.0), 1),
    ],
)
def test_the_shape_of_a_block_decides(size: BlockSize, expected: int) -> None:
    assert WorkerCount(8).choose(size) == expected


def blocks(count: WorkerCount, speeds: dict[int, float], number: int, size: BlockSize = LARGE) -> list[int]:
    """How many workers so many blocks get, where blocks are so fast with each number."""
    chosen = []
    for _ in range(number):
        workers = count.choose(size)
        chosen.append(workers)
        count.learn(size, workers, size.transactions / speeds[workers], size.transactions, 0)
    return chosen


def test_the_number_goes_where_blocks_are_faster() -> None:
    count = WorkerCount(8)
    assert blocks(count, {8: 100, 4: 150, 2: 130, 1: 50}, 100)[-TRIED_EVERY + 1 :].count(4) >= TRIED_EVERY - 2
    assert blocks(count, {8: 100, 4: 90, 2: 80, 1: 70}, 200)[-TRIED_EVERY:].count(8) >= TRIED_EVERY - 1
    assert blocks(count, {8: 10, 4: 20, 2: 30, 1: 40}, 200)[-TRIED_EVERY:].count(1) >= TRIED_EVERY - 1


def test_one_block_in_some_is_a_trial() -> None:
    chosen = blocks(WorkerCount(2), {2: 100, 1: 60}, 80)
    assert set(chosen) == {1, 2}
    assert chosen.count(1) == 80 // TRIED_EVERY
    assert set(blocks(WorkerCount(1), {1: 60}, 20)) == {1}


def test_sizes_are_learnt_apart() -> None:
    count, small = WorkerCount(2), BlockSize(64)
    blocks(count, {2: 10, 1: 40}, 40, small)
    assert count.choose(small) == 1
    assert count.choose(LARGE) == 2


def test_work_for_nothing_halves_it_at_once() -> None:
    count = WorkerCount(8)
    workers = count.choose(LARGE)
    count.learn(LARGE, workers, 0.1, executions=1000, wasted=300)
    count.choose(LARGE)
    assert count.choose(LARGE) == 4


def test_a_critical_path_bounds_it() -> None:
    count = WorkerCount(8)
    count.choose(LARGE)
    count.learn_path(LARGE, LARGE.transactions * 2 // 5)
    count.choose(LARGE)
    assert count.choose(LARGE) == 2
    count.learn_path(LARGE, None)
    assert count.choose(LARGE) == 2
    count.learn_path(LARGE, LARGE.transactions)
    assert count.choose(LARGE) == 1


def test_only_so_many_threads_are_woken_up() -> None:
    pool = ThreadPool(4)
    came: list[int] = []
    try:
        for active, expected in ((2, [0, 1]), (1, [0]), (None, [0, 1, 2, 3]), (9, [0, 1, 2, 3]), (3, [0, 1, 2])):
            came.clear()
            pool.run(came.append, lambda: None, active)
            assert sorted(came) == expected
    finally:
        pool.close()


@pytest.mark.parametrize("strategy", STRATEGIES)
@pytest.mark.parametrize("active", [1, 2, 3])
def test_fewer_workers_than_there_are_give_the_same_on_the_toy(strategy: str, active: int) -> None:
    made = generate_block(7, 100, 0.5, Workload(keys=500))
    packed = packed_block(made.blocks[0], made.state)
    with Engine("toy", Configuration(strategy="sequential")) as engine:
        right = engine.execute(packed)
    with Engine("toy", Configuration(workers=4, strategy=strategy)) as engine:
        assert engine._toy is not None
        engine._toy._active = active
        result = engine.execute(packed)
        assert result.changes == right.changes
        assert result.steps == right.steps
        assert [each.executions > 0 for each in result.metrics.workers[active:]] == [False] * (4 - active)


@pytest.mark.parametrize("strategy", [*STRATEGIES, "adaptive"])
@pytest.mark.parametrize("active", [1, 3])
def test_fewer_workers_than_there_are_give_the_same_on_the_evm(strategy: str, active: int) -> None:
    made = generate_evm_block(OSAKA, 3, 60, 0.5)
    machine, world = Evm(OSAKA), world_of(made.state())
    with Engine("evm", Configuration(strategy="sequential")) as engine:
        right = engine.execute(packed_evm_block(machine, made.payload(), None), world)
        changes, steps = dict(right.changes), right.steps
    with Engine("evm", Configuration(workers=4, strategy=strategy)) as engine:
        assert engine._evm is not None
        engine._evm._active = active
        result = engine.execute(packed_evm_block(machine, made.payload(), None), world)
        assert dict(result.changes) == changes
        assert result.steps == steps
        assert sum(each.executions for each in result.metrics.workers[active:]) == 0


@pytest.mark.parametrize("transactions", [4, 200])
def test_an_engine_with_auto_says_how_many_it_took(transactions: int) -> None:
    made = generate_block(7, transactions, 0.0)
    packed = packed_block(made.blocks[0], made.state)
    with Engine("toy", replace(Configuration(strategy="block-stm"), workers=AutoWorkers(4))) as engine:
        metrics = engine.execute(packed).metrics
        assert metrics.active_workers == (1 if transactions < 32 else 4)
        assert metrics.transactions == transactions
    with Engine("toy", Configuration(strategy="block-stm", workers=4)) as engine:
        assert engine.execute(packed).metrics.active_workers is None


def test_solanas_machine_has_one_worker_or_all() -> None:
    vector = load_vector(str(SVM), SVM.read_bytes())
    noted: list[Metrics] = []
    engine = make_optimized_engine("adaptive", THREADS, AutoWorkers(3))
    try:
        with engine.told(lambda _, metrics: noted.append(metrics)):
            assert compare_engine(engine, vector) is None
    finally:
        engine.close()
    assert noted and {metrics.active_workers for metrics in noted} == {1}  # few transactions


def test_auto_is_a_setting_and_stays_one() -> None:
    made = load(environment={"SAMESTATE_WORKERS": "auto"})
    assert isinstance(made.workers, AutoWorkers) and made.workers >= 1
    assert isinstance(replace(made, record=False).workers, AutoWorkers)
    with pytest.raises(ConfigurationError, match="give a whole number from 1 to 256, or auto"):
        load(environment={}, workers="many")


@pytest.mark.parametrize("placing", ["core", "cache", "node"])
def test_a_placing_is_an_order_of_processors(placing: str, monkeypatch: pytest.MonkeyPatch) -> None:
    made = load(environment={"SAMESTATE_AFFINITY": placing})
    topology = read_topology()
    assert made.affinity == (place(topology, placing) if helps(topology, placing) else None)
    assert load(environment={"SAMESTATE_AFFINITY": "none"}).affinity is None
    monkeypatch.setattr(settings, "helps", lambda processors, wanted: True)  # as on a machine where it does
    assert load(environment={"SAMESTATE_AFFINITY": placing}).affinity == place(topology, placing)
    with pytest.raises(ConfigurationError, match="or one of none, core, cache, node"):
        load(environment={"SAMESTATE_AFFINITY": "socket"})
