"""An engine in process that is told by how it executes one block. All else is the same for every strategy."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final, Protocol

from samestate.conformance.engines.predictions import Predictions, evm_predictions, toy_predictions
from samestate.conformance.engines.protocol import Capabilities
from samestate.conformance.vectors import evm, toy
from samestate.conformance.vectors.comparing import Granularity
from samestate.conformance.vectors.document import Object
from samestate.conformance.vectors.hexadecimal import unhexed
from samestate.conformance.vectors.machines import MACHINES
from samestate.conformance.vectors.model import OUTPUTS, SELECTORS, Case, text
from samestate.spec.toy.machine import Toy
from samestate.spec.transition import BlockResult

STRATEGIES: Final = ("sequential", "block-stm", "locks", "waves", "access-list")
DEFAULT_STRATEGY: Final = "block-stm"
ACCESS_LIST: Final = "access-list"
WORKERS: Final = 2


class Execute(Protocol):
    """Whatever executes a block. Raises Rejection where it is invalid, EngineFailure where it cannot tell."""

    def __call__(
        self, machine: Any, block: Any, state: Any, predictions: Predictions | None
    ) -> BlockResult[Any, Any, Any, Any]:
        """The result of a block on a state. ``predictions``: what the block's own access list says, if it has one."""


class BlockEngine:
    """An engine whose results are those of the specification's frame. ``release`` gives back what it holds."""

    def __init__(
        self, id: str, capabilities: Capabilities, execute: Execute, release: Callable[[], None] = lambda: None
    ) -> None:
        self.id = id
        self.capabilities = capabilities
        self._execute = execute
        self.close = release

    def run(self, case: Case) -> Sequence[Object]:
        """See :meth:`samestate.conformance.engines.protocol.Engine.run`."""
        if case.machine == toy.NAME:
            return toy.execute(case, self._toy)
        return self._evm(case)

    def _toy(self, machine: Toy, block: Any, state: Any) -> Any:
        predictions = None if block.access_list is None else toy_predictions(block.access_list)
        return self._execute(machine, block, state, predictions)

    def _evm(self, case: Case) -> list[Object]:
        fork, state = evm.fork_of(case), evm.state_of(case)
        results = []
        for block in case.blocks:
            proposed = text(block, "block_access_list") if "block_access_list" in block else None
            predictions = None if proposed is None else evm_predictions(unhexed(proposed))

            def apply(machine: Any, payload: Any, before: Any, predictions: Predictions | None = predictions) -> Any:
                return self._execute(machine, payload, before, predictions)

            result, state, _ = evm.execute_block(case, fork, block, state, apply)
            results.append(result)
        return results


def capabilities(machines: Sequence[str], strategy: str, kind: str) -> Capabilities:
    """What an engine can do that gives the specification's results on these machines."""
    return Capabilities(
        machines={name: frozenset(MACHINES[name].forks) for name in machines},
        selectors=frozenset(SELECTORS),
        outputs=frozenset(OUTPUTS),
        access=Granularity.KEYS,
        strategy=strategy,
        kind=kind,
        needs_access_list=strategy == ACCESS_LIST,
    )
