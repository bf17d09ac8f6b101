"""Blocks of Solana's machine, one after another: lay out, let workers work, settle.

``begin``, then ``work`` once for each worker, on threads of their own, then ``finish``. Nothing here starts a thread
that is a worker, so that the explorer can drive the same workers one at a time.
"""

import cython
from cython.cimports.libc.stdint import uint64_t
from cython.cimports.libc.stdlib import calloc, free
from cython.cimports.libcpp import bool as cbool
from cython.cimports.samestate.optimized.core.arena import stop_reason
from cython.cimports.samestate.optimized.core.block import open_block, settle_block
from cython.cimports.samestate.optimized.core.records import DONE, SEQUENTIAL, STOPPED, Task
from cython.cimports.samestate.optimized.core.session import SessionOptions
from cython.cimports.samestate.optimized.core.shim import SAMESTATE_IS_EXPLORED, samestate_raise
from cython.cimports.samestate.optimized.strategies.worker import prepare, run_worker
from cython.cimports.samestate.optimized.svm import foreign
from cython.cimports.samestate.optimized.svm.block_job import BlockJob
from cython.cimports.samestate.optimized.svm.foreign import recover_in_python, verify_in_python
from cython.cimports.samestate.optimized.svm.machine import make_machine, poll_worker
from cython.cimports.samestate.optimized.svm.seams import Hand, Job, Options, Order, Stop, WayToGo

from samestate.optimized.core.block_run import STRATEGIES
from samestate.optimized.errors import OutOfMemory

ORDERS = {
    "sequential": WayToGo.SEQUENTIAL,
    "locks": WayToGo.LOCKS,
    "waves": WayToGo.WAVES,
    "adaptive": WayToGo.ADAPTIVE,
}


foreign.recovers_address = recover_in_python
foreign.verifies_secp256r1 = verify_in_python


@cython.cclass
class SvmRun(BlockRun):
    """One engine's workers on blocks of Solana's machine. Not for two blocks at once."""

    def __cinit__(self, arena, workers, strategy):
        self.locals = cython.cast(cython.pointer(SvmWorker), calloc(workers + 1, cython.sizeof(SvmWorker)))
        if self.locals == cython.NULL:
            raise OutOfMemory(f"this process cannot have the memory of {workers} workers")

    def __dealloc__(self):
        free(self.locals)

    def begin(
        self,
        job: BlockJob,
        block: PackedBlock,
        world: World,
        strategy: str,
        time_limit: float = 60.0,
        spent: float = 0.0,
        trace: bool = False,
        verifies: bool = True,
        batches: bool = True,
        versions: bool = False,
        pieces: bool = True,
        record: bool = True,
    ) -> None:
        """Lay out a block on a state, in the memory of a job.

        ``versions``: whether to execute on versioned memory what could be executed in place. For the rest see
        :class:`samestate.optimized.svm.engine.SvmOptions`. Raises :class:`OutOfMemory`.
        """
        options: Options
        stop: Stop
        stopped: cbool = False
        number: uint64_t
        self._begin_watching(time_limit, spent)
        self.arena.reset()
        self.at_hand = job
        job.block = block
        job.world = world
        job.version = world.version
        job.is_committed = False
        self.tracing = trace
        self.lacked_memory = False
        self.machine.job = job.job
        self.machine.watch = cython.address(self.watch)
        options.verifies = verifies
        options.batches = batches
        options.pieces = pieces
        options.versions = versions
        options.records = record
        self.versioned = versions and strategy != "sequential"
        self._make_times(block.input.count())
        for number in range(self.workers + 1):
            self.locals[number].machine = cython.address(self.machine)
            self.locals[number].listener.whom = cython.NULL
            self.locals[number].number = number
        with cython.nogil:
            job.job.begin(block.input, world.state[0], options, self.workers)
            job.job.check(self.workers, stop, stopped)
        self.strategy_number = SEQUENTIAL
        if self.versioned and job.job.problem.empty():
            self.strategy_number = STRATEGIES[strategy]
            self._begin_versioned()
        else:
            self.versioned = False
            job.job.in_place.begin(job.job.work, self.workers, ORDERS.get(strategy, WayToGo.ADAPTIVE))

    def _begin_versioned(self) -> cython.void:
        """Admit all transactions, and lay out keys in the arena; or nothing of that where one cannot be decoded."""
        session: SessionOptions
        number: uint64_t
        result: cython.int
        job: cython.pointer(Job) = self.at_hand.job
        job.in_place.begin(job.work, self.workers, WayToGo.LOCKS)
        with cython.nogil:
            job.admit_all(1 if SAMESTATE_IS_EXPLORED else self.workers)
        if ~job.work.malformed:
            self.versioned = False
            self.strategy_number = SEQUENTIAL
            job.in_place.begin(job.work, 1, WayToGo.SEQUENTIAL)
            return
        session.transactions = self.transactions
        session.workers = self.workers
        session.strategy = self.strategy_number
        session.key_capacity = 0
        session.read_latency = 0
        session.tracing = self.tracing
        make_machine(cython.address(self.frame), cython.address(self.machine))
        self._begin_session(cython.address(session), cython.address(self.frame))
        for number in range(self.workers + 1):
            self.tasks[number].local = self.locals + number
        task: cython.pointer(Task) = self.tasks + self.workers
        with cython.nogil:
            result = open_block(task)
        if result != DONE or prepare(task):
            self._raise_stopped(stop_reason(cython.address(self.arena.arena)))

    def _poll(self, worker: uint64_t) -> Poll:
        """How a worker asks whether to stop."""
        poll: Poll
        poll.asked = poll_worker
        poll.itself = self.locals + worker
        return poll

    def work(self, worker: int) -> None:
        """Be a worker until the block is done or stopped. Without the GIL, but in the build for the explorer."""
        number: uint64_t = worker
        fits: cython.bint = True
        poll: Poll = self._poll(number)
        job: cython.pointer(Job) = self.at_hand.job
        self._enter(number, cython.address(self.locals[number].listener))
        if SAMESTATE_IS_EXPLORED:
            if self.versioned:
                run_worker(self.tasks + number)
            else:
                fits = job.run(number, poll)
            samestate_raise()
        else:
            with cython.nogil:
                if self.versioned:
                    run_worker(self.tasks + number)
                else:
                    fits = job.run(number, poll)
        if not fits:
            self.lacked_memory = True
            self.stop()

    def finish(self) -> None:
        """When all have left: settle and close. Raises OutOfMemory, TimeLimitExceeded, or what a signal raised."""
        ended: uint64_t = 0
        settled: cython.int = DONE
        fits: cython.bint = True
        poll: Poll = self._poll(self.workers)
        job: cython.pointer(Job) = self.at_hand.job
        self._raise_if_stopped()
        with cython.nogil:
            if self.versioned:
                settled = settle_block(self.tasks + self.workers, cython.address(ended))
            else:
                fits = job.conclude(poll)
        if not fits:
            self.lacked_memory = True
        if settled == STOPPED:
            self._raise_stopped(stop_reason(cython.address(self.arena.arena)))
        self._raise_if_stopped()
        if not job.is_invalid():
            job.close()

    def _raise_if_stopped(self) -> cython.void:
        """Say why there is no result, where there is none."""
        reason: uint64_t = stop_reason(cython.address(self.arena.arena))
        if self.lacked_memory:
            raise OutOfMemory("this process cannot have the memory that the block takes")
        if reason:
            self._raise_stopped(reason)

    def broken_invariant(self) -> str | None:
        """See :meth:`BlockRun.broken_invariant`: in place there is nothing that is to hold at any moment."""
        return BlockRun.broken_invariant(self) if self.versioned else None

    def figures(self) -> dict:
        """See :meth:`BlockRun.figures`; and what was done in place, with the nanoseconds at which each stage began."""
        number: uint64_t
        workers: list = []
        hand: cython.pointer(Hand)
        job: cython.pointer(Job) = self.at_hand.job
        count: uint64_t = self.transactions
        if self.versioned:
            figures: dict = BlockRun.figures(self)
            figures["began"] = cython.cast(cython.p_char, job.in_place.began.data())[: 8 * count]
            return figures | {"order": "versions", "fallen_back": None, "pieces": None, "path": None, "stages": None}
        for number in range(self.workers):
            hand = job.work.hands[number].get()
            workers.append((hand.executed, 0, 0, 0, hand.busy / 1e9))
        order = job.in_place.order
        fallen_back = None
        if job.in_place.fallen_back != cython.NULL:
            fallen_back = cython.cast(bytes, job.in_place.fallen_back).decode()
        begun: cython.bint = job.problem.empty()
        return {
            "began": cython.cast(cython.p_char, job.in_place.began.data())[: 8 * count] if begun else b"",
            "ended": cython.cast(cython.p_char, job.in_place.ended.data())[: 8 * count] if begun else b"",
            "executions": [1] * count,
            "workers": workers,
            "waves": job.in_place.waves,
            "order": "pieces"
            if order == Order.PIECES
            else "locks"
            if order == Order.LOCKS
            else "waves"
            if order == Order.WAVES
            else "sequential",
            "fallen_back": fallen_back,
            "pieces": job.in_place.pieces if order == Order.PIECES else None,
            "path": job.in_place.critical_path or None,
            "stages": [job.in_place.stage_times[number] for number in range(5)],
        }

    def _executions_of(self, worker: uint64_t) -> uint64_t:
        """How many transactions a worker has begun."""
        return self.at_hand.job.work.hands[worker].get().executed

    def _running(self):
        """The transactions that workers were at when they were stopped."""
        number: uint64_t
        running: set = set()
        for number in range(self.workers):
            running.add(self.at_hand.job.work.hands[number].get().running)
        running.discard(0)
        return [transaction - 1 for transaction in running]
