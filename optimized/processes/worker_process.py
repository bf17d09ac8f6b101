"""What a worker process does: it waits for requests, and works on one block after another."""

from __future__ import annotations

import os
import pickle
import signal
import sys
import threading
import time
from typing import Any

import multiprocess
from multiprocess.reduction import recv_handle

from samestate.optimized.core.arena import SharedArena
from samestate.optimized.errors import MachineError
from samestate.optimized.processes.execution import BlockAtHand
from samestate.optimized.processes.machine import Machine, MachineName, checked_merge, described, source_of
from samestate.optimized.processes.python_executor import WorkerMemory, end_with

LOOK_UP_SECONDS = 0.05
"""How often to see whether what a long execution has read is still so."""


def serve(pipe: Any, processor: int | None, parent: int) -> None:
    """Answer requests until there is nobody left to make one."""
    ignore_interrupts()
    end_with_parent(parent)
    if processor is not None and hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {processor})
    office = Office()
    while True:
        try:
            request, *arguments = pipe.recv()
            if request == "attach":
                arguments.append(recv_handle(pipe))
        except (EOFError, OSError):
            return
        answer = getattr(office, request)(*arguments)
        try:
            pipe.send(answer)
        except OSError:
            return


def ignore_interrupts() -> None:
    """Ctrl-C goes to everybody; whoever started us decides. Until here the signal was blocked."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})


def end_with_parent(parent: int) -> None:
    """End at once, even in the middle of a block, when the process that started this one is gone."""
    sentinel = multiprocess.parent_process().sentinel
    threading.Thread(target=end_with, args=(sentinel, parent), name="watch over the parent", daemon=True).start()


class Office:
    """The requests, each a method; what it returns is the answer."""

    def __init__(self) -> None:
        self._machines: dict[MachineName, Machine] = {}
        self._arenas: dict[int, SharedArena] = {}
        self._watch = StalenessWatch()

    def machine(self, name: MachineName, path: list[str]) -> tuple[str, str]:
        """Import a machine. What is wrong, or nothing; and the digest of the source that it was made from."""
        sys.path[:] = path
        try:
            self._machines[name] = name.load()
        except MachineError as error:
            return str(error), ""
        return "", source_of(name)

    def attach(self, identity: int, descriptor: int) -> str:
        """Map an arena. What is wrong, or nothing."""
        try:
            self._arenas[identity] = SharedArena.attach(descriptor)
        except (OSError, ValueError) as error:
            return described(error)
        return ""

    def detach(self, identity: int) -> None:
        """Give an arena back."""
        self._arenas.pop(identity).close()

    def run(self, identity: int, number: int, name: MachineName) -> tuple[Any, ...]:
        """Work on the block in an arena until it is done or stopped. The answer is a WorkerReport."""
        try:
            at_hand = BlockPending(self._machines[name])
            memory = WorkerMemory(self._arenas[identity], number, at_hand.execute, at_hand.merge)
            at_hand.read(*memory.input())
            with self._watch.over(memory):
                reason = memory.work()
        except BaseException as error:
            return -1, 0, 0, 0, [], described(error), ""
        failure, unmerged = ("" if error is None else described(error) for error in (memory.failure, memory.unmerged))
        return reason, memory.version_reads, memory.base_reads, memory.wipes, memory.suspensions, failure, unmerged


class StalenessWatch:
    """Sees to it that no execution goes on for long after what it has read has changed."""

    def __init__(self) -> None:
        self._memory: WorkerMemory | None = None
        self._at_work = threading.Event()
        threading.Thread(target=self._look_up, name="watch over executions", daemon=True).start()

    def over(self, memory: WorkerMemory) -> StalenessWatch:
        """Watch it, in a `with` statement."""
        self._memory = memory
        return self

    def __enter__(self) -> None:
        self._at_work.set()

    def __exit__(self, *error: object) -> None:
        self._at_work.clear()
        self._memory = None

    def _look_up(self) -> None:
        while self._at_work.wait():
            time.sleep(LOOK_UP_SECONDS)
            memory = self._memory
            if memory is not None:
                memory.look_up()
            del memory


class BlockPending:
    """A block that is in the arena, which has to be mapped before it can be read."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine
        self.merge = checked_merge(machine.merge)
        self._at_hand: BlockAtHand | None = None

    def read(self, block: bytes, storage: bytes) -> None:
        """Unpickle it."""
        content = pickle.loads(block)
        transactions = self._machine.transactions(content)
        self._at_hand = BlockAtHand(self._machine, self.merge, content, transactions, pickle.loads(storage))

    def execute(self, memory: WorkerMemory, transaction: int) -> None:
        """See :meth:`BlockAtHand.execute`."""
        assert self._at_hand is not None
        self._at_hand.execute(memory, transaction)
