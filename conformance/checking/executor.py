"""An engine in process, as the cases of fixtures and block files have their blocks executed by it."""

from __future__ import annotations

from typing import Any, Final

from samestate.conformance.engines.protocol import AnyResult, InProcess

SPEC: Final = "spec"


class Executor:
    """Has blocks executed by an engine, and counts them: a case of which it was handed none says nothing about it.

    All that is around the execution of a block, such as the rules of headers, is the specification's, whoever executes.
    """

    def __init__(self, id: str, engine: InProcess) -> None:
        self.name = "the specification" if id == SPEC else id
        self.executed = 0
        self._engine = engine

    def apply(self, machine: Any, block: Any, state: Any) -> AnyResult:
        """See :meth:`samestate.conformance.engines.protocol.InProcess.apply`."""
        self.executed += 1
        return self._engine.apply(machine, block, state)
