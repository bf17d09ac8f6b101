"""An engine in process that is told by how it executes one block. All else is the same for every strategy."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

from samestate.conformance.engines.names import ACCESS_LIST, SEQUENTIAL
from samestate.conformance.engines.predictions import Predictions, predictions_of
from samestate.conformance.engines.protocol import AnyResult, Capabilities
from samestate.conformance.vectors.comparing import Granularity
from samestate.conformance.vectors.document import Object
from samestate.conformance.vectors.machines import MACHINES, execute
from samestate.conformance.vectors.model import OUTPUTS, SELECTORS, Case


class Execute(Protocol):
    """Whatever executes a block. Raises Rejection where it is invalid, EngineFailure where it cannot tell."""

    def __call__(self, machine: Any, block: Any, state: Any, predictions: Predictions | None) -> AnyResult:
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
        """See :meth:`samestate.conformance.engines.protocol.Engine.run`.

        Raises InputError where the case lacks what executing it takes, which is no failure of the engine.
        """
        try:
            return execute(case, self.apply)
        except Exception:
            execute(case)  # the specification says whether it is the case that lacks something
            raise

    def apply(self, machine: Any, block: Any, state: Any) -> AnyResult:
        """See :meth:`samestate.conformance.engines.protocol.InProcess.apply`."""
        predictions = None if self.capabilities.strategy == SEQUENTIAL else predictions_of(block)
        return self._execute(machine, block, state, predictions)


def capabilities(machines: Sequence[str], strategy: str, kind: str) -> Capabilities:
    """What an engine can do that gives the specification's results on these machines."""
    return Capabilities(
        machines={name: frozenset(MACHINES[name]) for name in machines},
        selectors=frozenset(SELECTORS),
        outputs=frozenset(OUTPUTS),
        access=Granularity.KEYS,
        strategy=strategy,
        kind=kind,
        needs_access_list=strategy == ACCESS_LIST,
    )
