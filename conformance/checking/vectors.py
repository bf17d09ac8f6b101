"""Checking an engine against the vector in a document."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from typing import Final

from samestate.conformance.checking.verdict import Result, Verdict
from samestate.conformance.engines.registry import Engine, EngineFailure, compare_engine
from samestate.conformance.vectors.comparing import Granularity
from samestate.conformance.vectors.loading import load_vector
from samestate.conformance.vectors.model import Vector

VECTORS_KEPT: Final = 1


@functools.lru_cache(maxsize=VECTORS_KEPT)
def loaded(place: str, data: bytes) -> Vector:
    """The vector in ``data``, kept while one engine after another is checked against it. Raises InputError."""
    return load_vector(place, data)


def check_document(place: str, data: bytes, engine: Engine) -> Iterator[Verdict]:
    """The verdict on the vector in ``data``. Raises InputError where it is malformed."""
    vector = loaded(place, data)
    case = vector.case
    missing = engine.capabilities.missing(case)
    if missing:
        yield Verdict(case.id, Result.SKIPPED, missing, case.fork)
        return
    checks = tuple(sorted(engine.capabilities.outputs))
    if engine.capabilities.access is not Granularity.NONE:
        checks = ("access", *checks)
    try:
        difference = compare_engine(engine, vector)
    except EngineFailure as failure:
        yield Verdict(case.id, Result.FAILED, str(failure), case.fork, checks)
        return
    if difference is None:
        yield Verdict(case.id, Result.PASSED, "", case.fork, checks)
    else:
        yield Verdict(case.id, Result.FAILED, str(difference), case.fork, checks)
