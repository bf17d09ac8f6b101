"""Results of earlier runs that take the place of executing: of the same document, on the same build of an engine.

Passes are kept, and what an engine of this distribution cannot do. A failure is executed again each time, so that its
explanation is fresh; so is a skip of somebody else's engine, which may be able to more tomorrow. Every verdict that
comes from here says so (see :class:`samestate.conformance.checking.verdict.Cached`).
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Final, Self

from samestate.conformance.checking.builds import room_digest, room_digest_now
from samestate.conformance.checking.caching.keys import EngineKey, engine_keys, result_key
from samestate.conformance.checking.caching.records import KeptDocument, KeptResult, read_kept, write_kept
from samestate.conformance.checking.caching.store import Store
from samestate.conformance.checking.limits import Limits
from samestate.conformance.checking.question import document_digest
from samestate.conformance.checking.report import DAMAGED, DocumentReport
from samestate.conformance.checking.task import DocumentTask
from samestate.conformance.checking.verdict import Cached, Result, Verdict
from samestate.conformance.engines.names import is_ours

if TYPE_CHECKING:
    from samestate.conformance.checking.blocks import BlockSummary

TOGETHER: Final = 256
"""How many results are written at once, at most."""
SECONDS: Final = 2.0
"""How long a result may wait to be written, while others come."""


@dataclass(frozen=True, slots=True)
class CacheSummary:
    """What came of a cache in a run, but for the verdicts, which say for themselves where they are from.

    ``notes`` say what a user should know: damage, what made room, and which engines nothing is kept of.
    """

    folder: str
    size: int
    damaged: int
    evicted: int
    notes: tuple[str, ...]


class ResultCache:
    """The results in a folder, for the engines of a run. A context manager. Raises InputError where it cannot be.

    ``builds``: what engines of others have said of how they were built.
    """

    def __init__(
        self,
        folder: Path,
        most: int,
        engines: Iterable[str],
        workers: int,
        limits: Limits,
        builds: Mapping[str, str],
    ) -> None:
        names = list(engines)
        self._keys = engine_keys(names, workers, limits, builds)
        self._unknown = [name for name in names if name not in self._keys]
        self._rooms = {room: room_digest(room) for room in ("spec", "conformance", *_rooms(self._keys))}
        self._changed = ""
        self._pending: list[tuple[bytes, bytes]] = []
        self._flushed = time.monotonic()
        self.store = Store(folder, most)

    def look_up(self, task: DocumentTask) -> DocumentReport | DocumentTask:
        """The report on a document of which all results are kept; else the task, with the results that are."""
        if task.is_listing or task.problem is not None:
            return task
        found = self._find(task)
        self.store.release()  # after hits, too: whoever runs may wait for workers next, and keep others from writing
        report = _report(task, found) if found and len(found) == len(task.engines) else None
        if report is not None:
            return report
        if not found:
            return task
        cached = {(id, engine): result.verdict for engine, kept in found.items() for id, result in kept.results.items()}
        return replace(task, cached=cached)

    def add(self, task: DocumentTask, report: DocumentReport) -> None:
        """Keep the results of a document that was executed, as far as another run may have them."""
        was_left = task.most_failures is not None and any(each.result is Result.FAILED for each in report.verdicts)
        ids = {case.id for case in report.cases}
        is_plain = report.error is None and not (report.is_half or report.was_stopped or report.notes or was_left)
        if not is_plain or len(ids) != len(report.cases):
            return
        blocks = dict(report.blocks)
        made: dict[str, dict[str, KeptResult]] = {} if ids else {engine: {} for engine in self._keys}
        executed = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        for index, verdict in enumerate(report.verdicts):
            if verdict.engine in self._keys and verdict.id in ids and _may_be_kept(verdict):
                cached = verdict.cached or Cached(executed, self._keys[verdict.engine].build)
                kept = KeptResult(replace(verdict, cached=cached), blocks.get(index))
                made.setdefault(verdict.engine, {})[verdict.id] = kept
        earlier = self._find(task) if len(report.verdicts) < len(ids) * len(task.engines) else {}
        self.store.release()
        for engine, results in made.items():
            before = earlier[engine].results if engine in earlier else {}
            kept_document = KeptDocument(report.cases, {**before, **results})
            key = result_key(self._keys[engine], document_digest(task))
            self._pending.append((key, write_kept(task.place, kept_document)))
        if len(self._pending) >= TOGETHER or time.monotonic() - self._flushed > SECONDS:
            self.flush()

    def flush(self) -> None:
        """Write what is waiting, unless what has made it is no longer what its key says."""
        pending, self._pending = self._pending, []
        self._flushed = time.monotonic()
        if not pending or self._changed:
            return
        changed = [room for room, digest in self._rooms.items() if room_digest_now(room) != digest]
        if changed:
            self._changed = f"{', '.join(changed)} changed while it ran: nothing more is kept"
            return
        self.store.put(pending)

    def summary(self) -> CacheSummary:
        """What came of it so far."""
        store = self.store
        notes = [f"results of {name} are never kept: what it is built of is not known" for name in self._unknown]
        if store.damaged:
            notes.append(f"{store.damaged} entries were damaged, and are made anew")
        if store.begun_anew:
            notes.append("its database was damaged, and is begun anew")
        if store.evicted:
            notes.append(f"{store.evicted} entries made room for others")
        notes += [reason for reason in (self._changed, store.lost) if reason]
        return CacheSummary(str(store.folder), store.size(), store.damaged, store.evicted, tuple(notes))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.flush()
        self.store.close()

    def _find(self, task: DocumentTask) -> dict[str, KeptDocument]:
        """What is kept of a document, by engine."""
        digest = document_digest(task)
        found: dict[str, KeptDocument] = {}
        for engine in task.engines:
            key = self._keys.get(engine)
            content = None if key is None else self.store.get(result_key(key, digest))
            if key is not None and content is not None:
                try:
                    found[engine] = read_kept(task.place, engine, key.build, content)
                except DAMAGED:
                    self.store.drop(result_key(key, digest))
        return found


def _report(task: DocumentTask, found: Mapping[str, KeptDocument]) -> DocumentReport | None:
    """The report on a document of which that is kept; None where a result is missing that is asked for."""
    documents = [found[engine] for engine in task.engines]
    cases = documents[0].cases
    if any(document.cases != cases for document in documents):
        return None
    verdicts: list[Verdict] = []
    blocks: list[tuple[int, BlockSummary]] = []
    deselected = 0
    for case in cases:
        if task.wanted is not None and (case.id not in task.wanted and task.place not in task.wanted):
            continue
        if not task.selection.takes(case.id, task.origin, case.forks, case.selectors):
            deselected += 1
            continue
        for document in documents:
            result = document.results.get(case.id)
            if result is None:
                return None
            if result.block is not None:
                blocks.append((len(verdicts), result.block))
            verdicts.append(result.verdict)
    return DocumentReport(task.place, tuple(verdicts), tuple(blocks), deselected=deselected, cases=cases)


def _may_be_kept(verdict: Verdict) -> bool:
    """Whether a later run may take a verdict for its own."""
    return verdict.result is Result.PASSED or (verdict.result is Result.SKIPPED and is_ours(verdict.engine))


def _rooms(keys: Mapping[str, EngineKey]) -> list[str]:
    """The rooms of the engines of this distribution."""
    return list(dict.fromkeys(name.partition(":")[0] for name in keys if is_ours(name)))
