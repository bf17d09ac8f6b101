"""An engine in process, as the cases of fixtures and block files have their blocks executed by it."""

from __future__ import annotations

from typing import Any, Protocol

from samestate.conformance.engines.names import SPEC
from samestate.conformance.engines.protocol import AnyResult, InProcess, RootsOfItsOwn
from samestate.spec.evm.chain import verify
from samestate.spec.evm.state import FlatState
from samestate.spec.transition import execute_block


class BlockExecutor(Protocol):
    """Whatever the cases of fixtures and block files have their blocks executed by."""

    name: str
    """Whose results they are."""

    def execute(self, machine: Any, block: Any, state: Any) -> AnyResult:
        """The result of a block, before it is verified. Raises Rejection and EngineFailure."""

    def apply(self, machine: Any, block: Any, state: Any) -> AnyResult:
        """The result of a block, verified. Raises Rejection and EngineFailure."""

    def root_of(self, state: FlatState) -> bytes:
        """The root of a whole state."""


class Executor:
    """Has blocks executed by an engine, and counts them: a case of which it was handed none says nothing about it.

    All that is around the execution of a block, such as the rules of headers and the verdict on a proposed access list,
    is the specification's, whoever executes.
    """

    def __init__(self, id: str, engine: InProcess) -> None:
        self.name = "the specification" if id == SPEC else id
        self.executed = 0
        self._execute = execute_block if id == SPEC else engine.apply
        self._root_of = engine.root_of if isinstance(engine, RootsOfItsOwn) else FlatState.root

    def execute(self, machine: Any, block: Any, state: Any) -> AnyResult:
        """The result of a block, before it is verified. Raises Rejection and EngineFailure."""
        self.executed += 1
        return self._execute(machine, block, state)

    def apply(self, machine: Any, block: Any, state: Any) -> AnyResult:
        """The result of a block, verified. Raises Rejection and EngineFailure."""
        result = self.execute(machine, block, state)
        verify(machine, block, result, state)
        return result

    def root_of(self, state: FlatState) -> bytes:
        """The root of a whole state."""
        return self._root_of(state)
