"""A worker's side of machines written in Python: the worker loop of all machines, which calls Python each time.

The view's reads come through here, and what a step wrote goes through here. Whatever has to do with what a machine's
values mean stays in Python: here keys and values are bytes. A key's name in the arena is the key after one byte; an
address's wipes are versions of a name of their own, which begins with another byte.
"""

import cython
from cython.cimports.cpython.bytes import PyBytes_AS_STRING, PyBytes_FromStringAndSize
from cython.cimports.libc.stdint import uint64_t
from cython.cimports.libc.stdlib import calloc, free
from cython.cimports.libc.string import memcpy
from cython.cimports.posix.unistd import _exit, getppid
from cython.cimports.samestate.optimized.core import keys, memory
from cython.cimports.samestate.optimized.core.arena import SharedArena, make_absent, stop, stop_reason, store_value
from cython.cimports.samestate.optimized.core.records import (
    BROKEN,
    DONE,
    READ_VALUE,
    STOPPED,
    SUSPENDED,
    UNMERGED,
    Content,
    Execution,
    KeyRecord,
    Reading,
    Task,
    Version,
    word_value,
)
from cython.cimports.samestate.optimized.core.room import take_room
from cython.cimports.samestate.optimized.core.session import attach_session, begin_task, free_task, make_task
from cython.cimports.samestate.optimized.core.shim import atomic_store
from cython.cimports.samestate.optimized.interruption import Guard
from cython.cimports.samestate.optimized.processes.python_block import RUNNING_LINE, PythonInput, to_object
from cython.cimports.samestate.optimized.strategies.worker import run_worker

from samestate.optimized.deadline import PATIENCE
from samestate.optimized.interruption import Insistent
from samestate.optimized.processes.view import Stopped, Suspended

KEY = b"\x00"
WIPE = b"\x01"


class _SuspendedForGood(Suspended, Insistent):
    """For a machine that swallows all the others."""


def execute_step(itself: cython.p_void, task: cython.pointer(Task)) -> cython.int:
    """Run the step in Python: the one place where the worker loop takes the GIL."""
    with cython.gil:
        return cython.cast(WorkerMemory, itself).run_step(task)


def merge_values(
    itself: cython.p_void,
    task: cython.pointer(Task),
    key: uint64_t,
    value: cython.pointer(cython.const[Content]),
    amount: cython.pointer(cython.const[Content]),
    sum: cython.pointer(Content),
) -> cython.int:
    """Have the machine credit an amount to a value; UNMERGED where it cannot.

    The block then ends when the step that credits is entered in its turn, whatever is made of the value meanwhile.
    """
    with cython.gil:
        worker: WorkerMemory = cython.cast(WorkerMemory, itself)
        make_absent(sum)
        try:
            content: bytes = worker.merged(key, value, amount)
        except BaseException as error:
            worker.unmerged = error
            return UNMERGED
        if content is None:
            return DONE
        length: uint64_t = len(content)
        copied: cython.p_void = take_room(task, length + 1)
        if copied == cython.NULL:
            return STOPPED
        memcpy(copied, PyBytes_AS_STRING(content), length)
        sum.data = cython.cast(cython.p_const_uchar, copied)
        sum.length = length
        return DONE


@cython.cfunc
def content_bytes(content: cython.pointer(cython.const[Content])) -> bytes:
    """For Python; None where it is absent."""
    if content.data == cython.NULL:
        return None
    return PyBytes_FromStringAndSize(
        cython.cast(cython.p_const_char, content.data), cython.cast(cython.Py_ssize_t, content.length)
    )


def end_with(sentinel: int, parent: int) -> None:
    """End this process at once when the process ``parent``, which started it, is gone. Never returns.

    It needs no GIL, so that nothing that a machine does holds it up. The sentinel, a descriptor that becomes readable,
    tells at once, unless a fork of that process holds its other end too; so the parent is asked for every second.
    """
    end: pollfd
    end.fd = sentinel
    end.events = POLLIN
    end.revents = 0
    number: cython.int = parent
    with cython.nogil:
        while poll(cython.address(end), 1, 1000) <= 0 and getppid() == number:
            pass
        _exit(1)


@cython.cclass
class WorkerMemory:
    """The block in the arena as one worker process sees it.

    ``execute(memory, transaction)`` runs a transaction over this memory. When it has ended it has called
    :meth:`finish`; or it raises Suspended or Stopped. ``merge`` is the machine's, checked. ``failure``: what it raised
    that it must not, if anything. ``unmerged``: what ``merge`` raised where no execution was under way, if anything.
    """

    def __init__(self, shared: SharedArena, number: int, execute, merge):
        shared.check_open()
        self.shared = shared
        self.execute = execute
        self.merge = merge
        self.failure = None
        self.unmerged = None
        self.guard = Guard()
        self.executions = 0
        self.seen_executions = 0
        self.times_thrown = 0
        self.suspensions = []
        self.version_reads = 0
        self.base_reads = 0
        self.wipes = 0
        self.machine.itself = cython.cast(cython.p_void, self)
        self.machine.execute = execute_step
        self.machine.merge = merge_values
        attach_session(cython.address(self.session), cython.address(shared.arena))
        made: cython.int = make_task(
            cython.address(self.task), cython.address(self.session), number, cython.address(self.machine)
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

    def run_step(self, task: cython.pointer(Task)) -> cython.int:
        """Run one execution and give its result. Nothing that Python raises goes further."""
        record: cython.pointer(PythonInput) = cython.cast(
            cython.pointer(PythonInput), self.session.base + self.session.record.input
        )
        line: cython.pointer(uint64_t) = cython.cast(
            cython.pointer(uint64_t), self.session.base + record.running + RUNNING_LINE * task.number
        )
        ending: cython.int
        self.current = task
        atomic_store(line, task.transaction + 1, b"python.running.store")
        while True:
            ending = self.run_once(task)
            if ending == STOPPED or not self.guard.thrown:
                break
            if self.meets_estimate(task):
                ending = SUSPENDED
                break
            self.session.steps[task.step].executions += 1
            task.worker.executions += 1
            task.worker.suspensions += 1
            begin_task(task, task.step, task.incarnation)
        atomic_store(line, 0, b"python.running.store")
        return ending

    def run_once(self, task: cython.pointer(Task)) -> cython.int:
        """Call the machine, unless what it has read so far turns out to be no longer so: then ``guard.thrown``."""
        ending: cython.int = DONE
        self.executions += 1
        self.guard.begin()
        try:
            self.execute(self, task.transaction)
        except Suspended:
            ending = SUSPENDED
        except Stopped:
            ending = STOPPED
        except BaseException as error:
            if not self.guard.thrown:
                self.failure = error
                stop(self.session.arena, BROKEN)
                ending = STOPPED
        self.guard.end()
        return STOPPED if stop_reason(self.session.arena) else ending

    def look_up(self) -> None:
        """Give up the execution under way if it is the one that was at the last call, and its reads have changed.

        For another thread of the process, every now and then: what was read too early may have sent the machine into
        a loop that it would not enter in block order. All of this happens under the GIL, which the execution needs for
        reading, too; so its read set stands still.
        """
        if self.executions != self.seen_executions:
            self.seen_executions = self.executions
            self.times_thrown = 0
        elif self.guard.running and (self.guard.thrown or not self.reads_hold()):
            self.guard.throw(Suspended if self.times_thrown < PATIENCE else _SuspendedForGood, True)
            self.times_thrown += 1

    def reads_hold(self) -> cython.bint:
        """Say whether the execution under way would find all that it has read again."""
        task: cython.pointer(Task) = self.current
        size: cython.size_t = 8 * task.read_words
        copy: cython.pointer(Execution) = cython.cast(
            cython.pointer(Execution), calloc(1, cython.sizeof(Execution) + size)
        )
        if copy == cython.NULL:
            return True
        copy.read_words = task.read_words
        memcpy(memory.read_set(copy), task.reads, size)
        holds: cython.bint = memory.validate(cython.address(self.session), task.step, copy)
        free(copy)
        return holds

    def meets_estimate(self, task: cython.pointer(Task)) -> cython.bint:
        """Say whether a key that was read waits for a step that is executed again: ``task.blocking`` then."""
        keys_read = []
        index: uint64_t = 0
        while index < task.read_words:
            keys_read.append(task.reads[index])
            index += 2 + 2 * task.reads[index + 1]
        reading: Reading
        for key in keys_read:
            if memory.read(task, key, cython.address(reading)) == SUSPENDED:
                self.note_suspension(task, key)
                return True
        return False

    def note_suspension(self, task: cython.pointer(Task), key: uint64_t) -> cython.int:
        """Note for the trace who waits for whom, because of which key."""
        record: cython.pointer(KeyRecord) = keys.key_record(cython.address(self.session), key)
        name: bytes = PyBytes_FromStringAndSize(
            self.session.base + record.name + 1, cython.cast(cython.Py_ssize_t, record.length - 1)
        )
        self.suspensions.append((task.transaction, task.incarnation, task.blocking - 1, name))
        return 0

    def key(self, name: bytes) -> uint64_t:
        """Give the record of a name, made with nothing in it where it is new."""
        key: uint64_t = keys.find_key(self.current, PyBytes_AS_STRING(name), cython.cast(uint64_t, len(name)), 0, 0)
        if key == 0:
            raise Stopped
        return key

    def value(self, content: bytes) -> uint64_t:
        """Store bytes as a Value, and give its offset."""
        value: uint64_t = store_value(self.current, PyBytes_AS_STRING(content), cython.cast(uint64_t, len(content)))
        if value == 0:
            raise Stopped
        return value

    def merged(
        self, key: uint64_t, value: cython.pointer(cython.const[Content]), amount: cython.pointer(cython.const[Content])
    ) -> bytes:
        """Have the machine credit an amount to a value, under the interpreter's lock.

        See `merge_values`.
        """
        record: cython.pointer(KeyRecord) = keys.key_record(cython.address(self.session), key)
        name: bytes = PyBytes_FromStringAndSize(
            self.session.base + record.name + 1, cython.cast(cython.Py_ssize_t, record.length - 1)
        )
        return self.merge(name, content_bytes(value), int.from_bytes(content_bytes(amount), "big"))

    def look(self, name: bytes, reading: cython.pointer(Reading)) -> cython.int:
        """Read what steps before this one left under a name."""
        if stop_reason(self.session.arena):
            raise Stopped
        if self.guard.thrown:
            raise Suspended
        key: uint64_t = self.key(name)
        result: cython.int = memory.read(self.current, key, reading)
        if result == SUSPENDED:
            self.note_suspension(self.current, key)
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
        # rule: block-stm.wipe.hides-what-is-below
        content = to_object(base, reading.value) if reading.source >= since else None
        if reading.credits:
            index: cython.Py_ssize_t
            amounts = []
            for index in range(cython.cast(cython.Py_ssize_t, reading.credits)):
                version: cython.pointer(Version) = cython.cast(cython.pointer(Version), base + reading.chain[2 * index])
                if cython.cast(cython.longlong, version.step) > since:
                    amounts.append(to_object(base, word_value(reading.chain[2 * index + 1])))
            # rule: block-stm.credit.merged-when-read
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
        # rule: block-stm.wipe.is-a-version
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
