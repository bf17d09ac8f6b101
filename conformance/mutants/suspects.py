"""Everything that can be hunted: bugs of the specification, mutants of readable strategies and the compiled engine."""

from __future__ import annotations

import fnmatch
import importlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import chain
from typing import Final

from samestate.conformance.engines.names import STRATEGIES
from samestate.conformance.engines.optimized import has_engine
from samestate.conformance.exploring.variants import unavailable
from samestate.conformance.mutants.catalogue import all_mutants
from samestate.conformance.mutants.hunting import hunt
from samestate.conformance.mutants.report import HuntedMutant
from samestate.conformance.mutants.specification.catalogue import all_bugs
from samestate.conformance.mutants.specification.hunting import hunt as hunt_bug

COMPILED: Final = ("samestate.conformance.mutants.compiled", "samestate.conformance.mutants.compiled_evm")
"""Where the mutants of the compiled engine are: ``suspects`` of each gives them, in the order of the table."""

SPECIFICATION: Final = "spec"
REFERENCE: Final = "reference"
OPTIMIZED: Final = "optimized"
"""The rooms whose engines have mutants. The specification is one engine, without strategies."""


@dataclass(frozen=True, slots=True)
class Suspect:
    """A mutant of whatever engine, and how it is hunted."""

    name: str
    engine: str
    hunt: Callable[[], HuntedMutant]


def specification_suspects() -> Iterator[Suspect]:
    """The bugs of the specification."""
    for bug in all_bugs().values():
        yield Suspect(bug.name, SPECIFICATION, partial(hunt_bug, bug))


def reference_suspects() -> Iterator[Suspect]:
    """The mutants of the strategies of `reference`."""
    for mutant in all_mutants():
        yield Suspect(mutant.name, mutant.engine, partial(hunt, mutant))


def why_none_compiled() -> str | None:
    """Why the mutants of the compiled engine cannot be hunted here, or None if they can."""
    return unavailable() if has_engine() else "this installation was made with SAMESTATE_PURE and has none"


def compiled_suspects() -> Iterator[Suspect]:
    """The mutants of the compiled engine, where they can be hunted."""
    if why_none_compiled() is None:
        for module in COMPILED:
            yield from importlib.import_module(module).suspects()


def is_of(room: str, engine: str) -> bool:
    """Whether an engine of that room is like the pattern."""
    if room == SPECIFICATION:
        return fnmatch.fnmatchcase(room, engine)
    return any(fnmatch.fnmatchcase(f"{room}:{strategy}", engine) for strategy in STRATEGIES)


def all_suspects(engine: str = "*") -> Iterator[Suspect]:
    """All mutants of engines whose id is like that pattern."""
    rooms = {SPECIFICATION: specification_suspects, REFERENCE: reference_suspects, OPTIMIZED: compiled_suspects}
    wanted = [suspects() for room, suspects in rooms.items() if is_of(room, engine)]
    for suspect in chain.from_iterable(wanted):
        if fnmatch.fnmatchcase(suspect.engine, engine):
            yield suspect
