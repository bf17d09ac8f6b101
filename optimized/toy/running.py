"""Blocks of the toy machine, one after another, on one arena: lay out, let workers work, settle.

``begin``, then ``work`` once for each worker, on threads of their own, then ``finish``. Nothing here starts a thread,
so that the explorer can drive the same workers one at a time.
"""

import cython
from cython.cimports.libc.stdint import uint8_t, uint32_t, uint64_t
from cython.cimports.libc.stdlib import calloc, free, malloc
from cython.cimports.libc.string import memset
from cython.cimports.samestate.optimized.core.arena import allocate, stop_reason
from cython.cimports.samestate.optimized.core.block import open_block, settle_block
from cython.cimports.samestate.optimized.core.machine import REFUSED
from cython.cimports.samestate.optimized.core.records import (
    DONE,
    LOCKS,
    OUT_OF_MEMORY,
    SEQUENTIAL,
    WAVES,
    DeclaredAccess,
    Task,
)
from cython.cimports.samestate.optimized.core.session import SessionOptions
from cython.cimports.samestate.optimized.core.shim import SAMESTATE_IS_EXPLORED, now_nanoseconds, samestate_raise
from cython.cimports.samestate.optimized.strategies.worker import prepare, run_worker
from cython.cimports.samestate.optimized.toy.interpreter import (
    DECLARED_HINTS,
    NO_HINTS,
    STATIC_HINTS,
    Access,
    Scratch,
    poll,
)
from cython.cimports.samestate.optimized.toy.packing import PackedBlock
from cython.cimports.samestate.optimized.toy.result import ToyResult
from cython.cimports.samestate.optimized.toy.sequential import run_sequentially
from cython.cimports.samestate.optimized.toy.versioned import make_machine

from samestate.optimized.core.block_run import STRATEGIES
from samestate.optimized.errors import OutOfMemory

RECORD_TOO_LARGE = "this process cannot have the memory of the block's access record"


class ToyRun(BlockRun):
    """One engine's workers on toy blocks. Not for two blocks at once."""

    def __cinit__(self, arena, workers, strategy):
        self.strategy_number = STRATEGIES[strategy]
        self.scratches = cython.cast(cython.pointer(Scratch), calloc(workers, cython.sizeof(Scratch)))
        if self.scratches == cython.NULL:
            raise OutOfMemory(f"this process cannot have the memory of {workers} workers")

    def __dealloc__(self):
        worker: uint64_t
        if self.scratches != cython.NULL:
            for worker in range(self.workers):
                free(self.scratches[worker].marks)
                free(self.scratches[worker].accesses)
        free(self.scratches)
        free(self.machine.places)
        free(self.machine.loaded)
        free(self.machine.kept_warm)

    def begin(
        self,
        block: PackedBlock,
        record: bool = True,
        time_limit: float = 60.0,
        read_latency_us: float = 0.0,
        estimator: str = "declared",
        expected=None,
        trace: bool = False,
        spent: float = 0.0,
        batches: bool = True,
    ) -> None:
        """Lay out a block. ``expected``: what an estimator says of each transaction, ``(reads, writes)`` or None.
        ``spent``: how many of the seconds of ``time_limit`` have gone by already. ``batches``: whether signatures are
        verified several at once.

        Raises :class:`OutOfMemory`.
        """
        self._begin_watching(time_limit, spent)
        self.arena.reset()
        self.block = block
        self.result = ToyResult(block)
        self.result.lay_out(record)
        self.machine.block = cython.address(block.flat)
        self.machine.transactions = block.flat.transactions
        self.machine.operations = block.flat.operations
        self.machine.words = block.flat.words
        self.machine.data = block.flat.data
        self.machine.coinbase_balance = block.flat.coinbase_balance
        self.machine.watch = cython.address(self.watch)
        self.machine.current = self.result.ledger.current
        self.machine.read_latency = cython.cast(uint64_t, read_latency_us * 1000)
        self.machine.digests = self.result.ledger.digests
        self.machine.signed_transactions = block.flat.signed_transactions
        self.machine.public_keys = block.flat.public_keys
        self.machine.verification = cython.address(self.verification)
        self.verification.begin(
            block.flat.jobs,
            2 * block.flat.transactions_length if block.flat.is_signed else 0,
            block.flat.public_keys,
            batches,
        )
        self.tracing = trace
        self._make_room()
        if self.strategy_number != SEQUENTIAL:
            self._begin_versioned(estimator, expected)

    def _make_room(self) -> cython.void:
        """Take memory for every worker.

        Each worker's scratch for the largest transaction; what is there already stays from block to block.
        """
        worker: uint64_t
        scratch: cython.pointer(Scratch)
        keys: uint64_t = self.block.flat.key_count
        versioned: cython.bint = self.strategy_number != SEQUENTIAL
        for worker in range(self.workers if versioned else 1):
            scratch = self.scratches + worker
            if self.marks < keys or scratch.marks == cython.NULL:
                free(scratch.marks)
                scratch.marks = cython.cast(cython.pointer(uint64_t), calloc(max(keys, self.marks), 8))
                scratch.epoch = 0
                if scratch.marks == cython.NULL:
                    raise OutOfMemory(f"this process cannot have the memory of a worker's marks, for {keys} keys")
            if scratch.epoch > 1 << 31:
                memset(scratch.marks, 0, 8 * max(keys, self.marks))
                scratch.epoch = 0
            if versioned and (self.access_room < self.block.flat.most_keys or scratch.accesses == cython.NULL):
                free(scratch.accesses)
                scratch.accesses = cython.cast(
                    cython.pointer(Access),
                    malloc(max(self.access_room, self.block.flat.most_keys) * cython.sizeof(Access) + 1),
                )
                if scratch.accesses == cython.NULL:
                    raise OutOfMemory(
                        "this process cannot have the memory of a worker's accesses,"
                        f" to {self.block.flat.most_keys} keys"
                    )
            scratch.running = 0
            scratch.version_reads = 0
            scratch.base_reads = 0
        self.marks = max(self.marks, keys)
        self._make_times(self.block.flat.transactions_length)
        self.machine.began = self.times
        if versioned:
            self.access_room = max(self.access_room, self.block.flat.most_keys)
            if self.places_room < keys:
                free(self.machine.places)
                self.machine.places = cython.cast(cython.pointer(uint64_t), malloc(8 * keys))
                self.places_room = keys
                if self.machine.places == cython.NULL:
                    self.places_room = 0
                    raise OutOfMemory(f"this process cannot have the memory of the places of {keys} keys")
        elif self.machine.read_latency:
            free(self.machine.loaded)
            self.machine.loaded = cython.cast(cython.pointer(uint8_t), calloc(keys, 1))
            if self.machine.loaded == cython.NULL:
                raise OutOfMemory(f"this process cannot have the memory of the marks of {keys} keys loaded")
        if SAMESTATE_IS_EXPLORED:
            free(self.machine.kept_warm)
            self.machine.kept_warm = cython.cast(cython.pointer(uint32_t), calloc(keys, 4))
            if self.machine.kept_warm == cython.NULL:
                raise OutOfMemory(f"this process cannot have the memory of a seeded bug, for {keys} keys")

    def _begin_versioned(self, estimator: str, expected: object) -> cython.void:
        """Lay out tables in the arena, and whatever the strategy is told of the transactions in advance."""
        options: SessionOptions
        worker: uint64_t
        options.transactions = self.block.flat.transactions_length
        options.workers = self.workers
        options.strategy = self.strategy_number
        options.key_capacity = 0
        options.read_latency = 0  # the machine waits by itself, so that it may look up meanwhile
        options.tracing = self.tracing
        self.machine.ledger = cython.address(self.result.ledger)
        self.machine.hints = NO_HINTS
        if expected is None and (self.strategy_number == LOCKS or self.strategy_number == WAVES):
            self.machine.hints = STATIC_HINTS if estimator == "static" else DECLARED_HINTS
        make_machine(cython.address(self.frame), cython.address(self.machine))
        self._begin_session(cython.address(options), cython.address(self.frame))
        for worker in range(self.workers):
            self.tasks[worker].local = self.scratches + worker
        task: cython.pointer(Task) = self.tasks + self.workers
        if open_block(task) != DONE:
            self._raise_stopped(OUT_OF_MEMORY)
        if expected is not None:
            self._put_expected(task, expected)
        if prepare(task):
            self._raise_stopped(OUT_OF_MEMORY)

    def _put_expected(self, task: cython.pointer(Task), expected: object) -> cython.void:
        """Declare what an estimator gave, in canonical keys; those that the block cannot touch are left out."""
        numbers = {name: number for number, name in enumerate(self.block.names)}
        index: uint64_t
        place: uint64_t
        for index in range(self.block.flat.transactions_length):
            if expected[index] is None:
                continue
            reads = [numbers[key] for key in expected[index][0] if key in numbers]
            writes = [numbers[key] for key in expected[index][1] if key in numbers]
            offset: uint64_t = allocate(task, cython.sizeof(DeclaredAccess) + 8 * (len(reads) + len(writes)))
            if offset == 0:
                self._raise_stopped(OUT_OF_MEMORY)
            self.session.steps[index + 1].declared = offset
            declared: cython.pointer(DeclaredAccess) = cython.cast(
                cython.pointer(DeclaredAccess), self.session.base + offset
            )
            declared.read_count = len(reads)
            declared.write_count = len(writes)
            declared.left_count = 0
            keys: cython.pointer(uint64_t) = cython.cast(cython.pointer(uint64_t), declared + 1)
            for place in range(declared.read_count):
                keys[place] = reads[place]
            for place in range(declared.write_count):
                keys[declared.read_count + place] = writes[place]

    def verify(self, worker: int) -> None:
        """Verify signatures ahead of execution until none is left or the block is stopped. Without the GIL."""
        number: uint64_t = worker
        scratch: cython.pointer(Scratch) = self.scratches + number
        self._enter(number, cython.address(scratch.listener))
        with cython.nogil:
            while self.verification.verify_some():
                if poll(cython.address(self.machine), scratch, now_nanoseconds()):
                    break

    def verified(self) -> tuple:
        """How many signatures were verified ahead of execution, and how many in it."""
        return self.verification.ahead(), self.verification.again()

    def work(self, worker: int) -> None:
        """Be a worker until the block is done or stopped. Without the GIL, but in the build for the explorer."""
        number: uint64_t = worker
        scratch: cython.pointer(Scratch) = self.scratches + number
        self._enter(number, cython.address(scratch.listener))
        if self.strategy_number == SEQUENTIAL:
            if number == 0:
                result: ToyResult = self.result
                begun: uint64_t = now_nanoseconds()
                with cython.nogil:
                    run_sequentially(result, cython.address(self.machine), scratch, self.times)
                scratch.accesses = cython.NULL  # they lay in the result
                self.busy = now_nanoseconds() - begun
                self.executed = scratch.running
        elif SAMESTATE_IS_EXPLORED:
            run_worker(self.tasks + number)
            samestate_raise()
        else:
            with cython.nogil:
                run_worker(self.tasks + number)

    def finish(self):
        """When all workers have left: the result. Raises OutOfMemory, TimeLimitExceeded, or what a signal raised."""
        result: ToyResult = self.result
        reason: uint64_t = stop_reason(cython.address(self.arena.arena))
        ended: uint64_t
        settled: cython.int = DONE
        if reason:
            self._raise_stopped(reason)
        if self.strategy_number != SEQUENTIAL:
            with cython.nogil:
                settled = settle_block(self.tasks + self.workers, cython.address(ended))
        if settled != DONE and settled != REFUSED:
            raise OutOfMemory(RECORD_TOO_LARGE)
        result.conclude()
        self.result = None
        return result

    def figures(self) -> dict:
        """See :meth:`BlockRun.figures`; and how many values came from an earlier step, and from before the block."""
        figures: dict = BlockRun.figures(self)
        figures["version_reads"] = figures["base_reads"] = None
        if self.strategy_number != SEQUENTIAL:
            figures["version_reads"] = sum([self.scratches[index].version_reads for index in range(self.workers)])
            figures["base_reads"] = sum([self.scratches[index].base_reads for index in range(self.workers)])
        return figures

    def _running(self):
        """The transactions that workers were at when they were stopped."""
        running = {self.scratches[worker].running for worker in range(self.workers)} - {0}
        return [transaction - 1 for transaction in running]

    def _raise_stopped(self, reason):
        """Say why there is no result."""
        self.result = None
        if reason == OUT_OF_MEMORY and self.strategy_number == SEQUENTIAL:
            raise OutOfMemory(RECORD_TOO_LARGE)
        BlockRun._raise_stopped(self, reason)
