"""A warm pool of threads. The caller's thread is worker 0; work that holds no GIL runs on all of them at once."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from contextlib import suppress
from queue import SimpleQueue

from samestate.optimized.errors import EngineError
from samestate.optimized.waiting import Count

AT_ONCE = 100
"""Microseconds for which a thread looks for what it expects before it sleeps (waiting.py)."""

Work = Callable[[int], None]
Queue = SimpleQueue[tuple[int, Work | None] | None]
"""What a worker is handed: the number of the run, and its work, or None for nothing but an answer. None: the end."""


class ThreadPool:
    """So many workers, the caller among them. One piece of work at a time.

    A signal's handler may raise in the caller's thread anywhere, so nobody could keep count of who was handed what.
    Instead everybody is handed something more and answers: whoever has answered for the newest run has left all others,
    since each takes what it is handed in order.

    ``affinity``: the processor of each worker, in turn. The caller's own thread is put there only while it works.
    """

    def __init__(self, workers: int, affinity: tuple[int, ...] | None = None) -> None:
        self.workers = workers
        self._affinity = affinity
        self._queues: list[Queue] = []
        self._done: SimpleQueue[tuple[int, int, BaseException | None]] = SimpleQueue()
        self._threads: list[threading.Thread] = []
        self._run = 0
        self._runs = Count()  # … that have been handed out
        self._answers = Count()
        self._answers_due = 0
        self._out = False  # whether anybody may be at work
        self._stop: Callable[[], None] | None = None

    def run(self, work: Work, stop: Callable[[], None], active: int | None = None) -> None:
        """Call ``work`` with each worker's number, on its own thread, and wait for all of them.

        ``active``: so many of the workers do it, the caller first; the others are not woken up. All, unless given.

        Where one raises, or a signal's handler does, ``stop`` is called so that the others leave too, and what was
        raised first is raised here. Whoever is interrupted again while waiting for them calls :meth:`drain` before
        touching what they work on.
        """
        self.drain()
        self._start()
        self._stop = stop
        try:
            self._out = True
            others = len(self._queues) if active is None else max(0, min(active - 1, len(self._queues)))
            self._hand_out(work, others)
            self._work_here(work)
            self._collect(others)
        except BaseException:
            while self._out:
                with suppress(BaseException):
                    self.drain()
            raise

    def drain(self) -> None:
        """Stop whoever may still be at work since a run that was interrupted, and wait until nobody is."""
        if not self._out:
            return
        try:
            if self._stop is not None:
                self._stop()
        finally:
            self._hand_out(None, len(self._queues))
            self._collect(len(self._queues))

    def close(self) -> None:
        """End the threads."""
        self.drain()
        for queue in self._queues:
            queue.put(None)
        for thread in self._threads:
            thread.join()
        self._threads = []
        self._queues = []

    def _start(self) -> None:
        """Start the threads unless they run. All of them or none: one that is not in the list gets nothing to do."""
        if len(self._threads) == self.workers - 1:
            return
        queues: list[Queue] = [SimpleQueue() for _ in range(1, self.workers)]
        threads = [
            threading.Thread(target=self._serve, args=(number, queue), name=f"samestate worker {number}", daemon=True)
            for number, queue in enumerate(queues, 1)
        ]
        try:
            for thread in threads:
                thread.start()
        except BaseException as error:
            for queue in queues:
                queue.put(None)
            if isinstance(error, RuntimeError):
                raise EngineError(f"workers = {self.workers}: the system starts no more threads: lower it") from error
            raise
        self._queues = queues
        self._threads = threads

    def _hand_out(self, work: Work | None, others: int) -> None:
        """Hand work, or nothing but a question, to so many of the other threads, the first ones."""
        self._run += 1
        for queue in self._queues[:others]:
            queue.put((self._run, work))
        self._answers_due += others
        self._runs.add()

    def _collect(self, others: int) -> None:
        """Wait until all have answered to whom was handed out last, so many. Raises what one of them raised."""
        left: set[int] = set()
        self._answers.reaches(self._answers_due, AT_ONCE)
        while len(left) < others:
            run, worker, error = self._done.get()
            if run == self._run:
                left.add(worker)
                if error is not None:
                    raise error
        self._out = False

    def _serve(self, number: int, queue: Queue) -> None:
        if self._affinity:
            _bind(self._affinity[number % len(self._affinity)])
        while (handed := queue.get()) is not None:
            run, work = handed
            raised: BaseException | None = None
            try:
                if work is not None:
                    work(number)
            except BaseException as error:
                raised = error
            self._done.put((run, number, raised))
            self._answers.add()
            del handed, work, raised  # an idle worker must not keep the last block
            self._runs.reaches(run + 1, AT_ONCE)

    def _work_here(self, work: Work) -> None:
        if not self._affinity or not hasattr(os, "sched_setaffinity"):
            work(0)
            return
        before = os.sched_getaffinity(0)
        try:
            _bind(self._affinity[0])
            work(0)
        finally:
            os.sched_setaffinity(0, before)


def _bind(processor: int) -> None:
    """Keep the calling thread on one processor, where the system knows such a thing."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {processor})
