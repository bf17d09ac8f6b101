"""Engines: those that are known by an id, and how one's own becomes one."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeAlias

from samestate.conformance.checking.document import engine_of
from samestate.conformance.engines.in_process import BlockEngine, capabilities
from samestate.conformance.engines.names import REGISTRY, WORKERS
from samestate.conformance.engines.predictions import Predictions
from samestate.conformance.engines.protocol import AnyResult, Engine
from samestate.conformance.engines.registry import find_engine
from samestate.conformance.vectors.machines import MACHINES

EngineOrId: TypeAlias = str | Engine
"""An engine, or the id of one that is known."""

Apply: TypeAlias = Callable[[Any, Any, Any], AnyResult]
"""Whatever gives the result of a block, from a machine, the block and the state before it, as ``apply_block`` does."""


def engines() -> list[str]:
    """The ids of the engines that run in process, those that were registered included."""
    return list(REGISTRY)


def engine(id: str, *, workers: int = WORKERS) -> Engine:
    """A new engine of that id; ``command:PATH ARGUMENTS`` starts an outside one. Who makes it closes it.

    Raises InputError where there is none of that id, and where it cannot be made here.
    """
    return find_engine(id, workers=workers)


def block_engine(id: str, execute: Apply, *, machines: Iterable[str] = tuple(MACHINES)) -> Engine:
    """An engine out of a function that executes one block of the specification's machines, in whatever way.

    It takes cases of every form. ``execute`` gets the machine, the block and the state before it, all in the
    specification's types, and gives a :class:`BlockResult`; it raises Rejection where the block is invalid.
    """

    def without_predictions(machine: Any, block: Any, state: Any, predictions: Predictions | None) -> AnyResult:
        return execute(machine, block, state)

    return BlockEngine(id, capabilities(tuple(machines), "", ""), without_predictions)


def named_engine(engine: EngineOrId, workers: int) -> tuple[str, Engine]:
    """An engine and its id. One that is asked for by id is kept for the next time. Raises InputError."""
    if isinstance(engine, str):
        return engine, engine_of(engine, workers)
    return engine.id, engine
