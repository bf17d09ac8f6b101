"""Worker processes: a pool that stays warm from block to block and is shared by the engines of a process.

Each worker has a pipe to the process that started it. Arenas are passed through it by descriptor, blocks lie in the
arena. A worker that dies, or does not leave a block in time, is replaced before the next block; it holds no lock that
could be left locked. Workers end when the pipe's other end is closed, or the process that started them is gone.
"""

from __future__ import annotations

import os
import signal
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import multiprocess
from multiprocess import connection as waiting
from multiprocess.reduction import send_handle

from optimized.core.arena import SharedArena
from optimized.deadline import Deadline
from optimized.errors import EngineError, MachineError, TimeLimitExceeded, WorkerDied
from optimized.machine import MachineName

GRACE_SECONDS = 0.3
"""How long workers have to leave a block that was stopped, before they are killed."""

START_SECONDS = 120.0
"""How long a worker may take to start and to import a machine."""


class WorkerReport(NamedTuple):
    """What a worker says when it has left a block.

    ``wipes``: how many it has published. ``suspensions``: transaction, incarnation, step waited for, key.
    """

    stop_reason: int
    version_reads: int
    base_reads: int
    wipes: int
    suspensions: list[tuple[int, int, int, bytes]]
    failure: str


@dataclass(eq=False, slots=True)
class Worker:
    """One worker process, as its owner sees it. ``busy``: it has been asked something and has not answered."""

    number: int
    process: Any
    pipe: Any
    busy: bool = False
    arenas: set[int] = field(default_factory=set)
    machines: set[MachineName] = field(default_factory=set)

    def ask(self, *request: object) -> None:
        """Send a request that will be answered."""
        self.busy = True
        self.pipe.send(request)

    def answer(self) -> Any:
        """The answer, which is known to be there. Raises EOFError or OSError if the worker ended instead."""
        answer = self.pipe.recv()
        self.busy = False
        return answer

    def end(self) -> None:
        """End the process, whatever it is doing, and wait until it has ended."""
        self.process.kill()
        self.process.join()
        self.pipe.close()

    def how_it_ended(self) -> str:
        """In words, once it has."""
        self.process.join(1)
        code = self.process.exitcode
        if code is None:
            return "closed its pipe"
        if code < 0:
            return f"was killed by {signal.Signals(-code).name}"
        return f"ended with exit status {code}"


class WorkerPool:
    """So many worker processes. One block at a time; whoever wants to run another waits for its turn."""

    def __init__(self, count: int, affinity: tuple[int, ...] | None = None) -> None:
        self.count = count
        self._affinity = affinity
        self._lock = threading.Lock()
        self._context = multiprocess.get_context("spawn")
        self._workers: list[Worker] = []
        self._owner = os.getpid()
        self._forgotten: deque[int] = deque()

    def processes(self) -> tuple[int, ...]:
        """The process ids of the workers, in order."""
        return tuple(worker.process.pid for worker in self._workers)

    def prepare(self, name: MachineName, deadline: Deadline | None = None) -> None:
        """Start workers where there are none, and have all of them import the machine. Raises :class:`MachineError`.

        The time that this takes is not the block's.
        """
        asked = time.monotonic()
        with self._turn():
            self._replace_the_unfit()
            self._load(name)
        if deadline is not None:
            deadline.extend(time.monotonic() - asked)

    def run(
        self,
        arena: SharedArena,
        identity: int,
        name: MachineName,
        deadline: Deadline,
        running: Callable[[int], int | None],
        stop: Callable[[int], None],
        reasons: StopReasons,
    ) -> list[WorkerReport]:
        """Have all workers work on the block in the arena, and wait until they have left it.

        ``running`` tells which transaction a worker is executing; ``stop`` raises the stop flag. Raises
        :class:`WorkerDied`, :class:`TimeLimitExceeded`, and whatever a signal raises; the workers are out of the arena
        then too.
        """
        asked = time.monotonic()
        with self._turn():
            self._replace_the_unfit()
            self._load(name)
            self._attach(arena, identity)
            deadline.extend(time.monotonic() - asked)
            try:
                for worker in self._workers:
                    worker.ask("run", identity, worker.number, name)
                return self._gather(deadline, running)
            except WorkerDied:
                self._clear(lambda: stop(reasons.worker_died))
                raise
            except TimeLimitExceeded:
                self._clear(lambda: stop(reasons.out_of_time))
                raise
            except BaseException:
                self._clear(lambda: stop(reasons.interrupted))
                raise

    def detach(self, identity: int) -> None:
        """Have the workers forget an arena."""
        self._forgotten.append(identity)
        if self._owner == os.getpid():
            with self._turn():
                self._forget()

    def detach_later(self, identity: int) -> None:
        """Have the workers forget an arena before the next block. May be called at any time, even by the collector."""
        self._forgotten.append(identity)

    def end(self) -> None:
        """End all workers, whatever they are doing, without waiting for a turn."""
        for worker in self._workers:
            worker.end()

    def disown(self) -> None:
        """In a forked process: the workers are not its own, and it must not end them when it ends itself."""
        for worker in self._workers:
            multiprocess.process._children.discard(worker.process)

    @contextmanager
    def _turn(self) -> Iterator[None]:
        if self._owner != os.getpid():
            raise EngineError("this engine belongs to the process that was forked: make another one here")
        with self._lock:
            yield

    # Starting

    def _replace_the_unfit(self) -> None:
        """Have as many workers as there are to be, each alive and idle."""
        fit: dict[int, Worker] = {}
        for worker in self._workers:
            if worker.busy or not worker.process.is_alive():
                worker.end()
            else:
                fit[worker.number] = worker
        self._workers = [fit.get(number) or self._start(number) for number in range(self.count)]

        self._forget()

    def _forget(self) -> None:
        """Have idle workers unmap the arenas that are not used any more."""
        while self._forgotten:
            identity = self._forgotten.popleft()
            for worker in self._workers:
                if identity in worker.arenas and not worker.busy:
                    worker.arenas.discard(identity)
                    try:
                        worker.ask("detach", identity)
                        worker.answer()
                    except (OSError, EOFError):
                        continue  # it has ended, and its mapping with it

    def _start(self, number: int) -> Worker:
        # Imported by name in the new process: this module must not import what workers alone need.
        from optimized.worker_process import serve

        mine, theirs = self._context.Pipe()
        processor = self._affinity[number % len(self._affinity)] if self._affinity else None
        process = self._context.Process(
            target=serve, args=(theirs, processor), name=f"samestate worker {number}", daemon=True
        )
        process.start()
        theirs.close()
        return Worker(number, process, mine)

    def _load(self, name: MachineName) -> None:
        """Have every worker import the machine that has not; all at once, since that takes a while."""
        asked = [worker for worker in self._workers if name not in worker.machines]
        try:
            for worker in asked:
                worker.ask("machine", name)
            limit = time.monotonic() + START_SECONDS
            for worker in asked:
                if not worker.pipe.poll(max(0.0, limit - time.monotonic())):
                    raise MachineError(f"machine {name}: a worker did not import it within {START_SECONDS:g} s")
                error = worker.answer()
                if error:
                    raise MachineError(error)
                worker.machines.add(name)
        except (EOFError, OSError) as error:
            broken = next((worker for worker in asked if not worker.process.is_alive()), asked[0])
            raise MachineError(
                f"machine {name}: worker {broken.number} {broken.how_it_ended()} while it started; a script that makes"
                ' an engine is to do so under `if __name__ == "__main__":`'
            ) from error

    def _attach(self, arena: SharedArena, identity: int) -> None:
        for worker in self._workers:
            if identity not in worker.arenas:
                worker.ask("attach", identity)
                send_handle(worker.pipe, arena.descriptor, worker.process.pid)
                worker.answer()
                worker.arenas.add(identity)

    # A block

    def _gather(self, deadline: Deadline, running: Callable[[int], int | None]) -> list[WorkerReport]:
        """The reports of all workers, in order."""
        reports: dict[int, WorkerReport] = {}
        while len(reports) < self.count:
            pending = [worker for worker in self._workers if worker.number not in reports]
            ready = waiting.wait([worker.pipe for worker in pending], deadline.left())
            if not ready:
                busy = tuple(transaction for worker in pending if (transaction := running(worker.number)) is not None)
                raise TimeLimitExceeded(deadline.seconds, busy)
            for worker in pending:
                if worker.pipe in ready:
                    try:
                        reports[worker.number] = WorkerReport(*worker.answer())
                    except (EOFError, OSError):
                        transaction = running(worker.number)
                        executing = () if transaction is None else (transaction,)
                        pid = worker.process.pid
                        raise WorkerDied(worker.number, pid, worker.how_it_ended(), executing) from None
        return [reports[number] for number in range(self.count)]

    def _clear(self, stop: Callable[[], None]) -> None:
        """Get all workers out of the block: ask them, and kill those that do not come."""
        stop()
        limit = time.monotonic() + GRACE_SECONDS
        for worker in self._workers:
            if worker.busy:
                try:
                    if worker.pipe.poll(max(0.0, limit - time.monotonic())):
                        worker.answer()
                except (EOFError, OSError):
                    pass
                if worker.busy:
                    worker.end()


@dataclass(frozen=True, slots=True)
class StopReasons:
    """The core's numbers for why a run is stopped."""

    out_of_time: int
    interrupted: int
    worker_died: int
