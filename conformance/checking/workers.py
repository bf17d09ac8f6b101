"""Documents checked by worker processes, a few at a time, their reports in the order of the documents."""

from __future__ import annotations

import contextlib
import queue
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from samestate.conformance.checking.limits import NO_LIMITS, Limits
from samestate.conformance.checking.measuring import NOTHING_MEASURED, Measures
from samestate.conformance.checking.report import DocumentReport
from samestate.conformance.checking.task import DocumentTask

CHUNK_DOCUMENTS: Final = 8
CHUNK_BYTES: Final = 1 << 20
NOTHING_AHEAD: Final = -1
BYTES_AHEAD: Final = 24 << 20
"""How much is read ahead of what is done. What is done after a document that takes minutes waits without its content,
so that no worker is idle meanwhile."""


if TYPE_CHECKING:
    from samestate.conformance.checking.worker import Worker

Keep = Callable[[DocumentTask, DocumentReport], None]


@dataclass(slots=True)
class _Chunk:
    """Documents that went to a worker together."""

    tasks: list[DocumentTask]
    future: Future[list[DocumentReport]]
    done: list[tuple[DocumentTask, DocumentReport]] | None = None

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


def check_all(
    tasks: Iterable[DocumentTask],
    jobs: int,
    measures: Measures = NOTHING_MEASURED,
    keep: Keep | None = None,
    limits: Limits = NO_LIMITS,
) -> Iterator[tuple[DocumentTask, DocumentReport]]:
    """Each task with its report, in order: in this process, or in ``jobs`` others where there are any limits, too.

    ``keep`` is told of each as soon as it is done, in any order. Raises EndedBeforeWork.
    """
    if jobs > 1 or limits:
        yield from _in_workers(tasks, jobs, measures, keep, limits)
        return
    measures.start()
    for task in tasks:
        report = measures.attach(_check_here(task))
        if keep is not None:
            keep(task, report)
        yield task, report


def _check_here(task: DocumentTask) -> DocumentReport:
    """Check a document in this process. What that takes is imported with the first, for there may be none to check."""
    from samestate.conformance.checking.document import check_task

    return check_task(task)


def _in_workers(
    tasks: Iterable[DocumentTask], jobs: int, measures: Measures, keep: Keep | None, limits: Limits
) -> Iterator[tuple[DocumentTask, DocumentReport]]:
    pending: deque[_Chunk] = deque()
    with _crew(jobs, measures, limits) as submit:
        for chunk in chunks(tasks):
            pending.append(_Chunk(chunk, submit(chunk)))
            yield from _collect(pending, keep, BYTES_AHEAD)
        yield from _collect(pending, keep, NOTHING_AHEAD)


def _collect(pending: deque[_Chunk], keep: Keep | None, ahead: int) -> Iterator[tuple[DocumentTask, DocumentReport]]:
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


def chunks(tasks: Iterable[DocumentTask]) -> Iterator[list[DocumentTask]]:
    """Tasks in the portions in which they go to workers: some documents, or fewer where they are long."""
    chunk: list[DocumentTask] = []
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
def _crew(
    jobs: int, measures: Measures, limits: Limits
) -> Iterator[Callable[[list[DocumentTask]], Future[list[DocumentReport]]]]:
    """Hands documents to worker processes, each of which a thread looks after. They end with this block: at once where
    it ends by an exception, Ctrl-C included."""
    from samestate.conformance.checking.worker import Worker  # with all that checks documents

    workers = [Worker(limits, measures) for _ in range(jobs)]
    idle: queue.SimpleQueue[Worker] = queue.SimpleQueue()
    for worker in workers:
        idle.put(worker)

    def check(chunk: list[DocumentTask]) -> list[DocumentReport]:
        worker = idle.get()
        try:
            return [worker.check(task) for task in chunk]
        finally:
            idle.put(worker)

    executor = ThreadPoolExecutor(jobs)
    try:
        yield lambda chunk: executor.submit(check, chunk)
    except BaseException:
        executor.shutdown(wait=False, cancel_futures=True)
        for worker in workers:
            worker.kill()
        raise
    finally:
        executor.shutdown()
        for worker in workers:
            worker.close()
