"""A worker's side of machines written in Python: the worker loop of all machines, which calls Python each time.

The view's reads come through here, and what a step wrote goes through here. Whatever has to do with what a machine's
values mean stays in Python: here keys and values are bytes. A key's name in the arena is the key after one byte; an
address's wipes are versions of a name of their own, which begins with another byte.
"""

import cython
from cython.cimports.cpython.bytes import PyBytes_AS_STRING, PyBytes_FromStringAndSize
from cython.cimports.libc.stdint import uint64_t
from cython.cimports.optimized.core import keys, memory
from cython.cimports.optimized.core.arena import SharedArena, stop, stop_reason, store_value
from cython.cimports.optimized.core.records import (
    BROKEN,
    DONE,
    READ_VALUE,
    STOPPED,
    SUSPENDED,
    KeyRecord,
    Reading,
    Task,
    Version,
    word_value,
)
from cython.cimports.optimized.core.session import attach_session, free_task, make_task
from cython.cimports.optimized.core.shim import atomic_store
from cython.cimports.optimized.core.worker import run_worker
from cython.cimports.optimized.python_block import RUNNING_LINE, PythonInput, to_object

from optimized.view import Stopped, Suspended

KEY = b"\x00"
WIPE = b"\x01"


def execute_step(machine, task):
    """Run the step in Python: the one place where the worker loop takes the GIL."""
    with cython.gil:
        return cython.cast(WorkerMemory, machine).run_step(task)


def merge_values(machine, task, key, value, amount):
    """Have the machine credit an amount to a value."""
    with cython.gil:
        worker: WorkerMemory = cython.cast(WorkerMemory, machine)
        try:
            return worker.merged(task, key, value, amount)
        except Stopped:
            return 0
        except BaseException as error:
            worker.failure = error
            stop(worker.session.arena, BROKEN)
            return 0


@cython.cclass
class WorkerMemory:
    """The block in the arena as one worker process sees it.

    ``execute(memory, transaction)`` runs a transaction over this memory: True when it ended (:meth:`finish` has been
    called), or raises Suspended or Stopped. ``merge`` is the machine's.
    """

    def __init__(self, shared: SharedArena, number: int, execute, merge):
        shared.check_open()
        self.shared = shared
        self.execute = execute
        self.merge = merge
        self.failure = None
        self.suspensions = []
        self.version_reads = 0
        self.base_reads = 0
        self.wipes = 0
        self.executor.machine = cython.cast(cython.p_void, self)
        self.executor.execute = execute_step
        self.executor.merge = merge_values
        attach_session(cython.address(self.session), cython.address(shared.arena))
        made: cython.int = make_task(
            cython.address(self.task), cython.address(self.session), number, cython.address(self.executor)
        )
        if made < 0:
            raise MemoryError
        self.current = cython.address(self.task)

    def __dealloc__(self):
        free_task(cython.address(self.task))

    def input(self) -> tuple:
        """The block and the addresses that have storage, both pickled."""
        record: cython.pointer(PythonInput) = cython.cast(
            cython.pointer(PythonInput), self.session.base + self.session.record.input
        )
        return to_object(self.session.base, record.block), to_object(self.session.base, record.storage)

    def work(self) -> int:
        """Run the worker loop until the block is done or stopped. The StopReason, 0 where it is done."""
        reason: uint64_t
        task: cython.pointer(Task) = cython.address(self.task)
        with cython.nogil:
            reason = run_worker(task)
        return reason

    def run_step(self, task):
        """One execution. Nothing that Python raises goes further."""
        record: cython.pointer(PythonInput) = cython.cast(
            cython.pointer(PythonInput), self.session.base + self.session.record.input
        )
        line: cython.pointer(uint64_t) = cython.cast(
            cython.pointer(uint64_t), self.session.base + record.running + RUNNING_LINE * task.number
        )
        ending: cython.int = DONE
        self.current = task
        atomic_store(line, task.transaction + 1, b"python.running.store")
        try:
            self.execute(self, task.transaction)
        except Suspended:
            ending = SUSPENDED
        except Stopped:
            ending = STOPPED
        except BaseException as error:
            self.failure = error
            stop(self.session.arena, BROKEN)
            ending = STOPPED
        atomic_store(line, 0, b"python.running.store")
        return ending

    def key(self, name):
        """The record of a name, made with nothing in it where it is new."""
        key: uint64_t = keys.find_key(self.current, PyBytes_AS_STRING(name), cython.cast(uint64_t, len(name)), 0)
        if key == 0:
            raise Stopped
        return key

    def value(self, content):
        """The bytes as a Value."""
        value: uint64_t = store_value(self.current, PyBytes_AS_STRING(content), cython.cast(uint64_t, len(content)))
        if value == 0:
            raise Stopped
        return value

    def merged(self, task, key, value, amount):
        """See `merge_values`."""
        record: cython.pointer(KeyRecord) = keys.key_record(cython.address(self.session), key)
        name: bytes = PyBytes_FromStringAndSize(
            self.session.base + record.name + 1, cython.cast(cython.Py_ssize_t, record.length - 1)
        )
        credited = int.from_bytes(to_object(self.session.base, amount), "big")
        content = self.merge(name, to_object(self.session.base, value), credited)
        if content is None:
            return 0
        self.current = task
        return self.value(content)

    def look(self, name, reading):
        """Read what steps before this one left under a name."""
        if stop_reason(self.session.arena):
            raise Stopped
        key: uint64_t = self.key(name)
        result: cython.int = memory.read(self.current, key, reading)
        if result == SUSPENDED:
            self.suspensions.append(
                (self.current.transaction, self.current.incarnation, self.current.blocking - 1, name[1:])
            )
            raise Suspended
        if result != READ_VALUE:
            raise Stopped
        return 0

    def wiped_at(self, address: bytes) -> int:
        """The last step before this one that wiped the address (open = 0), or -1.

        The state before the block knows nothing of wipes, so nobody waits for it.
        """
        reading: Reading
        record: cython.pointer(KeyRecord)
        if self.session.record.read_latency:
            record = keys.key_record(cython.address(self.session), self.key(WIPE + address))
            atomic_store(cython.address(record.loaded), 1, b"memory.base.loaded")
        self.look(WIPE + address, cython.address(reading))
        return reading.source if reading.value else -1

    def observe(self, key: bytes, since: int):
        """The value before this step, of what was done to the key at the step ``since`` or later, or before the block.

        A wipe at ``since`` has left nothing of what was before. -1: no wipe.
        """
        reading: Reading
        base: cython.p_char = self.session.base
        self.look(KEY + key, cython.address(reading))
        if reading.source < 0 and reading.credits == 0:
            self.base_reads += 1
        else:
            self.version_reads += 1
        content = to_object(base, reading.value) if reading.source >= since else None
        if reading.credits:
            index: cython.Py_ssize_t
            amounts = []
            for index in range(cython.cast(cython.Py_ssize_t, reading.credits)):
                version: cython.pointer(Version) = cython.cast(cython.pointer(Version), base + reading.chain[2 * index])
                if cython.cast(cython.longlong, version.step) > since:
                    amounts.append(to_object(base, word_value(reading.chain[2 * index + 1])))
            for amount in reversed(amounts):
                content = self.merge(key, content, int.from_bytes(amount, "big"))
        return content

    def finish(self, verdict: int, outcome: bytes, wipes, writes: dict, credits: dict) -> None:
        """What the step did, once it has ended; published when its execution returns.

        ``writes``: values or None by key. ``credits``: amounts by key, of keys not under ``writes``.
        """
        task: cython.pointer(Task) = self.current
        task.verdict = verdict
        task.outcome = self.value(outcome)
        for address in wipes:
            self.wipes += 1
            if memory.write(task, self.key(WIPE + address), self.value(b"\x01")) < 0:
                raise Stopped
        for key, content in writes.items():
            if memory.write(task, self.key(KEY + key), 0 if content is None else self.value(content)) < 0:
                raise Stopped
        for key, amount in credits.items():
            content = amount.to_bytes((amount.bit_length() + 7) // 8, "big")
            if memory.credit(task, self.key(KEY + key), self.value(content)) < 0:
                raise Stopped
