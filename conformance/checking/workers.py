"""Documents checked by worker processes, a few at a time, their reports in the order of the documents."""

from __future__ import annotations

import contextlib
import multiprocessing
import multiprocessing.connection
import os
import signal
import sys
import threading
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing.context import BaseContext
from typing import Final

from conformance.checking.document import Task, check_task
from conformance.checking.report import DocumentReport
from conformance.rules import coverage

CHUNK_DOCUMENTS: Final = 16
CHUNK_BYTES: Final = 1 << 20
CHUNKS_AHEAD: Final = 8
"""How many chunks wait for each worker, so that none is idle while another is busy with a long one."""


class WorkerDied(Exception):  # noqa: N818 - says what happened
    """A worker process ended before its work: killed, or out of memory. The message says what it was at."""


def check_all(tasks: Iterable[Task], jobs: int, measure_rules: bool = False) -> Iterator[tuple[Task, DocumentReport]]:
    """Each task with its report, in order: in this process, or in ``jobs`` others. Raises WorkerDied."""
    if jobs == 1:
        if measure_rules:
            coverage.start()
        for task in tasks:
            yield task, coverage.attach(check_task(task)) if measure_rules else check_task(task)
        return
    yield from _in_workers(tasks, jobs, measure_rules)


def _in_workers(tasks: Iterable[Task], jobs: int, measure_rules: bool) -> Iterator[tuple[Task, DocumentReport]]:
    pending: deque[tuple[list[Task], Future[list[DocumentReport]]]] = deque()
    with _executor(jobs, measure_rules) as executor:
        for chunk in chunks(tasks):
            pending.append((chunk, executor.submit(_check_chunk, chunk, measure_rules)))
            if len(pending) >= jobs * CHUNKS_AHEAD:
                yield from _finish(*pending.popleft())
        while pending:
            yield from _finish(*pending.popleft())


def _finish(chunk: list[Task], future: Future[list[DocumentReport]]) -> Iterator[tuple[Task, DocumentReport]]:
    try:
        reports = future.result()
    except BrokenProcessPool as error:
        raise WorkerDied(
            f"a worker process was killed while others waited, at {chunk[0].place} or after it: "
            "is there enough memory? With --jobs 1 the last document is the one"
        ) from error
    yield from zip(chunk, reports, strict=True)


def chunks(tasks: Iterable[Task]) -> Iterator[list[Task]]:
    """Tasks in the portions in which they go to workers: some documents, or fewer where they are long."""
    chunk: list[Task] = []
    size = 0
    for task in tasks:
        chunk.append(task)
        size += len(task.content)
        if len(chunk) >= CHUNK_DOCUMENTS or size >= CHUNK_BYTES:
            yield chunk
            chunk, size = [], 0
    if chunk:
        yield chunk


@contextlib.contextmanager
def _executor(jobs: int, measure_rules: bool) -> Iterator[ProcessPoolExecutor]:
    """Workers that end with this block: at once where it ends by an exception, Ctrl-C included."""
    executor = ProcessPoolExecutor(jobs, _context(), _start_worker, (measure_rules,))
    try:
        yield executor
    except BaseException:
        executor.shutdown(wait=False, cancel_futures=True)
        for process in multiprocessing.active_children():
            process.terminate()
        raise
    executor.shutdown()


def _context() -> BaseContext:
    """Never plain forking: a child must not inherit locks that some thread holds."""
    if sys.platform != "linux":
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["conformance.checking.document"])
    return context


def _start_worker(measure_rules: bool) -> None:
    """Leave Ctrl-C to the parent, and end when it is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_end_with, args=(parent.sentinel,), daemon=True).start()
    if measure_rules:
        coverage.start()


def _end_with(sentinel: int) -> None:
    multiprocessing.connection.wait([sentinel])
    os._exit(1)


def _check_chunk(chunk: list[Task], measure_rules: bool) -> list[DocumentReport]:
    if measure_rules:
        return [coverage.attach(check_task(task)) for task in chunk]
    return [check_task(task) for task in chunk]
