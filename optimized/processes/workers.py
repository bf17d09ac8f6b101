"""Worker processes: a pool that stays warm from block to block and is shared by the engines of a process.

Each worker has a pipe to the process that started it. Arenas are passed through it by descriptor, blocks lie in the
arena. A worker that dies, or does not leave a block in time, is replaced before the next block; it holds no lock that
could be left locked. Workers end when the pipe's other end is closed, or the process that started them is gone.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

import multiprocess
from multiprocess import connection as waiting
from multiprocess import resource_tracker
from multiprocess.reduction import send_handle

from samestate.optimized.core.arena import SharedArena
from samestate.optimized.deadline import Deadline
from samestate.optimized.errors import EngineError, MachineError, TimeLimitExceeded, WorkerDied
from samestate.optimized.processes.machine import MachineName
from samestate.optimized.processes.python_block import STOP_REASONS

GRACE_SECONDS = 0.3
"""How long workers have to leave a block that was stopped, before they are killed."""

START_SECONDS = 120.0
"""How long a worker may take to start and to import a machine."""

ANSWER_SECONDS = 30.0
"""How long an idle worker may take to answer what needs no work."""

LOOK_SECONDS = 0.2
"""How often to see whether busy workers are alive. Most deaths show at once, by the pipe; not where a machine has
started a process of its own, which holds the pipe's end too."""


class WorkerReport(NamedTuple):
    """What a worker says when it has left a block.

    ``wipes``: how many it has published. ``suspensions``: transaction, incarnation, step waited for, key. ``failure``:
    what kept it from working, in words, or nothing. ``unmerged``: likewise what the machine's merge raised.
    """

    stop_reason: int
    version_reads: int
    base_reads: int
    wipes: int
    suspensions: list[tuple[int, int, int, bytes]]
    failure: str
    unmerged: str


class BlockInArena(Protocol):
    """What the pool asks of the block that it is to run."""

    def running(self, worker: int) -> int | None:
        """The transaction that a worker is executing."""

    def entered(self, worker: int) -> bool:
        """Whether a worker has begun to work on the block."""


class LostWorker(Exception):  # noqa: N818 - what it is
    """A worker that is no longer there, or does not answer, found out before it has done anything for a block."""

    def __init__(self, worker: Worker, how: str) -> None:
        super().__init__(worker.number, how)
        self.worker = worker
        self.how = how

    def as_error(self) -> WorkerDied:
        """For whoever runs a block."""
        return WorkerDied(self.worker.number, self.worker.process.pid, self.how, ())


@dataclass(eq=False, slots=True)
class Worker:
    """One worker process, as its owner sees it. ``busy``: it has been asked something and has not answered.

    ``machines``: those that it has imported, with the digests of their sources.
    """

    number: int
    process: Any
    pipe: Any
    busy: bool = False
    fresh: bool = True
    arenas: set[int] = field(default_factory=set)
    machines: dict[MachineName, str] = field(default_factory=dict)

    def ask(self, *request: object) -> None:
        """Send a request that will be answered. Raises :class:`LostWorker`."""
        self.busy = True
        with self._at_the_other_end():
            self.pipe.send(request)

    def hand_over(self, descriptor: int) -> None:
        """Send a descriptor, after a request that says so. Raises :class:`LostWorker`."""
        with self._at_the_other_end():
            send_handle(self.pipe, descriptor, self.process.pid)

    def answer(self, seconds: float = 0.0) -> Any:
        """The answer, which is to come in so many seconds. Raises :class:`LostWorker`."""
        with self._at_the_other_end():
            if not self.has_answered(seconds):
                raise LostWorker(
                    self, f"did not answer within {seconds:g} s" if self.is_alive() else self.how_it_ended()
                )
            answer = self.pipe.recv()
        self.busy = self.fresh = False
        return answer

    def has_answered(self, seconds: float) -> bool:
        """Whether there is an answer, or the end of the pipe; waits for it as long as the worker is alive."""
        limit = time.monotonic() + seconds
        while True:
            left = max(0.0, limit - time.monotonic())
            if self.pipe.poll(min(left, LOOK_SECONDS)):
                return True
            if left == 0.0 or not self.is_alive():
                return bool(self.pipe.poll(0))

    def is_alive(self) -> bool:
        """Whether the process is."""
        return bool(self.process.is_alive())

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
            return f"was killed by {signal_name(-code)}"
        return f"ended with exit status {code}"

    @contextmanager
    def _at_the_other_end(self) -> Iterator[None]:
        try:
            yield
        except (EOFError, OSError, RuntimeError):  # the last where macOS misses the receipt of a descriptor
            raise LostWorker(self, self.how_it_ended()) from None


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

    def prepare(self, name: MachineName, source: str, deadline: Deadline | None = None) -> None:
        """Start workers where there are none, and have all of them import the machine. Raises :class:`MachineError`.

        ``source``: the digest of the machine's source, which is to be theirs too. The time that this takes is not the
        block's.
        """
        asked = time.monotonic()
        self._check_owner()
        with self._lock:
            self._make_ready(name, source, None, 0)
        if deadline is not None:
            deadline.extend(time.monotonic() - asked)

    def run(
        self,
        arena: SharedArena,
        identity: int,
        name: MachineName,
        source: str,
        deadline: Deadline,
        block: BlockInArena,
    ) -> list[WorkerReport]:
        """Have all workers work on the block in the arena, and wait until they have left it.

        Raises :class:`WorkerDied`, :class:`TimeLimitExceeded`, and whatever a signal raises; the workers are out of the
        arena then too. Raises :class:`LostWorker` where one was gone before it began: the block may be laid out again.
        """
        asked = time.monotonic()
        self._check_owner()
        with self._lock:
            self._make_ready(name, source, arena, identity)
            deadline.extend(time.monotonic() - asked)
            try:
                for worker in self._workers:
                    worker.ask("run", identity, worker.number, name)
                return self._gather(deadline, block)
            except (WorkerDied, LostWorker):
                self._clear(arena, "worker died")
                raise
            except TimeLimitExceeded:
                self._clear(arena, "out of time")
                raise
            except BaseException:
                self._clear(arena, "interrupted")
                raise

    def detach(self, identity: int) -> None:
        """Have the workers forget an arena: now, or before the next block if they are at work on one."""
        self._forgotten.append(identity)
        if self._owner == os.getpid() and self._lock.acquire(blocking=False):
            try:
                self._forget()
            finally:
                self._lock.release()

    def detach_later(self, identity: int) -> None:
        """Have the workers forget an arena before the next block. May be called at any time, even by the collector."""
        self._forgotten.append(identity)

    def end(self) -> None:
        """End all workers, whatever they are doing, without waiting for a turn."""
        for worker in self._workers:
            worker.end()

    def end_in_turn(self) -> None:
        """End all workers once they have done with the block at hand."""
        self._check_owner()
        with self._lock:
            self.end()

    def disown(self) -> None:
        """In a forked process: the workers are not its own, and it must not end them when it ends itself."""
        for worker in self._workers:
            multiprocess.process._children.discard(worker.process)

    def _check_owner(self) -> None:
        if self._owner != os.getpid():
            raise EngineError("this engine belongs to the process that was forked: make another one here")

    # Starting

    def _make_ready(self, name: MachineName, source: str, arena: SharedArena | None, identity: int) -> None:
        """Have all workers alive, idle, and in possession of what they need. Who is lost is replaced, once."""
        try:
            self._try_to_make_ready(name, source, arena, identity)
        except LostWorker:
            try:
                self._try_to_make_ready(name, source, arena, identity)
            except LostWorker as lost:
                raise lost.as_error() from None

    def _try_to_make_ready(self, name: MachineName, source: str, arena: SharedArena | None, identity: int) -> None:
        self._forget()
        self._replace_the_unfit()
        self._load(name, source)
        for worker in self._workers:
            if arena is not None and identity not in worker.arenas:
                self._attach(worker, arena, identity)

    def _replace_the_unfit(self) -> None:
        """Have as many workers as there are to be, each alive and idle."""
        fit: dict[int, Worker] = {}
        for worker in self._workers:
            if worker.busy or not worker.is_alive():
                worker.end()
            else:
                fit[worker.number] = worker
        self._workers = [fit.get(number) or self._start(number) for number in range(self.count)]

    def _forget(self) -> None:
        """Have idle workers unmap the arenas that are not used any more. Who does not answer stays busy."""
        while self._forgotten:
            identity = self._forgotten.popleft()
            for worker in self._workers:
                if identity in worker.arenas and not worker.busy:
                    worker.arenas.discard(identity)
                    try:
                        worker.ask("detach", identity)
                        worker.answer(ANSWER_SECONDS)
                    except LostWorker:
                        continue  # if it has ended, its mapping has with it

    def _start(self, number: int) -> Worker:
        # Imported by name in the new process: this module must not import what workers alone need.
        from samestate.optimized.processes.worker_process import serve

        mine, theirs = self._context.Pipe()
        processor = self._affinity[number % len(self._affinity)] if self._affinity else None
        process = self._context.Process(
            target=serve, args=(theirs, processor, os.getpid()), name=f"samestate worker {number}", daemon=True
        )
        resource_tracker.ensure_running()  # which lets signals through again
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})  # the new process begins with this
        try:
            process.start()
        except OSError as error:
            mine.close()
            raise EngineError(f"a worker process cannot be started: {error.strerror or error}") from error
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
            theirs.close()
        return Worker(number, process, mine)

    def _load(self, name: MachineName, source: str) -> None:
        """Have every worker import the machine from the source that it has in this process.

        A worker that had imported the module when it was another is replaced: it has other code, or fails to find it.
        """
        self._import(name, source)
        stale = [worker for worker in self._workers if worker.machines.get(name) != source]
        for worker in stale:
            worker.busy = True
        if stale:
            self._replace_the_unfit()
            self._import(name, source)
        if any(worker.machines.get(name) != source for worker in self._workers):
            raise MachineError(
                f"machine {name}: its source has changed since this process imported it: reload the module"
                " (importlib.reload) and make a new engine, or begin anew"
            )

    def _import(self, name: MachineName, source: str) -> None:
        """Have every worker import the machine that has not; all at once, since that takes a while."""
        asked = [worker for worker in self._workers if name not in worker.machines]
        limit = time.monotonic() + START_SECONDS
        for worker in asked:
            try:
                worker.ask("machine", name, list(sys.path))
            except LostWorker as lost:
                raise self._not_started(name, lost) from lost
        for worker in asked:
            fresh = worker.fresh
            try:
                error, loaded = worker.answer(max(0.0, limit - time.monotonic()))
            except LostWorker as lost:
                raise self._not_started(name, lost) from lost
            if error and fresh:
                raise MachineError(error)
            if not error:
                worker.machines[name] = loaded

    def _not_started(self, name: MachineName, lost: LostWorker) -> Exception:
        """A worker that was at work before has been lost; one that was not never came to be."""
        worker = lost.worker
        if not worker.fresh:
            return lost
        if worker.is_alive():
            return MachineError(f"machine {name}: a worker did not import it within {START_SECONDS:g} s")
        hint = ""
        if worker.process.exitcode == 1:
            hint = '; a script that makes an engine is to do so under `if __name__ == "__main__":`'
        return MachineError(f"machine {name}: worker {worker.number} {lost.how} while it started{hint}")

    def _attach(self, worker: Worker, arena: SharedArena, identity: int) -> None:
        worker.ask("attach", identity)
        worker.hand_over(arena.descriptor)
        error = worker.answer(ANSWER_SECONDS)
        if error:
            raise EngineError(f"worker {worker.number} cannot map the arena: {error}")
        worker.arenas.add(identity)

    # A block

    def _gather(self, deadline: Deadline, block: BlockInArena) -> list[WorkerReport]:
        """The reports of all workers, in order."""
        reports: dict[int, WorkerReport] = {}
        while len(reports) < self.count:
            pending = [worker for worker in self._workers if worker.number not in reports]
            left = deadline.left()
            ready = waiting.wait([worker.pipe for worker in pending], min(left, LOOK_SECONDS))
            for worker in pending:
                if worker.pipe in ready or not worker.is_alive():
                    try:
                        reports[worker.number] = WorkerReport(*worker.answer())
                    except LostWorker as lost:
                        raise self._lost_in_mid_block(lost, block) from None
            if not ready and left == 0.0:
                busy = [block.running(worker.number) for worker in pending]
                executing = tuple(transaction for transaction in busy if transaction is not None)
                raise TimeLimitExceeded(deadline.seconds, executing)
        return [reports[number] for number in range(self.count)]

    def _lost_in_mid_block(self, lost: LostWorker, block: BlockInArena) -> Exception:
        number = lost.worker.number
        if not block.entered(number):
            return lost
        transaction = block.running(number)
        executing = () if transaction is None else (transaction,)
        return WorkerDied(number, lost.worker.process.pid, lost.how, executing)

    def _clear(self, arena: SharedArena, reason: str) -> None:
        """Get all workers out of the block: ask them, and kill those that do not come."""
        arena.request_stop(STOP_REASONS[reason])
        limit = time.monotonic() + GRACE_SECONDS
        for worker in self._workers:
            if worker.busy:
                try:
                    worker.answer(max(0.0, limit - time.monotonic()))
                except LostWorker:
                    worker.end()


def signal_name(number: int) -> str:
    """A signal's name, or its number where it has none, as most real-time signals."""
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
