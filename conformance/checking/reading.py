"""Every case below some paths, of every form that is checked."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TypeAlias

from samestate.conformance.checking.running import forks_of
from samestate.conformance.fixtures.archives import Document, documents
from samestate.conformance.fixtures.cases import Skipped
from samestate.conformance.fixtures.choices import AS_THEY_SAY, Rulesets
from samestate.conformance.fixtures.group_folders import GroupFolders
from samestate.conformance.fixtures.load import (
    ABOUT_RELEASE,
    RpcResults,
    cases_in,
    is_about_release,
    is_schema,
    is_vector,
)
from samestate.conformance.fixtures.load import Case as FixtureCase
from samestate.conformance.fixtures.networks import Network
from samestate.conformance.vectors.loading import load_vector
from samestate.conformance.vectors.model import Vector
from samestate.conformance.vectors.recorded.model import RECORDED, RecordedCase, fork_of_recorded
from samestate.conformance.vectors.recorded.parts import Part, put_together
from samestate.conformance.vectors.recorded.sorting import WholeCases, cases_of_group, sort_document

AnyCase: TypeAlias = Vector | FixtureCase | RecordedCase | Skipped
"""A case of any form, or one that cannot be run and says why. All have ``place``, where it was found, and ``id``."""


def read_cases(
    paths: Iterable[Path], chain: Network | None = None, rulesets: Rulesets = AS_THEY_SAY
) -> Iterator[AnyCase]:
    """Every case below ``paths``; those of several documents come last. Raises InputError for what cannot be used.

    ``chain`` and ``rulesets`` as in :func:`samestate.conformance.fixtures.load.load_cases`.
    """
    apart = RpcResults()
    parts: list[Part] = []
    with GroupFolders() as folders:
        for document in documents(paths):
            if is_vector(document):
                document.refuse()
                yield load_vector(document.place, document.content)
            elif is_about_release(document):
                yield Skipped(document.place, "about", ABOUT_RELEASE)
            else:
                yield from _others(document, apart, parts, folders, chain, rulesets)
        yield from apart.cases(chain)
        for _, together in put_together(parts):
            yield from cases_of_group(together)


def rulesets_of(case: AnyCase) -> frozenset[str]:
    """The forks, or the ruleset of Solana's machine, that a case is executed under; none where it is not executed."""
    if isinstance(case, Vector):
        return frozenset(case.case.forks)
    if isinstance(case, RECORDED):
        fork = fork_of_recorded(case)
        return frozenset({fork} if fork else ())
    return forks_of(case)


def _others(
    document: Document,
    apart: RpcResults,
    parts: list[Part],
    folders: GroupFolders,
    chain: Network | None,
    rulesets: Rulesets,
) -> Iterator[FixtureCase | RecordedCase | Skipped]:
    """The cases of a document that is no vector; what belongs to others is put aside."""
    held = sort_document(document)
    if isinstance(held, Part):
        parts.append(held)
    elif isinstance(held, WholeCases):
        yield from held.cases
    elif not apart.take(document.place, held.value) and not is_schema(held.value):
        yield from cases_in(document.place, held.value, folders.of(document), chain, rulesets)
