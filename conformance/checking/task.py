"""What is to be checked of one document. No engine and no rule is imported for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from samestate.conformance.checking.selection import EVERYTHING, Selection
from samestate.conformance.checking.verdict import Verdict
from samestate.conformance.engines.names import SPEC, WORKERS
from samestate.conformance.fixtures.choices import AS_THEY_SAY, ChainChoice, Rulesets


@dataclass(frozen=True, slots=True)
class DocumentTask:
    """A document to be checked on each of ``engines``, with so many ``workers`` each.

    ``origin`` is the path that it was found below. ``wanted`` are the ids of the cases to run, or None for all; of
    these ``selection`` says which. ``is_listing``: they are listed, and not run. After ``most_failures`` the others are
    left. ``problem`` says why the document could not be read, if so. ``groups`` is the folder of the pre-allocation
    groups that its tests name. ``chain`` is the one that was chosen for blocks, ``rulesets`` for names of forks.
    ``known`` are the verdicts of the first runs, which are not run again: a run is one case on one engine. ``cached``
    are verdicts of runs anywhere in it, by the id of the case and the engine, that were made before.
    """

    place: str
    content: bytes
    origin: str
    engines: tuple[str, ...] = (SPEC,)
    workers: int = WORKERS
    wanted: frozenset[str] | None = None
    selection: Selection = EVERYTHING
    is_listing: bool = False
    most_failures: int | None = None
    problem: str | None = None
    groups: str | None = None
    chain: ChainChoice | None = None
    rulesets: Rulesets = AS_THEY_SAY
    known: tuple[Verdict, ...] = ()
    cached: Mapping[tuple[str, str], Verdict] | None = None
