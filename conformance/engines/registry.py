"""The engines that are known, in process or by their command, and what each gets wrong about a vector."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Iterator
from typing import cast

from samestate.conformance.engines.bounded_run import RunBounds
from samestate.conformance.engines.clients.known import CLIENTS, make_client
from samestate.conformance.engines.command import ANSWER_SECONDS, PROTOCOL, CommandEngine
from samestate.conformance.engines.names import (
    ALIASES,
    COMMAND_PREFIX,
    ENTRY_POINTS,
    EVERY,
    OUTSIDE,
    REGISTRY,
    TOOL_PREFIX,
    WORKERS,
    Make,
    choose_engines,
    engines_by_name,
    installed_engines,
    register,
    unknown_engine,
)
from samestate.conformance.engines.protocol import Capabilities, Engine, EngineFailure
from samestate.conformance.engines.specification import SpecEngine
from samestate.conformance.engines.transition_tool.engine import TransitionToolEngine
from samestate.conformance.errors import InputError
from samestate.conformance.vectors.comparing import first_difference
from samestate.conformance.vectors.difference import Difference
from samestate.conformance.vectors.model import Vector

__all__ = [
    "ENTRY_POINTS",
    "EVERY",
    "OUTSIDE",
    "PROTOCOL",
    "REGISTRY",
    "Capabilities",
    "CommandEngine",
    "Engine",
    "EngineFailure",
    "SpecEngine",
    "all_engines",
    "choose_engines",
    "compare_engine",
    "engines_by_name",
    "find_engine",
    "installed_engines",
    "register",
]


def find_engine(id: str, seconds: float = ANSWER_SECONDS, workers: int = WORKERS) -> Engine:
    """The engine of that id, or the one that ``command:…`` or ``t8n:…`` starts, which has as many workers as it likes.

    So has a client that is known by name. Raises InputError where there is none, and where it cannot be made here.
    """
    if id.startswith(COMMAND_PREFIX):
        return CommandEngine(id.removeprefix(COMMAND_PREFIX), seconds)
    if id.startswith(TOOL_PREFIX):
        return TransitionToolEngine(id.removeprefix(TOOL_PREFIX), RunBounds(seconds))
    if id in CLIENTS:
        return make_client(id, seconds)
    make = REGISTRY.get(ALIASES.get(id, id)) or installed_engine(id)
    if make is None:
        raise unknown_engine(id)
    if workers < 1:
        raise InputError(f"--workers {workers}: must be at least 1")
    return make(workers)


def installed_engine(id: str) -> Make | None:
    """What makes the engine of that id, where an installed package offers it. Raises InputError where it is broken."""
    entry = installed_engines().get(id)
    if entry is None:
        return None
    try:
        make = entry.load()
    except Exception as error:  # whatever somebody else's module ends with
        raise InputError(f"--engine {id}: {entry.value}: {type(error).__name__}: {error}") from error
    if not callable(make):
        raise InputError(f"--engine {id}: {entry.value} must be something that makes an engine of a number of workers")
    return cast(Make, make)


def version_of_engine(engine: Engine) -> str:
    """Which version an engine says that it is; that of this distribution for its own; nothing where it says none."""
    said = getattr(engine, "version", None)
    if isinstance(said, str):
        return said
    return f"samestate {importlib.metadata.version('samestate')}" if engine.id in REGISTRY else ""


def all_engines(workers: int = WORKERS) -> Iterator[Engine]:
    """Every engine that runs in process."""
    for make in REGISTRY.values():
        yield make(workers)


def compare_engine(engine: Engine, vector: Vector, checks: list[str] | None = None) -> Difference | None:
    """The first thing that the engine gets wrong about a vector; ``checks`` gets what was compared to find it.

    Raises EngineFailure.
    """
    return first_difference(
        vector.case,
        vector.expected,
        engine.run(vector.case),
        engine.capabilities.outputs,
        engine.capabilities.access,
        vector.names,
        checks,
    )
