"""What a worker process does: it waits for requests, and works on one block after another."""

from __future__ import annotations

import os
import pickle
import signal
import threading
from typing import Any

import multiprocess
from multiprocess import connection as waiting
from multiprocess.reduction import recv_handle

from optimized.core.arena import SharedArena
from optimized.errors import MachineError
from optimized.execution import BlockAtHand
from optimized.machine import Machine, MachineName, described
from optimized.python_executor import WorkerMemory

LOOK_UP_SECONDS = 1.0
"""How often to see whether the process that started this one is still there."""


def serve(pipe: Any, processor: int | None) -> None:
    """Answer requests until there is nobody left to make one."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C goes to everybody; whoever started us decides
    end_with_parent()
    if processor is not None and hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {processor})
    office = Office()
    while True:
        try:
            request, *arguments = pipe.recv()
            if request == "attach":
                arguments.append(recv_handle(pipe))
            pipe.send(getattr(office, request)(*arguments))
        except (EOFError, OSError):
            return


def end_with_parent() -> None:
    """End at once, even in the middle of a block, when the process that started this one is gone.

    The sentinel tells at once, unless a fork of that process holds its other end too.
    """
    sentinel = multiprocess.parent_process().sentinel
    parent = os.getppid()

    def watch() -> None:
        while not waiting.wait([sentinel], LOOK_UP_SECONDS) and os.getppid() == parent:
            pass
        os._exit(1)

    threading.Thread(target=watch, name="watch over the parent", daemon=True).start()


class Office:
    """The requests, each a method; what it returns is the answer."""

    def __init__(self) -> None:
        self._machines: dict[MachineName, Machine] = {}
        self._arenas: dict[int, SharedArena] = {}

    def machine(self, name: MachineName) -> str:
        """Import a machine. What is wrong, or nothing."""
        try:
            self._machines[name] = name.load()
        except MachineError as error:
            return str(error)
        return ""

    def attach(self, identity: int, descriptor: int) -> None:
        """Map an arena."""
        self._arenas[identity] = SharedArena.attach(descriptor)

    def detach(self, identity: int) -> None:
        """Give an arena back."""
        self._arenas.pop(identity).close()

    def run(self, identity: int, number: int, name: MachineName) -> tuple[Any, ...]:
        """Work on the block in an arena until it is done or stopped. The answer is a WorkerReport."""
        machine = self._machines[name]
        try:
            at_hand = BlockPending(machine)
            memory = WorkerMemory(self._arenas[identity], number, at_hand.execute, machine.merge)
            at_hand.read(*memory.input())
            reason = memory.work()
        except BaseException as error:
            return -1, 0, 0, 0, [], described(error)
        failure = "" if memory.failure is None else described(memory.failure)
        return reason, memory.version_reads, memory.base_reads, memory.wipes, memory.suspensions, failure


class BlockPending:
    """A block that is in the arena, which has to be mapped before it can be read."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine
        self._at_hand: BlockAtHand | None = None

    def read(self, block: bytes, storage: bytes) -> None:
        """Unpickle it."""
        content = pickle.loads(block)
        transactions = self._machine.transactions(content)
        self._at_hand = BlockAtHand(self._machine, content, transactions, pickle.loads(storage))

    def execute(self, memory: WorkerMemory, transaction: int) -> None:
        """See :meth:`BlockAtHand.execute`."""
        assert self._at_hand is not None
        self._at_hand.execute(memory, transaction)
