"""What is done already: reports on documents, kept in `.samestate/` for as long as the source stays as it is."""

from __future__ import annotations

import contextlib
import functools
import hashlib
import json
import shlex
import shutil
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from samestate.conformance.checking.builds import ROOMS, room_digest, settings, surroundings
from samestate.conformance.checking.question import document_digest
from samestate.conformance.checking.report import DAMAGED, DocumentReport
from samestate.conformance.checking.selection import below
from samestate.conformance.checking.task import DocumentTask
from samestate.conformance.checking.verdict import Result
from samestate.conformance.engines.clients.installed import PeerMissing
from samestate.conformance.engines.clients.known import CLIENTS
from samestate.conformance.engines.names import OUTSIDE, installed_engines
from samestate.conformance.errors import InputError
from samestate.conformance.fixtures.strict_json import parse_json
from samestate.conformance.output.targets import LineFile, check_folder

OPTION: Final = "--resume:"
FOLDER: Final = Path(".samestate")


def source_version() -> str:
    """A digest of all that a verdict depends on beside the document and the question.

    That is our source with all engines in it, the libraries, the settings and the interpreter.
    """
    parts = [surroundings(), settings(), *map(room_digest, ROOMS)]
    return hashlib.sha256(" ".join(parts).encode()).hexdigest()[:16]


@functools.lru_cache(maxsize=16)
def program_version(engine: str) -> str:
    """A digest of the files that the command line of an outside engine names, the program and a script of it.

    Of a client or an engine that is known by name, of its version.
    """
    digest = hashlib.sha256()
    if engine in CLIENTS:
        from samestate.conformance.engines.protocol import EngineFailure  # which takes a while to import

        with contextlib.suppress(PeerMissing, EngineFailure):
            digest.update(CLIENTS[engine].version().encode())
    package = getattr(installed_engines().get(engine), "dist", None)
    if package is not None:
        digest.update(package.version.encode())
    prefix = next((prefix for prefix in OUTSIDE if engine.startswith(prefix)), None)
    for word in shlex.split(engine.removeprefix(prefix)) if prefix is not None else ():
        path = shutil.which(word) or word
        with contextlib.suppress(OSError, ValueError):
            if Path(path).is_file():
                digest.update(word.encode("utf-8", "surrogateescape") + b"\0" + Path(path).read_bytes())
    return digest.hexdigest()


class ResumeJournal:
    """Reports on documents by their content. A line is written and flushed as soon as its document is done."""

    def __init__(self, folder: Path = FOLDER) -> None:
        self.version = source_version()
        self.path = folder / f"check-{self.version}.jsonl"
        self.done: dict[str, Any] = {}
        check_folder(OPTION, folder)
        if self.path.exists() and not self.path.is_file():
            raise InputError(f"{OPTION} {self.path}: must be a file")
        self._log = LineFile(OPTION, self.path)
        ends_well = True
        try:
            with self.path.open("rb") as lines:
                for line in lines:
                    ends_well = line.endswith(b"\n")
                    self._read(line)
        except OSError as error:
            raise InputError(f"{OPTION} {self.path}: cannot be read: {error.strerror or error}") from error
        if not ends_well:
            self._log.add("")

    def _read(self, line: bytes) -> None:
        """Take in a line. One that was cut off when a run was killed does not count, nor does a damaged one."""
        with contextlib.suppress(ValueError):
            entry = parse_json(line)
            if isinstance(entry, dict) and isinstance(entry.get("key"), str):
                self.done[entry["key"]] = entry.get("report")

    def find(self, task: DocumentTask) -> DocumentReport | None:
        """The report on a document that was checked before, for the same engines and cases."""
        value = self.done.get(key_of(task))
        try:
            return None if value is None else DocumentReport.from_json(task.place, value)
        except DAMAGED:
            return None

    def add(self, task: DocumentTask, report: DocumentReport) -> None:
        """Keep a report, unless the document has to be looked at again, or may end otherwise. Raises InputError."""
        is_whole = task.most_failures is None or not any(each.result is Result.FAILED for each in report.verdicts)
        is_final = not report.is_half and not report.was_stopped
        if report.error is None and is_final and not report.notes and is_whole:
            self._log.add(json.dumps({"key": key_of(task), "report": report.to_json()}))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._log.close()


def key_of(task: DocumentTask) -> str:
    """A digest of the document's content and of what is asked about it.

    What the document is called counts only where that decides which of its cases are run. Of an outside engine those
    files count that its command line names; what they use beside them is not known here.
    """
    names = None if task.wanted is None else sorted(name.removeprefix(task.place) for name in task.wanted)
    is_by_name = bool(task.selection.keyword or task.selection.cases)
    selection = [*task.selection.options(), below(task.origin, task.place) if is_by_name else ""]
    programs = [program_version(engine) for engine in task.engines]
    question = json.dumps([task.engines, programs, task.workers, names, selection])
    return hashlib.sha256(question.encode() + b"\0" + document_digest(task)).hexdigest()
