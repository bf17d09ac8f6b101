"""A warm pool of threads. The caller's thread is worker 0; work that holds no GIL runs on all of them at once."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from queue import SimpleQueue

Work = Callable[[int], None]


class ThreadPool:
    """So many workers, the caller among them. One piece of work at a time.

    ``affinity``: the processor of each worker, in turn. The caller's own thread is put there only while it works.
    """

    def __init__(self, workers: int, affinity: tuple[int, ...] | None = None) -> None:
        self.workers = workers
        self._affinity = affinity
        self._queues: list[SimpleQueue[Work | None]] = [SimpleQueue() for _ in range(1, workers)]
        self._done: SimpleQueue[BaseException | None] = SimpleQueue()
        self._threads: list[threading.Thread] = []

    def run(self, work: Work, stop: Callable[[], None]) -> None:
        """Call ``work`` with each worker's number, on its own thread, and wait for all of them.

        Where one raises, ``stop`` is called so that the others leave too, and what it raised is raised here.
        """
        if not self._threads:
            self._start()
        raised: BaseException | None = None
        for queue in self._queues:
            queue.put(work)
        try:
            self._work_here(work)
        except BaseException as error:
            stop()
            raised = error
        for _ in self._queues:
            theirs = self._next_to_leave(stop)
            if theirs is not None and raised is None:
                stop()
                raised = theirs
        if raised is not None:
            raise raised

    def close(self) -> None:
        """End the threads."""
        for queue in self._queues:
            queue.put(None)
        for thread in self._threads:
            thread.join()
        self._threads = []

    def _start(self) -> None:
        for number, queue in enumerate(self._queues, 1):
            thread = threading.Thread(
                target=self._serve, args=(number, queue), name=f"samestate worker {number}", daemon=True
            )
            thread.start()
            self._threads.append(thread)

    def _serve(self, number: int, queue: SimpleQueue[Work | None]) -> None:
        if self._affinity:
            _bind(self._affinity[number % len(self._affinity)])
        while (work := queue.get()) is not None:
            try:
                work(number)
            except BaseException as error:
                self._done.put(error)
            else:
                self._done.put(None)
            del work  # an idle worker must not keep the last block

    def _work_here(self, work: Work) -> None:
        if not self._affinity or not hasattr(os, "sched_setaffinity"):
            work(0)
            return
        before = os.sched_getaffinity(0)
        _bind(self._affinity[0])
        try:
            work(0)
        finally:
            os.sched_setaffinity(0, before)

    def _next_to_leave(self, stop: Callable[[], None]) -> BaseException | None:
        """What the next worker to leave raised. A signal meanwhile stops all, and is what is raised in the end."""
        raised: BaseException | None = None
        while True:
            try:
                error = self._done.get()
            except BaseException as interruption:
                stop()
                raised = interruption
            else:
                return raised or error


def _bind(processor: int) -> None:
    """Keep the calling thread on one processor, where the system knows such a thing."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {processor})
