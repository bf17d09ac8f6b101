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
from cython.cimports.libcpp.vector import vector
from cython.cimports.samestate.optimized.core.arena import allocate, arena_header, stop, stop_reason, store_value
from cython.cimports.samestate.optimized.core.block import open_block, settle_block
from cython.cimports.samestate.optimized.core.invariants import broken_invariant
from cython.cimports.samestate.optimized.core.keys import TOGETHER
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
    DeclaredAccess,
    Execution,
    TraceChunk,
    TraceEvent,
    WorkerRecord,
)
from cython.cimports.samestate.optimized.core.session import SessionOptions, begin_session, free_task, make_task
from cython.cimports.samestate.optimized.core.shim import SAMESTATE_IS_EXPLORED, now_nanoseconds, samestate_raise
from cython.cimports.samestate.optimized.evm.block_records import BlockRecords
from cython.cimports.samestate.optimized.evm.direct import has_storage_alone, load_account_directly, load_slot_directly
from cython.cimports.samestate.optimized.evm.expecting import ExpectedBlock
from cython.cimports.samestate.optimized.evm.native.precompiles import libraries_address
from cython.cimports.samestate.optimized.evm.seams import CODE, NONCE, SLOT, Code, CodeTable
from cython.cimports.samestate.optimized.evm.versioned import (
    base_content,
    begin_versioned,
    finish_versioned,
    has_storage_alone_versioned,
    load_account_versioned,
    load_slot_versioned,
    meet_account,
    meet_slot,
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
SPARE_KEYS = cython.declare(uint64_t, 1024)
KEYS_PER_TRANSACTION = cython.declare(uint64_t, 6)  # names in the table of keys, if that is too small it is enlarged
LONGEST_RUN = cython.declare(uint64_t, 64)  # transactions
RUNS_PER_WORKER = cython.declare(uint64_t, 8)  # at least, so that all have something to do until the end
RUN_GAS = cython.declare(uint64_t, 2_000_000)  # … that transactions may use together where more than one is a run


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
def keep_records(
    task: cython.pointer(Task), local: cython.pointer(EvmWorker), count: uint64_t, failure: uint64_t
) -> cython.bint:
    """Put what came of a run into the arena: how many records, where each is, and those. False where it is full."""
    head: uint64_t = cython.sizeof(RunOutcome) + 8 * count
    size: uint64_t = local.worker.record.size()
    index: uint64_t
    task.outcome = allocate(task, head + size)
    if task.outcome == 0:
        return False
    outcome: cython.pointer(RunOutcome) = cython.cast(cython.pointer(RunOutcome), task.session.base + task.outcome)
    places: cython.pointer(uint64_t) = cython.cast(cython.pointer(uint64_t), outcome + 1)
    outcome.count = count
    outcome.failure = failure
    for index in range(count):
        places[index] = task.outcome + head + local.places[index]
    if size:
        memcpy(task.session.base + task.outcome + head, local.worker.record.data(), size)
    return True


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
@cython.inline
def record_at(session: cython.pointer(Session), place: uint64_t) -> cython.pointer(OutcomeRecord):
    """A record in the arena."""
    return cython.cast(cython.pointer(OutcomeRecord), session.base + place)


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def last_record(local: cython.pointer(EvmWorker), count: uint64_t) -> cython.pointer(OutcomeRecord):
    """The last record of the run at hand, while it is still the worker's."""
    return cython.cast(cython.pointer(OutcomeRecord), local.worker.record.data() + local.places[count - 1])


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def end_run(
    task: cython.pointer(Task), local: cython.pointer(EvmWorker), result: StepResult, count: uint64_t
) -> cython.int:
    """Hand over what a run did, and its records, which lie in the arena from now on. An ExecutionResult.

    A limit of the worker's own is no verdict on a transaction before its reads have been found valid: the outcome says
    so. Where a transaction may not be in the block, or what it credits does not fit, the run has no effect, since
    nothing comes after it.
    """
    failure: uint64_t = 0
    task.verdict = SUCCEEDED
    if result == STEP_OVERFLOW:
        last_record(local, count).overflows = 1
        task.verdict = REJECTED
    elif result == STEP_MISSING or result == STEP_OUT_OF_MEMORY:  # noqa: SIM109 - a tuple would be an object
        failure = cython.cast(uint64_t, result)
        task.verdict = FAILED
    elif result != STEP_DONE:
        return cython.cast(cython.int, result)
    elif count and last_record(local, count).fault_code():
        task.verdict = REJECTED
    if not keep_records(task, local, count, failure):
        return STOPPED
    if task.verdict != SUCCEEDED:
        return DONE
    return finish_versioned(cython.address(local.versioned))


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def begin_run(task: cython.pointer(Task), local: cython.pointer(EvmWorker)) -> cython.void:
    """Nothing of another run counts any more."""
    begin_versioned(cython.address(local.versioned))
    local.worker.record.clear()


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def execute(itself: cython.p_void, task: cython.pointer(Task)) -> cython.int:
    """Execute a run: some transactions of the block one after another, each on what the one before it left.

    To the strategy it is one. What it has read from before it, and what it leaves in the end, is in versioned memory.
    """
    machine: cython.pointer(EvmMachine) = cython.cast(cython.pointer(EvmMachine), itself)
    local: cython.pointer(EvmWorker) = cython.cast(cython.pointer(EvmWorker), task.local)
    now: uint64_t = task.clock if task.clock else now_nanoseconds()
    first: uint64_t = machine.starts[task.transaction]
    end: uint64_t = machine.starts[task.transaction + 1]
    transaction: uint64_t
    count: uint64_t = 0
    result: StepResult = STEP_DONE
    local.worker.running = first + 1
    if poll(machine, local, now):
        return STOPPED
    begin_run(task, local)
    for transaction in range(first, end):
        if machine.began[transaction] == 0:
            machine.began[transaction] = now
        local.executed += 1
        result = local.worker.execute(transaction)
        if result != STEP_DONE:
            break
        local.places[count] = local.worker.place()
        count += 1
        if local.worker.last().fault_code():
            break
        result = local.worker.keep()
        if result != STEP_DONE:
            break
    return end_run(task, local, result, count)


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def end_step(task: cython.pointer(Task), local: cython.pointer(EvmWorker), result: StepResult) -> cython.int:
    """The same for a run that is the opening or the closing step."""
    if result == STEP_DONE:
        local.places[0] = local.worker.place()
        if not local.worker.last().fault_code():
            result = local.worker.keep()
        return end_run(task, local, result, 1)
    return end_run(task, local, result, 0)


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def open_step(itself: cython.p_void, task: cython.pointer(Task)) -> cython.int:
    """The system calls before the first transaction."""
    local: cython.pointer(EvmWorker) = cython.cast(cython.pointer(EvmWorker), task.local)
    begin_run(task, local)
    return end_step(task, local, local.worker.open_block())


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def close_step(itself: cython.p_void, task: cython.pointer(Task)) -> cython.int:
    """Rewards, withdrawals and requests. What they find wrong is for :meth:`EvmRun.finish` to see."""
    machine: cython.pointer(EvmMachine) = cython.cast(cython.pointer(EvmMachine), itself)
    local: cython.pointer(EvmWorker) = cython.cast(cython.pointer(EvmWorker), task.local)
    begin_run(task, local)
    return end_step(task, local, local.worker.close_block(machine.settlement.deposits))


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def settle(
    itself: cython.p_void,
    coordinator: cython.pointer(Task),
    run: uint64_t,
    execution: cython.pointer(cython.const[Execution]),
) -> cython.int:
    """It is the run's turn: see of each of its transactions whether the block has room for it."""
    machine: cython.pointer(EvmMachine) = cython.cast(cython.pointer(EvmMachine), itself)
    outcome: cython.pointer(RunOutcome) = cython.cast(
        cython.pointer(RunOutcome), coordinator.session.base + execution.outcome
    )
    places: cython.pointer(uint64_t) = cython.cast(cython.pointer(uint64_t), outcome + 1)
    record: cython.pointer(OutcomeRecord)
    index: uint64_t
    for index in range(outcome.count):
        record = record_at(coordinator.session, places[index])
        machine.settled = machine.starts[run] + index
        if not machine.settlement.add(machine.rules[0], machine.input[0], machine.settled, record[0]):
            return REFUSED
        if record.overflows:
            return UNMERGED
    machine.settled = machine.starts[run] + outcome.count
    if execution.verdict == FAILED:
        machine.failure = cython.cast(cython.int, outcome.failure)
        machine.limit = machine.settled + 1
        return STOPPED
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
@cython.exceptval(check=False)
def put_numbers(place: cython.pointer(uint64_t), numbers: cython.pointer(vector[uint64_t])) -> cython.pointer(uint64_t):
    """Numbers one after another. Where the next one goes."""
    if numbers.size():
        memcpy(place, numbers.data(), 8 * numbers.size())
    return place + numbers.size()


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
@cython.inline
def run_at(starts: cython.pointer(cython.const[uint64_t]), runs: uint64_t, transaction: uint64_t) -> uint64_t:
    """Which run has a transaction: the last that begins there or before."""
    low: uint64_t = 0
    middle: uint64_t
    while runs - low > 1:
        middle = (low + runs) // 2
        if starts[middle] <= transaction:
            low = middle
        else:
            runs = middle
    return low


@cython.cfunc
@cython.nogil
@cython.exceptval(-1, check=True)
def predict_listed(
    task: cython.pointer(Task),
    starts: cython.pointer(cython.const[uint64_t]),
    transactions: uint64_t,
    values: cython.pointer(ListedValues),
    codes: cython.pointer(CodeTable),
) -> cython.int:
    """Predict what a block access list says of runs: 0; STOPPED; OUT_OF_MEMORY where values find no room.

    The values of a key come in the order of the block; of those of one run the last is what it leaves.
    """
    account: uint64_t = 0
    key: uint64_t = 0
    run: uint64_t = 0
    following: uint64_t
    stored: uint64_t = 0
    waiting: cython.bint = False
    code: cython.pointer(cython.const[Code])
    address: uint8_t[20]
    limbs: uint64_t[4]
    while values.next():
        if values.is_new_key:
            if waiting and predict(task, key, run + 1, stored) < 0:
                return OUT_OF_MEMORY
            waiting = False
            key = 0
        if values.index == 0 or values.index > transactions:
            continue
        if key == 0:
            if account == 0 or memcmp(address, values.address.bytes, 20) != 0:
                memcpy(address, values.address.bytes, 20)
                account = meet_account(task, address)
            if account == 0:
                return STOPPED
            key = account + values.part * TOGETHER
            if values.part == SLOT:
                key = meet_slot(task, account, address, values.slot)
            if key == 0:
                return STOPPED
        following = run_at(starts, task.session.record.transactions, values.index - 1)
        if waiting and following != run and predict(task, key, run + 1, stored) < 0:
            return OUT_OF_MEMORY
        run = following
        waiting = True
        stored = 0
        if values.value.length() == 0:
            continue  # absent
        if values.part == CODE:
            code = cython.address(codes.intern(values.value.payload, values.value.length()))
            stored = store_value(task, cython.address(code), cython.sizeof(cython.p_void))
        else:
            values.number(limbs)
            stored = store_value(task, limbs, 8 if values.part == NONCE else 32)
        if stored == 0:
            return OUT_OF_MEMORY
    if waiting and predict(task, key, run + 1, stored) < 0:
        return OUT_OF_MEMORY
    return 0


def first_of(pair):
    """The first of a pair."""
    return pair[0]


class KeyTableFull(Exception):  # noqa: N818 - what happened, handled here
    """The block met more keys than its table has room for: begin again with a larger one."""


@cython.cclass
class EvmRun:
    """One engine's workers on blocks of the EVM. Not for two blocks at once.

    ``strategy``: of all blocks, unless :meth:`begin` is told another. `sequential` has no workers for any other.
    """

    def __cinit__(self, arena, workers, strategy):
        number: uint64_t
        self.arena = arena
        self.workers = workers
        alone: cython.bint = strategy == "sequential"
        self.strategy = strategy
        self.strategy_number = SEQUENTIAL
        self.tasks = cython.cast(cython.pointer(Task), calloc(workers + 1, cython.sizeof(Task)))
        self.locals = cython.cast(cython.pointer(EvmWorker), calloc(workers + 1, cython.sizeof(EvmWorker)))
        if self.tasks == cython.NULL or self.locals == cython.NULL:
            raise OutOfMemory(f"this process cannot have the memory of {workers} workers")
        for number in range(1 if alone else self.workers + 1):
            self.locals[number].places = cython.cast(cython.pointer(uint64_t), malloc(8 * LONGEST_RUN))
            if self.locals[number].places == cython.NULL:
                raise OutOfMemory(f"this process cannot have the memory of {workers} workers")
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
                free(self.locals[number].places)
        free(self.locals)
        free(self.times)

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
        self.started = now_nanoseconds()
        self.strategy_number = STRATEGIES[strategy or self.strategy]
        self.raised = None
        self.block = block
        self.world = world
        self.busy = 0
        self.recording = record
        self.learning = learning
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
        self._make_runs(run_length)
        self._lay_out(expected, trace)

    def _lay_out(self, expected: object, trace: cython.bint) -> cython.void:
        """Empty the arena, and put the block in anew: once more where its table of keys was too small."""
        self.arena.reset()
        self.settlement.begin()
        memset(self.times, 0, 8 * (self.block.input.transactions.size() + 1))
        if self.strategy_number == SEQUENTIAL:
            self._begin_workers(False)
        else:
            self._begin_versioned(expected, trace)

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

    def _make_runs(self, length: uint64_t) -> cython.void:
        """Divide the block into runs: what a worker takes at once, and repeats where it was wrong.

        The longer a run, the less a transaction costs that has little to do with others; so long as there are runs
        enough for all workers, and none of so much gas that others would wait for it.
        """
        index: uint64_t
        gas: uint64_t = 0
        count: uint64_t = self.block.input.transactions.size()
        most: uint64_t = length
        if length == 0:
            most = max(1, count // (RUNS_PER_WORKER * self.workers))
        most = min(most, LONGEST_RUN)
        self.starts.clear()
        self.longest_run = 1
        if self.strategy_number == SEQUENTIAL:
            return
        for index in range(count):
            limit: uint64_t = self.block.input.transactions[index].gas_limit
            taken: uint64_t = index - self.starts.back() if index else 0
            if index == 0 or taken == most or (length == 0 and (limit > RUN_GAS or gas + limit > RUN_GAS)):
                self.starts.push_back(index)
                gas = 0
                taken = 0
            gas += min(limit, RUN_GAS)
            self.longest_run = max(self.longest_run, taken + 1)
        self.starts.push_back(count)
        if count == 0:
            self.starts.push_back(count)
        self.machine.starts = self.starts.data()
        self.machine.settled = 0

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

    def _begin_versioned(self, expected: object, trace: cython.bint) -> cython.void:
        """Lay out tables in the arena, and whatever the strategy is told of the transactions in advance."""
        options: SessionOptions
        number: uint64_t
        task: cython.pointer(Task)
        result: cython.int
        options.transactions = self.starts.size() - 1 if self.block.input.transactions.size() else 0
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
        if expected is not None:
            self._declare(expected)
        if prepare(task):
            self._raise_stopped(stop_reason(cython.address(self.arena.arena)))

    def _declare(self, expected: ExpectedBlock) -> cython.void:
        """What the transactions of each run will probably access.

        To be credited is declared as a read: two credits do not conflict, and whoever looks at a balance, or sets it,
        conflicts with both.
        """
        task: cython.pointer(Task) = self.tasks + self.workers
        run: uint64_t
        index: uint64_t
        reads: uint64_t
        writes: uint64_t
        offset: uint64_t
        declared: cython.pointer(DeclaredAccess)
        keys: cython.pointer(uint64_t)
        for run in range(self.session.record.transactions):
            reads = 0
            writes = 0
            for index in range(self.starts[run], self.starts[run + 1]):
                reads += expected.transactions[index].reads.size() + expected.transactions[index].credits.size()
                writes += expected.transactions[index].writes.size()
            offset = allocate(task, cython.sizeof(DeclaredAccess) + 8 * (reads + writes))
            if offset == 0:
                self._raise_stopped(OUT_OF_MEMORY)
            self.session.steps[run + 1].declared = offset
            declared = cython.cast(cython.pointer(DeclaredAccess), self.session.base + offset)
            declared.read_count = reads
            declared.write_count = writes
            keys = cython.cast(cython.pointer(uint64_t), declared + 1)
            for index in range(self.starts[run], self.starts[run + 1]):
                keys = put_numbers(keys, cython.address(expected.transactions[index].reads))
                keys = put_numbers(keys, cython.address(expected.transactions[index].credits))
            for index in range(self.starts[run], self.starts[run + 1]):
                keys = put_numbers(keys, cython.address(expected.transactions[index].writes))

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
            ended = self.machine.settled
            if settled == DONE:
                self._gather(records)
        if self.settlement.code():
            return self._rejected(records, self._code(), ended + 1)
        return EvmResult(self.block, self.world, None, records, self._totals(), self.recording)

    def _outcome(self, run: uint64_t) -> cython.pointer(cython.const[RunOutcome]):
        """What came of a run, or of the opening or closing step, by its number as a step."""
        return cython.cast(
            cython.pointer(cython.const[RunOutcome]),
            self.session.base + latest_execution(cython.address(self.session), run).outcome,
        )

    def _gather(self, records: BlockRecords) -> cython.void:
        """Copy the records of all steps out of the arena, which the next block needs."""
        step: uint64_t
        index: uint64_t
        outcome: cython.pointer(cython.const[RunOutcome])
        places: cython.pointer(cython.const[uint64_t])
        record: cython.pointer(cython.const[OutcomeRecord])
        count: uint64_t = self.session.record.transactions
        for step in range(count + 2):
            outcome = self._outcome(step)
            places = cython.cast(cython.pointer(cython.const[uint64_t]), outcome + 1)
            for index in range(outcome.count):
                record = record_at(cython.address(self.session), places[index])
                if step == count + 1:
                    self.settlement.refuse(record[0])
                records.places.push_back(append_bytes(records.bytes, record, record.size()))

    def _code(self) -> str:
        """Why the settlement has refused the block."""
        return cython.cast(bytes, name_of_rejection(self.settlement.code())).decode()

    def _totals(self) -> object:
        """What the block's transactions have used."""
        totals: cython.pointer(Totals) = cython.address(self.settlement.totals)
        return PlainTotals(totals.paid_gas, totals.execution_gas, totals.state_gas, totals.blob_gas)

    def _rejected(self, records: BlockRecords, code: str, step: uint64_t) -> object:
        """The result of a block that is invalid in a step, by its number."""
        count: uint64_t = self.block.input.transactions.size()
        transaction = step - 1 if 0 < step <= count else None
        detail: bytes = self.settlement.detail()
        rejection = Rejection(code, transaction, detail.decode() if self.settlement.code() else "")
        return EvmResult(self.block, self.world, rejection, records, PlainTotals(0, 0, 0, 0), self.recording)

    def _put_predictions(self) -> cython.void:
        """What the block's access list says that its runs leave; nothing of what is no key or value."""
        if isinstance(self.block.predictions, bytes):
            self._put_list(self.block.predictions)
            return
        for key, values in (self.block.predictions or {}).items():
            latest: dict = {}
            for transaction, value in sorted(values, key=first_of):
                if 0 <= transaction < self.block.transaction_count:
                    latest[run_at(self.starts.data(), self.session.record.transactions, transaction)] = value
            for run, value in latest.items():
                self._predict(key, run + 1, value)

    def _key_of(self, key: bytes) -> uint64_t:
        """The record of a key by its canonical name; 0 where it is none. Raises what stops the block."""
        task: cython.pointer(Task) = self.tasks + self.workers
        name: cython.pointer(cython.const[uint8_t]) = cython.cast(
            cython.pointer(cython.const[uint8_t]), PyBytes_AS_STRING(key)
        )
        record: uint64_t
        if not (len(key) == 53 and name[0] == SLOT) and not (len(key) == 21 and 0 < name[0] < SLOT):
            return 0
        record = meet_account(task, name + 1)
        if record and name[0] == SLOT:
            record = meet_slot(task, record, name + 1, name + 21)
        elif record:
            record += name[0] * TOGETHER
        if record == 0:
            self._raise_stopped(stop_reason(cython.address(self.arena.arena)))
        return record

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
            result = predict_listed(
                self.tasks + self.workers,
                self.starts.data(),
                self.block.input.transactions.size(),
                cython.address(values),
                cython.address(self.world.codes),
            )
        if result == STOPPED:
            self._raise_stopped(stop_reason(cython.address(self.arena.arena)))
        if result:
            self._raise_stopped(OUT_OF_MEMORY)

    def _predict(self, key: bytes, step: uint64_t, value: object) -> cython.void:
        """One value after one step."""
        task: cython.pointer(Task) = self.tasks + self.workers
        code: cython.pointer(cython.const[Code])
        stored: uint64_t = 0
        text: bytes
        record: uint64_t = self._key_of(key)
        if record == 0:
            return
        if value:
            text = value
            if key[0] == CODE:
                code = cython.address(
                    self.world.codes.intern(
                        cython.cast(cython.pointer(cython.const[uint8_t]), PyBytes_AS_STRING(text)), len(text)
                    )
                )
                stored = store_value(task, cython.address(code), cython.sizeof(cython.p_void))
            elif len(text) > (8 if key[0] == NONCE else 32):
                return
            else:
                text = text.rjust(8 if key[0] == NONCE else 32, b"\x00")[::-1]
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
        run: uint64_t
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
                "longest_run": 1,
            }
        for run in range(self.session.record.transactions):
            execution = latest_execution(cython.address(self.session), run + 1)
            length = self.starts[run + 1] - self.starts[run]
            ended += [execution.ended if execution != cython.NULL else 0] * length
            executions += [self.session.steps[run + 1].executions] * length
        for index in range(self.workers):
            worker = self.session.workers + index
            workers.append(
                (self.locals[index].executed, worker.suspensions, worker.validations, worker.aborts, worker.busy / 1e9)
            )
        return {
            "began": began,
            "ended": ended,
            "executions": executions,
            "workers": workers,
            "waves": self.session.record.waves,
            "longest_run": self.longest_run,
        }

    def events(self) -> list:
        """The last block: (worker, kind, transaction, incarnation, begin, end, ending), as in TraceEvent.

        Of a run of transactions it is the first that stands there.
        """
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
                first = self.starts[event.transaction]
                events.append((worker, kind, first, event.incarnation, event.begin, event.end, ending))
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

    def _raise_limit(self, result: cython.int, step: uint64_t) -> object:
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
