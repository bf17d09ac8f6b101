"""Real engines on real blocks: who is measured, that what is measured is right, and that copies share nothing."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from conformance.benchmarking.lineup import Lineup, chosen, line_up, make_work
from conformance.benchmarking.measuring import measure
from conformance.benchmarking.workloads import EVM_PRESETS, EvmPreset, evm_block
from conformance.block_engine import STRATEGIES
from conformance.errors import InputError
from conformance.generating.toy_case import conflicts
from spec.evm.forks import AMSTERDAM
from spec.evm.machine import Evm
from spec.transition import apply_block

PARALLEL = [strategy for strategy in STRATEGIES if strategy != "sequential"]


@pytest.fixture(scope="module")
def small() -> Iterator[Lineup]:
    lineup = line_up(make_work("toy", "small", None, False, 1), (), (2, 3), record=False, read_latency_us=0.0)
    yield lineup
    lineup.close()


def test_every_strategy_is_measured_with_each_number_of_workers_once_sequential(small: Lineup) -> None:
    told = [(each.strategy, each.workers, each.kind) for each in small.contenders]
    assert told[0] == ("sequential", 1, "threads")
    assert told[-1] == ("spec", 1, "")
    assert told[1:-1] == [(strategy, count, "threads") for strategy in PARALLEL for count in (2, 3)]


def test_a_measurement_of_the_compiled_engine(small: Lineup) -> None:
    comparison = measure(small.contenders, small.make_copies, 2)
    assert set(comparison.ceilings) == {2, 3}
    for measured in comparison.measured[1:-1]:
        assert measured.milliseconds > 0
        assert measured.figures.executions is not None
        assert measured.figures.executions >= 100
        assert measured.figures.latency_us is not None
    facts = small.facts()
    assert facts["block-stm"].conflict_rate == pytest.approx(0.2)
    assert facts["locks"].precision is not None
    apart = small.apart()
    assert apart.access_list_ms is not None
    assert apart.root_ms is not None
    assert small.trace()


def test_recording_and_slow_reads_reach_the_engines() -> None:
    work = make_work("toy", "small", 0.5, False, 2)
    lineup = line_up(work, ("optimized:waves",), (), record=True, read_latency_us=20.0)
    try:
        assert [each.strategy for each in lineup.engines] == ["sequential", "waves"]
        assert all(each.configuration.record and each.configuration.read_latency_us == 20 for each in lineup.engines)
        slow = lineup.engines[0].turn()
        assert slow.figures.conflict_rate == pytest.approx(0.5)
        assert slow.seconds > 100 * 20e-6
        assert lineup.apart().access_list_ms is None
    finally:
        lineup.close()


def test_a_hot_key_makes_everybody_wait() -> None:
    work = make_work("toy", "small", None, True, 1)
    lineup = line_up(work, ("optimized",), (), record=True, read_latency_us=0.0)
    try:
        assert work.prepared.name == "small, hot key"
        assert lineup.engines[1].turn().figures.conflict_rate == pytest.approx(0.99)
    finally:
        lineup.close()


@pytest.mark.parametrize(("conflict", "hot"), [(0.0, False), (0.5, False), (1.0, False), (1.0, True)])
def test_conflicts_of_evm_blocks_are_exact(conflict: float, hot: bool) -> None:
    payload, state = evm_block(EvmPreset(20, 60_000, 0.2), conflict, hot, 3)
    result = apply_block(Evm(AMSTERDAM), payload, state)
    assert all(receipt.succeeded for receipt in result.receipts)
    assert conflicts(result.steps) == min(19, round(20 * conflict))


def test_evm_engines_run_in_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(EVM_PRESETS, "small", EvmPreset(4, 50_000, 0.5))  # type: ignore[misc]
    work = make_work("evm", "small", None, False, 1)
    lineup = line_up(work, (), (), record=False, read_latency_us=0.0)
    try:
        assert [each.kind for each in lineup.contenders[:-1]] == ["processes"] * 5
        comparison = measure(lineup.contenders, lineup.make_copies, 1)
        assert 0 < comparison.ceilings[2] < 3
        assert comparison.measured[1].figures.executions_by_worker
    finally:
        lineup.close()


def test_engines_that_cannot_be_measured_together_are_told() -> None:
    with pytest.raises(InputError, match="only engines of `optimized` are measured"):
        chosen("toy", ("reference:waves",))
    with pytest.raises(InputError, match="measure one kind at a time"):
        chosen("toy", ("optimized:*",))
    with pytest.raises(InputError, match="optimized:waves: has no machine evm"):
        chosen("evm", ("optimized:waves",))
    assert chosen("toy", ("*@processes",)) == ("processes", list(STRATEGIES))
    assert chosen("toy", ()) == ("threads", list(STRATEGIES))
