"""The engines that are known, in process or by their command, and what each gets wrong about a vector."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Final

from conformance.command_engine import ANSWER_SECONDS, COMMAND_PREFIX, PROTOCOL, CommandEngine
from conformance.engine import Capabilities, Engine, EngineFailure
from conformance.errors import InputError
from conformance.vectors.comparing import Difference, Granularity, first_difference
from conformance.vectors.document import Object
from conformance.vectors.machines import MACHINES, execute
from conformance.vectors.model import OUTPUTS, SELECTORS, Case, Vector

__all__ = [
    "PROTOCOL",
    "REGISTRY",
    "Capabilities",
    "CommandEngine",
    "Engine",
    "EngineFailure",
    "SpecEngine",
    "all_engines",
    "compare_engine",
    "find_engine",
    "register",
]


class SpecEngine:
    """The specification itself, one transaction after another."""

    id = "spec"
    capabilities = Capabilities(
        machines={name: frozenset(machine.forks) for name, machine in MACHINES.items()},
        selectors=frozenset(SELECTORS),
        outputs=frozenset(OUTPUTS),
        access=Granularity.KEYS,
    )

    def run(self, case: Case) -> Sequence[Object]:
        """See :meth:`Engine.run`."""
        return execute(case)

    def close(self) -> None:
        """Nothing was started."""


REGISTRY: Final[dict[str, Callable[[], Engine]]] = {"spec": SpecEngine}
"""The engines that run in process, by id."""


def register(id: str, make: Callable[[], Engine]) -> None:
    """Add an engine that runs in process. Raises ValueError where the id is taken."""
    if id in REGISTRY or id.startswith(COMMAND_PREFIX):
        raise ValueError(f"the engine id {id!r} is taken")
    REGISTRY[id] = make


def find_engine(id: str, seconds: float = ANSWER_SECONDS) -> Engine:
    """The engine of that id, or the one that ``command:…`` starts. Raises InputError where there is none."""
    if id.startswith(COMMAND_PREFIX):
        return CommandEngine(id.removeprefix(COMMAND_PREFIX), seconds)
    make = REGISTRY.get(id)
    if make is None:
        known = ", ".join(REGISTRY)
        raise InputError(f"no engine is called {id!r}; known are {known}, and 'command:PATH ARGUMENTS'")
    return make()


def all_engines() -> Iterator[Engine]:
    """Every engine that runs in process."""
    for make in REGISTRY.values():
        yield make()


def compare_engine(engine: Engine, vector: Vector) -> Difference | None:
    """The first thing that the engine gets wrong about a vector. Raises EngineFailure."""
    return first_difference(
        vector.case,
        vector.expected,
        engine.run(vector.case),
        engine.capabilities.outputs,
        engine.capabilities.access,
        vector.names,
    )
