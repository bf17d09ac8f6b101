"""Everything that can be hunted: mutants of the readable strategies, and of the compiled engine."""

from __future__ import annotations

import fnmatch
import importlib
import importlib.util
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import chain
from typing import Final

from samestate.conformance.engines.in_process import STRATEGIES
from samestate.conformance.mutants.catalogue import all_mutants
from samestate.conformance.mutants.hunting import hunt
from samestate.conformance.mutants.report import HuntedMutant

COMPILED: Final = "samestate.conformance.mutants.compiled"
"""Where the mutants of the compiled engine are: its function ``suspects`` gives them, in the order of the table."""


@dataclass(frozen=True, slots=True)
class Suspect:
    """A mutant of whatever engine, and how it is hunted."""

    name: str
    engine: str
    hunt: Callable[[], HuntedMutant]


def reference_suspects() -> Iterator[Suspect]:
    """The mutants of the strategies of `reference`."""
    for mutant in all_mutants():
        yield Suspect(mutant.name, mutant.engine, partial(hunt, mutant))


def compiled_suspects() -> Iterator[Suspect]:
    """The mutants of the compiled engine, where they are there."""
    if importlib.util.find_spec(COMPILED) is not None:
        yield from importlib.import_module(COMPILED).suspects()


def all_suspects(engine: str = "*") -> Iterator[Suspect]:
    """All mutants of engines whose id is like that pattern."""
    halves = {"reference": reference_suspects, "optimized": compiled_suspects}
    wanted = [
        suspects()
        for half, suspects in halves.items()
        if any(fnmatch.fnmatchcase(f"{half}:{strategy}", engine) for strategy in STRATEGIES)
    ]
    for suspect in chain.from_iterable(wanted):
        if fnmatch.fnmatchcase(suspect.engine, engine):
            yield suspect
