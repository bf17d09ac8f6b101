"""The arena: one region of shared memory that threads and processes see alike, each at an address of its own.

It is a memfd whose pages exist from the start (``posix_fallocate``: a segment larger than the system has would
otherwise be created without error and die of SIGBUS). Space is handed out in one direction only and taken back all at
once, between blocks; within a block nothing is freed, so that whoever still looks at something old finds it whole.
"""

import os

import cython
from cython.cimports.libc.stdint import uint64_t
from cython.cimports.libc.string import memcmp, memcpy, memset
from cython.cimports.posix.mman import MAP_FAILED, MAP_SHARED, PROT_READ, PROT_WRITE, mmap, munmap
from cython.cimports.samestate.optimized.core.records import (
    OUT_OF_MEMORY,
    OUTSIDE_SHIFT,
    ArenaHeader,
    Value,
    WorkerRecord,
)
from cython.cimports.samestate.optimized.core.shim import (
    INTERRUPTED_BY_HOOK,
    SAMESTATE_IS_EXPLORED,
    atomic_add,
    atomic_load,
    atomic_replace,
    peek,
    samestate_interrupted,
)

from samestate.optimized.memory_file import open_memory

MAGIC = cython.declare(uint64_t, 0x53414D4553544154)
FIRST_FREE = cython.declare(uint64_t, 256)
LARGEST_CHUNK = cython.declare(uint64_t, 1 << 16)
SMALLEST_CHUNK = cython.declare(uint64_t, 1 << 10)
SMALLEST = 1 << 16
LARGEST = 1 << 37


def reserve(arena: cython.pointer(Arena), size: uint64_t) -> uint64_t:
    """Give the offset of ``size`` fresh bytes, 128-aligned, not zeroed; 0 and the stop flag where the arena is full.

    Fresh bytes from what is left; all or nothing.
    """
    header: cython.pointer(ArenaHeader) = arena_header(arena)
    rounded: uint64_t = (size + 127) & ~cython.cast(uint64_t, 127)
    if rounded < size or rounded > arena.size:
        stop(arena, OUT_OF_MEMORY)
        return 0
    offset: uint64_t = atomic_add(cython.address(header.used), rounded, b"arena.reserve")
    if offset + rounded > arena.size:
        stop(arena, OUT_OF_MEMORY)
        return 0
    return offset


def reserve_if_room(arena: cython.pointer(Arena), size: uint64_t) -> uint64_t:
    """Give the offset of as many bytes as :func:`reserve` would; 0, and no stop flag, where they do not fit.

    Nothing is taken, not even for a moment, where it does not fit: nobody else is refused for it.
    """
    used: cython.pointer(uint64_t) = cython.address(arena_header(arena).used)
    rounded: uint64_t = (size + 127) & ~cython.cast(uint64_t, 127)
    while True:
        offset: uint64_t = atomic_load(used, b"arena.used.load")
        if rounded < size or rounded > arena.size or offset > arena.size - rounded:
            return 0
        if atomic_replace(used, offset, offset + rounded, b"arena.reserve"):
            return offset


def allocate(task: cython.pointer(Task), size: uint64_t) -> uint64_t:
    """Give the offset of ``size`` bytes for this worker alone, 8-aligned; 0 and the stop flag where the arena is full.

    From the worker's chunk; what is left of a chunk too small is given up.
    """
    worker: cython.pointer(WorkerRecord) = task.worker
    rounded: uint64_t = (size + 7) & ~cython.cast(uint64_t, 7)
    offset: uint64_t = worker.chunk
    if rounded <= worker.chunk_end - offset:
        worker.chunk = offset + rounded
        return offset
    chunk: uint64_t = task.session.arena.size >> 7  # in a small arena no worker may hoard
    chunk = min(LARGEST_CHUNK, max(SMALLEST_CHUNK, chunk))
    if rounded < size or rounded > chunk // 4:
        return reserve(task.session.arena, size)
    offset = reserve(task.session.arena, chunk)
    if offset:
        worker.chunk = offset + rounded
        worker.chunk_end = offset + chunk
    return offset


def store_value(task: cython.pointer(Task), data: cython.p_const_void, length: uint64_t) -> uint64_t:
    """Store bytes as a Value, left to be filled in where ``data`` is NULL. Its offset; 0 where the arena is full.

    A value is written before anybody can see it, and never again.
    """
    offset: uint64_t = allocate(task, cython.sizeof(Value) + length)
    if offset == 0:
        return 0
    value: cython.pointer(Value) = cython.cast(cython.pointer(Value), at(task.session.arena, offset))
    value.length = length
    if data != cython.NULL:
        memcpy(value_bytes(task.session.base, offset), data, length)
    return offset


def store_content(
    task: cython.pointer(Task), content: cython.pointer(cython.const[Content]), value: cython.pointer(uint64_t)
) -> cython.bint:
    """Put into ``value`` the Value that holds a content, 0 for absent. False where the arena is full.

    Long bytes are not copied where they lie in the arena already, or in the state before the block.
    """
    value[0] = 0
    if content.data == cython.NULL:
        return True
    value[0] = content.value
    if content.value == 0:
        value[0] = store_value(task, content.data, content.length)
    return value[0] != 0


def refer_outside(task: cython.pointer(Task), content: cython.pointer(cython.const[Content])) -> uint64_t:
    """Make a Value that says where bytes of the state before the block lie. 0 where the arena is full.

    Their place instead of them: the same in every process.
    """
    offset: uint64_t = allocate(task, cython.sizeof(Value) + 8)
    if offset == 0:
        return 0
    value: cython.pointer(Value) = cython.cast(cython.pointer(Value), at(task.session.arena, offset))
    value.length = content.length | (cython.cast(uint64_t, 1) << OUTSIDE_SHIFT)
    place: cython.pointer(uint64_t) = cython.cast(cython.pointer(uint64_t), value + 1)
    place[0] = cython.cast(uint64_t, content.data - cython.cast(cython.p_const_uchar, task.session.outside))
    return offset


def is_same_content(
    one: cython.pointer(cython.const[Content]), other: cython.pointer(cython.const[Content])
) -> cython.bint:
    """Say whether both are absent, or both the same bytes.

    The same place means the same bytes, however many: most often a code that somebody has only passed on.
    """
    if one.data == other.data and one.length == other.length:
        return True
    if one.data == cython.NULL or other.data == cython.NULL or one.length != other.length:
        return False
    return memcmp(one.data, other.data, one.length) == 0


def stop(arena: cython.pointer(Arena), reason: uint64_t) -> cython.void:
    """Put the stop flag up, for this reason.

    Only the first reason is kept: later ones follow from it.
    """
    atomic_replace(cython.address(arena_header(arena).stop), 0, reason, b"arena.stop")


def stop_reason(arena: cython.pointer(Arena)) -> uint64_t:
    """Give the StopReason: 0 while nobody has asked to stop.

    No scheduling point: whether to stop changes nothing that anybody computes.
    """
    if samestate_interrupted():
        return INTERRUPTED_BY_HOOK
    return peek(cython.address(arena_header(arena).stop))


@cython.cclass
class SharedArena:
    """Python's handle on an arena. Create one, attach to it by descriptor elsewhere, reset it between blocks."""

    def __cinit__(self):
        self.arena.base = cython.NULL
        self.arena.descriptor = -1

    @staticmethod
    def create(size: int):
        """A new arena. Raises OSError where the system refuses the memory, ValueError below 64 KiB or above 128 GiB.

        Some systems do not refuse but kill somebody: do not ask for more than there is.
        """
        if size < SMALLEST:
            raise ValueError(f"an arena needs at least {SMALLEST} bytes, not {size}")
        if size > LARGEST:
            raise ValueError(f"an arena has at most {LARGEST} bytes, not {size}: a version has no room for more")
        size = (size + 4095) // 4096 * 4096
        descriptor = open_memory(size)
        try:
            created: SharedArena = SharedArena()
            created.map_descriptor(descriptor, size)
        except BaseException:
            os.close(descriptor)
            raise
        header: cython.pointer(ArenaHeader) = arena_header(cython.address(created.arena))
        memset(header, 0, cython.sizeof(ArenaHeader))
        header.used = FIRST_FREE
        header.seed = 0 if SAMESTATE_IS_EXPLORED else int.from_bytes(os.urandom(8), "little")
        header.magic = MAGIC
        return created

    @staticmethod
    def attach(descriptor: int):
        """The arena behind a descriptor that another process made; the handle owns the descriptor from now on."""
        attached: SharedArena = SharedArena()
        attached.map_descriptor(descriptor, os.fstat(descriptor).st_size)
        if arena_header(cython.address(attached.arena)).magic != MAGIC:
            attached.close()
            raise ValueError(f"descriptor {descriptor} is no arena")
        return attached

    def map_descriptor(self, descriptor: cython.int, size: uint64_t) -> cython.void:
        """Map what the descriptor holds."""
        length: cython.size_t = size
        number: cython.int = descriptor
        base: cython.p_void = mmap(cython.NULL, length, PROT_READ | PROT_WRITE, MAP_SHARED, number, 0)
        if base == MAP_FAILED:
            raise OSError(f"no address space for an arena of {size} bytes")
        self.arena.base = cython.cast(cython.p_char, base)
        self.arena.size = length
        self.arena.descriptor = number

    def check_open(self) -> cython.void:
        """Raise ValueError once closed."""
        if self.arena.base == cython.NULL:
            raise ValueError("the arena is closed")

    def reset(self) -> None:
        """Take back all that was handed out, and the stop flag. Only while nobody works."""
        self.check_open()
        header: cython.pointer(ArenaHeader) = arena_header(cython.address(self.arena))
        header.used = FIRST_FREE
        header.stop = 0
        header.session = 0

    def request_stop(self, reason: int) -> None:
        """Ask all workers to leave (a StopReason); they do so at their next step."""
        self.check_open()
        stop(cython.address(self.arena), reason)

    @property
    def stopped(self) -> int:
        """The StopReason, 0 while nobody has asked to stop."""
        self.check_open()
        return stop_reason(cython.address(self.arena))

    @property
    def used(self) -> int:
        """How many bytes have been handed out; more than ``size`` once somebody was refused."""
        self.check_open()
        return arena_header(cython.address(self.arena)).used

    @property
    def size(self) -> int:
        """How many bytes it has."""
        return self.arena.size

    @property
    def descriptor(self) -> int:
        """To pass to another process."""
        return self.arena.descriptor

    def close(self) -> None:
        """Unmap it and close the descriptor. The memory goes once all processes have."""
        if self.arena.base != cython.NULL:
            munmap(self.arena.base, self.arena.size)
            os.close(self.arena.descriptor)
            self.arena.base = cython.NULL
            self.arena.descriptor = -1

    def __dealloc__(self):
        if self.arena.base != cython.NULL:
            munmap(self.arena.base, self.arena.size)
            close_descriptor(self.arena.descriptor)
