"""Who does the work of a search: this process, or some others, each with engines of its own.

A process that dies in the middle takes nothing with it: its seeds are given to another, one by one. Where a block ends
its process twice, that is what the engine gets wrong which was at work.
"""

from __future__ import annotations

import multiprocessing
import multiprocessing.connection
import os
import signal
import threading
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any, Final, Protocol, TypeAlias

from samestate.conformance.checking.limits import EndedBeforeWork
from samestate.conformance.checking.worker import process_context
from samestate.conformance.engines.process_tree import end_tree, tree
from samestate.conformance.engines.protocol import Engine
from samestate.conformance.engines.starting import leave_interrupts_to_the_parent, start_shielded
from samestate.conformance.errors import InputError
from samestate.conformance.fuzzing.finding import Finding
from samestate.conformance.fuzzing.panel import Panel, SearchQuestion, SeedOutcome, ended_by
from samestate.conformance.fuzzing.quick import QuickPanel

FALSE_STARTS: Final = 5
"""So many processes may die in a row before they can work."""

MOST_DEATHS: Final = 2
"""So often a block may end the process that executes it."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Seeds whose blocks the engines of these names are asked about."""

    seeds: tuple[int, ...]
    asked: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Shrink:
    """A finding of an engine by name, to be made small."""

    name: str
    finding: Finding


Task: TypeAlias = Batch | Shrink
Result: TypeAlias = "list[SeedOutcome] | Finding | None"
"""The outcomes of a batch; what a finding was made; nothing where its process died over that."""


class Crew(Protocol):
    """Whoever does tasks, as many at once as there is ``room`` for. ``under_way``: how many are not done yet."""

    @property
    def room(self) -> int:
        """How many there may be at once."""

    @property
    def under_way(self) -> int:
        """How many tasks are not done, or were not fetched."""

    def submit(self, task: Task) -> None:
        """Have it done."""

    def wait(self, seconds: float | None = None) -> list[tuple[Task, Result]]:
        """What has been done since, at least one where there is no limit to waiting and anything is under way."""

    def close(self) -> None:
        """Let everybody end, at once: what is under way is not done."""


def panel_of(question: SearchQuestion, engines: Mapping[str, Engine] | None = None) -> Panel:
    """The engines of a search. Raises InputError."""
    return (QuickPanel if question.quick else Panel)(question, engines)


def perform(panel: Panel, task: Task) -> Result:
    """Do a task."""
    if isinstance(task, Shrink):
        return panel.shrink(task.name, task.finding)
    return [panel.ask(seed, task.asked) for seed in task.seeds]


class Here:
    """This process does the work, when it is waited for."""

    room = 1

    def __init__(self, panel: Panel) -> None:
        self._panel = panel
        self._tasks: deque[Task] = deque()

    def submit(self, task: Task) -> None:
        """See :class:`Crew`, here and below."""
        self._tasks.append(task)

    @property
    def under_way(self) -> int:
        return len(self._tasks)

    def wait(self, seconds: float | None = None) -> list[tuple[Task, Result]]:
        if not self._tasks:
            return []
        task = self._tasks.popleft()
        return [(task, perform(self._panel, task))]

    def close(self) -> None:
        self._panel.close()


@dataclass(frozen=True, slots=True)
class Ready:
    """A process can work."""


@dataclass(frozen=True, slots=True)
class Asking:
    """A process asks an engine now."""

    name: str


@dataclass(slots=True)
class _Member:
    """A worker process, what it is at, and the engine that it has asked last."""

    process: Any
    connection: Connection[Any, Any]
    is_ready: bool = False
    task: Task | None = None
    at: str = ""
    deaths: int = 0


class Processes:
    """Some processes do the work. Raises InputError where an engine cannot be made."""

    def __init__(self, question: SearchQuestion, count: int) -> None:
        self.room = count
        self._question = question
        self._tasks: deque[tuple[Task, int]] = deque()
        self._done: list[tuple[Task, Result]] = []
        self._members: list[_Member] = []
        self._false_starts = 0
        try:
            self._members += [self._started() for _ in range(count)]
            while unready := {each.connection: each for each in self._members if not each.is_ready}:
                self._listen_to(unready, None)
        except BaseException:
            self.close()
            raise

    def _started(self) -> _Member:
        context = process_context()
        mine, other = context.Pipe()
        process = context.Process(target=_work, args=(other, self._question))  # type: ignore[attr-defined]
        try:
            start_shielded(process)
        except (EOFError, OSError) as error:
            mine.close()
            raise EndedBeforeWork(f"a worker process cannot be started: {error}") from error
        finally:
            other.close()
        return _Member(process, mine)

    def submit(self, task: Task) -> None:
        """See :class:`Crew`, here and below."""
        self._tasks.append((task, 0))
        self._deal()

    @property
    def under_way(self) -> int:
        return len(self._tasks) + len(self._done) + sum(member.task is not None for member in self._members)

    def _deal(self) -> None:
        for member in self._members:
            if member.task is None and self._tasks:
                member.task, member.deaths = self._tasks.popleft()
                member.at = ""
                try:
                    member.connection.send(member.task)
                except OSError:
                    self._bury(member)

    def wait(self, seconds: float | None = None) -> list[tuple[Task, Result]]:
        self._deal()
        while not self._done and any(member.task is not None for member in self._members):
            at_work = {member.connection: member for member in self._members if member.task is not None}
            self._listen_to(at_work, seconds)
            self._deal()
            if seconds is not None:
                break
        done, self._done = self._done, []
        return done

    def _listen_to(self, members: Mapping[Connection[Any, Any], _Member], seconds: float | None) -> None:
        for connection in multiprocessing.connection.wait(members, seconds):
            self._listen(members[connection])  # type: ignore[index]

    def _listen(self, member: _Member) -> None:
        try:
            said = member.connection.recv()
        except (EOFError, OSError):
            self._bury(member)
            return
        if isinstance(said, Exception):
            raise said
        if isinstance(said, Ready):
            member.is_ready = True
            self._false_starts = 0
            return
        if isinstance(said, Asking):
            member.at = said.name
            return
        assert member.task is not None
        self._done.append((member.task, said))
        member.task = None

    def _bury(self, member: _Member) -> None:
        """A process has died: another takes its place, and its seeds are given again one by one, or given up."""
        task, deaths, at = member.task, member.deaths + 1, member.at
        if member.process.is_alive():
            end_tree(member.process.pid)
        member.process.join()
        code = member.process.exitcode
        member.connection.close()
        if not member.is_ready:
            self._false_starts += 1
            if self._false_starts >= FALSE_STARTS:
                raise EndedBeforeWork(f"a worker process cannot be started: {show_end(code)}")
            if task is not None:
                self._tasks.appendleft((task, member.deaths))
        elif task is None:
            pass
        elif isinstance(task, Shrink):
            self._done.append((task, None))
        elif len(task.seeds) > 1:
            self._tasks.extendleft((Batch((seed,), task.asked), 0) for seed in reversed(task.seeds))
        elif deaths < MOST_DEATHS or not at:
            self._tasks.appendleft((task, deaths))
        else:
            self._done.append((task, [ended_by(self._question, task.seeds[0], task.asked, at, show_end(code))]))
        self._members[self._members.index(member)] = self._started()

    def close(self) -> None:
        for member in self._members:
            end_tree(member.process.pid)
        for member in self._members:
            member.process.join()
            member.connection.close()
        self._members.clear()


def show_end(code: int | None) -> str:
    """How a process has ended."""
    if code is not None and code < 0:
        return f"it was killed by {signal.Signals(-code).name}"
    return f"it ended with exit code {code}"


# In the process


def _work(connection: Connection[Any, Any], question: SearchQuestion) -> None:
    """Do tasks until there are no more. Ctrl-C is left to the parent; when that is gone, this ends."""
    leave_interrupts_to_the_parent()
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_end_with, args=(parent.sentinel,), daemon=True).start()
    try:
        panel = panel_of(question)
    except InputError as error:
        connection.send(error)
        return
    connection.send(Ready())
    while True:
        try:
            task: Task = connection.recv()
        except (EOFError, OSError):
            panel.close()
            return
        try:
            if isinstance(task, Batch) and len(task.seeds) == 1:
                connection.send([panel.ask(task.seeds[0], task.asked, lambda name: connection.send(Asking(name)))])
            else:
                connection.send(perform(panel, task))
        except Exception as error:  # a mistake of ours, which the parent tells
            connection.send(error)
            return


def _end_with(sentinel: int) -> None:
    multiprocessing.connection.wait([sentinel])
    for each in tree(os.getpid())[1:]:
        end_tree(each)
    os._exit(1)
