"""Running plans of chains on engines of `optimized`: one for each thread, on which chains of a round run at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from samestate.conformance.engines.optimized.chains import CompiledConductor, ExecutedChain
from samestate.conformance.engines.optimized.parts import OptimizedBlocks
from samestate.conformance.engines.predictions import predictions_of
from samestate.conformance.engines.protocol import AnyResult
from samestate.conformance.vectors.chains import execute_by
from samestate.conformance.vectors.document import Object
from samestate.conformance.vectors.model import Case, member
from samestate.optimized.chains.at_once import AtOnce


class OptimizedPlans:
    """Runs plans. ``parts`` execute blocks on one thread; others like them are made for the other threads.

    There are as many threads as the engine has workers, or as the plan has chains; one, where workers are processes,
    which are shared by everybody.
    """

    def __init__(self, parts: OptimizedBlocks) -> None:
        configuration = parts.configuration
        self._threads = configuration.workers if configuration.kind == "threads" else 1
        self._parts = [parts]
        self._at_once: dict[int, AtOnce[list[ExecutedChain]]] = {}

    def run(self, case: Case) -> Sequence[Object]:
        """What comes out of each round. Raises EngineFailure and InputError."""
        threads = max(1, min(self._threads, len(member(case.pre, "chains"))))
        while len(self._parts) < threads:
            self._parts.append(OptimizedBlocks(self._parts[0].configuration))
        if threads not in self._at_once:
            self._at_once[threads] = AtOnce(threads)
        applies = [ApplyOn(parts) for parts in self._parts[:threads]]
        return execute_by(case, lambda plan: CompiledConductor(plan, applies, self._at_once[threads]))

    def close(self) -> None:
        """End the threads, and what was made for them."""
        for at_once in self._at_once.values():
            at_once.close()
        self._at_once.clear()
        while len(self._parts) > 1:
            self._parts.pop().close()


class ApplyOn:
    """Executes blocks on one of the engines."""

    def __init__(self, parts: OptimizedBlocks) -> None:
        self._parts = parts

    def __call__(self, machine: Any, block: Any, state: Any) -> AnyResult:
        """The result of a block. Raises Rejection and EngineFailure."""
        sequential = self._parts.configuration.strategy == "sequential"
        return self._parts.execute(machine, block, state, None if sequential else predictions_of(block))
