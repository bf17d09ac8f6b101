"""Checking an engine against the vector in a document."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from typing import Final

from samestate.conformance.checking.bodies import check_bodies
from samestate.conformance.checking.verdict import Result, Verdict
from samestate.conformance.engines.protocol import InProcess
from samestate.conformance.engines.registry import Engine, EngineFailure, compare_engine
from samestate.conformance.vectors.loading import load_vector
from samestate.conformance.vectors.model import Vector, text

VECTORS_KEPT: Final = 1
SVM: Final = "svm"


@functools.lru_cache(maxsize=VECTORS_KEPT)
def loaded(place: str, data: bytes) -> Vector:
    """The vector in ``data``, kept while one engine after another is checked against it. Raises InputError."""
    return load_vector(place, data)


def check_document(place: str, data: bytes, engine: Engine) -> Iterator[Verdict]:
    """The verdict on the vector in ``data``. Raises InputError where it is malformed."""
    yield check_vector(loaded(place, data), engine)


def check_vector(vector: Vector, engine: Engine) -> Verdict:
    """What becomes of a vector on an engine. ``checks`` of the verdict are what was expected and compared."""
    case = vector.case
    missing = engine.capabilities.missing(case)
    if missing and case.parent is not None and not isinstance(engine, InProcess):
        return check_bodies(vector, engine, missing)
    if missing:
        return Verdict(case.id, Result.SKIPPED, missing, case.fork)
    checks: list[str] = []
    try:
        difference = compare_engine(engine, vector, checks)
    except EngineFailure as failure:
        return Verdict(case.id, Result.FAILED, str(failure), case.fork)
    compared = tuple(dict.fromkeys(checks))
    unsaid = unspecified(vector)
    if difference is not None and unsaid and difference.where.endswith("status"):
        return Verdict(case.id, Result.SKIPPED, f"{unsaid}: nothing is said of it, and the engine may know", case.fork)
    if difference is None:
        return Verdict(case.id, Result.PASSED, "", case.fork, compared)
    return Verdict(case.id, Result.FAILED, str(difference), case.fork, compared)


def unspecified(vector: Vector) -> str:
    """The code of a block of which nothing is said, where the vector has one."""
    if vector.case.machine != SVM:
        return ""
    from samestate.conformance.vectors.svm.case import is_unspecified  # which other machines do not need

    return next((text(expect, "status") for expect in vector.expected if is_unspecified(expect)), "")
