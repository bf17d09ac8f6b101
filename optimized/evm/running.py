"""Blocks of the EVM, one after another, on one arena: lay out, let workers work, settle.

``begin``, then ``work`` once for each worker, on threads of their own, then ``finish``. Nothing here starts a thread,
so that the explorer can drive the same workers one at a time.
"""

import cython
from cython.cimports.libc.stdint import uint64_t
from cython.cimports.libc.stdlib import calloc, free, malloc
from cython.cimports.samestate.optimized.core.arena import arena_header, stop_reason
from cython.cimports.samestate.optimized.core.block import open_block, settle_block
from cython.cimports.samestate.optimized.core.memory import latest_execution
from cython.cimports.samestate.optimized.core.records import (
    ACCESS_LIST,
    DONE,
    OUT_OF_MEMORY,
    SEQUENTIAL,
    STOPPED,
    UNMERGED,
    Session,
    Task,
)
from cython.cimports.samestate.optimized.core.session import SessionOptions
from cython.cimports.samestate.optimized.core.shim import SAMESTATE_IS_EXPLORED, now_nanoseconds, samestate_raise
from cython.cimports.samestate.optimized.evm.direct import (
    Direct,
    has_storage_alone,
    load_account_directly,
    load_slot_directly,
)
from cython.cimports.samestate.optimized.evm.expecting import (
    EvmExpectations,
    ExpectedBlock,
    declare_runs,
    divide_expected,
)
from cython.cimports.samestate.optimized.evm.machine import make_machine, poll_inside
from cython.cimports.samestate.optimized.evm.predictions import predict_all
from cython.cimports.samestate.optimized.evm.run_records import (
    LONGEST_RUN,
    RunOutcome,
    gather_records,
    outcome_of,
    record_of,
)
from cython.cimports.samestate.optimized.evm.runs import divide
from cython.cimports.samestate.optimized.evm.sequential import run_sequentially
from cython.cimports.samestate.optimized.evm.versioned import (
    has_storage_alone_versioned,
    load_account_versioned,
    load_slot_versioned,
)
from cython.cimports.samestate.optimized.evm.worker_seams import (
    STEP_DONE,
    STEP_OUT_OF_MEMORY,
    STEP_OVERFLOW,
    STEP_STOPPED,
    BlockInput,
    Totals,
    Worker,
    delete_worker,
    name_of_rejection,
    new_worker,
    stop_recovering,
)
from cython.cimports.samestate.optimized.evm.worker_steps import find_senders
from cython.cimports.samestate.optimized.strategies.worker import prepare, run_worker

from samestate.optimized.core.block_run import STRATEGIES
from samestate.optimized.errors import MissingState, OutOfMemory
from samestate.optimized.evm.result import EvmResult
from samestate.optimized.evm.result import Totals as PlainTotals
from samestate.optimized.evm.trie import MalformedNode, MissingNode
from samestate.optimized.result import Rejection

NO_TRANSACTION = cython.declare(uint64_t, 0xFFFFFFFFFFFFFFFF)
SPARE_KEYS = cython.declare(uint64_t, 1024)
KEYS_PER_TRANSACTION = cython.declare(uint64_t, 6)  # names in the table of keys, if that is too small it is enlarged


@cython.cclass
class EvmRun(BlockRun):
    """One engine's workers on blocks of the EVM. Not for two blocks at once.

    ``strategy``: of all blocks, unless :meth:`begin` is told another. `sequential` has no workers for any other.
    """

    def __cinit__(self, arena, workers, strategy):
        number: uint64_t
        alone: cython.bint = strategy == "sequential"
        self.locals = cython.cast(cython.pointer(EvmWorker), calloc(workers + 1, cython.sizeof(EvmWorker)))
        if self.locals == cython.NULL:
            raise OutOfMemory(f"this process cannot have the memory of {workers} workers")
        for number in range(1 if alone else self.workers + 1):
            self.locals[number].places = cython.cast(cython.pointer(uint64_t), malloc(8 * LONGEST_RUN))
            if self.locals[number].places == cython.NULL:
                raise OutOfMemory(f"this process cannot have the memory of {workers} workers")
            self.locals[number].worker = new_worker()
            if self.locals[number].worker == cython.NULL:
                raise OutOfMemory("this process cannot have the address space of a worker's stacks")

    def __dealloc__(self):
        number: uint64_t
        if self.locals != cython.NULL:
            for number in range(self.workers + 1):
                delete_worker(self.locals[number].worker)
                free(self.locals[number].versioned.walks)
                free(self.locals[number].places)
        free(self.locals)

    def begin(
        self,
        block: PackedBlock,
        world: World,
        record: bool = True,
        time_limit: float = 60.0,
        read_latency_us: float = 0.0,
        trace: bool = False,
        spent: float = 0.0,
        run_length: int = 0,
        strategy: str | None = None,
        expected: ExpectedBlock | None = None,
        learning: bool = False,
    ) -> None:
        """Lay out a block on a state. ``spent``: how many of the seconds of ``time_limit`` have gone by already.
        ``run_length``: how many transactions a worker takes at once at most; 0 leaves that to the shape of the block.
        ``strategy``: for this block, where the run has workers for all of them. ``expected``: what its transactions
        will probably access. ``learning``: whether records have to say what was read, though no record was asked for.

        Raises :class:`OutOfMemory`.
        """
        self._begin_watching(time_limit, spent)
        self.strategy_number = STRATEGIES[strategy or self.strategy]
        self.block = block
        self.world = world
        self.recording = record
        self.learning = learning
        self.tracing = trace
        self.read_latency = cython.cast(uint64_t, read_latency_us * 1000)
        self.machine.input = cython.address(block.input)
        self.machine.rules = cython.address(block.ruleset.rules)
        world.begin_block()
        self.machine.direct.state = world.asked
        self.machine.direct.lacking_code = world.lacking_code
        self.machine.direct.lacking_length = 0
        self.machine.direct.no_code = cython.address(world.codes.empty())
        self.machine.watch = cython.address(self.watch)
        self.machine.settlement = cython.address(self.settlement)
        self.machine.limit = 0
        self.machine.failure = 0
        self.key_capacity = max(
            self.key_capacity, SPARE_KEYS + KEYS_PER_TRANSACTION * cython.cast(uint64_t, block.transaction_count)
        )
        world.codes.begin_block(self.machine.rules[0], ANALYSES)
        self._make_runs(run_length, expected)
        self._lay_out(expected)

    def keep_hashed(self) -> None:
        """Have all workers keep what they hash, for who learns from it. For good."""
        number: uint64_t
        for number in range(self.workers + 1):
            if self.locals[number].worker != cython.NULL:
                self.locals[number].worker.executor.hashes.messages.keeps = True

    def give_hashed(self, expectations: EvmExpectations) -> None:
        """Tell what all workers have hashed since this was called last. To be called when all have left."""
        number: uint64_t
        for number in range(self.workers + 1):
            if self.locals[number].worker != cython.NULL:
                expectations.expectations.take(self.locals[number].worker.executor.hashes.messages)

    def _lay_out(self, expected: object) -> cython.void:
        """Empty the arena, and put the block in anew: once more where its table of keys was too small."""
        self.arena.reset()
        self.settlement.begin()
        self._make_times(self.block.input.transactions.size())
        self.machine.began = self.times
        if self.strategy_number == SEQUENTIAL:
            self._begin_workers(False)
        else:
            self._begin_versioned(expected)

    def _make_runs(self, length: uint64_t, expected: object) -> cython.void:
        """Divide the block into what a worker takes at once; one transaction after another needs none of that."""
        self.starts = cython.NULL
        self.longest_run = 1
        input: cython.pointer(cython.const[BlockInput]) = cython.address(self.block.input)
        if self.strategy_number != SEQUENTIAL:
            if length == 0 and expected is not None:
                self.longest_run = divide_expected(input, self.workers, expected, cython.address(self.runs))
            else:
                self.longest_run = divide(input, self.workers, length, cython.address(self.runs))
            self.starts = self.runs.data()
        self.machine.starts = self.starts
        self.machine.settled = 0

    def _begin_workers(self, versioned: cython.bint) -> cython.void:
        """Have each worker begin the block, on the state or on versioned memory; the coordinator is one of them."""
        number: uint64_t
        seed: uint64_t = arena_header(cython.address(self.arena.arena)).seed
        local: cython.pointer(EvmWorker)
        for number in range(self.workers + 1 if versioned else 1):
            local = self.locals + number
            local.machine = cython.address(self.machine)
            local.listener.whom = cython.NULL
            local.versioned.direct = self.machine.direct
            local.versioned.task = self.tasks + number
            local.versioned.state = cython.address(local.worker.executor.state)
            local.worker.source.keeps = not versioned
            local.executed = 0
            if versioned:
                local.worker.source.itself = cython.address(local.versioned)
                local.worker.source.load_account = load_account_versioned
                local.worker.source.load_slot = load_slot_versioned
                local.worker.source.storage_alone = has_storage_alone_versioned
            else:
                self.tasks[number].local = local
                local.worker.source.itself = cython.address(self.machine.direct)
                local.worker.source.load_account = load_account_directly
                local.worker.source.load_slot = load_slot_directly
                local.worker.source.storage_alone = has_storage_alone
            local.worker.options.with_effect = True
            # A block access list is made of what steps have read, too.
            local.worker.options.with_reads = self.recording or self.learning or self.machine.rules.has_access_list
            local.worker.executor.poll = poll_inside
            local.worker.executor.poll_itself = self.tasks + number
            local.worker.begin_block(
                self.machine.rules,
                self.machine.input,
                cython.address(self.world.codes),
                seed,
                cython.address(arena_header(cython.address(self.arena.arena)).stop),
            )

    def _begin_versioned(self, expected: object) -> cython.void:
        """Lay out tables in the arena, and whatever the strategy is told of the transactions in advance."""
        options: SessionOptions
        number: uint64_t
        reason: uint64_t
        result: cython.int
        options.transactions = self.runs.size() - 1 if self.transactions else 0
        options.workers = self.workers
        options.strategy = self.strategy_number
        options.key_capacity = self.key_capacity
        options.read_latency = self.read_latency
        options.tracing = self.tracing
        make_machine(cython.address(self.frame), cython.address(self.machine))
        self._begin_session(cython.address(options), cython.address(self.frame))
        for number in range(self.workers + 1):
            self.tasks[number].local = self.locals + number
        self._begin_workers(True)
        task: cython.pointer(Task) = self.tasks + self.workers
        with cython.nogil:
            result = open_block(task)
        if result != DONE:
            self._raise_stopped(stop_reason(cython.address(self.arena.arena)))
        if self.strategy_number == ACCESS_LIST:
            reason = predict_all(
                task, self.block.predictions, self.starts, self.transactions, cython.address(self.world.codes)
            )
            if reason:
                self._raise_stopped(reason)
        if expected is not None and not declare_runs(task, self.starts, expected):
            self._raise_stopped(OUT_OF_MEMORY)
        if prepare(task):
            self._raise_stopped(stop_reason(cython.address(self.arena.arena)))

    def work(self, worker: int) -> None:
        """Be a worker until the block is done or stopped. Without the GIL, but in the build for the explorer."""
        number: uint64_t = worker
        local: cython.pointer(EvmWorker) = self.locals + number
        self._enter(number, cython.address(local.listener))
        if self.strategy_number == SEQUENTIAL:
            begun: uint64_t = now_nanoseconds()
            with cython.nogil:
                self.ended = run_sequentially(
                    cython.address(self.machine), local, self.times, cython.address(self.ended_at)
                )
            self.busy = now_nanoseconds() - begun
            self.executed = min(self.ended_at, self.transactions)
        elif SAMESTATE_IS_EXPLORED:
            run_worker(self.tasks + number)
            samestate_raise()
        else:
            with cython.nogil:
                run_worker(self.tasks + number)

    def finish(self):
        """When all workers have left: the result. Raises OutOfMemory, TimeLimitExceeded, or what a signal raised."""
        records: BlockRecords = BlockRecords(self.world)
        reason: uint64_t = stop_reason(cython.address(self.arena.arena))
        ended: uint64_t = 0
        settled: cython.int = DONE
        if reason:
            self._raise_stopped(reason)
        if self.strategy_number == SEQUENTIAL:
            if self.ended == STEP_OVERFLOW:
                return self._rejected(records, "BALANCE_OVERFLOW", 0)
            if self.ended != STEP_DONE:
                self._raise_limit(self.ended, self.ended_at)
            records.records.take(self.locals[0].worker.record, self.settlement.places)
            ended = self.ended_at - 1
        else:
            self._look_at(0, 0)
            if self.settlement.code():
                return self._rejected(records, self._code(), 0)
            with cython.nogil:
                settled = settle_block(self.tasks + self.workers, cython.address(ended))
            if settled == STOPPED and self.machine.limit:
                self._raise_limit(self.machine.failure, self.machine.limit)
            if settled == STOPPED:
                self._raise_stopped(stop_reason(cython.address(self.arena.arena)))
            if settled == UNMERGED:
                return self._rejected(records, "BALANCE_OVERFLOW", 0)  # of no transaction: it shows when effects add up
            ended = self.machine.settled
            if settled == DONE:
                self._look_at(self.session.record.transactions + 1, self.transactions + 1)
                gather_records(cython.address(self.session), cython.address(records.records))
        if self.settlement.code():
            return self._rejected(records, self._code(), ended + 1)
        return EvmResult(self.block, self.world, None, records, self._totals(), self.recording)

    def _look_at(self, step: uint64_t, number: uint64_t) -> cython.void:
        """Have the settlement refuse what the opening or closing step has found wrong: a step of the strategy, and its
        number in the block. Raises what kept it from its end.
        """
        session: cython.pointer(Session) = cython.address(self.session)
        outcome: cython.pointer(cython.const[RunOutcome]) = outcome_of(session, latest_execution(session, step))
        if outcome.failure:
            self._raise_limit(outcome.failure, number)
        self.settlement.refuse(record_of(session, outcome, 0)[0])

    def _code(self) -> str:
        """Why the settlement has refused the block."""
        return cython.cast(bytes, name_of_rejection(self.settlement.code())).decode()

    def _totals(self) -> object:
        """What the block's transactions have used."""
        totals: cython.pointer(Totals) = cython.address(self.settlement.totals)
        return PlainTotals(totals.paid_gas, totals.execution_gas, totals.state_gas, totals.blob_gas)

    def _rejected(self, records: BlockRecords, code: str, step: uint64_t) -> object:
        """The result of a block that is invalid in a step, by its number."""
        count: uint64_t = self.transactions
        transaction = step - 1 if 0 < step <= count else None
        detail: bytes = self.settlement.detail()
        rejection = Rejection(code, transaction, detail.decode() if self.settlement.code() else "")
        return EvmResult(self.block, self.world, rejection, records, PlainTotals(0, 0, 0, 0), self.recording)

    def figures(self) -> dict:
        """See :meth:`BlockRun.figures`; and ``longest_run``: how many transactions a worker took at once at most."""
        figures: dict = BlockRun.figures(self)
        figures["longest_run"] = self.longest_run
        return figures

    def _executions_of(self, worker: uint64_t) -> uint64_t:
        """How many transactions a worker has begun; the core knows of runs alone."""
        return self.locals[worker].executed

    def follow(self, transaction: int | None, stack: bool, memory: bool, return_data: bool) -> None:
        """Trace a transaction of the blocks to come, which then are not closed; or none. One at a time alone."""
        number: uint64_t = NO_TRANSACTION if transaction is None else transaction
        self.locals[0].worker.trace(number, stack, memory, return_data)

    def lines(self) -> tuple:
        """What was traced: the lines, what the outermost frame's code returned, and whether it lacked state gas."""
        worker: cython.pointer(Worker) = self.locals[0].worker
        return (worker.tracer.lines, worker.tracer.output, worker.tracer.lacked_state_gas)

    def profile(self, is_wanted: bool) -> None:
        """Find out where the blocks to come spend gas and time, or no longer do. One at a time alone."""
        self.locals[0].worker.profile(is_wanted)

    def profiled(self) -> bytes:
        """What has been found out, as the lines that profiling.hpp writes."""
        return self.locals[0].worker.profiled()

    def recover_senders(self, block: PackedBlock) -> None:
        """Find out who sent a block's transactions, from the last on, while another thread executes it."""
        with cython.nogil:
            find_senders(cython.address(block.input))

    def stop_recovering(self, block: PackedBlock) -> None:
        """Have whoever finds senders out leave. Any thread may."""
        stop_recovering(block.input)

    def enlarge_key_table(self) -> None:
        """The block met more keys than its table has room for: have a larger one the next time."""
        self.key_capacity *= 4

    def _running(self):
        """The transactions that workers were at when they were stopped."""
        number: uint64_t
        running: set = set()
        for number in range(1 if self.strategy_number == SEQUENTIAL else self.workers):
            running.add(self.locals[number].worker.running)
        running.discard(0)
        return [transaction - 1 for transaction in running]

    def _raise_limit(self, result: cython.int, step: uint64_t) -> object:
        """Say what kept a step from its end that is the machine's own limit, and no verdict."""
        if result == STEP_STOPPED:
            self._raise_stopped(stop_reason(cython.address(self.arena.arena)))
        count: uint64_t = self.transactions
        name = "open" if step == 0 else "close" if step > count else str(step - 1)
        if result == STEP_OUT_OF_MEMORY:
            raise OutOfMemory(
                f"transaction {name}: its call frames want more memory than a worker may have"
                if name.isdigit()
                else f"the step {name} wants more memory than a worker may have"
            )
        self._raise_missing(name)

    def _raise_missing(self, name: str):
        """Say what the state before the block lacks, as far as that is known."""
        direct: cython.pointer(Direct) = cython.address(self.machine.direct)
        number: uint64_t
        if self.strategy_number != SEQUENTIAL:
            raise MissingState(name, "something is missing")
        number = self.locals[0].worker.missing_hash
        if direct.lacking_length == 0:
            raise MissingState(name, f"the hash of block {number} is missing")
        try:
            self.world.explain(cython.cast(cython.p_char, direct.lacking)[: direct.lacking_length])
        except (MissingNode, MalformedNode) as problem:
            raise MissingState(name, str(problem)) from problem
        raise MissingState(name, "something is missing")
