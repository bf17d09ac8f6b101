"""Checking one document, whatever it holds."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

from samestate.conformance.checking.blocks import BlockSummary, summary_of
from samestate.conformance.checking.executor import SPEC
from samestate.conformance.checking.report import DocumentReport
from samestate.conformance.checking.running import describe_crash, forks_of, run_case
from samestate.conformance.checking.vectors import check_document as check_vector
from samestate.conformance.checking.verdict import Result, Verdict
from samestate.conformance.engines.in_process import WORKERS
from samestate.conformance.engines.registry import Engine, find_engine
from samestate.conformance.errors import InputError
from samestate.conformance.fixtures.archives import Document
from samestate.conformance.fixtures.block_file import BlockFileCase, is_rpc_block, is_rpc_witness, unwrap
from samestate.conformance.fixtures.cases import Skipped
from samestate.conformance.fixtures.load import Case, cases_in, is_schema, is_vector

VECTOR: Final = "vector"


@dataclass(frozen=True, slots=True)
class Task:
    """A document to be checked on each of ``engines``, with so many ``workers`` each.

    ``origin`` is the path that it was found below. ``wanted`` are the ids of the cases to run, or None for all;
    ``fork`` is the fork to which cases are limited.
    """

    place: str
    content: bytes
    origin: str
    engines: tuple[str, ...] = (SPEC,)
    workers: int = WORKERS
    wanted: frozenset[str] | None = None
    fork: str | None = None


def check_task(task: Task) -> DocumentReport:
    """What became of the cases of a document. What makes it unusable is in the report, not raised."""
    verdicts: list[Verdict] = []
    blocks: list[tuple[int, BlockSummary]] = []
    document = Document(task.place, task.content)
    try:
        if is_vector(document):
            for engine in task.engines:
                verdicts += _check_vector(task, engine)
            return DocumentReport(task.place, tuple(verdicts))
        value = unwrap(document.json())
        if is_rpc_block(value) or is_rpc_witness(value):
            return DocumentReport(task.place, is_half=True)
        if is_schema(value):
            return DocumentReport(task.place)
        for case in cases_in(task.place, value):
            if not is_wanted(case, task):
                continue
            for engine in task.engines:
                if isinstance(case, BlockFileCase) and engine == SPEC:
                    blocks.append((len(verdicts), summary_of(case)))
                verdicts.append(run_case(case, engine, engine_of(engine, task.workers)))
    except InputError as error:
        return DocumentReport(task.place, tuple(verdicts), tuple(blocks), error=str(error))
    return DocumentReport(task.place, tuple(verdicts), tuple(blocks))


def is_wanted(case: Case | Skipped, task: Task) -> bool:
    """Whether a case is in the sample and of the fork that were asked for."""
    if task.wanted is not None and case.id not in task.wanted:
        return False
    return task.fork is None or task.fork in forks_of(case)


def _check_vector(task: Task, engine: str) -> Iterator[Verdict]:
    if task.wanted is not None and task.place not in task.wanted:
        return
    try:
        for verdict in check_vector(task.place, task.content, engine_of(engine, task.workers)):
            if task.fork is None or task.fork == verdict.fork:
                yield replace(verdict, kind=VECTOR, engine=engine)
    except InputError:
        raise
    except Exception as error:
        yield Verdict(task.place, Result.FAILED, describe_crash(error, engine), kind=VECTOR, engine=engine)


@functools.cache
def engine_of(name: str, workers: int = WORKERS) -> Engine:
    """The engine of that id, one for each process. Raises InputError where there is none."""
    return find_engine(name, workers=workers)
