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
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, replace
from multiprocessing.context import BaseContext
from typing import Final

from samestate.conformance.checking import coverage
from samestate.conformance.checking.document import Task, check_task
from samestate.conformance.checking.report import DocumentReport

CHUNK_DOCUMENTS: Final = 8
CHUNK_BYTES: Final = 1 << 20
NOTHING_AHEAD: Final = -1
BYTES_AHEAD: Final = 24 << 20
"""How much is read ahead of what is done. What is done after a document that takes minutes waits without its content,
so that no worker is idle meanwhile."""


Keep = Callable[[Task, DocumentReport], None]


@dataclass(slots=True)
class _Chunk:
    """Documents that went to a worker together."""

    tasks: list[Task]
    future: Future[list[DocumentReport]]
    done: list[tuple[Task, DocumentReport]] | None = None

    def size(self) -> int:
        """The bytes that are held for it."""
        return sum(len(task.content) for task in self.tasks)

    def finish(self, keep: Keep | None) -> None:
        """Take the reports, and let go of the documents but for those that are needed again."""
        reports = self.future.result()
        if keep is not None:
            for task, report in zip(self.tasks, reports, strict=True):
                keep(task, report)
        self.tasks = [
            task if report.is_half else replace(task, content=b"")
            for task, report in zip(self.tasks, reports, strict=True)
        ]
        self.done = list(zip(self.tasks, reports, strict=True))


class WorkerDied(Exception):  # noqa: N818 - says what happened
    """A worker process ended before its work: killed, or out of memory. The message says what it was at."""


def check_all(
    tasks: Iterable[Task], jobs: int, measure_rules: bool = False, keep: Keep | None = None
) -> Iterator[tuple[Task, DocumentReport]]:
    """Each task with its report, in order: in this process, or in ``jobs`` others. Raises WorkerDied.

    ``keep`` is told of each as soon as it is done, in any order.
    """
    if jobs > 1:
        yield from _in_workers(tasks, jobs, measure_rules, keep)
        return
    if measure_rules:
        coverage.start()
    try:
        for task in tasks:
            (report,) = _check_chunk([task], measure_rules)
            if keep is not None:
                keep(task, report)
            yield task, report
    finally:
        if measure_rules:
            coverage.stop()


def _in_workers(
    tasks: Iterable[Task], jobs: int, measure_rules: bool, keep: Keep | None
) -> Iterator[tuple[Task, DocumentReport]]:
    pending: deque[_Chunk] = deque()
    try:
        with _executor(jobs, measure_rules) as executor:
            for chunk in chunks(tasks):
                pending.append(_Chunk(chunk, executor.submit(_check_chunk, chunk, measure_rules)))
                yield from _collect(pending, keep, BYTES_AHEAD)
            yield from _collect(pending, keep, NOTHING_AHEAD)
    except BrokenProcessPool as error:
        at = pending[0].tasks[0].place if pending else "the first document"
        raise WorkerDied(
            f"a worker process was killed while others waited, at {at} or after it: "
            "is there enough memory? With --jobs 1 the last document is the one"
        ) from error


def _collect(pending: deque[_Chunk], keep: Keep | None, ahead: int) -> Iterator[tuple[Task, DocumentReport]]:
    """Take what is done from the front of ``pending``, and wait until no more than ``ahead`` bytes are not done."""
    while True:
        for chunk in pending:
            if chunk.done is None and chunk.future.done():
                chunk.finish(keep)
        while pending and pending[0].done is not None:
            yield from pending[0].done
            pending.popleft()
        running = [chunk for chunk in pending if chunk.done is None]
        if not running or sum(chunk.size() for chunk in running) <= ahead:
            return
        wait([chunk.future for chunk in running], return_when=FIRST_COMPLETED)


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
    context.set_forkserver_preload(["samestate.conformance.checking.document"])
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
