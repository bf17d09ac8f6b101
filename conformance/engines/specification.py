"""The specification as an engine."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from samestate.conformance.engines.protocol import AnyResult, Capabilities
from samestate.conformance.vectors.comparing import Granularity
from samestate.conformance.vectors.document import Object
from samestate.conformance.vectors.machines import MACHINES, execute
from samestate.conformance.vectors.model import OUTPUTS, SELECTORS, Case
from samestate.spec.transition import apply_block


class SpecEngine:
    """The specification itself, one transaction after another."""

    id = "spec"
    capabilities = Capabilities(
        machines={name: frozenset(forks) for name, forks in MACHINES.items()},
        selectors=frozenset(SELECTORS),
        outputs=frozenset(OUTPUTS),
        access=Granularity.KEYS,
    )

    def __init__(self, workers: int = 1) -> None:
        """There is one worker, whatever was asked for."""

    def run(self, case: Case) -> Sequence[Object]:
        """See :meth:`Engine.run`."""
        return execute(case)

    def apply(self, machine: Any, block: Any, state: Any) -> AnyResult:
        """See :meth:`samestate.conformance.engines.protocol.InProcess.apply`."""
        return apply_block(machine, block, state)

    def close(self) -> None:
        """Nothing was started."""
