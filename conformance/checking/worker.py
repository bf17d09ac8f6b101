"""A worker process that checks documents, and that is ended where a case takes more than it may.

What the process does cannot stop this: it is watched from outside, and killed. The case that it was at has failed, and
a new process goes on behind it. One that dies by itself, or is killed by somebody else, is no different, but that its
case is tried once more.
"""

from __future__ import annotations

import multiprocessing
import multiprocessing.connection
import os
import signal
import sys
import threading
import time
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection
from multiprocessing.context import BaseContext
from typing import Any, Final, TypeAlias

from samestate.conformance.checking.document import check_task
from samestate.conformance.checking.limits import NO_LIMITS, EndedBeforeWork, Limits, show_size
from samestate.conformance.checking.measuring import NOTHING_MEASURED, Measures
from samestate.conformance.checking.report import DocumentReport
from samestate.conformance.checking.task import DocumentTask
from samestate.conformance.checking.verdict import Result, Verdict
from samestate.conformance.engines.process_tree import end_tree, memory_of, tree
from samestate.conformance.engines.starting import leave_interrupts_to_the_parent, start_shielded
from samestate.conformance.errors import InputError

LOOK_AGAIN: Final = 0.02
"""Seconds between two looks at a process that has limits."""

TREE_KEPT: Final = 0.25
"""Seconds for which it is taken that a process has started no others."""

PATIENCE: Final = 5.0
"""Seconds that a process has to end by itself once it has nothing to do any more."""

READY: Final = "ready"
"""What a process says first."""


class Closed(Exception):  # noqa: N818 - says what happened
    """The worker was closed while it had work."""


class Stopped(Exception):  # noqa: N818 - says what happened
    """A process was ended since its case took too much, as the message says."""


class Died(Exception):  # noqa: N818 - says what happened
    """A process ended that nobody here has ended. The message says how."""


class Worn(Exception):  # noqa: N818 - says what happened
    """A process was ended between two cases: it held so much memory that the next would have been blamed for it."""


@dataclass(frozen=True, slots=True)
class Begun:
    """A run has begun: the verdict on it, but for its reason, should it never end."""

    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Ended:
    """The run that had begun has ended, with this verdict."""

    verdict: Verdict


Message: TypeAlias = Begun | Ended | DocumentReport
"""What a process says while it checks a document."""


class Worker:
    """One process at a time that checks documents: started when it is needed, and again where it was ended.

    One thread has documents checked; another may kill the worker meanwhile.
    """

    def __init__(self, limits: Limits = NO_LIMITS, measures: Measures = NOTHING_MEASURED) -> None:
        self._limits = limits
        self._measures = measures
        self._lock = threading.Lock()
        self._is_closed = False
        self._process: Any = None
        self._pid = 0
        self._connection: Connection[Any, Any] | None = None
        self._tree: list[int] = []
        self._tree_found = 0.0
        self._base: int | None = None
        """What the process held when its first case began."""

    def check(self, task: DocumentTask) -> DocumentReport:
        """What became of the cases of a document.

        Raises Closed, EndedBeforeWork, and InputError where no case at all could keep to the limits.
        """
        document = _Document(task)
        while True:
            try:
                report = self._follow(document)
                return replace(report, was_stopped=document.was_stopped)
            except Worn:
                pass
            except (Died, Stopped) as end:
                if isinstance(end, Died) and not document.is_second_try():
                    continue
                if document.run is None:
                    return document.report_unread(str(end))
                document.fail(str(end))

    def close(self) -> None:
        """Let the process end, which has nothing to do any more. It is killed where it does not."""
        with self._lock:
            if self._connection is not None:
                self._connection.close()
                self._process.join(PATIENCE)
            self._is_closed = True
            self._end()

    def kill(self) -> None:
        """End the process, whatever it is at. Who waits for a report gets Closed."""
        with self._lock:
            self._is_closed = True
            self._end()

    # One process

    def _started(self) -> Connection[Any, Any]:
        """The connection to a process that waits for work. Raises EndedBeforeWork, Closed and InputError."""
        with self._lock:
            if self._is_closed:
                raise Closed
            if self._connection is not None:
                return self._connection
            self._process, connection = _start(self._measures)
            self._connection, self._pid = connection, self._process.pid
            self._tree_found, self._base = 0.0, None
        try:
            connection.recv()
        except (EOFError, OSError) as error:
            died = self._death()
            raise EndedBeforeWork(f"a worker process cannot be started: it {died}") from error
        if self._limits.memory is not None and (memory := self._memory()) > self._limits.memory:
            raise InputError(
                f"--memory {show_size(self._limits.memory)}: must be more: a process that has run nothing yet "
                f"takes {show_size(memory)}"
            )
        return connection

    def _end(self) -> None:
        """End the process, and what it has started. The lock is held."""
        process, self._process = self._process, None
        connection, self._connection = self._connection, None
        if process is not None:
            end_tree(process.pid)
            process.join()
            process.close()
        if connection is not None and not self._is_closed:
            connection.close()

    def _replace(self) -> None:
        with self._lock:
            self._end()

    def _death(self) -> Died:
        """How the process ended. Raises Closed where the worker was closed."""
        with self._lock:
            if self._is_closed or self._process is None:
                raise Closed
            self._process.join()
            code = self._process.exitcode
            self._end()
        if code is not None and code < 0:
            return Died(f"was killed by {signal.Signals(-code).name}: is there enough memory?")
        return Died(f"ended with exit code {code}")

    # One document

    def _follow(self, document: _Document) -> DocumentReport:
        """The report on a document. Raises Stopped, Died and Worn: there is no process any more."""
        connection = self._started()
        try:
            document.begin()
            connection.send(document.task())
            return self._listen(connection, document)
        except (EOFError, OSError) as error:
            raise self._death() from error

    def _listen(self, connection: Connection[Any, Any], document: _Document) -> DocumentReport:
        patience = LOOK_AGAIN if self._limits else None
        looked = time.monotonic()
        while True:
            if connection.poll(patience):
                message: Message = connection.recv()
                if isinstance(message, DocumentReport):
                    return message
                document.take(message)
                self._refuse_wear(message)
            if self._limits and time.monotonic() - looked >= LOOK_AGAIN:
                self._refuse_excess(document.seconds())
                looked = time.monotonic()

    def _refuse_excess(self, seconds: float) -> None:
        """End the process and raise Stopped where its case takes more than it may."""
        limits = self._limits
        if limits.seconds is not None and seconds > limits.seconds:
            self._replace()
            raise Stopped(f"took more than {limits.seconds:g} s and was stopped (--timeout)")
        if limits.memory is not None and self._memory() > limits.memory:
            self._replace()
            raise Stopped(f"took more than {show_size(limits.memory)} of memory and was stopped (--memory)")

    def _refuse_wear(self, message: Begun | Ended) -> None:
        """End the process and raise Worn where cases that have ended hold more than half of what the next may take."""
        if self._limits.memory is None:
            return
        if self._base is None:
            self._base = self._memory()
        elif isinstance(message, Ended) and self._memory() > (self._base + self._limits.memory) // 2:
            self._replace()
            raise Worn

    def _memory(self) -> int:
        """What the process and all that it has started hold."""
        now = time.monotonic()
        if now - self._tree_found >= TREE_KEPT:
            self._tree, self._tree_found = tree(self._pid), now
        return memory_of(self._tree)


class _Document:
    """How far a document is. ``run`` is the run that has begun, or None while the document is read."""

    def __init__(self, task: DocumentTask) -> None:
        self.run: Verdict | None = None
        self.was_stopped = False
        self._task = task
        self._known = list(task.known)
        self._since = 0.0
        self._died_at: int | None = None

    def task(self) -> DocumentTask:
        """What is still to be done."""
        return replace(self._task, known=tuple(self._known))

    def begin(self) -> None:
        """A process begins to read the document."""
        self.run, self._since = None, time.monotonic()

    def take(self, message: Begun | Ended) -> None:
        """A run has begun, or ended."""
        self._since = time.monotonic()
        if isinstance(message, Begun):
            self.run = message.verdict
        else:
            self._known.append(message.verdict)
            self.run = None

    def seconds(self) -> float:
        """How long the run, or reading, has taken."""
        return time.monotonic() - self._since

    def is_second_try(self) -> bool:
        """Whether a process has died at the same run before."""
        died_at, self._died_at = self._died_at, len(self._known)
        return died_at == self._died_at

    def fail(self, reason: str) -> None:
        """The run that has begun has failed."""
        assert self.run is not None
        self.was_stopped = True
        self._known.append(replace(self.run, result=Result.FAILED, reason=reason))

    def report_unread(self, reason: str) -> DocumentReport:
        """The report on a document that cannot be read to its end: what was run, and that the rest was not."""
        reason = f"reading it {reason}; what is left of it was not run"
        return DocumentReport(
            self._task.place, (*self._known, Verdict(self._task.place, Result.FAILED, reason)), was_stopped=True
        )


# Starting a process


def _start(measures: Measures) -> tuple[Any, Connection[Any, Any]]:
    """A new process and the connection to it. Raises EndedBeforeWork where the system lets none be started."""
    context = process_context()
    mine, other = context.Pipe()
    process = context.Process(target=_work, args=(other, measures))  # type: ignore[attr-defined]
    try:
        start_shielded(process)
    except (EOFError, OSError) as error:
        mine.close()
        reason = getattr(error, "strerror", None) or str(error) or "the server of processes has ended"
        raise EndedBeforeWork(f"a worker process cannot be started: {reason}") from error
    finally:
        other.close()
    return process, mine


def process_context() -> BaseContext:
    """Never plain forking: a child must not inherit locks that some thread holds."""
    if sys.platform != "linux":
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["samestate.conformance.checking.document"])
    return context


# In the process


def _work(connection: Connection[Any, Any], measures: Measures) -> None:
    """Check documents until there is no more to do. Ctrl-C is left to the parent; when that is gone, this ends."""
    leave_interrupts_to_the_parent()
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_end_with, args=(parent.sentinel,), daemon=True).start()
    measures.start()
    connection.send(READY)
    speaker = _Speaker(connection)
    while True:
        try:
            task: DocumentTask = connection.recv()
        except (EOFError, OSError):
            return
        connection.send(measures.attach(check_task(task, speaker)))


def _end_with(sentinel: int) -> None:
    multiprocessing.connection.wait([sentinel])
    os._exit(1)


class _Speaker:
    """Tells the parent of each run."""

    def __init__(self, connection: Connection[Any, Any]) -> None:
        self._connection = connection

    def begin(self, verdict: Verdict) -> None:
        """See :class:`Watch`."""
        self._connection.send(Begun(verdict))

    def end(self, verdict: Verdict) -> None:
        """See :class:`Watch`."""
        self._connection.send(Ended(verdict))
