"""The compiled EVM as a measured engine."""

from __future__ import annotations

import importlib
import time
from collections.abc import Callable
from typing import Any, Final

from samestate.conformance.benchmarking.block_facts import Facts, of_result
from samestate.conformance.benchmarking.evm_workloads import EvmWorkload, RawBlock
from samestate.conformance.benchmarking.measured_engine import SEQUENTIAL, Turn
from samestate.conformance.engines.names import ACCESS_LIST
from samestate.conformance.engines.optimized.evm import evm_result, packed_block, page_of
from samestate.conformance.engines.optimized.evm_states import world_of
from samestate.conformance.fixtures.named_forks import name_fork
from samestate.optimized.configuration import Configuration
from samestate.spec.evm.block_access_list import encode_access_list
from samestate.spec.evm.chain import access_list_of
from samestate.spec.evm.machine import Evm

MODULE: Final = "samestate.optimized.evm.engine"
STRATEGIES: Final = (SEQUENTIAL, "block-stm", "locks", "waves", ACCESS_LIST, "adaptive")


class EngineMissing(Exception):  # noqa: N818 - says what is wrong
    """The compiled EVM cannot be measured on a workload. The message says why."""


def adapt(workload: EvmWorkload, strategy: str) -> tuple[tuple[object, ...], Callable[[Any], Facts]]:
    """What ``EvmEngine.execute`` takes for a workload, and what reads the facts out of its result.

    Raises EngineMissing.
    """
    machine, payload, state = Evm(workload.case.fork), workload.case.payload(), workload.case.state()
    world = world_of(state)
    predictions = None
    if strategy == ACCESS_LIST:
        plain = packed_block(machine, payload, None, workload.senders)
        with engine_class()(Configuration(strategy=SEQUENTIAL, record=True)) as engine:
            result = evm_result(engine.execute(plain, world), payload, state)
        predictions = encode_access_list(access_list_of(result))
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
        self._engine = engine_class()(Configuration(strategy=strategy, workers=workers, record=False))
        self._run: Callable[[], Turn]
        self.facts: Callable[[], Facts]
        """What the block came to."""
        if workload.link is None:
            self._run, self.facts = self._executing(workload)
        else:
            self._run, self.facts = self._importing(workload, workload.link)

    def turn(self) -> Turn:
        """Take the block once. The first turn, which does not count, has warmed the engine up."""
        return self._run()

    def _executing(self, workload: EvmWorkload) -> tuple[Callable[[], Turn], Callable[[], Facts]]:
        """Execute the block, its senders given."""
        given, facts_of = adapt(workload, self.strategy)

        def turn() -> Turn:
            start = time.perf_counter()
            result = self._engine.execute(*given)
            seconds = time.perf_counter() - start
            if result.rejection is not None:
                raise RuntimeError(f"{self.id}: the block was rejected: {result.rejection}")
            return Turn(seconds)

        return turn, lambda: facts_of(self._engine.execute(*given))

    def _importing(self, workload: EvmWorkload, link: RawBlock) -> tuple[Callable[[], Turn], Callable[[], Facts]]:
        """Import the raw block: senders, execution, and all that the header says. The state stays the one before it."""
        page = page_of(name_fork(workload.case.fork))
        world = world_of(workload.case.state())

        def imported() -> Any:
            chain_id, access_list = workload.case.chain_id, link.access_list
            return self._engine.import_block(page, link.block, chain_id, world, access_list=access_list)

        def turn() -> Turn:
            world.root()  # takes back what the last import has computed of the state after it
            start = time.perf_counter()
            found = imported()
            seconds = time.perf_counter() - start
            if found.rejection is not None:
                raise RuntimeError(f"{self.id}: the block was rejected: {found.rejection}")
            return Turn(seconds)

        def facts() -> Facts:
            found = imported()
            computed = {claim.name: claim.computed for claim in found.claims}
            whole = {"state_root": computed["state root"], "gas_used": computed["gas used"]}
            return {"block_hash": link.header.hash() if found.rejection is None else b"", **whole}

        return turn, facts

    def close(self) -> None:
        """Give back what the engine holds."""
        self._engine.close()
