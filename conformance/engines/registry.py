"""The engines that are known, in process or by their command, and what each gets wrong about a vector."""

from __future__ import annotations

import difflib
import fnmatch
import functools
import importlib.metadata
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from importlib.metadata import EntryPoint
from typing import Any, Final, cast

from samestate.conformance.engines.bounded_run import RunBounds
from samestate.conformance.engines.clients.known import CLIENTS, make_client
from samestate.conformance.engines.command import ANSWER_SECONDS, COMMAND_PREFIX, PROTOCOL, CommandEngine
from samestate.conformance.engines.in_process import ADAPTIVE, DEFAULT_STRATEGY, STRATEGIES, WORKERS
from samestate.conformance.engines.optimized import has_engine, without_engine
from samestate.conformance.engines.optimized.engine import PROCESSES, ROOM, THREADS, make_optimized_engine
from samestate.conformance.engines.protocol import AnyResult, Capabilities, Engine, EngineFailure
from samestate.conformance.engines.reference import make_reference_engine
from samestate.conformance.engines.transition_tool.engine import TOOL_PREFIX, TransitionToolEngine
from samestate.conformance.errors import InputError
from samestate.conformance.vectors.comparing import Granularity, first_difference
from samestate.conformance.vectors.difference import Difference
from samestate.conformance.vectors.document import Object
from samestate.conformance.vectors.machines import MACHINES, execute
from samestate.conformance.vectors.model import OUTPUTS, SELECTORS, Case, Vector
from samestate.spec.transition import apply_block

__all__ = [
    "EVERY",
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
    "register",
]

OUTSIDE: Final = (COMMAND_PREFIX, TOOL_PREFIX)
"""How the names of engines begin that are programs of others."""

ENTRY_POINTS: Final = "samestate.engines"
"""The group of entry points of installed packages that offer engines: an id, and what makes one of so many workers."""

EVERY: Final = "all"
"""The name that stands for every engine."""


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


Make = Callable[[int], Engine]
"""Makes an engine with so many workers."""


def built_in() -> Iterator[tuple[str, Make]]:
    """The engines of this distribution. None of their rooms is imported before an engine is made."""
    yield "spec", SpecEngine
    for strategy in STRATEGIES:
        yield f"reference:{strategy}", partial(make_reference_engine, strategy)
    if not has_engine():
        return
    for strategy in (ADAPTIVE, *STRATEGIES):
        yield f"optimized:{strategy}", partial(make_optimized_engine, strategy, THREADS)
    for strategy in STRATEGIES:
        yield f"optimized:{strategy}@{PROCESSES}", partial(make_optimized_engine, strategy, PROCESSES)


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


def unknown_engine(name: str) -> InputError:
    """The complaint about a name that stands for no engine."""
    if name.startswith(ROOM) and not has_engine():
        return InputError(f"no engine is called {name!r}: {without_engine(ModuleNotFoundError())}")
    near = difflib.get_close_matches(name, [*REGISTRY, *ALIASES, *CLIENTS, *installed_engines()], 1)
    meant = f"; did you mean {near[0]!r}?" if near else ""
    return InputError(
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
