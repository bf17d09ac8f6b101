"""A session for people, and for programs."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from samestate.conformance.checking.quorum import ballots, voices_of
from samestate.conformance.checking.selection import MEMBER
from samestate.conformance.checking.session import Options, Session
from samestate.conformance.checking.verdict import BLOCK, Result, Verdict
from samestate.conformance.engines.names import SPEC
from samestate.conformance.hazards.known import sentence_of
from samestate.conformance.output.printer import Printer

FAILURES_SHOWN: Final = 50
NOTES_SHOWN: Final = 8
AFTER_PARENT: Final = "after parent"

COLUMNS: Final = {
    "header by itself": "header",
    AFTER_PARENT: "parent",
    "hash, by its child": "hash",
    "transactions root": "txs",
    "withdrawals root": "withdrawals",
    "gas used": "gas",
    "blob gas used": "blob gas",
    "receipts root": "receipts",
    "logs bloom": "bloom",
    "requests hash": "requests",
    "block access list hash": "access list",
    "state root": "state root",
}
"""The checks of real blocks, and how the table calls them."""


class Teller:
    """Tells of failures as they come, and at the end of what was not told yet; of the first in full."""

    def __init__(self, options: Options, printer: Printer) -> None:
        self._name_engine = len(options.engines) > 1
        self._printer = printer
        self._seen = 0
        self._told: dict[int, Verdict] = {}

    def has_news(self, session: Session) -> bool:
        """Whether a failure came since the last time."""
        return any(verdict.result is Result.FAILED for verdict in session.verdicts[self._seen :])

    def tell(self, session: Session) -> None:
        """Tell of what came since the last time."""
        start, self._seen = self._seen, len(session.verdicts)
        self._tell(range(start, self._seen), session)

    def tell_rest(self, session: Session) -> None:
        """Tell of what came to light only when all was there, and of how many more there are."""
        self._tell(range(len(session.verdicts)), session)
        more = session.count(Result.FAILED) - len(self._told)
        if more > 0:
            self._printer.line(f"and {more} more failures: --json FILE has them all")

    def _tell(self, indices: Iterable[int], session: Session) -> None:
        for index in indices:
            verdict = session.verdicts[index]
            if verdict.result is not Result.FAILED or self._told.get(index) == verdict:
                continue
            if index in self._told or len(self._told) < FAILURES_SHOWN:
                self._told[index] = verdict
                for line in failure(verdict, self._name_engine):
                    self._printer.line(line)


def summary(session: Session, options: Options, seconds: float) -> Iterator[str]:
    """The lines that a person reads at the end.

    Documents that cannot be used, skips by reason, idle engines, checks of blocks, counts, the total.
    """
    errors = session.errors
    for verdict in errors[:FAILURES_SHOWN]:
        yield f"ERROR {verdict.id}: {verdict.reason}"
    if len(errors) > FAILURES_SHOWN:
        yield f"and {len(errors) - FAILURES_SHOWN} more documents that cannot be used: --json FILE has them all"
    reasons = Counter(verdict.reason for verdict in session.verdicts if verdict.result is Result.SKIPPED)
    yield from skips(reasons, "skipped")
    if not session.ended:
        for engine in session.idle(options.engines):
            yield f"{engine} executed nothing"
    blocks = [verdict for verdict in session.verdicts if verdict.kind == BLOCK and verdict.result is not Result.SKIPPED]
    if blocks:
        yield from block_table(blocks, name_engine=len(options.engines) > 1)
    yield from counts_table(session)
    for note in session.notes[:NOTES_SHOWN]:
        yield f"note: {note}"
    if len(session.notes) > NOTES_SHOWN:
        yield f"note: and {len(session.notes) - NOTES_SHOWN} more of such"
    if session.sample is not None:
        yield from skips(session.sample.skipped, "outside the sample")
        yield f"a sample of {session.sample.size} of {session.sample.available} cases"
    if session.deselected:
        yield f"{session.deselected} cases deselected by {' '.join(options.selection.options()) or 'their names'}"
    yield from cache_lines(session)
    if session.resumed:
        yield f"{session.resumed} documents were checked by an earlier run"
    for taken, verdict in slowest(session, options.durations):
        yield f"{taken:8.2f} s  {verdict.id}" + (f" on {verdict.engine}" if verdict.engine != SPEC else "")
    yield from way_on(session, options)
    if session.ended:
        yield session.ended
    yield f"{seconds:.1f} s"
    cached = sum(each.cached is not None and each.result is Result.PASSED for each in session.verdicts)
    passed = f"{session.count(Result.PASSED)} passed" + (f" ({cached} from the cache)" if cached else "")
    yield (
        f"{passed}, {session.count(Result.FAILED)} failed, "
        f"{session.count(Result.SKIPPED)} skipped" + (f", {len(errors)} unusable" if errors else "")
    )


def cache_lines(session: Session) -> Iterator[str]:
    """How many results are from the cache, which of them are not executed in this run, and what a user should know."""
    if session.cache is None:
        return
    taken, executed = cache_counts(session)
    share = f" ({taken / (taken + executed):.1%})" if taken else ""
    yield f"cache {session.cache.folder}: {taken} of {taken + executed} results{share}, {executed} executed now"
    for note in session.cache.notes:
        yield f"cache {session.cache.folder}: {note}"


def cache_counts(session: Session) -> tuple[int, int]:
    """How many results are from the cache, and how many of this run."""
    results = [each for each in session.verdicts if each.result is not Result.ERROR]
    taken = sum(each.cached is not None for each in results)
    return taken, len(results) - taken


def cache_document(session: Session) -> dict[str, Any] | None:
    """What came of the cache as JSON; None where there is none."""
    if session.cache is None:
        return None
    taken, executed = cache_counts(session)
    return {
        "folder": session.cache.folder,
        "taken": taken,
        "executed": executed,
        "hit_rate": round(taken / (taken + executed), 6) if taken else 0.0,
        "damaged": session.cache.damaged,
        "evicted": session.cache.evicted,
        "bytes": session.cache.size,
        "notes": list(session.cache.notes),
    }


def way_on(session: Session, options: Options) -> Iterator[str]:
    """The command that says where the first case with blocks that failed goes wrong on its engine."""
    if all(verdict.result is not Result.FAILED for verdict in session.verdicts):
        return
    from samestate.conformance.vectors.recorded.model import ENTRIES, SIGNATURES, WIRE  # slow, and only now needed

    without_blocks = {ENTRIES, SIGNATURES, WIRE}
    for verdict, file in zip(session.verdicts, session.files, strict=True):
        if verdict.result is Result.FAILED and verdict.kind not in without_blocks and verdict.engine != SPEC:
            member = session.members.get(file, "")
            words = [file.removesuffix(f":{member}") if member else file, "--engine", verdict.engine]
            name = verdict.id.removeprefix(f"{file}{MEMBER}") if verdict.id.startswith(f"{file}{MEMBER}") else ""
            if name or member:  # the file may have others
                words += ["--case", name or member]
            if options.chain is not None:
                words += ["--chain", options.chain.name]
            for choice in options.rulesets.choices:
                words += ["--ruleset", f"{choice.name}={choice.fork}"]
            yield f"where it begins: samestate explain {shlex.join(words)}"
            return


def slowest(session: Session, count: int) -> list[tuple[float, Verdict]]:
    """The cases that took longest, as many as were asked for, and their seconds."""
    timed = [
        (verdict.seconds, verdict)
        for verdict in session.verdicts
        if verdict.seconds is not None and verdict.result is not Result.SKIPPED
    ]
    return sorted(timed, key=lambda entry: -entry[0])[:count]


def skips(reasons: Mapping[str, int], what: str) -> Iterator[str]:
    """How many cases were not run for which reason, the most frequent first."""
    for reason, count in sorted(reasons.items(), key=lambda entry: (-entry[1], entry[0])):
        yield f"{what} {count:6}  {reason}"


def failure(verdict: Verdict, name_engine: bool = False) -> Iterator[str]:
    """A failed case, what differs in it, and the ways to go wrong that it is about."""
    engine = f" on {verdict.engine}" if name_engine else ""
    yield f"FAILED {verdict.id}" + (f" ({verdict.fork})" if verdict.fork else "") + engine
    for line in verdict.reason.splitlines():
        yield f"  {line}"
    for id in verdict.hazards:
        yield f"  {sentence_of(id)}"


def block_table(verdicts: list[Verdict], name_engine: bool = False) -> Iterator[str]:
    """Which checks each block had."""
    rows = [["block", *(["engine"] if name_engine else []), "fork", *COLUMNS.values()]]
    for verdict in verdicts:
        engine = [verdict.engine] if name_engine else []
        rows.append([_block_name(verdict), *engine, verdict.fork, *(_cell(verdict, check) for check in COLUMNS)])
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    yield ""
    for row in rows:
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
    yield ""


def _block_name(verdict: Verdict) -> str:
    return Path(verdict.id.split("::")[0].rsplit(":", 1)[-1]).name.removesuffix(".gz").removesuffix(".json")


def _cell(verdict: Verdict, check: str) -> str:
    """Whether a check was made. An engine outside is judged by the fields of vectors, which have the same names."""
    had = [name for name in verdict.checks if spaced(name) == check or (check == AFTER_PARENT and name.endswith(check))]
    if any(line.startswith(f"{name}:") for name in had for line in verdict.reason.splitlines()):
        return "FAILED"
    return "ok" if had else "-"


def spaced(name: str) -> str:
    """A field's name in words."""
    return name.replace("_", " ")


def counts_table(session: Session) -> Iterator[str]:
    """How many cases of each kind every path had, where there is more than one row to tell."""
    counts: dict[tuple[str, str], Counter[Result]] = {}
    for verdict, origin in zip(session.verdicts, session.origins, strict=True):
        if verdict.result in (Result.PASSED, Result.FAILED):
            counts.setdefault((origin, verdict.kind), Counter())[verdict.result] += 1
    if len(counts) < 2:
        return
    width = max(len(Path(origin).name) for origin, _ in counts)
    for (origin, kind), results in counts.items():
        passed, failed = results[Result.PASSED], results[Result.FAILED]
        yield f"{Path(origin).name:{width}}  {kind:16}  {passed:6} passed  {failed} failed"


def versions_told(versions: Mapping[str, str]) -> Iterator[str]:
    """The version of each engine that says one and is none of this distribution's own."""
    for engine, version in versions.items():
        if version and not version.startswith("samestate "):
            yield f"{engine}: {version}"


def to_json(
    session: Session, options: Options, version: str, seconds: float, versions: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """All verdicts, for programs; where it ended before the end, all that there were until then.

    ``versions`` are those that the engines say.
    """
    return {
        "complete": not session.ended,
        "ended": session.ended or None,
        "passed": session.count(Result.PASSED),
        "failed": session.count(Result.FAILED),
        "skipped": session.count(Result.SKIPPED),
        "unusable": session.count(Result.ERROR),
        "seconds": round(seconds, 3),
        "source_version": version,
        "engines": list(options.engines),
        "versions": dict(versions or {}),
        "quorum": None
        if options.quorum is None
        else {
            "wanted": options.quorum,
            "voices": voices_of(options.engines),
            "cases": [each.document() for each in ballots(session, options.quorum)],
        },
        "cache": cache_document(session),
        "deselected": session.deselected,
        "notes": list(session.notes),
        "slowest": [
            {"id": verdict.id, "engine": verdict.engine, "seconds": round(taken, 3)}
            for taken, verdict in slowest(session, options.durations)
        ],
        "sample": None
        if session.sample is None
        else {
            "size": session.sample.size,
            "available": session.sample.available,
            "skipped": dict(session.sample.skipped),
        },
        "verdicts": [
            {
                "id": verdict.id,
                "path": origin,
                "file": file,
                "kind": verdict.kind,
                "fork": verdict.fork,
                "engine": verdict.engine,
                "result": verdict.result.value,
                "reason": verdict.reason,
                "cached": None
                if verdict.cached is None
                else {"executed": verdict.cached.executed, "build": verdict.cached.build},
                "checks": list(verdict.checks),
                "hazards": list(verdict.hazards),
            }
            for verdict, origin, file in zip(session.verdicts, session.origins, session.files, strict=True)
        ],
    }
