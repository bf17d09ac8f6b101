"""Checking one document, whatever it holds."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Protocol

from samestate.conformance.checking.blocks import BlockSummary, summary_of
from samestate.conformance.checking.in_text import TestInText, described, forks_in_text, text_of
from samestate.conformance.checking.report import DocumentReport, FoundCase
from samestate.conformance.checking.running import describe_crash, forks_of, kind_of, run_case
from samestate.conformance.checking.selection import EVERYTHING
from samestate.conformance.checking.task import DocumentTask
from samestate.conformance.checking.vectors import check_vector, loaded
from samestate.conformance.checking.verdict import VECTOR, Result, Verdict
from samestate.conformance.engines.names import SPEC, WORKERS
from samestate.conformance.engines.registry import Engine, find_engine
from samestate.conformance.errors import InputError
from samestate.conformance.fixtures.archives import Document
from samestate.conformance.fixtures.block_file import BlockFileCase, is_rpc_block, is_rpc_witness
from samestate.conformance.fixtures.cases import Skipped
from samestate.conformance.fixtures.choices import network_chosen
from samestate.conformance.fixtures.load import ABOUT_RELEASE, Case, cases_in, is_about_release, is_schema, is_vector
from samestate.conformance.vectors.model import Vector
from samestate.conformance.vectors.recorded.model import RecordedCase, fork_of_recorded, kind_of_recorded
from samestate.conformance.vectors.recorded.parts import Part
from samestate.conformance.vectors.recorded.sorting import WholeCases, sort_document

if TYPE_CHECKING:
    from samestate.conformance.engines.optimized.text_cases import TextCase
    from samestate.optimized.evm.fixture_text import FixtureText


class Watch(Protocol):
    """Who is told of each run as it begins and ends."""

    def begin(self, verdict: Verdict) -> None:
        """A run begins. ``verdict`` is what it comes to, but for the reason, where it does not end."""

    def end(self, verdict: Verdict) -> None:
        """The run has ended, with this verdict."""


class Runs:
    """The runs of a document in their order: those that are known, and then those that are made.

    Those that an earlier run of the command has made are left out of both. ``cases`` are all that were found.
    """

    def __init__(self, task: DocumentTask, watch: Watch | None) -> None:
        self.cases: list[FoundCase] = []
        self._known = iter(task.known)
        self._cached = task.cached or {}
        self._watch = watch

    def find(self, id: str, forks: frozenset[str], selectors: frozenset[str] = frozenset()) -> None:
        """The document has this case, whether it is to be run or not."""
        self.cases.append(FoundCase(id, forks, selectors))

    def make(self, unended: Verdict, run: Callable[[], Verdict]) -> Verdict:
        """The verdict of the next run. ``unended`` is what it comes to, but for the reason, where it does not end."""
        cached = self._cached.get((unended.id, unended.engine))
        if cached is not None:
            return cached
        known = next(self._known, None)
        if known is not None:
            return known
        if self._watch is not None:
            self._watch.begin(unended)
        start = time.monotonic()
        verdict = replace(run(), seconds=time.monotonic() - start)
        if self._watch is not None:
            self._watch.end(verdict)
        return verdict


def check_task(task: DocumentTask, watch: Watch | None = None) -> DocumentReport:
    """What became of the cases of a document. What makes it unusable is in the report, not raised."""
    runs = Runs(task, watch)
    report = _check(task, runs)
    return report if report.error is not None else replace(report, cases=tuple(runs.cases))


def _check(task: DocumentTask, runs: Runs) -> DocumentReport:
    verdicts: list[Verdict] = []
    blocks: list[tuple[int, BlockSummary]] = []
    listed: list[str] = []
    deselected = failures = 0
    document = Document(task.place, task.content, task.problem)
    try:
        document.refuse()
        if is_vector(document):
            return check_vector_document(task, runs)
        if is_about_release(document):
            if task.is_listing:
                return DocumentReport(task.place)
            skipped = Skipped(task.place, "about", ABOUT_RELEASE)
            return DocumentReport(task.place, tuple(_run(skipped, engine, task.workers) for engine in task.engines))
        text = _text_of(task)
        if text is not None:
            return _check_text(task, text, runs)
        held = sort_document(document)
        if isinstance(held, WholeCases):
            return _check_recorded(task, held.cases, runs)
        if isinstance(held, Part) or is_rpc_block(held.value) or is_rpc_witness(held.value):
            return DocumentReport(task.place, is_half=True)
        if is_schema(held.value):
            return DocumentReport(task.place)
        for case in cases_in(task.place, held.value, task.groups, network_chosen(task.chain), task.rulesets):
            runs.find(case.id, forks_of(case))
            if task.wanted is not None and case.id not in task.wanted:
                continue
            if not task.selection.takes(case.id, task.origin, forks_of(case)):
                deselected += 1
                continue
            if task.is_listing:
                listed.append(case.id)
                continue
            for engine in task.engines:
                if isinstance(case, BlockFileCase) and engine == SPEC:
                    blocks.append((len(verdicts), summary_of(case)))
                verdicts.append(runs.make(_unended(case, engine), partial(_run, case, engine, task.workers)))
                failures += verdicts[-1].result is Result.FAILED
            if task.most_failures is not None and failures >= task.most_failures:
                break
    except InputError as error:
        return DocumentReport(task.place, tuple(verdicts), tuple(blocks), error=str(error), deselected=deselected)
    notes = tuple(dict.fromkeys(verdict.note for verdict in verdicts if verdict.note))
    return DocumentReport(
        task.place, tuple(verdicts), tuple(blocks), deselected=deselected, listed=tuple(listed), notes=notes
    )


def _check_recorded(task: DocumentTask, cases: Iterable[RecordedCase], runs: Runs) -> DocumentReport:
    """What became of what was recorded of Solana's chain. Raises InputError where it is malformed."""
    verdicts: list[Verdict] = []
    listed: list[str] = []
    deselected = 0
    for case in cases:
        fork = fork_of_recorded(case)
        forks = frozenset({fork} if fork else ())
        runs.find(case.id, forks)
        if task.wanted is not None and case.id not in task.wanted:
            continue
        if not task.selection.takes(case.id, task.origin, forks):
            deselected += 1
            continue
        if task.is_listing:
            listed.append(case.id)
            continue
        for engine in task.engines:
            unended = Verdict(case.id, Result.FAILED, "", fork, (), kind_of_recorded(case), engine)
            verdicts.append(runs.make(unended, partial(_run_recorded, case, engine, task.workers)))
        failures = sum(verdict.result is Result.FAILED for verdict in verdicts)
        if task.most_failures is not None and failures >= task.most_failures:
            break
    report = _report(task, verdicts)
    return replace(report, deselected=deselected, listed=tuple(listed))


def _run_recorded(case: RecordedCase, engine: str, workers: int) -> Verdict:
    return run_recorded(case, engine, engine_of(engine, workers))


def run_recorded(case: RecordedCase, id: str, engine: Engine) -> Verdict:
    """What becomes of a recorded case on the engine of that id. A crash is a failure, and says where it happened."""
    from samestate.conformance.checking.recorded import check_recorded  # which takes Solana's machine

    try:
        return check_recorded(case, id, engine)
    except InputError:
        raise
    except Exception as error:
        crash = describe_crash(error, id)
        return Verdict(case.id, Result.FAILED, crash, fork_of_recorded(case), (), kind_of_recorded(case), id)


def _text_of(task: DocumentTask) -> FixtureText | None:
    """The text of a document of which every case is run, and by engines that check tests where they lie; else None."""
    if task.wanted is not None or task.is_listing or task.selection != EVERYTHING:
        return None
    return text_of(task.content, [engine_of(engine, task.workers) for engine in task.engines])


def _check_text(task: DocumentTask, text: FixtureText, runs: Runs) -> DocumentReport:
    """What became of the cases of a document of tests. What makes it unusable is in the report, not raised."""
    verdicts: list[Verdict] = []
    try:
        for name, value in text.members():
            test = TestInText(text, task.place, name, value, task.groups, task.rulesets)
            for make in _runs_in_text(test, task, runs):
                verdicts += (make(engine) for engine in task.engines)
                failures = sum(verdict.result is Result.FAILED for verdict in verdicts)
                if task.most_failures is not None and failures >= task.most_failures:
                    return _report(task, verdicts)
    except InputError as error:
        return DocumentReport(task.place, tuple(verdicts), error=str(error))
    return _report(task, verdicts)


def _runs_in_text(test: TestInText, task: DocumentTask, runs: Runs) -> Iterator[Callable[[str], Verdict]]:
    """For each case of a test what makes the verdict on it by an engine. Raises InputError."""

    def read(case: Case | Skipped, engine: str) -> Verdict:
        return runs.make(_unended(case, engine), partial(_run, case, engine, task.workers))

    def in_text(index: int, case: TextCase, engine: str) -> Verdict:
        fork, kind = described(case)
        unended = Verdict(f"{task.place}::{case.name}", Result.FAILED, "", fork, (), kind, engine)
        return runs.make(unended, lambda: test.run(index, case, engine, engine_of(engine, task.workers)))

    cases = test.cases()
    if cases is None:
        for case in test.read():
            runs.find(case.id, forks_of(case))
            yield partial(read, case)
        return
    for index, found in enumerate(cases):
        if isinstance(found, Skipped):
            runs.find(found.id, frozenset())
            yield partial(read, found)
        else:
            runs.find(f"{task.place}::{found.name}", forks_in_text(found))
            yield partial(in_text, index, found)


def _report(task: DocumentTask, verdicts: list[Verdict]) -> DocumentReport:
    notes = tuple(dict.fromkeys(verdict.note for verdict in verdicts if verdict.note))
    return DocumentReport(task.place, tuple(verdicts), notes=notes)


def _unended(case: Case | Skipped, engine: str) -> Verdict:
    """What becomes of a case that does not end."""
    kind = "" if isinstance(case, Skipped) else kind_of(case)
    return Verdict(case.id, Result.FAILED, "", ", ".join(sorted(forks_of(case))), (), kind, engine)


def _run(case: Case | Skipped, engine: str, workers: int) -> Verdict:
    return run_case(case, engine, engine_of(engine, workers))


def check_vector_document(task: DocumentTask, runs: Runs) -> DocumentReport:
    """What became of a vector. Raises InputError where it is malformed."""
    if task.wanted is not None and task.place not in task.wanted:
        return DocumentReport(task.place)
    vector = loaded(task.place, task.content)
    case = vector.case
    runs.find(case.id, frozenset({case.fork}), case.selectors)
    if not task.selection.takes(case.id, task.origin, frozenset({case.fork}), case.selectors):
        return DocumentReport(task.place, deselected=1)
    if task.is_listing:
        return DocumentReport(task.place, listed=(case.id,))
    verdicts = []
    for engine in task.engines:
        unended = Verdict(case.id, Result.FAILED, "", case.fork, (), VECTOR, engine)
        verdict = runs.make(unended, partial(_check_vector, vector, engine, task.workers))
        verdicts.append(replace(verdict, hazards=vector.hazards))
    return DocumentReport(task.place, tuple(verdicts), notes=(vector.note,) if vector.note else ())


def _check_vector(vector: Vector, engine: str, workers: int) -> Verdict:
    return run_vector(vector, engine, engine_of(engine, workers))


def run_vector(vector: Vector, id: str, engine: Engine) -> Verdict:
    """What becomes of a vector on the engine of that id. A crash is a failure, and says where it happened."""
    try:
        verdict = check_vector(vector, engine)
    except InputError:
        raise
    except Exception as error:
        verdict = Verdict(vector.case.id, Result.FAILED, describe_crash(error, id), vector.case.fork)
    return replace(verdict, kind=VECTOR, engine=id)


@lru_cache(maxsize=64)
def engine_of(name: str, workers: int = WORKERS) -> Engine:
    """The engine of that id, one for each process. Raises InputError where there is none."""
    return find_engine(name, workers=workers)
