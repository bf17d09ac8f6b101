"""The names of engines, and what each stands for. No engine is imported before one is made."""

from __future__ import annotations

import difflib
import fnmatch
import functools
import importlib.metadata
from collections.abc import Callable, Iterator, Mapping, Sequence
from importlib import import_module
from importlib.metadata import EntryPoint
from typing import TYPE_CHECKING, Final

from samestate.conformance.engines.clients.known import CLIENTS
from samestate.conformance.engines.optimized import PROCESSES, ROOM, THREADS, has_engine, without_engine
from samestate.conformance.errors import UnknownEngine

if TYPE_CHECKING:
    from samestate.conformance.engines.protocol import Engine

SPEC: Final = "spec"
SEQUENTIAL: Final = "sequential"
ACCESS_LIST: Final = "access-list"
STRATEGIES: Final = (SEQUENTIAL, "block-stm", "locks", "waves", ACCESS_LIST)
DEFAULT_STRATEGY: Final = "block-stm"
ADAPTIVE: Final = "adaptive"
"""What chooses one of the strategies for each block, on machines that have it; on others it is the default strategy."""
WORKERS: Final = 2

COMMAND_PREFIX: Final = "command:"
TOOL_PREFIX: Final = "t8n:"
OUTSIDE: Final = (COMMAND_PREFIX, TOOL_PREFIX)
"""How the names of engines begin that are programs of others."""

ENTRY_POINTS: Final = "samestate.engines"
"""The group of entry points of installed packages that offer engines: an id, and what makes one of so many workers."""

OURS: Final = (SPEC, "reference", ROOM)
"""The rooms that have engines, by which the names of these begin."""

EVERY: Final = "all"
"""The name that stands for every engine."""

Make = Callable[[int], "Engine"]
"""Makes an engine with so many workers."""


def made_by(place: str, *settings: str) -> Make:
    """What imports ``module:function`` of this room when an engine is asked for, and calls it with these settings."""
    module, _, name = place.partition(":")

    def make(workers: int) -> Engine:
        function = getattr(import_module(f"samestate.conformance.engines.{module}"), name)
        engine: Engine = function(*settings, workers)
        return engine

    return make


def built_in() -> Iterator[tuple[str, Make]]:
    """The engines of this distribution. None of their rooms is imported before an engine is made."""
    yield SPEC, made_by("specification:SpecEngine")
    for strategy in STRATEGIES:
        yield f"reference:{strategy}", made_by("reference:make_reference_engine", strategy)
    if not has_engine():
        return
    for strategy in (ADAPTIVE, *STRATEGIES):
        yield f"optimized:{strategy}", made_by("optimized.engine:make_optimized_engine", strategy, THREADS)
    for strategy in STRATEGIES:
        yield (
            f"optimized:{strategy}@{PROCESSES}",
            made_by("optimized.engine:make_optimized_engine", strategy, PROCESSES),
        )


REGISTRY: Final[dict[str, Make]] = dict(built_in())
"""The engines that run in process, by id."""

ALIASES: Final = {
    "reference": f"reference:{DEFAULT_STRATEGY}",
    "optimized": f"optimized:{ADAPTIVE}",
    f"optimized@{PROCESSES}": f"optimized:{DEFAULT_STRATEGY}@{PROCESSES}",
}
"""Shorter names of some engines."""


def register(id: str, make: Make) -> None:
    """Add an engine that runs in process. Raises ValueError where the id is taken."""
    if id in REGISTRY or id in ALIASES or id in CLIENTS or id == EVERY or id.startswith(OUTSIDE):
        raise ValueError(f"the engine id {id!r} is taken")
    REGISTRY[id] = make


def choose_engines(names: Sequence[str]) -> list[str]:
    """The ids that names stand for, each once: ids, ``all``, patterns such as ``reference:*``, outside programs.

    ``all`` and a pattern stand for engines in process; a pattern that fits none of those, as ``geth:*``, for clients
    and installed engines. Raises InputError for a name that stands for none.
    """
    chosen: dict[str, None] = {}
    for name in names:
        if name.startswith(OUTSIDE):
            found = [name]
        elif name == EVERY:
            found = list(REGISTRY)
        else:
            whole = ALIASES.get(name, name)
            others = [*CLIENTS, *installed_engines()]
            found = [whole] if whole in REGISTRY or whole in others else fnmatch.filter(REGISTRY, name)
            found = found or fnmatch.filter(others, name)
        if not found:
            raise unknown_engine(name)
        chosen.update(dict.fromkeys(found))
    return list(chosen)


def engines_by_name(names: Sequence[str]) -> list[str]:
    """The ids of the engines that are named one by one, and not only by ``all`` or a pattern. Raises InputError."""
    return choose_engines([name for name in names if is_name(name)])


def is_name(name: str) -> bool:
    """Whether a name stands for one engine, whatever others there are."""
    return name.startswith(OUTSIDE) or ALIASES.get(name, name) in {**REGISTRY, **CLIENTS, **installed_engines()}


def is_ours(id: str) -> bool:
    """Whether an engine is one of this distribution: all that it executes lies in our own rooms."""
    return id in REGISTRY and id.partition(":")[0] in OURS


def unknown_engine(name: str) -> UnknownEngine:
    """The complaint about a name that stands for no engine."""
    if name.startswith(ROOM) and not has_engine():
        return UnknownEngine(f"no engine is called {name!r}: {without_engine(ModuleNotFoundError())}")
    near = difflib.get_close_matches(name, [*REGISTRY, *ALIASES, *CLIENTS, *installed_engines()], 1)
    meant = f"; did you mean {near[0]!r}?" if near else ""
    return UnknownEngine(
        f"no engine is called {name!r}{meant}; known are {', '.join(REGISTRY)}; the clients "
        f"{', '.join([*CLIENTS, *installed_engines()])}; {EVERY!r}, patterns such as "
        "'reference:*', 'command:PATH ARGUMENTS', and 't8n:COMMAND' for a transition tool"
    )


@functools.cache
def installed_engines() -> Mapping[str, EntryPoint]:
    """The engines that installed packages offer as entry points, by id. None of them is imported for this."""
    taken = {*REGISTRY, *ALIASES, *CLIENTS, EVERY}
    offered = importlib.metadata.entry_points(group=ENTRY_POINTS)
    return {each.name: each for each in offered if each.name not in taken and not each.name.startswith(OUTSIDE)}
