"""Real engines on real blocks: who is measured, that each turn gives what is right, and that copies share no engine."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any, ClassVar

import pytest

from samestate.conformance.benchmarking import measured_engines
from samestate.conformance.benchmarking.lineup import Lineup, chosen, line_up, make_work
from samestate.conformance.benchmarking.measured_engines import MeasuredOptimized, ProcessCopy
from samestate.conformance.benchmarking.measuring import measure
from samestate.conformance.benchmarking.workloads import EVM_PRESETS, EvmPreset, evm_block
from samestate.conformance.engines.names import STRATEGIES
from samestate.conformance.engines.optimized.plain import access_record
from samestate.conformance.errors import InputError
from samestate.conformance.generating.toy_case import conflicts
from samestate.optimized import Engine
from samestate.spec.evm.forks import AMSTERDAM
from samestate.spec.evm.machine import Evm
from samestate.spec.toy.machine import ToyResult
from samestate.spec.transition import apply_block

PARALLEL = [strategy for strategy in STRATEGIES if strategy != "sequential"]


@pytest.fixture(scope="module")
def small() -> Iterator[Lineup]:
    lineup = line_up(make_work("toy", "small", None, False, 1), (), (2, 3), record=False, read_latency_us=0.0)
    yield lineup
    lineup.close()


def test_every_strategy_is_measured_with_each_number_of_workers_once_sequential(small: Lineup) -> None:
    told = [(each.strategy, each.workers, each.kind) for each in small.engines]
    assert told[0] == ("sequential", 1, "threads")
    assert told[-1] == ("spec", 1, "")
    assert told[1:-1] == [(strategy, count, "threads") for strategy in PARALLEL for count in (2, 3)]


def test_a_measurement_of_the_compiled_engine(small: Lineup) -> None:
    comparison = measure(small.engines, small.make_copies, 2)
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


class Watched(Engine):
    """An engine that keeps what it gave, by strategy."""

    given: ClassVar[dict[str, list[Any]]] = {}

    def execute(self, *arguments: Any, **named: Any) -> Any:
        result = super().execute(*arguments, **named)
        self.given.setdefault(self.configuration.strategy, []).append(result)
        return result


@pytest.fixture
def given(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[Any]]:
    """The results of all engines that are measured from now on."""
    monkeypatch.setattr(measured_engines, "Engine", Watched)
    monkeypatch.setattr(Watched, "given", {})
    return Watched.given


@pytest.mark.parametrize("record", [False, True])
@pytest.mark.parametrize("hot", [False, True])
def test_what_is_measured_gives_the_result_of_the_specification(
    given: dict[str, list[Any]], hot: bool, record: bool
) -> None:
    work = make_work("toy", "small", None, hot, 1)
    right = work.specification()
    lineup = line_up(work, (), (2,), record, read_latency_us=0.0)
    try:
        for engine in (*lineup.engines, *lineup.engines):
            engine.turn()
        assert {strategy: len(results) for strategy, results in given.items()} == dict.fromkeys(STRATEGIES, 2)
        for results in given.values():
            for result in results:
                assert result.rejection is None
                assert [tuple(receipt) for receipt in result.receipts] == plain_receipts(right)
                assert dict(result.changes) == right.changes
                assert access_record(result.steps) == (right.steps if record else ())
    finally:
        lineup.close()


def plain_receipts(right: ToyResult) -> list[tuple[Any, ...]]:
    """The specification's receipts in the form of the compiled engine's."""
    return [
        (
            each.succeeded,
            each.gas_used,
            each.cumulative_gas_used,
            each.first_log,
            each.logs,
            each.error and each.error.name,
        )
        for each in right.receipts
    ]


def test_copies_share_no_engine(given: dict[str, list[Any]]) -> None:
    work = make_work("toy", "small", None, False, 1)
    lineup = line_up(work, ("optimized:waves",), (2,), record=False, read_latency_us=0.0)
    try:
        sequential = lineup.optimized[0]
        sequential.turn()
        copies = lineup.make_copies(3)
        for copy in copies:
            copy.turn()
        assert all(isinstance(copy, MeasuredOptimized) and copy.strategy == "sequential" for copy in copies)
        made = [each.made for each in (sequential, *copies) if isinstance(each, MeasuredOptimized)]
        assert None not in made
        assert len({id(engine) for engine in made}) == 4
        copies[0].close()
        copies[1].turn()
        sequential.turn()
        for copy in copies:
            copy.close()
        assert len(given["sequential"]) == 6
        assert all(dict(result.changes) == work.specification().changes for result in given["sequential"])
    finally:
        lineup.close()


def test_recording_and_slow_reads_reach_the_engines() -> None:
    work = make_work("toy", "small", 0.5, False, 2)
    lineup = line_up(work, ("optimized:waves",), (), record=True, read_latency_us=20.0)
    try:
        assert [each.strategy for each in lineup.optimized] == ["sequential", "waves"]
        assert all(each.configuration.record and each.configuration.read_latency_us == 20 for each in lineup.optimized)
        slow = lineup.optimized[0].turn()
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
        assert lineup.optimized[1].turn().figures.conflict_rate == pytest.approx(0.99)
    finally:
        lineup.close()


@pytest.mark.parametrize(("conflict", "hot"), [(0.0, False), (0.5, False), (1.0, False), (1.0, True)])
def test_conflicts_of_evm_blocks_are_exact(conflict: float, hot: bool) -> None:
    payload, state = evm_block(EvmPreset(20, 60_000, 0.2), conflict, hot, 3)
    result = apply_block(Evm(AMSTERDAM), payload, state)
    assert all(receipt.succeeded for receipt in result.receipts)
    assert conflicts(result.steps) == min(19, round(20 * conflict))


@pytest.mark.parametrize("names", [(), ("optimized:*@processes",)])
def test_evm_engines_run_on_threads_and_in_processes(
    monkeypatch: pytest.MonkeyPatch, given: dict[str, list[Any]], names: tuple[str, ...]
) -> None:
    monkeypatch.setitem(EVM_PRESETS, "small", EvmPreset(4, 50_000, 0.5))  # type: ignore[misc]
    work = make_work("evm", "small", None, False, 1)
    right = work.specification()
    lineup = line_up(work, names, (), record=False, read_latency_us=0.0)
    try:
        strategies = STRATEGIES if names else ("adaptive", *STRATEGIES)
        kind = "processes" if names else "threads"
        assert [each.kind for each in lineup.engines[:-1]] == [kind] * len(strategies)
        comparison = measure(lineup.engines, lineup.make_copies, 1)
        assert 0 < comparison.ceilings[2] < 3
        assert comparison.measured[1].figures.executions_by_worker
        assert given.keys() == {*strategies}
        for result in (result for results in given.values() for result in results):
            assert result.rejection is None
            assert [each.succeeded for each in result.receipts] == [each.succeeded for each in right.receipts]
            assert result.receipts[-1].cumulative_gas_used == right.receipts[-1].cumulative_gas_used
            assert dict(result.changes) == right.changes
    finally:
        lineup.close()


def test_copies_of_a_machine_in_python_are_processes_of_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(EVM_PRESETS, "small", EvmPreset(4, 50_000, 0.5))  # type: ignore[misc]
    work = make_work("evm", "small", None, False, 1)
    lineup = line_up(work, ("optimized:waves@processes",), (), record=False, read_latency_us=0.0)
    copies = lineup.make_copies(2)
    try:
        assert all(copy.turn().seconds > 0 for copy in copies)
        pids = {copy.process.pid for copy in copies if isinstance(copy, ProcessCopy)}
        assert len(pids) == 2
        assert os.getpid() not in pids
        copies[0].close()
        assert copies[1].turn().seconds > 0
    finally:
        for copy in copies:
            copy.close()
        lineup.close()


def test_engines_that_cannot_be_measured_together_are_told() -> None:
    with pytest.raises(InputError, match="only engines of `optimized` are measured"):
        chosen("toy", ("reference:waves",))
    with pytest.raises(InputError, match="measure one kind at a time"):
        chosen("toy", ("optimized:*",))
    assert chosen("evm", ("optimized:waves",)) == ("threads", ["waves"])
    assert chosen("evm", ()) == ("threads", ["adaptive", *STRATEGIES])
    assert chosen("toy", ("*@processes",)) == ("processes", list(STRATEGIES))
    assert chosen("toy", ()) == ("threads", list(STRATEGIES))
