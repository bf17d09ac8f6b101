"""Blocks of the EVM, one after another, on one arena: lay out, let workers work, settle.

``begin``, then ``work`` once for each worker, on threads of their own, then ``finish``. Nothing here starts a thread,
so that the explorer can drive the same workers one at a time.
"""

import threading

import cython
from cython.cimports.cpython.bytes import PyBytes_AS_STRING
from cython.cimports.cpython.exc import PyErr_CheckSignals
from cython.cimports.libc.stdint import uint8_t, uint64_t
from cython.cimports.libc.stdlib import calloc, free, malloc
from cython.cimports.libc.string import memcmp, memcpy, memset
from cython.cimports.samestate.optimized.core.arena import allocate, arena_header, stop, stop_reason, store_value
from cython.cimports.samestate.optimized.core.block import open_block, settle_block
from cython.cimports.samestate.optimized.core.invariants import broken_invariant
from cython.cimports.samestate.optimized.core.keys import meet_key
from cython.cimports.samestate.optimized.core.machine import REFUSED
from cython.cimports.samestate.optimized.core.memory import latest_execution
from cython.cimports.samestate.optimized.core.records import (
    ACCESS_LIST,
    BLOCK_STM,
    BROKEN,
    DONE,
    FAILED,
    INTERRUPTED,
    KEY_TABLE_FULL,
    LOCKS,
    OUT_OF_MEMORY,
    OUT_OF_TIME,
    REJECTED,
    SEQUENTIAL,
    STOPPED,
    SUCCEEDED,
    SUSPENDED,
    TRACE_EXECUTION,
    UNMERGED,
    WAVES,
    Content,
    Execution,
    TraceChunk,
    TraceEvent,
    WorkerRecord,
)
from cython.cimports.samestate.optimized.core.session import SessionOptions, begin_session, free_task, make_task
from cython.cimports.samestate.optimized.core.shim import SAMESTATE_IS_EXPLORED, now_nanoseconds, samestate_raise
from cython.cimports.samestate.optimized.evm.block_records import BlockRecords
from cython.cimports.samestate.optimized.evm.direct import has_storage_alone, load_account_directly, load_slot_directly
from cython.cimports.samestate.optimized.evm.native.precompiles import libraries_address
from cython.cimports.samestate.optimized.evm.seams import CODE, NONCE, SLOT, Code, CodeTable
from cython.cimports.samestate.optimized.evm.versioned import (
    WIPES,
    base_content,
    begin_versioned,
    finish_versioned,
    load_account_versioned,
    load_slot_versioned,
    merge_balance,
)
from cython.cimports.samestate.optimized.evm.worker_seams import (
    STEP_DONE,
    STEP_MISSING,
    STEP_OUT_OF_MEMORY,
    STEP_OVERFLOW,
    STEP_STOPPED,
    ListedValues,
    OutcomeRecord,
    Settlement,
    StepResult,
    Totals,
    Worker,
    append_bytes,
    delete_worker,
    name_of_rejection,
    new_worker,
    recover_senders,
    set_libraries,
    stop_recovering,
    swap_buffers,
)
from cython.cimports.samestate.optimized.strategies.predictions import predict
from cython.cimports.samestate.optimized.strategies.worker import prepare, run_worker

from samestate.optimized.errors import EngineError, MissingState, OutOfMemory, TimeLimitExceeded
from samestate.optimized.evm.result import EvmResult
from samestate.optimized.evm.result import Totals as PlainTotals
from samestate.optimized.evm.trie import MalformedNode, MissingNode
from samestate.optimized.result import Rejection

set_libraries(libraries_address())

STRATEGIES = {
    "sequential": SEQUENTIAL,
    "block-stm": BLOCK_STM,
    "locks": LOCKS,
    "waves": WAVES,
    "access-list": ACCESS_LIST,
}

ANALYSES = cython.declare(uint64_t, 64 << 20)  # bytes that analyses of codes may take between two blocks
BETWEEN_LOOKS = cython.declare(uint64_t, 1_000_000)  # nanoseconds
BETWEEN_SIGNALS = cython.declare(uint64_t, 20_000_000)
NO_TRANSACTION = cython.declare(uint64_t, 0xFFFFFFFFFFFFFFFF)
SPARE_KEYS = cython.declare(uint64_t, 2048)
KEYS_PER_TRANSACTION = cython.declare(uint64_t, 24)


# What workers do. Nothing here holds the GIL, but for `signalled`.


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def poll(machine: cython.pointer(EvmMachine), local: cython.pointer(EvmWorker), now: uint64_t) -> cython.bint:
    """Say whether to stop: another worker says so, the time is up, or a signal's handler has raised."""
    if stop_reason(machine.arena):
        return True
    if now > machine.deadline:
        stop(machine.arena, OUT_OF_TIME)
        return True
    if local.listener != cython.NULL and now - local.listened > BETWEEN_SIGNALS:
        local.listened = now
        if signalled(local.listener):
            stop(machine.arena, INTERRUPTED)
            return True
    return False


@cython.cfunc
@cython.with_gil
@cython.exceptval(check=False)
def signalled(listener: cython.p_void) -> cython.bint:
    """Let Python handle signals, and say whether a handler raised; the listener then has what it raised."""
    return cython.cast(object, listener)()


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def poll_inside(itself: cython.p_void) -> cython.int:
    """The same for code that runs for long (executor.hpp)."""
    task: cython.pointer(Task) = cython.cast(cython.pointer(Task), itself)
    local: cython.pointer(EvmWorker) = cython.cast(cython.pointer(EvmWorker), task.local)
    return poll(local.machine, local, now_nanoseconds())


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def idle(itself: cython.p_void, task: cython.pointer(Task)) -> cython.void:
    """Look whether to stop: the time, and signals, are watched by those who have nothing to do as well."""
    poll(
        cython.cast(cython.pointer(EvmMachine), itself),
        cython.cast(cython.pointer(EvmWorker), task.local),
        now_nanoseconds(),
    )


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def lay_out(itself: cython.p_void, coordinator: cython.pointer(Task)) -> cython.bint:
    """Nothing lies in the arena beforehand: keys are met by name."""
    return True


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def base(
    itself: cython.p_void,
    task: cython.pointer(Task),
    name: cython.p_const_void,
    length: uint64_t,
    found: cython.pointer(Content),
) -> cython.int:
    """The value of a key before the block."""
    machine: cython.pointer(EvmMachine) = cython.cast(cython.pointer(EvmMachine), itself)
    return base_content(cython.address(machine.direct), name, length, found)


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def merge(
    itself: cython.p_void,
    task: cython.pointer(Task),
    key: uint64_t,
    value: cython.pointer(cython.const[Content]),
    amount: cython.pointer(cython.const[Content]),
    sum: cython.pointer(Content),
) -> cython.int:
    """A balance with a credit: the only keys that are credited."""
    return merge_balance(task, value, amount, sum)


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def leave(task: cython.pointer(Task), local: cython.pointer(EvmWorker), result: StepResult) -> cython.int:
    """Hand over what a step did, and its record, which lies in the arena from now on. An ExecutionResult.

    A limit of the worker's own is no verdict on the transaction before its reads have been found valid: the record
    says so.
    """
    record: cython.pointer(cython.const[OutcomeRecord])
    handed: cython.int
    size: uint64_t
    if result == STEP_MISSING or result == STEP_OUT_OF_MEMORY:  # noqa: SIM109 - a tuple would be an object
        task.verdict = FAILED
        task.outcome = allocate(task, 8)
        if task.outcome == 0:
            return STOPPED
        cython.cast(cython.pointer(uint64_t), task.session.base + task.outcome)[0] = cython.cast(uint64_t, result)
        return DONE
    if result != STEP_DONE:
        return cython.cast(cython.int, result)
    record = local.worker.last()
    size = record.size()
    task.outcome = allocate(task, size)
    if task.outcome == 0:
        return STOPPED
    memcpy(task.session.base + task.outcome, record, size)
    task.verdict = REJECTED if record.fault_code() else SUCCEEDED
    if task.verdict == REJECTED:
        return DONE
    handed = finish_versioned(cython.address(local.versioned))
    if handed == UNMERGED:
        cython.cast(cython.pointer(OutcomeRecord), task.session.base + task.outcome).overflows = 1
        task.verdict = REJECTED
        task.write_count = 0
        return DONE
    return handed


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def execute(itself: cython.p_void, task: cython.pointer(Task)) -> cython.int:
    """Run the transaction; keep its record in the arena, and hand its writes to versioned memory."""
    machine: cython.pointer(EvmMachine) = cython.cast(cython.pointer(EvmMachine), itself)
    local: cython.pointer(EvmWorker) = cython.cast(cython.pointer(EvmWorker), task.local)
    now: uint64_t = task.clock if task.clock else now_nanoseconds()
    local.worker.running = task.transaction + 1
    if poll(machine, local, now):
        return STOPPED
    if machine.began[task.transaction] == 0:
        machine.began[task.transaction] = now
    begin_versioned(cython.address(local.versioned))
    local.worker.record.clear()
    return leave(task, local, local.worker.execute(task.transaction))


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def open_step(itself: cython.p_void, task: cython.pointer(Task)) -> cython.int:
    """The system calls before the first transaction."""
    local: cython.pointer(EvmWorker) = cython.cast(cython.pointer(EvmWorker), task.local)
    begin_versioned(cython.address(local.versioned))
    local.worker.record.clear()
    return leave(task, local, local.worker.open_block())


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def close_step(itself: cython.p_void, task: cython.pointer(Task)) -> cython.int:
    """Rewards, withdrawals and requests. What they find wrong is for :meth:`EvmRun.finish` to see."""
    machine: cython.pointer(EvmMachine) = cython.cast(cython.pointer(EvmMachine), itself)
    local: cython.pointer(EvmWorker) = cython.cast(cython.pointer(EvmWorker), task.local)
    begin_versioned(cython.address(local.versioned))
    local.worker.record.clear()
    return leave(task, local, local.worker.close_block(machine.settlement.deposits))


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def settle(
    itself: cython.p_void,
    coordinator: cython.pointer(Task),
    transaction: uint64_t,
    execution: cython.pointer(cython.const[Execution]),
) -> cython.int:
    """It is the transaction's turn: see whether the block has room for it."""
    machine: cython.pointer(EvmMachine) = cython.cast(cython.pointer(EvmMachine), itself)
    place: cython.p_char = coordinator.session.base + execution.outcome
    if execution.verdict == FAILED:
        machine.failure = cython.cast(cython.int, cython.cast(cython.pointer(uint64_t), place)[0])
        machine.limit = transaction + 1
        return STOPPED
    record: cython.pointer(cython.const[OutcomeRecord]) = cython.cast(
        cython.pointer(cython.const[OutcomeRecord]), place
    )
    if not machine.settlement.add(machine.rules[0], machine.input[0], transaction, record[0]):
        return REFUSED
    if record.overflows:
        return UNMERGED
    return DONE


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def run_sequentially(
    machine: cython.pointer(EvmMachine),
    local: cython.pointer(EvmWorker),
    times: cython.pointer(uint64_t),
    at: cython.pointer(uint64_t),
) -> StepResult:
    """Run the block on one worker, with the time of each transaction. How it ended, at which step.

    Execute, settle, and so on; a rejection ends the block, and the settlement says which.
    """
    transaction: uint64_t
    now: uint64_t
    looked: uint64_t = 0
    count: uint64_t = machine.input.transactions.size()
    settlement: cython.pointer(Settlement) = machine.settlement
    worker: cython.pointer(Worker) = local.worker
    at[0] = 0
    result: StepResult = worker.open_block()
    if result == STEP_DONE:
        settlement.note(worker.place())
        result = worker.keep()
    for transaction in range(count):
        if result != STEP_DONE:
            return result
        at[0] = transaction + 1
        now = now_nanoseconds()
        times[transaction] = now
        if now - looked > BETWEEN_LOOKS:
            looked = now
            worker.running = transaction + 1
            if poll(machine, local, now):
                return STEP_STOPPED
        result = worker.execute(transaction)
        if result != STEP_DONE:
            return result
        times[transaction + 1] = 0
        if not settlement.add(machine.rules[0], machine.input[0], transaction, worker.last()[0]):
            return STEP_DONE
        settlement.note(worker.place())
        result = worker.keep()
    times[count] = now_nanoseconds()
    if result != STEP_DONE or worker.traced != NO_TRANSACTION:  # a trace does not ask how the block ends
        return result
    at[0] = count + 1
    result = worker.close_block(settlement.deposits)
    if result == STEP_DONE:
        settlement.note(worker.place())
        settlement.refuse(worker.last()[0])
        result = worker.keep()
    return result


@cython.cfunc
@cython.nogil
@cython.exceptval(-1, check=True)
def predict_listed(
    task: cython.pointer(Task), values: cython.pointer(ListedValues), codes: cython.pointer(CodeTable)
) -> cython.int:
    """Predict what a block access list says of transactions. 0; STOPPED; OUT_OF_MEMORY where values find no room."""
    name: uint8_t[53]
    owner_name: uint8_t[21]
    limbs: uint64_t[4]
    owner: uint64_t = 0
    key: uint64_t = 0
    stored: uint64_t
    length: uint64_t
    code: cython.pointer(cython.const[Code])
    owner_name[0] = WIPES
    while values.next():
        if values.is_new_key:
            key = 0
        if values.index == 0 or values.index > task.session.record.transactions:
            continue
        if key == 0:
            name[0] = values.part
            memcpy(name + 1, values.address.bytes, 20)
            length = 21
            if values.part == SLOT:
                if owner == 0 or memcmp(owner_name + 1, values.address.bytes, 20) != 0:
                    memcpy(owner_name + 1, values.address.bytes, 20)
                    owner = meet_key(task, owner_name, 21, 0)
                    if owner == 0:
                        return STOPPED
                memcpy(name + 21, values.slot, 32)
                length = 53
            key = meet_key(task, name, length, owner if values.part == SLOT else 0)
            if key == 0:
                return STOPPED
        stored = 0
        if values.value.length() == 0:
            pass  # absent
        elif values.part == CODE:
            code = cython.address(codes.intern(values.value.payload, values.value.length()))
            stored = store_value(task, cython.address(code), cython.sizeof(cython.p_void))
        else:
            values.number(limbs)
            stored = store_value(task, limbs, 8 if values.part == NONCE else 32)
        if values.value.length() and stored == 0:
            return OUT_OF_MEMORY
        if predict(task, key, values.index, stored) < 0:
            return OUT_OF_MEMORY
    return 0


def first_of(pair):
    """The first of a pair."""
    return pair[0]


class KeyTableFull(Exception):  # noqa: N818 - what happened, handled here
    """The block met more keys than its table has room for: begin again with a larger one."""


@cython.cclass
class EvmRun:
    """One engine's workers on blocks of the EVM. Not for two blocks at once."""

    def __cinit__(self, arena, workers, strategy):
        number: uint64_t
        self.arena = arena
        self.workers = workers
        self.strategy = strategy
        self.strategy_number = STRATEGIES[strategy]
        self.tasks = cython.cast(cython.pointer(Task), calloc(workers + 1, cython.sizeof(Task)))
        self.locals = cython.cast(cython.pointer(EvmWorker), calloc(workers + 1, cython.sizeof(EvmWorker)))
        if self.tasks == cython.NULL or self.locals == cython.NULL:
            raise OutOfMemory(f"this process cannot have the memory of {workers} workers")
        for number in range(1 if self.strategy_number == SEQUENTIAL else self.workers + 1):
            self.locals[number].worker = new_worker()
            if self.locals[number].worker == cython.NULL:
                raise OutOfMemory("this process cannot have the address space of a worker's stacks")
        self.own_listener = self._listen

    def __dealloc__(self):
        number: uint64_t
        self._free_tasks()
        free(self.tasks)
        if self.locals != cython.NULL:
            for number in range(self.workers + 1):
                delete_worker(self.locals[number].worker)
                free(self.locals[number].versioned.walks)
        free(self.locals)
        free(self.times)

    def begin(
        self,
        block: PackedBlock,
        world: World,
        record: bool = True,
        time_limit: float = 60.0,
        read_latency_us: float = 0.0,
        estimator: str = "declared",
        trace: bool = False,
        spent: float = 0.0,
    ) -> None:
        """Lay out a block on a state. ``spent``: how many of the seconds of ``time_limit`` have gone by already.

        Raises :class:`OutOfMemory`.
        """
        self.started = now_nanoseconds()
        self.raised = None
        self.block = block
        self.world = world
        self.busy = 0
        self.recording = record
        self.tracing = trace
        self.time_limit = time_limit
        self.read_latency = cython.cast(uint64_t, read_latency_us * 1000)
        self.machine.input = cython.address(block.input)
        self.machine.rules = cython.address(block.ruleset.rules)
        world.begin_block()
        self.machine.direct.state = world.asked
        self.machine.direct.lacking_code = world.lacking_code
        self.machine.direct.lacking_length = 0
        self.machine.direct.no_code = cython.address(world.codes.empty())
        self.machine.arena = cython.address(self.arena.arena)
        self.machine.settlement = cython.address(self.settlement)
        self.machine.deadline = self.started + cython.cast(uint64_t, max(0.0, time_limit - spent) * 1e9)
        self.machine.limit = 0
        self.machine.failure = 0
        self.key_capacity = max(
            self.key_capacity, SPARE_KEYS + KEYS_PER_TRANSACTION * cython.cast(uint64_t, block.transaction_count)
        )
        world.codes.begin_block(self.machine.rules[0], ANALYSES)
        self._make_room()
        self._lay_out(estimator, trace)

    def _lay_out(self, estimator: str, trace: cython.bint) -> cython.void:
        """Empty the arena, and put the block in anew: once more where its table of keys was too small."""
        self.arena.reset()
        self.settlement.begin()
        memset(self.times, 0, 8 * (self.block.input.transactions.size() + 1))
        if self.strategy_number == SEQUENTIAL:
            self._begin_workers(False)
        else:
            self._begin_versioned(estimator, trace)

    def _make_room(self) -> cython.void:
        """Take memory for the times of all transactions."""
        if self.times_room < self.block.input.transactions.size() + 1:
            free(self.times)
            self.times_room = self.block.input.transactions.size() + 1
            self.times = cython.cast(cython.pointer(uint64_t), malloc(8 * self.times_room))
            if self.times == cython.NULL:
                self.times_room = 0
                raise OutOfMemory("this process cannot have the memory of the times of transactions")
        self.machine.began = self.times

    def _begin_workers(self, versioned: cython.bint) -> cython.void:
        """Have each worker begin the block, on the state or on versioned memory; the coordinator is one of them."""
        number: uint64_t
        seed: uint64_t = arena_header(cython.address(self.arena.arena)).seed
        local: cython.pointer(EvmWorker)
        for number in range(self.workers + 1 if versioned else 1):
            local = self.locals + number
            local.machine = cython.address(self.machine)
            local.listener = cython.NULL
            local.versioned.direct = self.machine.direct
            local.versioned.task = self.tasks + number
            local.versioned.state = cython.address(local.worker.executor.state)
            local.worker.source.keeps = not versioned
            local.worker.source.storage_alone = has_storage_alone
            if versioned:
                local.worker.source.itself = cython.address(local.versioned)
                local.worker.source.load_account = load_account_versioned
                local.worker.source.load_slot = load_slot_versioned
            else:
                self.tasks[number].local = local
                local.worker.source.itself = cython.address(self.machine.direct)
                local.worker.source.load_account = load_account_directly
                local.worker.source.load_slot = load_slot_directly
            local.worker.options.with_effect = True
            # A block access list is made of what steps have read, too.
            local.worker.options.with_reads = self.recording or self.machine.rules.has_access_list
            local.worker.executor.poll = poll_inside
            local.worker.executor.poll_itself = self.tasks + number
            local.worker.begin_block(
                self.machine.rules,
                self.machine.input,
                cython.address(self.world.codes),
                seed,
                cython.address(arena_header(cython.address(self.arena.arena)).stop),
            )

    def _begin_versioned(self, estimator: str, trace: cython.bint) -> cython.void:
        """Lay out tables in the arena, and whatever the strategy is told of the transactions in advance."""
        options: SessionOptions
        number: uint64_t
        task: cython.pointer(Task)
        result: cython.int
        options.transactions = self.block.input.transactions.size()
        options.workers = self.workers
        options.strategy = self.strategy_number
        options.key_capacity = self.key_capacity
        options.read_latency = self.read_latency
        options.tracing = trace
        self._free_tasks()
        if begin_session(cython.address(self.session), cython.address(self.arena.arena), cython.address(options)):
            self._raise_stopped(stop_reason(cython.address(self.arena.arena)))
        self.frame.itself = cython.address(self.machine)
        self.frame.lay_out = lay_out
        self.frame.base = base
        self.frame.open = open_step
        self.frame.execute = execute
        self.frame.merge = merge
        self.frame.settle = settle
        self.frame.close = close_step
        self.frame.idle = idle
        self.frame.knows_totals = False
        for number in range(self.workers + 1):
            task = self.tasks + number
            if make_task(task, cython.address(self.session), number, cython.address(self.frame)):
                raise OutOfMemory("this process cannot have the memory of a worker's task")
            self.tasks_made = number + 1
            task.local = self.locals + number
        self._begin_workers(True)
        task = self.tasks + self.workers
        with cython.nogil:
            result = open_block(task)
        if result != DONE:
            self._raise_stopped(stop_reason(cython.address(self.arena.arena)))
        if self.strategy_number == ACCESS_LIST:
            self._put_predictions()
        if prepare(task):
            self._raise_stopped(stop_reason(cython.address(self.arena.arena)))

    def work(self, worker: int) -> None:
        """Be a worker until the block is done or stopped. Without the GIL, but in the build for the explorer."""
        number: uint64_t = worker
        local: cython.pointer(EvmWorker) = self.locals + number
        if number >= self.workers:
            raise ValueError(f"there is no worker {worker}: there are {self.workers}")
        local.listener = cython.NULL
        if threading.current_thread() is threading.main_thread():
            local.listener = cython.cast(cython.p_void, self.own_listener)
            local.listened = self.started
        if self.strategy_number == SEQUENTIAL:
            begun: uint64_t = now_nanoseconds()
            with cython.nogil:
                self.ended = run_sequentially(
                    cython.address(self.machine), local, self.times, cython.address(self.ended_at)
                )
            self.busy = now_nanoseconds() - begun
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
            swap_buffers(records.bytes, self.locals[0].worker.record)
            records.places = self.settlement.places
            ended = self.ended_at - 1
        else:
            with cython.nogil:
                settled = settle_block(self.tasks + self.workers, cython.address(ended))
            if settled == STOPPED and self.machine.limit:
                self._raise_limit(self.machine.failure, self.machine.limit)
            if settled == STOPPED:
                self._raise_stopped(stop_reason(cython.address(self.arena.arena)))
            if settled == UNMERGED:
                return self._rejected(records, "BALANCE_OVERFLOW", 0)  # of no transaction: it shows when effects add up
            if settled == DONE:
                self._gather(records)
        if self.settlement.code():
            return self._rejected(records, self._code(), ended + 1)
        return EvmResult(self.block, self.world, None, records, self._totals(), self.recording)

    def _gather(self, records: BlockRecords) -> cython.void:
        """Copy the records of all steps out of the arena, which the next block needs."""
        step: uint64_t
        record: cython.pointer(cython.const[OutcomeRecord])
        count: uint64_t = self.session.record.transactions
        for step in range(count + 2):
            record = cython.cast(
                cython.pointer(cython.const[OutcomeRecord]),
                self.session.base + latest_execution(cython.address(self.session), step).outcome,
            )
            if step == count + 1:
                self.settlement.refuse(record[0])
            records.places.push_back(append_bytes(records.bytes, record, record.size()))

    def _code(self) -> str:
        """Why the settlement has refused the block."""
        return cython.cast(bytes, name_of_rejection(self.settlement.code())).decode()

    def _totals(self):
        """What the block's transactions have used."""
        totals: cython.pointer(Totals) = cython.address(self.settlement.totals)
        return PlainTotals(totals.paid_gas, totals.execution_gas, totals.state_gas, totals.blob_gas)

    def _rejected(self, records: BlockRecords, code: str, step: uint64_t):
        """The result of a block that is invalid in a step, by its number."""
        count: uint64_t = self.block.input.transactions.size()
        transaction = step - 1 if 0 < step <= count else None
        detail: bytes = self.settlement.detail()
        rejection = Rejection(code, transaction, detail.decode() if self.settlement.code() else "")
        return EvmResult(self.block, self.world, rejection, records, PlainTotals(0, 0, 0, 0), self.recording)

    def _put_predictions(self) -> cython.void:
        """What the block's access list says that its transactions leave; nothing of what is no key or value."""
        if isinstance(self.block.predictions, bytes):
            self._put_list(self.block.predictions)
            return
        for key, values in (self.block.predictions or {}).items():
            for transaction, value in sorted(values, key=first_of):
                if 0 <= transaction < self.block.transaction_count:
                    self._predict(key, transaction + 1, value)

    def _put_list(self, proposed: bytes) -> cython.void:
        """The same from the list's own bytes; a malformed one predicts nothing."""
        values: ListedValues
        result: cython.int
        given: cython.pointer(cython.const[uint8_t]) = cython.cast(
            cython.pointer(cython.const[uint8_t]), PyBytes_AS_STRING(proposed)
        )
        length: cython.size_t = len(proposed)
        with cython.nogil:
            values.begin(given, length)
            result = predict_listed(self.tasks + self.workers, cython.address(values), cython.address(self.world.codes))
        if result == STOPPED:
            self._raise_stopped(stop_reason(cython.address(self.arena.arena)))
        if result:
            self._raise_stopped(OUT_OF_MEMORY)

    def _predict(self, key: bytes, step: uint64_t, value: object) -> cython.void:
        """One value after one step."""
        task: cython.pointer(Task) = self.tasks + self.workers
        name: cython.p_char = PyBytes_AS_STRING(key)
        code: cython.pointer(cython.const[Code])
        owner: uint64_t = 0
        stored: uint64_t = 0
        text: bytes
        if len(key) == 53 and name[0] == SLOT:
            owner_name: bytes = bytes((WIPES,)) + key[1:21]
            owner = meet_key(task, PyBytes_AS_STRING(owner_name), 21, 0)
            if owner == 0:
                self._raise_stopped(stop_reason(cython.address(self.arena.arena)))
        elif len(key) != 21 or not 0 < name[0] < SLOT:
            return
        record: uint64_t = meet_key(task, name, len(key), owner)
        if record == 0:
            self._raise_stopped(stop_reason(cython.address(self.arena.arena)))
        if value:
            text = value
            if name[0] == CODE:
                code = cython.address(
                    self.world.codes.intern(
                        cython.cast(cython.pointer(cython.const[uint8_t]), PyBytes_AS_STRING(text)), len(text)
                    )
                )
                stored = store_value(task, cython.address(code), cython.sizeof(cython.p_void))
            elif len(text) > (8 if name[0] == NONCE else 32):
                return
            else:
                text = text.rjust(8 if name[0] == NONCE else 32, b"\x00")[::-1]
                if text.count(0) == len(text):
                    return
                stored = store_value(task, PyBytes_AS_STRING(text), len(text))
            if stored == 0:
                self._raise_stopped(OUT_OF_MEMORY)
        if predict(task, record, step, stored) < 0:
            self._raise_stopped(OUT_OF_MEMORY)

    def figures(self) -> dict:
        """What the run of the last block was like, as plain numbers.

        By transaction: its ``executions``, and the nanoseconds when it first ``began`` and last ``ended`` (0 = never).
        By worker: executions, suspensions, validations, aborts, busy seconds.
        """
        count: uint64_t = self.block.input.transactions.size()
        index: uint64_t
        worker: cython.pointer(WorkerRecord)
        execution: cython.pointer(Execution)
        workers: list = []
        executions: list = []
        began: list = []
        ended: list = []
        for index in range(count):
            began.append(self.times[index])
        if self.strategy_number == SEQUENTIAL:
            executed: uint64_t = 0
            while executed < count and self.times[executed]:
                ended.append(self.times[executed + 1])
                executed += 1
            ended += [0] * (count - executed)
            return {
                "began": began,
                "ended": ended,
                "executions": [1] * executed,
                "workers": [(executed, 0, 0, 0, self.busy / 1e9)],
                "waves": 0,
            }
        for index in range(count):
            execution = latest_execution(cython.address(self.session), index + 1)
            ended.append(execution.ended if execution != cython.NULL else 0)
            executions.append(self.session.steps[index + 1].executions)
        for index in range(self.workers):
            worker = self.session.workers + index
            workers.append(
                (worker.executions, worker.suspensions, worker.validations, worker.aborts, worker.busy / 1e9)
            )
        return {
            "began": began,
            "ended": ended,
            "executions": executions,
            "workers": workers,
            "waves": self.session.record.waves,
        }

    def events(self) -> list:
        """The last block: (worker, kind, transaction, incarnation, begin, end, ending), as in TraceEvent."""
        index: uint64_t
        events: list = []
        if not self.tracing:
            return events
        if self.strategy_number == SEQUENTIAL:
            for index in range(self.block.input.transactions.size()):
                if self.times[index] and self.times[index + 1]:
                    events.append((0, "execute", index, 0, self.times[index], self.times[index + 1], "done"))
            return events
        for index in range(self.workers):
            events += self._events_of(index)
        return events

    def _events_of(self, worker: uint64_t) -> list:
        """Give the trace of a worker, oldest event first."""
        offset: uint64_t = self.session.workers[worker].events
        place: uint64_t
        chunk: cython.pointer(TraceChunk)
        event: cython.pointer(TraceEvent)
        events: list = []
        while offset:
            chunk = cython.cast(cython.pointer(TraceChunk), self.session.base + offset)
            for place in range(chunk.count, 0, -1):
                event = cython.cast(cython.pointer(TraceEvent), chunk + 1) + (place - 1)
                if event.kind == TRACE_EXECUTION:
                    kind = "execute"
                    ending = "done" if event.result == DONE else "suspended" if event.result == SUSPENDED else "stopped"
                else:
                    kind = "validate"
                    ending = "valid" if event.result else "aborted"
                events.append((worker, kind, event.transaction, event.incarnation, event.begin, event.end, ending))
            offset = chunk.previous
        events.reverse()
        return events

    def follow(self, transaction: int | None, stack: bool, memory: bool, return_data: bool) -> None:
        """Trace a transaction of the blocks to come, which then are not closed; or none. One at a time alone."""
        number: uint64_t = NO_TRANSACTION if transaction is None else transaction
        self.locals[0].worker.trace(number, stack, memory, return_data)

    def lines(self) -> tuple:
        """What was traced: the lines, what the outermost frame's code returned, and whether it lacked state gas."""
        worker: cython.pointer(Worker) = self.locals[0].worker
        return (worker.tracer.lines, worker.tracer.output, worker.tracer.lacked_state_gas)

    def recover_senders(self, block: PackedBlock) -> None:
        """Find out who sent a block's transactions, from the last on, while another thread executes it."""
        with cython.nogil:
            recover_senders(block.input)

    def stop_recovering(self, block: PackedBlock) -> None:
        """Have whoever finds senders out leave. Any thread may."""
        stop_recovering(block.input)

    def stop(self) -> None:
        """Ask all workers to leave. Any thread may."""
        self.arena.request_stop(INTERRUPTED)

    def broken_invariant(self) -> str | None:
        """What does not hold at the moment, of all that always must: the explorer asks after each action."""
        if self.strategy_number == SEQUENTIAL:
            return None
        name: cython.p_const_char = broken_invariant(cython.address(self.session))
        return None if name == cython.NULL else cython.cast(bytes, name).decode()

    def enlarge_key_table(self) -> None:
        """The block met more keys than its table has room for: have a larger one the next time."""
        self.key_capacity *= 4

    def _listen(self):
        """Let the handlers of signals run. Whether one raised."""
        try:
            PyErr_CheckSignals()
        except BaseException as raised:
            self.raised = raised
            return True
        return False

    def _raise_limit(self, result: cython.int, step: uint64_t):
        """Say what kept a step from its end that is the machine's own limit, and no verdict."""
        if result == STEP_STOPPED:
            self._raise_stopped(stop_reason(cython.address(self.arena.arena)))
        count: uint64_t = self.block.input.transactions.size()
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

    def _raise_stopped(self, reason):
        """Say why there is no result."""
        number: uint64_t
        if reason == KEY_TABLE_FULL:
            raise KeyTableFull
        if reason == OUT_OF_MEMORY and self.arena.used <= self.arena.size:
            raise OutOfMemory(
                f"a worker cannot have the memory that it asked for, of the arena of {self.arena.size >> 20} MiB or of"
                " this process: raise memory_limit, or give the process more"
            )
        if reason == OUT_OF_MEMORY:
            raise OutOfMemory(
                f"the block does not fit into the arena of {self.arena.size >> 20} MiB: raise memory_limit"
            )
        if reason == OUT_OF_TIME:
            running: set = set()
            for number in range(1 if self.strategy_number == SEQUENTIAL else self.workers):
                running.add(self.locals[number].worker.running)
            running.discard(0)
            raise TimeLimitExceeded(self.time_limit, tuple(sorted([transaction - 1 for transaction in running])))
        if reason == INTERRUPTED:
            raise KeyboardInterrupt if self.raised is None else self.raised
        if reason == BROKEN:
            raise EngineError(f"an invariant of the strategy {self.strategy} does not hold: this is a bug")
        raise EngineError(f"the block was stopped (reason {reason})")

    def _free_tasks(self) -> cython.void:
        """Give the memory of all tasks back."""
        task: uint64_t
        for task in range(self.tasks_made):
            free_task(self.tasks + task)
        self.tasks_made = 0
