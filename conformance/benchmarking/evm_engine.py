"""The compiled EVM as a measured engine."""

from __future__ import annotations

import importlib
import time
from collections.abc import Callable
from typing import Any, Final

from samestate.conformance.benchmarking.block_facts import Facts, of_result
from samestate.conformance.benchmarking.evm_workloads import EvmWorkload
from samestate.conformance.benchmarking.measured_engine import SEQUENTIAL, Turn
from samestate.conformance.engines.in_process import ACCESS_LIST
from samestate.conformance.engines.optimized.evm import evm_result, packed_block, world_of
from samestate.conformance.engines.predictions import list_predictions
from samestate.optimized.configuration import Configuration
from samestate.spec.evm.chain import access_list_of
from samestate.spec.evm.machine import Evm

MODULE: Final = "samestate.optimized.evm.engine"
STRATEGIES: Final = (SEQUENTIAL, "block-stm", "locks", "waves", ACCESS_LIST, "adaptive")


class EngineMissing(Exception):  # noqa: N818 - says what is wrong
    """The compiled EVM cannot be measured on a workload. The message says why."""


def adapt(workload: EvmWorkload, strategy: str) -> tuple[tuple[object, ...], Callable[[Any], Facts]]:
    """What ``EvmEngine.execute`` takes for a workload, and what reads the facts out of its result.

    A workload of a chain (``workload.link``) is the raw block, with its access list, to be imported: senders,
    execution, roots. Any other is executed alone, its senders given. Raises EngineMissing.
    """
    if workload.link is not None:
        raise EngineMissing("the compiled EVM takes no raw blocks yet")
    machine, payload, state = Evm(workload.case.fork), workload.case.payload(), workload.case.state()
    world = world_of(state)
    predictions = None
    if strategy == ACCESS_LIST:
        plain = packed_block(machine, payload, None, workload.senders)
        with engine_class()(Configuration(strategy=SEQUENTIAL, record=True)) as engine:
            result = evm_result(engine.execute(plain, world), payload, state)
        predictions = list_predictions(access_list_of(result))
    block = packed_block(machine, payload, predictions, workload.senders)
    return (block, world), lambda result: of_result(workload, evm_result(result, payload, state))


def engine_class() -> Any:
    """The class of the compiled engine. Raises EngineMissing."""
    try:
        return importlib.import_module(MODULE).EvmEngine
    except ModuleNotFoundError as error:
        raise EngineMissing(f"the compiled EVM is not there: {error}") from error


class ComparedEvmEngine:
    """The compiled EVM with a strategy and some workers on a workload. Raises EngineMissing."""

    kind = "threads"

    def __init__(self, workload: EvmWorkload, strategy: str, workers: int) -> None:
        self.id = f"optimized:{strategy}"
        self.strategy = strategy
        self.workers = workers
        self._given, self._facts_of = adapt(workload, strategy)
        self._engine = engine_class()(Configuration(strategy=strategy, workers=workers, record=False))

    def turn(self) -> Turn:
        """Execute the block once. The first turn, which does not count, has warmed the engine up."""
        start = time.perf_counter()
        result = self._engine.execute(*self._given)
        seconds = time.perf_counter() - start
        if result.rejection is not None:
            raise RuntimeError(f"{self.id}: the block was rejected: {result.rejection}")
        return Turn(seconds)

    def facts(self) -> Facts:
        """What the block came to."""
        return self._facts_of(self._engine.execute(*self._given))

    def close(self) -> None:
        """Give back what the engine holds."""
        self._engine.close()
