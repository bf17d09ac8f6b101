"""A machine just large enough to try the core with: unit tests, stress, and the explorer drive it.

A transaction is a list of operations on numbered keys and one 64-bit accumulator, which starts as its own number:

- ``("read", key, _)``: mix the key's value into the accumulator (absent counts as 1, credits are added);
- ``("write", key, _)``: the key gets the accumulator; ``("remove", key, _)``: it becomes absent;
- ``("credit", key, n)``: add ``n`` without looking;
- ``("read at", key, n)``, ``("write at", key, n)``: the same for the key ``key + accumulator mod n``, so that what
  is touched depends on what was read;
- ``("skip", _, n)``: leave out the next ``n`` operations if the accumulator is odd;
- ``("spin", _, n)``: n rounds of work; ``("yield", _, _)``: let another thread run; ``("fail", _, _)``: the machine
  breaks.

A later write to a key replaces an earlier one of the same transaction; a transaction sees its own writes. The outcome
is the accumulator. A transaction may touch 256 keys.
"""

from collections.abc import Sequence

import cython
from cython.cimports.libc.stdint import int64_t, uint64_t
from cython.cimports.libc.stdlib import free, malloc
from cython.cimports.samestate.optimized.core.arena import allocate, at, stop_reason, store_value, value_bytes
from cython.cimports.samestate.optimized.core.execution import run_executor
from cython.cimports.samestate.optimized.core.invariants import broken_invariant
from cython.cimports.samestate.optimized.core.keys import find_key, key_record, make_key
from cython.cimports.samestate.optimized.core.memory import (
    credit,
    latest_execution,
    mark_estimates,
    publish,
    read,
    read_set,
    validate,
    value_before,
    write,
    write_set,
)
from cython.cimports.samestate.optimized.core.records import (
    DONE,
    FAILED,
    KEY_TABLE_FULL,
    READ_VALUE,
    STOPPED,
    SUCCEEDED,
    SUSPENDED,
    DeclaredAccess,
    Execution,
    Reading,
    WorkerRecord,
    word_value,
)
from cython.cimports.samestate.optimized.core.session import (
    SessionOptions,
    begin_session,
    begin_task,
    free_task,
    make_task,
)
from cython.cimports.samestate.optimized.core.shim import SAMESTATE_IS_EXPLORED, samestate_raise, wait_a_little
from cython.cimports.samestate.optimized.core.touched import touch
from cython.cimports.samestate.optimized.strategies.predictions import predict
from cython.cimports.samestate.optimized.strategies.scheduler import (
    Assignment,
    add_dependency,
    all_done,
    finish_execution,
    finish_validation,
    next_assignment,
    try_abort,
)
from cython.cimports.samestate.optimized.strategies.worker import prepare, run_worker

NAMES = ("read", "write", "remove", "credit", "read at", "write at", "skip", "spin", "yield", "fail")
CODES = {name: code for code, name in enumerate(NAMES)}
STRATEGIES = {"block-stm": 1, "locks": 2, "waves": 3, "access-list": 4}
STOP_REASONS = ("", "out of memory", "out of time", "interrupted", "worker died", "broken", "key table full")
PRIME = cython.declare(uint64_t, 0x100000001B3)
UNTOUCHED = cython.declare(uint64_t, 0)
KNOWN = cython.declare(uint64_t, 1)
WRITTEN = cython.declare(uint64_t, 2)
CREDITED = cython.declare(uint64_t, 3)


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def number_at(session: cython.pointer(Session), value: uint64_t) -> uint64_t:
    """The number in a Value."""
    return cython.cast(cython.pointer(uint64_t), value_bytes(session.base, value))[0]


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def key_of(trial: cython.pointer(TrialMachine), task: cython.pointer(Task), number: uint64_t) -> uint64_t:
    """The record of a key; 0 and the stop flag where it is found by name and there is no room for one more."""
    if trial.named:
        return find_key(task, cython.address(number), 8, 0)
    return trial.key[number]


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def merge_trial(
    machine: cython.p_void, task: cython.pointer(Task), key: uint64_t, value: uint64_t, amount: uint64_t
) -> uint64_t:
    """Addition; absent counts as 0."""
    total: uint64_t = number_at(task.session, amount)
    if value:
        total += number_at(task.session, value)
    return store_value(task, cython.address(total), 8)


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def execute_trial(machine: cython.p_void, task: cython.pointer(Task)) -> cython.int:
    """The operations in order; what it leaves of each key goes into the write set at the end."""
    trial: cython.pointer(TrialMachine) = cython.cast(cython.pointer(TrialMachine), machine)
    session: cython.pointer(Session) = task.session
    program: cython.pointer(TrialProgram) = cython.cast(
        cython.pointer(TrialProgram), session.base + session.steps[task.step].input
    )
    operations: cython.pointer(TrialOperation) = cython.cast(
        cython.pointer(TrialOperation), cython.cast(cython.p_char, program) + cython.sizeof(TrialProgram)
    )
    accumulator: uint64_t = task.transaction
    states: uint64_t[LARGEST]
    values: uint64_t[LARGEST]
    present: uint64_t[LARGEST]
    touched: uint64_t[LARGEST]
    reading: Reading
    position: uint64_t = 0
    i: uint64_t
    stored: uint64_t
    while position < program.length:
        operation: cython.pointer(TrialOperation) = operations + position
        position += 1
        code: uint64_t = operation.code
        key: uint64_t = operation.key
        if code == 4 or code == 5:
            key += accumulator % operation.number
            code -= 4
        if code == 6:
            if accumulator & 1:
                position += operation.number
            continue
        if code == 7:
            for i in range(operation.number):
                accumulator = (accumulator ^ i) * PRIME
            continue
        if code == 8:
            wait_a_little(17, b"trial.yield")
            continue
        if code == 9:
            task.verdict = FAILED
            task.write_count = 0
            return DONE
        count: int64_t = cython.cast(int64_t, task.touched_count)
        key = key_of(trial, task, key)
        if key == 0:
            return STOPPED
        index: int64_t = touch(task, key)
        if index < 0:
            return STOPPED
        if index == count:
            states[index] = UNTOUCHED
            touched[index] = key
        if code == 1:
            states[index] = WRITTEN
            values[index] = accumulator
            present[index] = True
            continue
        if code == 2:
            states[index] = WRITTEN
            present[index] = False
            continue
        if code == 3 and states[index] == UNTOUCHED:
            states[index] = CREDITED
            values[index] = operation.number
            continue
        if code == 3 and states[index] == CREDITED:
            values[index] += operation.number
            continue
        if states[index] == UNTOUCHED or states[index] == CREDITED:
            result: cython.int = read(task, key, cython.address(reading))
            if result != READ_VALUE:
                return result
            total: uint64_t = 0
            present[index] = reading.value != 0 or reading.credits != 0
            if reading.value:
                total = number_at(session, reading.value)
            for i in range(reading.credits):
                total += number_at(session, word_value(reading.chain[2 * i + 1]))
            if states[index] == CREDITED:
                total += values[index]
                present[index] = True
                states[index] = WRITTEN
            else:
                states[index] = KNOWN
            values[index] = total
        if code == 3:
            values[index] = operation.number + (values[index] if present[index] else 0)
            present[index] = True
            states[index] = WRITTEN
            continue
        accumulator = (accumulator ^ (values[index] if present[index] else 1)) * PRIME
    for i in range(task.touched_count):
        if states[i] < WRITTEN:
            continue
        stored = 0
        if states[i] == CREDITED or present[i]:
            stored = store_value(task, values + i, 8)
            if stored == 0:
                return STOPPED
        if states[i] == CREDITED:
            if credit(task, touched[i], stored) < 0:
                return STOPPED
        elif write(task, touched[i], stored) < 0:
            return STOPPED
    task.outcome = store_value(task, cython.address(accumulator), 8)
    if task.outcome == 0:
        return STOPPED
    task.verdict = SUCCEEDED
    return DONE


def check_program(transaction: int, operations: Sequence[tuple[str, int, int]], keys: int) -> None:
    """Raise ValueError for what :func:`execute_trial` has no room for, or could not do."""
    touched: set[int] = set()
    anywhere = 0
    for name, key, amount in operations:
        where = f"transaction {transaction}: {name!r}"
        if name not in CODES:
            raise ValueError(f"{where}: choose of {', '.join(NAMES)}")
        if name in ("skip", "spin", "yield", "fail"):
            continue
        if name.endswith(" at") and amount < 1:
            raise ValueError(f"{where}: {amount} keys to choose from, and there must be one")
        last = key + amount - 1 if name.endswith(" at") else key
        if not 0 <= key <= last < keys:
            raise ValueError(f"{where}: there is no key {last if key >= 0 else key}: there are {keys}")
        if name.endswith(" at"):
            anywhere += 1
        else:
            touched.add(key)
    if len(touched) + anywhere > LARGEST:
        raise ValueError(f"transaction {transaction} may touch {len(touched) + anywhere} keys: at most {LARGEST}")


@cython.cfunc
def as_tuple(assignment: Assignment) -> tuple:
    """For Python."""
    return assignment.kind, assignment.transaction, assignment.incarnation


@cython.cclass
class TrialBlock:
    """One block of trial transactions in an arena: make it, let each worker call :meth:`work`, then look at it.

    ``base`` gives the keys' values before the block (None = absent), ``declared`` a pair (keys read, keys written) for
    each transaction, ``predicted`` triples (key, transaction, value after it) in rising order for ``access-list``. With
    ``key_capacity`` whoever meets a key finds it by name, in a table for so many, and puts it there where it is new;
    without, all keys are there from the start.

    Raises ValueError for what no block can have, MemoryError where the arena is too small.
    """

    def __cinit__(
        self,
        arena: SharedArena,
        base: Sequence[int | None],
        programs: Sequence[Sequence[tuple[str, int, int]]],
        strategy: str = "block-stm",
        workers: int = 2,
        declared: Sequence[tuple[Sequence[int], Sequence[int]]] | None = None,
        predicted: Sequence[tuple[int, int, int | None]] = (),
        read_latency: int = 0,
        tracing: bool = False,
        key_capacity: int = 0,
    ):
        options: SessionOptions
        arena.check_open()
        if strategy not in STRATEGIES:
            raise ValueError(f"strategy {strategy!r}: choose of {', '.join(STRATEGIES)}")
        if workers < 1:
            raise ValueError(f"a block needs a worker, not {workers}")
        if declared is not None and len(declared) != len(programs):
            raise ValueError(f"{len(declared)} declarations for {len(programs)} transactions")
        for transaction, operations in enumerate(programs):
            check_program(transaction, operations, len(base))
        self.owner = arena
        self.transactions = len(programs)
        self.worker_count = workers
        options.transactions = len(programs)
        options.workers = workers
        options.strategy = STRATEGIES[strategy]
        options.key_capacity = key_capacity
        options.read_latency = read_latency
        options.tracing = tracing
        if begin_session(cython.address(self.session), cython.address(arena.arena), cython.address(options)):
            raise MemoryError("the arena is too small for the block")
        self.machine.keys = len(base)
        self.machine.named = key_capacity > 0
        self.machine.key = cython.cast(cython.pointer(uint64_t), malloc(8 * len(base) + 8))
        if self.machine.key == cython.NULL:
            raise MemoryError("no memory for the keys")
        self.executor.machine = cython.address(self.machine)
        self.executor.execute = execute_trial
        self.executor.merge = merge_trial
        task: cython.pointer(Task) = cython.address(self.coordinator)
        if make_task(task, cython.address(self.session), workers, cython.address(self.executor)):
            raise MemoryError("no memory for a task")
        self.made = True
        self.lay_out(base, programs, declared, predicted)

    def lay_out(self, base, programs, declared, predicted):
        """Keys, programs and declarations into the arena."""
        task: cython.pointer(Task) = cython.address(self.coordinator)
        number: uint64_t
        offset: uint64_t
        for key, value in enumerate(base):
            offset = self.stored(value)
            number = key
            if not self.machine.named:
                offset = make_key(task, cython.address(number), 8, 0, offset)
            elif value is None:
                continue  # for the workers to meet
            else:
                offset = find_key(task, cython.address(number), 8, offset)
            self.check(offset)
            self.machine.key[key] = offset
        for transaction, operations in enumerate(programs):
            size: uint64_t = cython.sizeof(TrialProgram) + len(operations) * cython.sizeof(TrialOperation)
            offset = allocate(task, size)
            self.check(offset)
            program: cython.pointer(TrialProgram) = cython.cast(
                cython.pointer(TrialProgram), at(self.session.arena, offset)
            )
            program.length = len(operations)
            place: cython.pointer(TrialOperation) = cython.cast(
                cython.pointer(TrialOperation), at(self.session.arena, offset + cython.sizeof(TrialProgram))
            )
            for index, (name, key, amount) in enumerate(operations):
                place[index].code = CODES[name]
                place[index].key = key
                place[index].number = amount
            self.session.steps[transaction + 1].input = offset
        for transaction, (reads, writes) in enumerate(declared or ()):
            offset = allocate(task, cython.sizeof(DeclaredAccess) + 8 * (len(reads) + len(writes)))
            self.check(offset)
            access: cython.pointer(DeclaredAccess) = cython.cast(
                cython.pointer(DeclaredAccess), at(self.session.arena, offset)
            )
            access.read_count = len(reads)
            access.write_count = len(writes)
            keys: cython.pointer(uint64_t) = cython.cast(
                cython.pointer(uint64_t), at(self.session.arena, offset + cython.sizeof(DeclaredAccess))
            )
            for index, key in enumerate([*reads, *writes]):
                keys[index] = key
            self.session.steps[transaction + 1].declared = offset
        for key, transaction, value in predicted:
            if predict(task, self.key_at(key), transaction + 1, self.stored(value)) < 0:
                self.check(0)
        if prepare(task):
            self.check(0)

    def check(self, offset):
        """Raise MemoryError for an offset that is none."""
        if offset:
            return
        if stop_reason(self.session.arena) == KEY_TABLE_FULL:
            raise MemoryError("the key table is too small for the block")
        raise MemoryError("the arena is too small for the block")

    def stored(self, value):
        """The Value that holds a number."""
        if value is None:
            return 0
        number: uint64_t = value
        offset: uint64_t = store_value(cython.address(self.coordinator), cython.address(number), 8)
        self.check(offset)
        return offset

    def key_at(self, number):
        """The record of a key that Python names."""
        if not 0 <= number < self.machine.keys:
            raise ValueError(f"there is no key {number}: there are {self.machine.keys}")
        index: uint64_t = number
        key: uint64_t = key_of(cython.address(self.machine), cython.address(self.coordinator), index)
        self.check(key)
        return key

    def step_at(self, transaction):
        """The step of a transaction that Python names."""
        if not 0 <= transaction < self.transactions:
            raise ValueError(f"there is no transaction {transaction}: there are {self.transactions}")
        return transaction + 1

    def execution_of(self, transaction):
        """Its latest."""
        execution: cython.pointer(Execution) = latest_execution(cython.address(self.session), self.step_at(transaction))
        if execution == cython.NULL:
            raise ValueError(f"transaction {transaction} was never executed")
        return execution

    def open(self, writes: dict[int, int | None], credits: dict[int, int] | None = None) -> None:
        """The opening step: what it leaves of each key."""
        self.do_step(0, writes, credits)

    def close(self, writes: dict[int, int | None], credits: dict[int, int] | None = None) -> None:
        """The closing step, after all workers have left."""
        self.do_step(self.transactions + 1, writes, credits)

    def do_step(self, step: int, writes: dict[int, int | None], credits: dict[int, int] | None) -> None:
        """A step of the coordinator's."""
        task: cython.pointer(Task) = cython.address(self.coordinator)
        begin_task(task, step, 0)
        for key, value in writes.items():
            write(task, self.key_at(key), self.stored(value))
        for key, value in (credits or {}).items():
            credit(task, self.key_at(key), self.stored(value))
        if publish(task) < 0:
            raise MemoryError("the arena is full")

    def work(self, number: int) -> str:
        """Be a worker until the block is done; why it stopped, or "" where it is done."""
        task: Task
        reason: uint64_t
        if not 0 <= number < self.worker_count:
            raise ValueError(f"there is no worker {number}: there are {self.worker_count}")
        if make_task(cython.address(task), cython.address(self.session), number, cython.address(self.executor)):
            raise MemoryError("no memory for a task")
        if SAMESTATE_IS_EXPLORED:
            reason = run_worker(cython.address(task))
        else:
            with cython.nogil:
                reason = run_worker(cython.address(task))
        free_task(cython.address(task))
        samestate_raise()
        return STOP_REASONS[reason]

    def outcomes(self) -> list[int | None]:
        """The accumulator of each transaction, None where it failed."""
        found = []
        for transaction in range(self.transactions):
            execution: cython.pointer(Execution) = self.execution_of(transaction)
            found.append(
                None if execution.verdict == FAILED else number_at(cython.address(self.session), execution.outcome)
            )
        return found

    def values(self, step: int = -1) -> list[int | None]:
        """The value of each key before ``step``, in all steps; after the closing step if none is given."""
        found = []
        if step < 0:
            step = self.transactions + 2
        for index in range(self.machine.keys):
            value: uint64_t = value_before(cython.address(self.coordinator), self.key_at(index), step)
            found.append(number_at(cython.address(self.session), value) if value else None)
        return found

    def broken_invariant(self) -> str | None:
        """What does not hold at the moment, of all that always must."""
        name: cython.p_const_char = broken_invariant(cython.address(self.session))
        return None if name == cython.NULL else cython.cast(bytes, name).decode()

    # One action at a time, as a worker would do it

    def execute(self, transaction: int, incarnation: int = 0) -> int | bool:
        """Run and publish one incarnation. Whether it wrote a new location; where it suspends, who blocks it."""
        task: cython.pointer(Task) = cython.address(self.coordinator)
        begin_task(task, self.step_at(transaction), incarnation)
        result: cython.int = run_executor(task)
        if result == SUSPENDED:
            blocking: uint64_t = task.blocking - 1
            return blocking
        new: cython.int = -1 if result != DONE else publish(task)
        if new < 0:
            self.check(0)
        return new > 0

    def is_valid(self, transaction: int) -> bool:
        """Validate the latest execution."""
        execution: cython.pointer(Execution) = self.execution_of(transaction)
        return bool(validate(cython.address(self.session), transaction + 1, execution))

    def mark_estimates(self, transaction: int) -> None:
        """What an abort does to the latest execution's writes."""
        mark_estimates(cython.address(self.session), self.execution_of(transaction))

    def next_assignment(self) -> tuple[int, int, int]:
        """Kind (0 nothing, 1 execute, 2 validate), transaction, incarnation."""
        return as_tuple(next_assignment(cython.address(self.session)))

    def add_dependency(self, transaction: int, incarnation: int, blocking: int) -> bool:
        """Whether the transaction waits now."""
        return bool(add_dependency(cython.address(self.session), transaction, incarnation, blocking))

    def finish_execution(self, transaction: int, incarnation: int, new: bool) -> tuple[int, int, int]:
        """The assignment that follows."""
        return as_tuple(finish_execution(cython.address(self.session), transaction, incarnation, new))

    def try_abort(self, transaction: int, incarnation: int) -> bool:
        """Whether this caller is the one that aborts."""
        return bool(try_abort(cython.address(self.session), transaction, incarnation))

    def finish_validation(self, transaction: int, incarnation: int, aborted: bool) -> tuple[int, int, int]:
        """The assignment that follows."""
        return as_tuple(finish_validation(cython.address(self.session), transaction, incarnation, aborted))

    def is_done(self) -> bool:
        """Whether the scheduler has said so."""
        return bool(all_done(cython.address(self.session)))

    def status(self, transaction: int) -> tuple[int, str]:
        """Incarnation and state."""
        status: uint64_t = self.session.steps[self.step_at(transaction)].status
        return status >> 2, ("ready", "executing", "executed", "aborting")[status & 3]

    # What is there afterwards

    def read_keys(self, transaction: int) -> list[int]:
        """The keys in the read set of the latest incarnation, in order."""
        execution: cython.pointer(Execution) = self.execution_of(transaction)
        words: cython.pointer(uint64_t) = read_set(execution)
        found = []
        i: uint64_t = 0
        while i < execution.read_words:
            found.append(self.key_number(words[i]))
            i += 2 + 2 * words[i + 1]
        return found

    def written_keys(self, transaction: int) -> list[int]:
        """The keys in the write set of the latest incarnation, in order."""
        execution: cython.pointer(Execution) = self.execution_of(transaction)
        return [self.key_number(write_set(execution)[i].key) for i in range(execution.write_count)]

    def key_number(self, key):
        """Which key a record is: its number is its name."""
        name: uint64_t = key_record(cython.address(self.session), key).name
        return cython.cast(cython.pointer(uint64_t), self.session.base + name)[0]

    def metrics(self) -> dict[str, object]:
        """What the workers counted, in a list each, and how often each transaction was begun."""
        workers: cython.pointer(WorkerRecord) = self.session.workers
        numbers = range(self.worker_count)
        return {
            "executions": [workers[i].executions for i in numbers],
            "suspensions": [workers[i].suspensions for i in numbers],
            "validations": [workers[i].validations for i in numbers],
            "aborts": [workers[i].aborts for i in numbers],
            "committed": [workers[i].committed for i in numbers],
            "rerun": [workers[i].rerun for i in numbers],
            "busy": [workers[i].busy for i in numbers],
            "elapsed": [workers[i].left_at - workers[i].entered for i in numbers],
            "begun": [self.session.steps[i + 1].executions for i in range(self.transactions)],
            "waves": self.session.record.waves,
            "used": self.owner.used,
        }

    def __dealloc__(self):
        if self.made:
            free_task(cython.address(self.coordinator))
        free(self.machine.key)
