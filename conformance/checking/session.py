"""Checking all that paths hold: documents out of archives, over workers, through the journal, to verdicts in order."""

from __future__ import annotations

import dataclasses
import json
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from samestate.conformance.checking.blocks import BlockSummary, compare_series
from samestate.conformance.checking.document import Task
from samestate.conformance.checking.executor import SPEC
from samestate.conformance.checking.journal import Journal
from samestate.conformance.checking.report import DocumentReport
from samestate.conformance.checking.sample import Sample, choose
from samestate.conformance.checking.verdict import Result, Verdict
from samestate.conformance.checking.workers import check_all
from samestate.conformance.engines.in_process import WORKERS
from samestate.conformance.errors import InputError
from samestate.conformance.fixtures.archives import Document, documents
from samestate.conformance.fixtures.block_file import is_rpc_block, unwrap
from samestate.conformance.fixtures.forks import BY_NAME
from samestate.conformance.fixtures.load import pair_rpc
from samestate.conformance.vectors.machines import MACHINES


@dataclass(frozen=True, slots=True)
class Options:
    """What to check and how. ``sample`` and ``fork`` limit the cases; ``jobs`` counts processes that share the cases,
    ``workers`` those inside an engine."""

    paths: tuple[Path, ...]
    engines: tuple[str, ...] = (SPEC,)
    jobs: int = 1
    workers: int = WORKERS
    sample: int | None = None
    fork: str | None = None
    measure_rules: bool = False


@dataclass(slots=True)
class Session:
    """What has become of the cases so far.

    ``verdicts`` are in the order of the documents; ``origins`` says which of the given paths each belongs to.
    ``resumed`` counts the documents whose verdicts were kept from an earlier run.
    """

    verdicts: list[Verdict] = field(default_factory=list)
    origins: list[str] = field(default_factory=list)
    rules: set[str] = field(default_factory=set)
    resumed: int = 0
    sample: Sample | None = None
    _blocks: dict[int, BlockSummary] = field(default_factory=dict)

    def count(self, result: Result) -> int:
        """How many cases ended so."""
        return sum(verdict.result is result for verdict in self.verdicts)

    def idle(self, engines: Iterable[str]) -> list[str]:
        """The engines among these that executed no case at all."""
        busy = {verdict.engine for verdict in self.verdicts if verdict.result is not Result.SKIPPED}
        return [engine for engine in engines if engine not in busy]

    def take(self, report: DocumentReport, origin: str) -> None:
        """Add the verdicts of a document."""
        start = len(self.verdicts)
        self.verdicts += report.verdicts
        self.origins += [origin] * len(report.verdicts)
        self._blocks.update({start + index: block for index, block in report.blocks})
        self.rules |= report.rules

    def compare_headers(self) -> None:
        """Let the headers of blocks speak about one another, once all are there."""
        indices = sorted(self._blocks)
        series = compare_series((self._blocks[index], self.verdicts[index]) for index in indices)
        for index, verdict in zip(indices, series, strict=True):
            self.verdicts[index] = verdict


Watch = Callable[[int, Session], None]
"""Told of the session after each document, and of the bytes of files up to that document."""


@dataclass(slots=True)
class Reading:
    """The bytes of files that have been read, now and after each document that is not done yet."""

    total: int = 0
    after: deque[int] = field(default_factory=deque)

    def count(self, size: int) -> None:
        """So many bytes more."""
        self.total += size


def fork_name(name: str) -> str:
    """The fork that a user calls ``name``: small or large letters, with or without spaces. Raises InputError."""
    wanted = name.replace(" ", "").replace("_", "").lower()
    names = {known: fork.name for known, fork in BY_NAME.items()}
    names |= {fork: fork for machine in MACHINES.values() for fork in machine.forks if fork not in names}
    for known, written in names.items():
        if known.lower() == wanted:
            return written
    raise InputError(f"--fork {name}: no fork is called so; known are {', '.join(names)}")


def check(options: Options, session: Session, journal: Journal | None = None, watch: Watch | None = None) -> None:
    """Check everything below the paths of ``options``; ``session`` is filled as it goes.

    Raises InputError for what cannot be used, for no case at all, too; WorkerDied; KeyboardInterrupt.
    """
    for path in options.paths:
        if not path.exists():
            raise InputError(f"{path}: there is no such file or folder")
    if options.sample is not None:
        session.sample = choose(options.paths, options.sample, options.fork)
    halves: list[Task] = []
    reading = Reading()
    for task, report in _reports(_tasks(options, session, reading), options, session, journal):
        _take(session, task, report)
        if report.is_half:
            halves.append(task)
        if watch is not None:
            watch(reading.after.popleft(), session)
    for task, report in _reports(_whole(options, session, halves), options, session, journal):
        _take(session, task, report)
    session.compare_headers()
    if not session.verdicts:
        limits = [f"--fork {options.fork}"] if options.fork is not None else []
        limits += [f"--sample {options.sample}"] if options.sample is not None else []
        raise InputError(
            f"{', '.join(map(str, options.paths))}: no case to check"
            + (f" with {' '.join(limits)}: take a limit away or give other paths" if limits else "")
        )


def _take(session: Session, task: Task, report: DocumentReport) -> None:
    if report.error is not None:
        raise InputError(report.error)
    session.take(report, task.origin)


def _tasks(options: Options, session: Session, reading: Reading) -> Iterator[Task]:
    for path in options.paths:
        for document in documents([path], reading.count):
            wanted = _wanted(session, document.place)
            if wanted is None or wanted or _may_be_half(document):
                reading.after.append(reading.total)
                yield Task(
                    document.place, document.content, str(path), options.engines, options.workers, wanted, options.fork
                )


def _wanted(session: Session, place: str) -> frozenset[str] | None:
    return None if session.sample is None else session.sample.wanted.get(place, frozenset())


def _may_be_half(document: Document) -> bool:
    """Whether a document without any chosen case may be the witness of a chosen block."""
    return b'"headers"' in document.content and b'"codes"' in document.content


def _reports(
    tasks: Iterator[Task], options: Options, session: Session, journal: Journal | None
) -> Iterator[tuple[Task, DocumentReport]]:
    """The reports in the order of the tasks, from the journal where it has them."""
    if journal is None:
        yield from check_all(tasks, options.jobs, options.measure_rules)
        return
    known: dict[int, tuple[Task, DocumentReport]] = {}
    order: list[int] = []

    def unknown() -> Iterator[Task]:
        for number, task in enumerate(tasks):
            report = journal.find(task)
            if report is not None:
                known[number] = (dataclasses.replace(task, content=b""), report)
                session.resumed += 1
            else:
                order.append(number)
                yield task

    following = 0
    reports = check_all(unknown(), options.jobs, options.measure_rules, journal.add)
    for position, (task, report) in enumerate(reports):
        while following < order[position]:
            yield known.pop(following)
            following += 1
        yield task, report
        following += 1
    for number in sorted(known):
        yield known[number]


def _whole(options: Options, session: Session, halves: list[Task]) -> Iterator[Task]:
    """Blocks and witnesses that came apart, put together, as tasks."""
    blocks: list[tuple[str, object]] = []
    witnesses: list[tuple[str, object]] = []
    for half in halves:
        value = unwrap(Document(half.place, half.content).json())
        (blocks if is_rpc_block(value) else witnesses).append((half.place, value))
    origins = {half.place: half.origin for half in halves}
    for pair in pair_rpc(blocks, witnesses):
        content = json.dumps({"block": pair.block, "witness": pair.witness}).encode()
        wanted = _wanted(session, pair.place)
        yield Task(pair.place, content, origins[pair.place], options.engines, options.workers, wanted, options.fork)
