"""The blocks that estimators are measured on: their transactions succeed, and patterns know what they access."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from samestate.conformance.benchmarking.evm_workloads import EvmWorkload
from samestate.conformance.benchmarking.pattern_workloads import NAMES, collectibles, swaps_in_ranges, wrapping
from samestate.conformance.engines.optimized.evm import packed_block
from samestate.conformance.engines.optimized.evm_states import world_of
from samestate.optimized.configuration import Configuration
from samestate.optimized.evm.engine import EvmEngine
from samestate.spec.evm.machine import Evm
from samestate.spec.transition import apply_block


@pytest.mark.parametrize(
    "workload",
    [
        lambda: collectibles("erc721", 20),
        lambda: wrapping("weth", 20),
        lambda: swaps_in_ranges("pools-200", 20, 5),
    ],
)
def test_calls_succeed_and_are_known_by_their_pattern(workload: Callable[[], EvmWorkload]) -> None:
    made = workload()
    assert made.name in NAMES
    machine, payload, state = Evm(made.case.fork), made.case.payload(), made.case.state()
    assert all(outcome.succeeded for outcome in apply_block(machine, payload, state).outcomes)
    with EvmEngine(Configuration(strategy="locks", workers=2, estimator="pattern")) as engine:
        metrics = engine.execute(packed_block(machine, payload, None, made.senders), world_of(state)).metrics
    assert metrics.recall is not None
    assert metrics.recall >= 0.95
    assert metrics.precision is not None
    assert metrics.precision >= 0.9
