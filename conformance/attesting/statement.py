"""What a party states: which bytes it had, which builds executed them, and what came of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Any, Final

from samestate.conformance.checking.caching.keys import build_of, checking_build, specification_build
from samestate.conformance.checking.selection import MEMBER, below
from samestate.conformance.checking.session import Options, Session
from samestate.conformance.checking.verdict import Result, Verdict

PASSED: Final = Result.PASSED.value
FAILED: Final = Result.FAILED.value
SKIPPED: Final = Result.SKIPPED.value
COUNTED: Final = (PASSED, FAILED, SKIPPED)


@dataclass(frozen=True, slots=True)
class AttestedEngine:
    """An engine that executed: its id, the version that it says, and the digest of what it is made of, if known."""

    id: str
    version: str
    build: str | None


@dataclass(frozen=True, slots=True)
class AttestedResult:
    """What became of a case on an engine. ``is_cached``: an earlier run of the same build executed it."""

    document: str
    case: str
    engine: str
    result: str
    reason: str
    is_cached: bool


@dataclass(frozen=True, slots=True)
class AttestedDocument:
    """A document by its name, which is for people, and its SHA-256, which counts."""

    name: str
    digest: str


def statement_of(
    session: Session, options: Options, versions: Mapping[str, str], builds: Mapping[str, str]
) -> dict[str, Any]:
    """The statement on a run that came to its end, as JSON. ``builds``: what engines of others have said of theirs."""
    documents: dict[tuple[str, str], dict[str, dict[str, Any]]] = {}
    for verdict, origin, file in zip(session.verdicts, session.origins, session.files, strict=True):
        if verdict.result is Result.ERROR:
            continue
        cases = documents.setdefault((below(origin, file), session.digests[file]), {})
        case = cases.setdefault(case_name(verdict.id), {"fork": verdict.fork, "results": []})
        case["results"].append(_result(verdict))
    counts = {name: session.count(Result(name)) for name in COUNTED}
    return {
        "date": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "samestate": version("samestate"),
        "specification": specification_build(),
        "checking": checking_build(),
        "selection": [*options.selection.options(), *(str(id) for _, id in options.members)],
        "sample": options.sample,
        "engines": [
            {"id": id, "version": versions.get(id, ""), "build": build_of(id, builds.get(id, ""))}
            for id in options.engines
        ],
        "documents": [
            {
                "name": name,
                "sha256": digest,
                "cases": [{"id": id, **case} for id, case in cases.items()],
            }
            for (name, digest), cases in documents.items()
        ],
        "counts": {**counts, "cached": sum(verdict.cached is not None for verdict in session.verdicts)},
    }


def case_name(id: str) -> str:
    """What a case is called in its document, wherever that lies; the id of a vector is that already."""
    return id.partition(MEMBER)[2] or id


def _result(verdict: Verdict) -> dict[str, Any]:
    cached = verdict.cached
    return {
        "engine": verdict.engine,
        "result": verdict.result.value,
        "reason": verdict.reason.encode("utf-8", "replace").decode(),
        "checks": list(verdict.checks),
        "cached": None if cached is None else {"executed": cached.executed, "build": cached.build},
    }
