"""Checking all that paths hold: documents out of archives, over workers, through the journal, to verdicts in order."""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from samestate.conformance.checking.earlier import NOTHING_EARLIER, Earlier
from samestate.conformance.checking.limits import NO_LIMITS, Limits
from samestate.conformance.checking.measuring import NOTHING_MEASURED, Measures
from samestate.conformance.checking.report import DocumentReport
from samestate.conformance.checking.selection import EVERYTHING, Selection, is_called
from samestate.conformance.checking.task import DocumentTask
from samestate.conformance.checking.verdict import Result, Verdict
from samestate.conformance.checking.workers import check_all
from samestate.conformance.engines.names import SPEC, WORKERS
from samestate.conformance.errors import InputError
from samestate.conformance.fixtures.archives import Document, documents
from samestate.conformance.fixtures.choices import AS_THEY_SAY, ChainChoice, Rulesets, network_chosen
from samestate.conformance.fixtures.group_folders import GroupFolders
from samestate.conformance.metering.tally import MetricTally
from samestate.conformance.vectors.recorded.parts import is_binary

if TYPE_CHECKING:
    from samestate.conformance.checking.blocks import BlockSummary
    from samestate.conformance.checking.caching.cache import CacheSummary
    from samestate.conformance.checking.sample import Sample
    from samestate.conformance.fixtures.networks import Network

BEGINNING: Final = 4096
DOCUMENT: Final = "document"
"""The kind of a verdict on a document that cannot be used."""


@dataclass(frozen=True, slots=True)
class Options:
    """What to check and how.

    ``sample`` and ``selection`` limit the cases, ``members`` those of a path, to what has that id; of a path that was
    given as a whole there are none. ``jobs`` counts processes that share the cases, ``workers`` those inside an engine.
    ``most_failures`` ends it after so many; ``is_listing``: cases are listed, and not run. ``limits`` are what each
    case may take. ``chain`` is that of blocks which are of no public one or name none, ``rulesets`` say what names of
    forks in fixtures mean. ``durations``: so many of the slowest cases are told.
    ``quorum``: so many engines are to agree with the specification on each case. ``has_digests``: the session is to
    know the digest of each document.
    """

    paths: tuple[Path, ...]
    engines: tuple[str, ...] = (SPEC,)
    jobs: int = 1
    workers: int = WORKERS
    sample: int | None = None
    selection: Selection = EVERYTHING
    members: tuple[tuple[Path, str], ...] = ()
    measures: Measures = NOTHING_MEASURED
    most_failures: int | None = None
    is_listing: bool = False
    chain: ChainChoice | None = None
    rulesets: Rulesets = AS_THEY_SAY
    limits: Limits = NO_LIMITS
    durations: int = 0
    quorum: int | None = None
    has_digests: bool = False

    def selection_of(self, path: Path) -> Selection:
        """Which of the cases below a path are to be run."""
        ids = tuple(id for place, id in self.members if place == path)
        return dataclasses.replace(self.selection, cases=ids) if ids else self.selection


@dataclass(slots=True)
class Session:
    """What has become of the cases so far.

    ``verdicts`` are in the order of the documents; ``origins`` says which of the given paths each belongs to, ``files``
    which document, ``members`` what those are called in their archive that are in one. ``resumed`` counts the documents
    whose verdicts were kept from an earlier run, ``deselected`` the cases that were not asked for; ``notes`` say what
    is odd about documents, ``listed`` are the ids of cases that were only to be listed. ``cache`` is what came of a
    cache, if any, ``digests`` the SHA-256 of documents by place, where that is wanted. ``ended`` says why it ended
    early, if it did. ``metered`` is what engines said of their blocks, until somebody takes it.
    """

    verdicts: list[Verdict] = field(default_factory=list)
    origins: list[str] = field(default_factory=list)
    files: list[str] = field(default_factory=list)
    members: dict[str, str] = field(default_factory=dict)
    listed: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    deselected: int = 0
    ended: str = ""
    rules: set[str] = field(default_factory=set)
    resumed: int = 0
    cache: CacheSummary | None = None
    digests: dict[str, str] = field(default_factory=dict)
    sample: Sample | None = None
    metered: MetricTally = field(default_factory=MetricTally)
    _blocks: dict[int, BlockSummary] = field(default_factory=dict)

    def count(self, result: Result) -> int:
        """How many cases ended so."""
        return sum(verdict.result is result for verdict in self.verdicts)

    def idle(self, engines: Iterable[str]) -> list[str]:
        """The engines among these that executed no case at all."""
        busy = {verdict.engine for verdict in self.verdicts if verdict.result in (Result.PASSED, Result.FAILED)}
        return [engine for engine in engines if engine not in busy]

    @property
    def errors(self) -> list[Verdict]:
        """The documents that could not be used, each with what is wrong with it."""
        return [verdict for verdict in self.verdicts if verdict.result is Result.ERROR]

    def refuse_errors(self) -> None:
        """Raise InputError where a document could not be used: what was not looked at has not passed."""
        if errors := self.errors:
            others = f"; and {len(errors) - 1} more documents cannot be used" if len(errors) > 1 else ""
            raise InputError(f"{errors[0].id}: {errors[0].reason}{others}")

    def take(self, report: DocumentReport, origin: str) -> None:
        """Add the verdicts of a document, and that it cannot be used, if so."""
        start = len(self.verdicts)
        self.verdicts += report.verdicts
        self.listed += report.listed
        self.notes += report.notes
        self.deselected += report.deselected
        self._blocks.update({start + index: block for index, block in report.blocks})
        self.rules |= report.rules
        if report.metered is not None:
            self.metered.merge(report.metered)
        if report.error is not None:
            reason = report.error.removeprefix(f"{report.place}: ")
            self.verdicts.append(Verdict(report.place, Result.ERROR, reason, kind=DOCUMENT, engine=""))
        added = len(self.verdicts) - start
        self.origins += [origin] * added
        self.files += [report.place] * added

    def compare_headers(self, chain: Network | None = None) -> None:
        """Let the headers of blocks speak about one another, once all are there. ``chain`` as in :class:`Options`."""
        if not self._blocks:
            return
        from samestate.conformance.checking.blocks import compare_series  # which takes the rules of headers

        indices = sorted(self._blocks)
        series = compare_series(((self._blocks[index], self.verdicts[index]) for index in indices), chain)
        for index, verdict in zip(indices, series, strict=True):
            self.verdicts[index] = verdict


Watch = Callable[[int, Session], None]
"""Told of the session after each document, and of the bytes of files up to that document."""


@dataclass(slots=True)
class Ahead:
    """Reports that are done and not taken yet, because one before them is not done."""

    reports: dict[int, tuple[DocumentReport, str]] = field(default_factory=dict)

    def add(self, task: DocumentTask, report: DocumentReport) -> None:
        """A document is done."""
        self.reports[id(report)] = (report, task.origin)

    def take(self, report: DocumentReport) -> None:
        """A report is taken, in its turn."""
        self.reports.pop(id(report), None)


@dataclass(slots=True)
class Reading:
    """The bytes of files that have been read, now and after each document that is not done yet."""

    total: int = 0
    after: deque[int] = field(default_factory=deque)

    def count(self, size: int) -> None:
        """So many bytes more."""
        self.total += size


def check(options: Options, session: Session, earlier: Earlier = NOTHING_EARLIER, watch: Watch | None = None) -> None:
    """Check everything below the paths of ``options``; ``session`` is filled as it goes, however it ends.

    A document that cannot be used is an error of its own, and the others are checked. Raises InputError for a path
    that is not there and where there is no case at all; EndedBeforeWork; KeyboardInterrupt.
    """
    for path in options.paths:
        if not path.exists():
            raise InputError(f"{path}: there is no such file or folder")
    ahead = Ahead()
    chain = network_chosen(options.chain)
    try:
        with GroupFolders() as folders:
            if options.sample is not None:
                from samestate.conformance.checking.sample import choose  # which takes what reads all cases

                session.sample = choose(
                    options.paths, options.sample, options.selection, folders, chain, options.rulesets
                )
            _check(options, session, earlier, watch, ahead, folders)
    except BaseException:
        for report, origin in ahead.reports.values():
            session.take(report, origin)
        raise
    finally:
        session.compare_headers(chain)
    if not session.ended:
        _refuse_nothing(options, session)


def _check(
    options: Options,
    session: Session,
    earlier: Earlier,
    watch: Watch | None,
    ahead: Ahead,
    folders: GroupFolders,
) -> None:
    halves: list[DocumentTask] = []
    reading = Reading()
    with contextlib.closing(
        _reports(_tasks(options, session, reading, folders), options, session, earlier, ahead)
    ) as reports:
        for task, report in reports:
            if report.is_half:
                halves.append(task)
            _take(options, session, task, report)
            if watch is not None:
                watch(reading.after.popleft(), session)
            if session.ended:
                return
    with contextlib.closing(_reports(_whole(options, session, halves), options, session, earlier, ahead)) as reports:
        for task, report in reports:
            _take(options, session, task, report)
            if watch is not None:
                watch(reading.total, session)
            if session.ended:
                return


def _take(options: Options, session: Session, task: DocumentTask, report: DocumentReport) -> None:
    """Add a report, up to the last failure that is wanted."""
    most = options.most_failures
    if most is not None:
        room = most - session.count(Result.FAILED)
        failures = [index for index, verdict in enumerate(report.verdicts) if verdict.result is Result.FAILED]
        if len(failures) >= room:
            report = report.until(failures[room - 1] + 1)
            session.ended = f"stopped after {most} failure{'s' if most > 1 else ''}"
    session.take(report, task.origin)


def _refuse_nothing(options: Options, session: Session) -> None:
    """Raise InputError where there was no case at all, or not one that was asked for by its name."""
    limits = [*options.selection.options(), *(f"{id}" for _, id in options.members)]
    limits += [f"--sample {options.sample}"] if options.sample is not None else []
    if not session.verdicts and not session.listed and session.sample is not None and session.sample.skipped:
        reasons = "; ".join(f"{count} {reason}" for reason, count in sorted(session.sample.skipped.items()))
        raise InputError(f"{', '.join(map(str, options.paths))}: no case that can be run: {reasons}")
    if not session.verdicts and not session.listed:
        raise InputError(
            f"{', '.join(map(str, options.paths))}: no case to check"
            + (f" with {' '.join(limits)}: take a limit away or give other paths" if limits else "")
        )
    ids = {verdict.id for verdict in session.verdicts} | {*session.listed}
    for case in (*options.selection.cases, *(id for _, id in options.members)):
        if not any(is_called(id, case) for id in ids):
            raise InputError(f"no case is called {case}; --list shows what cases are called")


def _tasks(options: Options, session: Session, reading: Reading, folders: GroupFolders) -> Iterator[DocumentTask]:
    for path in options.paths:
        for document in _documents(path, reading):
            wanted = _wanted(session, document.place)
            if _is_needed(session, document, wanted):
                _digest(options, session, document.place, document.content)
                if document.member is not None:
                    session.members[document.place] = document.member
                reading.after.append(reading.total)
                yield DocumentTask(
                    document.place,
                    document.content,
                    str(path),
                    options.engines,
                    options.workers,
                    wanted,
                    options.selection_of(path),
                    options.is_listing,
                    options.most_failures,
                    document.problem,
                    folders.of(document),
                    options.chain,
                    options.rulesets,
                )


def _digest(options: Options, session: Session, place: str, content: bytes) -> None:
    if options.has_digests:
        session.digests[place] = hashlib.sha256(content).hexdigest()


def _documents(path: Path, reading: Reading) -> Iterator[Document]:
    try:
        yield from documents([path], reading.count, with_problems=True)
    except InputError as error:
        yield Document(str(path), b"", str(error).removeprefix(f"{path}: "))


def _wanted(session: Session, place: str) -> frozenset[str] | None:
    return None if session.sample is None else session.sample.wanted.get(place, frozenset())


def _is_needed(session: Session, document: Document, wanted: frozenset[str] | None) -> bool:
    """Whether a document has a case that was chosen, or cannot be used, or may be half of a chosen block."""
    if wanted is None or wanted or document.problem is not None:
        return True
    return _may_be_half(document) or (session.sample is not None and document.place in session.sample.unusable)


def _may_be_half(document: Document) -> bool:
    """Whether a document without any chosen case may be needed for one: a witness, what lies beside shreds, results."""
    content = document.content
    is_witness = b'"headers"' in content and b'"codes"' in content
    is_beside = b'"pubkey"' in content[:BEGINNING] or (b'"results"' in content and b'"detail"' in content)
    return is_witness or is_beside or is_binary(content)


def _reports(
    tasks: Iterator[DocumentTask], options: Options, session: Session, earlier: Earlier, ahead: Ahead
) -> Generator[tuple[DocumentTask, DocumentReport], None, None]:
    """The reports in the order of the tasks, from earlier runs where these have them."""

    def keep(task: DocumentTask, report: DocumentReport) -> None:
        ahead.add(task, report)
        earlier.add(task, report)

    known: dict[int, tuple[DocumentTask, DocumentReport]] = {}
    order: list[int] = []

    def unknown() -> Iterator[DocumentTask]:
        for number, task in enumerate(tasks):
            found = _look_up(task, earlier, session)
            if isinstance(found, DocumentReport):
                done = DocumentTask(task.place, b"", task.origin)
                known[number] = (done, found)
                ahead.add(done, found)
            else:
                order.append(number)
                earlier.prepare()
                yield found

    following = 0
    reports = check_all(unknown(), options.jobs, options.measures, keep, options.limits)
    for position, (task, report) in enumerate(reports):
        while following < order[position]:
            yield _taken(known.pop(following), ahead)
            following += 1
        ahead.take(report)
        yield task, report
        following += 1
    for number in sorted(known):
        yield _taken(known[number], ahead)


def _look_up(task: DocumentTask, earlier: Earlier, session: Session) -> DocumentReport | DocumentTask:
    """The report of an earlier run on a document, or the task, with what is known of it."""
    report = None if earlier.journal is None else earlier.journal.find(task)
    if report is not None:
        session.resumed += 1
        return report
    return task if earlier.cache is None else earlier.cache.look_up(task)


def _taken(done: tuple[DocumentTask, DocumentReport], ahead: Ahead) -> tuple[DocumentTask, DocumentReport]:
    ahead.take(done[1])
    return done


def _whole(options: Options, session: Session, halves: list[DocumentTask]) -> Iterator[DocumentTask]:
    """Blocks and witnesses that came apart, put together, as tasks."""
    if not halves:
        return
    from samestate.conformance.checking.halves import HalfAlone, wholes  # which takes what no other document takes

    for whole in wholes(halves):
        if isinstance(whole, HalfAlone):
            yield DocumentTask(whole.place, b"", whole.origin, problem=whole.problem)
        else:
            yield _task(options, session, whole.place, whole.content, whole.origin)


def _task(options: Options, session: Session, place: str, content: bytes, origin: str) -> DocumentTask:
    """What was put together of several documents, as a task."""
    _digest(options, session, place, content)
    return DocumentTask(
        place,
        content,
        origin,
        options.engines,
        options.workers,
        _wanted(session, place),
        options.selection_of(Path(origin)),
        options.is_listing,
        options.most_failures,
        chain=options.chain,
    )
