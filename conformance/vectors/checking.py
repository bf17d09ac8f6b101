"""Checking an engine against the vector in a document."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.engines import Engine, EngineFailure, compare_engine
from conformance.vectors.comparing import Granularity
from conformance.vectors.loading import load_vector
from conformance.verdict import Result, Verdict


def check_document(place: str, data: bytes, engine: Engine) -> Iterator[Verdict]:
    """The verdict on the vector in ``data``. Raises InputError where it is malformed."""
    vector = load_vector(place, data)
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
