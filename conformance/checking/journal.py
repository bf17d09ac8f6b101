"""What is done already: reports on documents, kept in `.samestate/` for as long as the source stays as it is."""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import re
import sys
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from samestate import conformance, spec
from samestate.conformance.checking.document import DocumentTask
from samestate.conformance.checking.report import DocumentReport
from samestate.conformance.checking.selection import below
from samestate.conformance.checking.verdict import Result
from samestate.conformance.errors import InputError
from samestate.conformance.fixtures.pre_alloc import group_path
from samestate.conformance.output.targets import LineFile, check_folder

OPTION: Final = "--resume:"
FOLDER: Final = Path(".samestate")
NAMED_GROUP: Final = re.compile(rb'"preHash"\s*:\s*"(0x[0-9a-fA-F]{1,64})"')
"""How a document names a pre-allocation group, on whose content its verdicts depend."""
LIBRARIES: Final = ("coincurve", "cryptography", "gmpy2", "py-arkworks-bls12381", "py-ecc", "pycryptodome")


def source_version() -> str:
    """A digest of all that a verdict depends on beside the document: our source, the libraries, the interpreter."""
    digest = hashlib.sha256(sys.version.encode())
    for library in LIBRARIES:
        digest.update(f"{library} {importlib.metadata.version(library)}".encode())
    for package in (spec, conformance):
        for folder in package.__path__:
            for file in sorted(Path(folder).rglob("*.py")):
                digest.update(file.relative_to(folder).as_posix().encode())
                digest.update(file.read_bytes())
    return digest.hexdigest()[:16]


class ResumeJournal:
    """Reports on documents by their content. A line is written and flushed as soon as its document is done."""

    def __init__(self, folder: Path = FOLDER) -> None:
        self.version = source_version()
        self.path = folder / f"check-{self.version}.jsonl"
        self.done: dict[str, dict[str, Any]] = {}
        check_folder(OPTION, folder)
        self._log = LineFile(OPTION, self.path)
        ends_well = True
        try:
            for line in self.path.read_bytes().splitlines(keepends=True):
                ends_well = line.endswith(b"\n")
                self._read(line)
        except OSError as error:
            raise InputError(f"{OPTION} {self.path}: cannot be read: {error.strerror or error}") from error
        if not ends_well:
            self._log.add("")

    def _read(self, line: bytes) -> None:
        """Take in a line. One that was cut off when an earlier run was killed does not count."""
        try:
            entry = json.loads(line)
            self.done[entry["key"]] = entry["report"]
        except (ValueError, KeyError, TypeError):
            return

    def find(self, task: DocumentTask) -> DocumentReport | None:
        """The report on a document that was checked before, for the same engines and cases."""
        value = self.done.get(key_of(task))
        return None if value is None else DocumentReport.from_json(task.place, value)

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

    What the document is called counts only where that decides which of its cases are run.
    """
    names = None if task.wanted is None else sorted(name.removeprefix(task.place) for name in task.wanted)
    is_by_name = bool(task.selection.keyword or task.selection.cases)
    selection = [*task.selection.options(), below(task.origin, task.place) if is_by_name else ""]
    question = json.dumps([task.engines, names, selection, Path(task.place).suffix, "secure" in task.place.lower()])
    chain = b"" if task.chain is None else task.chain.content or task.chain.name.encode()
    digest = hashlib.sha256(question.encode() + b"\0" + hashlib.sha256(chain).digest() + task.content)
    for name in sorted(set(NAMED_GROUP.findall(task.content))) if task.groups is not None else ():
        path = group_path(task.groups, name.decode())
        digest.update(name + (hashlib.sha256(path.read_bytes()).digest() if path is not None else b""))
    return digest.hexdigest()
