"""A machine just large enough to try the core with: unit tests, stress, and the explorer drive it.

It is a build for tests, like those of the explorer and the sanitizers, and in no wheel.

A transaction is a list of operations on numbered keys and one 64-bit accumulator, which starts as its own number:

- ``("read", key, _)``: mix the key's value into the accumulator (absent counts as 1, credits are added);
- ``("write", key, _)``: the key gets the accumulator; ``("remove", key, _)``: it becomes absent;
- ``("credit", key, n)``: add ``n`` without looking;
- ``("read at", key, n)``, ``("write at", key, n)``: the same for the key ``key + accumulator mod n``, so that what
  is touched depends on what was read;
- ``("write long", key, n)``: the key gets n bytes, made of the accumulator; ``("copy", key, n)``: the key ``n`` gets
  what ``key`` holds;
- ``("wipe", key, _)``: all keys of the owner that the key belongs to become absent;
- ``("warm", key, _)``: mix into the accumulator whether the key is warm, and make it so;
- ``("checkpoint", _, _)``, ``("rollback", _, _)``: to the latest checkpoint not rolled back to yet, if any;
- ``("skip", _, n)``: leave out the next ``n`` operations if the accumulator is odd;
- ``("weigh", _, n)``: the transaction takes so much more of what a block has room for;
- ``("spin", _, n)``: n rounds of work; ``("yield", _, _)``: let another thread run; ``("fail", _, _)``: the machine
  breaks.

A value is 8 bytes, a number, unless "write long" has made it; a long one counts as a number that depends on all of it.
A transaction sees its own writes. The outcome is the accumulator. The opening and the closing step are programs too.
"""

from collections.abc import Sequence

import cython
from cython.cimports.cpython.bytes import PyBytes_FromStringAndSize
from cython.cimports.libc.stdint import int64_t, uint8_t, uint64_t
from cython.cimports.libc.stdlib import calloc, free
from cython.cimports.libc.string import memcpy
from cython.cimports.samestate.optimized.core.arena import (
    allocate,
    at,
    content_of,
    make_absent,
    stop_reason,
    store_value,
)
from cython.cimports.samestate.optimized.core.block import open_block, settle_block
from cython.cimports.samestate.optimized.core.execution import run_execution
from cython.cimports.samestate.optimized.core.invariants import broken_invariant
from cython.cimports.samestate.optimized.core.keys import find_key, key_record, make_key, meet_key
from cython.cimports.samestate.optimized.core.machine import REFUSED
from cython.cimports.samestate.optimized.core.memory import (
    credit,
    latest_execution,
    mark_estimates,
    publish,
    read_set,
    validate,
    write,
    write_set,
)
from cython.cimports.samestate.optimized.core.observing import find_before
from cython.cimports.samestate.optimized.core.records import (
    DONE,
    FAILED,
    KEY_TABLE_FULL,
    READ_VALUE,
    SEEN,
    STOPPED,
    SUCCEEDED,
    SUSPENDED,
    UNMERGED,
    Content,
    DeclaredAccess,
    Execution,
    WorkerRecord,
)
from cython.cimports.samestate.optimized.core.room import RoomMark, mark_room, release_room, take_room
from cython.cimports.samestate.optimized.core.session import (
    SessionOptions,
    begin_session,
    begin_task,
    free_task,
    make_task,
)
from cython.cimports.samestate.optimized.core.shim import SAMESTATE_IS_EXPLORED, samestate_raise, wait_a_little
from cython.cimports.samestate.optimized.core.view import (
    WARM,
    View,
    add_amount,
    begin_view,
    checkpoint,
    find_entry,
    finish_view,
    free_view,
    get_value,
    make_view,
    rollback,
    set_content,
    set_marks,
    set_room,
    set_value,
    wipe_storage,
)
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

NAMES = (
    "read",
    "write",
    "remove",
    "credit",
    "read at",
    "write at",
    "skip",
    "spin",
    "yield",
    "fail",
    "checkpoint",
    "rollback",
    "wipe",
    "write long",
    "copy",
    "warm",
    "weigh",
)
KEYLESS = ("skip", "spin", "yield", "fail", "checkpoint", "rollback", "weigh")
CODES = {name: code for code, name in enumerate(NAMES)}
STRATEGIES = {"block-stm": 1, "locks": 2, "waves": 3, "access-list": 4}
STOP_REASONS = ("", "out of memory", "out of time", "interrupted", "worker died", "broken", "key table full")
PRIME = cython.declare(uint64_t, 0x100000001B3)
OWNER_NAME = cython.declare(uint64_t, 9)


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def number_of(content: cython.pointer(cython.const[Content])) -> uint64_t:
    """The number that a value counts as; absent counts as 1."""
    number: uint64_t = 0
    i: uint64_t
    if content.data == cython.NULL:
        return 1
    if content.length == 8:
        memcpy(cython.address(number), content.data, 8)
        return number
    for i in range(content.length):
        number = (number + content.data[i]) * PRIME
    return number ^ content.length


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def name_owner(name: cython.pointer(uint8_t), number: uint64_t) -> cython.void:
    """The nine bytes that an owner is called."""
    name[0] = 0x77
    memcpy(name + 1, cython.address(number), 8)


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def owner_of(trial: cython.pointer(TrialMachine), task: cython.pointer(Task), number: uint64_t) -> uint64_t:
    """The record of a key's owner: 0 where it has none, or the stop flag is up."""
    name: uint8_t[9]
    if trial.owned == 0:
        return 0
    if not trial.named:
        return trial.owner[number]
    name_owner(name, number // trial.owned)
    return find_key(task, name, OWNER_NAME, 0, 0)


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def key_of(trial: cython.pointer(TrialMachine), task: cython.pointer(Task), number: uint64_t) -> uint64_t:
    """The record of a key; 0 and the stop flag where it is found by name and there is no room for one more."""
    if not trial.named:
        return trial.key[number]
    owner: uint64_t = owner_of(trial, task, number)
    if owner == 0 and trial.owned:
        return 0
    return meet_key(task, cython.address(number), 8, owner)


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def base_trial(
    itself: cython.p_void,
    task: cython.pointer(Task),
    name: cython.p_const_void,
    length: uint64_t,
    found: cython.pointer(Content),
) -> cython.int:
    """From the state before the block, where there is one; else it is absent."""
    trial: cython.pointer(TrialMachine) = cython.cast(cython.pointer(TrialMachine), itself)
    make_absent(found)
    if trial.state != cython.NULL and not trial.state.find(trial.state.itself, name, length, found):
        return STOPPED
    return DONE


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def merge_trial(
    itself: cython.p_void,
    task: cython.pointer(Task),
    key: uint64_t,
    value: cython.pointer(cython.const[Content]),
    amount: cython.pointer(cython.const[Content]),
    sum: cython.pointer(Content),
) -> cython.int:
    """Addition; absent counts as 0."""
    trial: cython.pointer(TrialMachine) = cython.cast(cython.pointer(TrialMachine), itself)
    total: cython.pointer(uint64_t) = cython.cast(cython.pointer(uint64_t), take_room(task, 8))
    if total == cython.NULL:
        return STOPPED
    total[0] = number_of(amount)
    if value.data != cython.NULL:
        total[0] += number_of(value)
    if trial.limit and total[0] > trial.limit:
        return UNMERGED
    sum.data = cython.cast(cython.p_const_uchar, total)
    sum.length = 8
    sum.value = 0
    return DONE


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def fill(place: cython.pointer(uint8_t), length: uint64_t, accumulator: uint64_t) -> cython.void:
    """The bytes of "write long": the accumulator's, over and over, each time a byte further on."""
    i: uint64_t
    for i in range(length):
        place[i] = cython.cast(uint8_t, (accumulator >> (8 * (i & 7))) + (i >> 3))


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def do_trial(
    trial: cython.pointer(TrialMachine),
    view: cython.pointer(View),
    program: cython.pointer(TrialProgram),
    outcome: cython.pointer(TrialOutcome),
) -> cython.int:
    """The operations in order. An ExecutionResult; FAILED + 16 where the machine breaks."""
    task: cython.pointer(Task) = view.task
    operations: cython.pointer(TrialOperation) = cython.cast(cython.pointer(TrialOperation), program + 1)
    accumulator: uint64_t = task.step - 1
    marks: uint64_t[MOST_CHECKPOINTS]
    open_marks: uint64_t = 0
    content: Content
    position: uint64_t = 0
    before: uint64_t
    i: uint64_t
    entry: int64_t
    other: int64_t
    result: cython.int
    outcome.weight = 0
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
            return FAILED + 16
        if code == 10:
            if open_marks < MOST_CHECKPOINTS:
                marks[open_marks] = checkpoint(view)
                open_marks += 1
            continue
        if code == 11:
            if open_marks:
                open_marks -= 1
                rollback(view, marks[open_marks])
            continue
        if code == 16:
            outcome.weight += operation.number
            continue
        key = owner_of(trial, task, key) if code == 12 else key_of(trial, task, key)
        if key == 0:
            return STOPPED
        entry = find_entry(view, key)
        if entry < 0:
            return STOPPED
        result = 0
        if code == 0:
            result = get_value(view, entry, cython.address(content))
            accumulator = (accumulator ^ number_of(cython.address(content))) * PRIME if result == READ_VALUE else 0
        elif code == 1:
            result = set_value(view, entry, cython.address(accumulator), 8)
        elif code == 2:
            result = set_value(view, entry, cython.NULL, 0)
        elif code == 3:
            result = add_amount(view, entry, cython.address(operation.number), 8)
        elif code == 12:
            result = wipe_storage(view, entry)
        elif code == 13:
            place: cython.pointer(uint8_t) = cython.cast(
                cython.pointer(uint8_t), set_room(view, entry, operation.number)
            )
            if place == cython.NULL:
                return STOPPED
            fill(place, operation.number, accumulator)
        elif code == 14:
            result = get_value(view, entry, cython.address(content))
            if result == READ_VALUE:
                key = key_of(trial, task, operation.number)
                other = find_entry(view, key) if key else -1
                if other < 0:
                    return STOPPED
                result = set_content(view, other, cython.address(content))
        else:
            result = set_marks(view, entry, WARM, cython.address(before))
            accumulator = (accumulator ^ (3 if before else 2)) * PRIME
        if result:
            return STOPPED if result < 0 else result
    outcome.accumulator = accumulator
    return finish_view(view)


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def execute_trial(itself: cython.p_void, task: cython.pointer(Task)) -> cython.int:
    """A step: its program on a fresh view; the outcome goes into the arena."""
    view: cython.pointer(View) = cython.cast(cython.pointer(View), task.local)
    program: cython.pointer(TrialProgram) = cython.cast(
        cython.pointer(TrialProgram), task.session.base + task.session.steps[task.step].input
    )
    outcome: TrialOutcome
    begin_view(view, task)
    result: cython.int = do_trial(
        cython.cast(cython.pointer(TrialMachine), itself), view, program, cython.address(outcome)
    )
    if result == FAILED + 16:
        task.verdict = FAILED
        task.write_count = 0
        return DONE
    if result != DONE:
        return result
    task.outcome = store_value(task, cython.address(outcome), cython.sizeof(TrialOutcome))
    if task.outcome == 0:
        return STOPPED
    task.verdict = SUCCEEDED
    return DONE


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def outcome_of(session: cython.pointer(Session), execution: cython.pointer(cython.const[Execution])) -> cython.pointer(
    TrialOutcome
):
    """Of one that succeeded."""
    content: Content
    content_of(session, execution.outcome, cython.address(content))
    return cython.cast(cython.pointer(TrialOutcome), cython.cast(cython.p_void, content.data))


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def settle_trial(
    itself: cython.p_void,
    task: cython.pointer(Task),
    transaction: uint64_t,
    execution: cython.pointer(cython.const[Execution]),
) -> cython.int:
    """Whether the block has room for it."""
    trial: cython.pointer(TrialMachine) = cython.cast(cython.pointer(TrialMachine), itself)
    if execution.verdict != SUCCEEDED:
        return DONE
    trial.weight += outcome_of(task.session, execution).weight
    return REFUSED if trial.room and trial.weight > trial.room else DONE


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def lay_out_trial(itself: cython.p_void, task: cython.pointer(Task)) -> cython.bint:
    """It comes as Python objects."""
    with cython.gil:
        block: TrialBlock = cython.cast(TrialBlock, cython.cast(cython.pointer(TrialMachine), itself).block)
        try:
            block.lay_out()
        except BaseException as error:
            block.raised = error
            return False
        return True


def check_program(step: object, operations: Sequence[tuple[str, int, int]], keys: int, owned: int) -> None:
    """Raise ValueError for what :func:`execute_trial` could not do."""
    for name, key, amount in operations:
        where = f"transaction {step}: {name!r}"
        if name not in CODES:
            raise ValueError(f"{where}: choose of {', '.join(NAMES)}")
        if name in KEYLESS:
            continue
        if name.endswith(" at") and amount < 1:
            raise ValueError(f"{where}: {amount} keys to choose from, and there must be one")
        if name == "wipe" and not owned:
            raise ValueError(f"{where}: no key has an owner")
        last = key + amount - 1 if name.endswith(" at") else max(key, amount) if name == "copy" else key
        if not 0 <= key <= last < keys or (name == "copy" and amount < 0):
            raise ValueError(f"{where}: there is no key {last if key >= 0 else key}: there are {keys}")


@cython.cfunc
def as_tuple(assignment: Assignment) -> tuple:
    """For Python."""
    return assignment.kind, assignment.transaction, assignment.incarnation


@cython.cfunc
def as_object(content: cython.pointer(cython.const[Content])) -> object:
    """A number, or the bytes of a long value, or None."""
    if content.data == cython.NULL:
        return None
    if content.length == 8:
        return number_of(content)
    return PyBytes_FromStringAndSize(
        cython.cast(cython.p_const_char, content.data), cython.cast(cython.Py_ssize_t, content.length)
    )


@cython.cclass
class TrialBlock:
    """One block of trial transactions in an arena: make it, let each worker call :meth:`work`, then look at it.

    ``base`` gives the keys' values before the block (None = absent), ``declared`` a pair (keys read, keys written), or
    with the keys left (records.pxd) a triple, for each transaction, ``predicted`` triples (key, transaction, value
    after it) in rising order for ``access-list``. With ``key_capacity`` whoever meets a key finds it by name, in a
    table for so many, and puts it there where it is new; without, all keys are there from the start.

    ``opening`` and ``closing`` are the programs of the steps around the transactions. ``owned``: so many keys in a row
    belong to one owner. ``limit``: no sum may be above it; ``room``: nor the weights of all transactions. ``state``:
    asked for what ``base`` leaves out, of keys found by name.

    Raises ValueError for what no block can have, MemoryError where the arena is too small.
    """

    def __cinit__(
        self,
        arena: SharedArena,
        base: Sequence[int | bytes | None],
        programs: Sequence[Sequence[tuple[str, int, int]]],
        strategy: str = "block-stm",
        workers: int = 2,
        declared: Sequence[tuple[Sequence[int], ...]] | None = None,
        predicted: Sequence[tuple[int, int, int | bytes | None]] = (),
        read_latency: int = 0,
        tracing: bool = False,
        key_capacity: int = 0,
        opening: Sequence[tuple[str, int, int]] = (),
        closing: Sequence[tuple[str, int, int]] = (),
        owned: int = 0,
        limit: int = 0,
        room: int = 0,
        state: StateTable | None = None,
    ):
        options: SessionOptions
        arena.check_open()
        if strategy not in STRATEGIES:
            raise ValueError(f"strategy {strategy!r}: choose of {', '.join(STRATEGIES)}")
        if workers < 1:
            raise ValueError(f"a block needs a worker, not {workers}")
        if declared is not None and len(declared) != len(programs):
            raise ValueError(f"{len(declared)} declarations for {len(programs)} transactions")
        if state is not None and not key_capacity:
            raise ValueError("a state is asked for keys that are found by name: say for how many there is room")
        for transaction, operations in enumerate(programs):
            check_program(transaction, operations, len(base), owned)
        check_program("open", opening, len(base), owned)
        check_program("close", closing, len(base), owned)
        self.owner = arena
        self.transactions = len(programs)
        self.worker_count = workers
        self.given = (base, programs, declared, predicted, opening, closing)
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
        self.machine.owned = owned
        self.machine.limit = limit
        self.machine.room = room
        self.machine.block = cython.cast(cython.p_void, self)
        self.machine.key = cython.cast(cython.pointer(uint64_t), calloc(len(base) + 1, 8))
        self.machine.owner = cython.cast(cython.pointer(uint64_t), calloc(len(base) + 1, 8))
        if self.machine.key == cython.NULL or self.machine.owner == cython.NULL:
            raise MemoryError("no memory for the keys")
        if state is not None:
            self.state = state
            state.release()
            self.machine.state = cython.address(self.state.asked)
            self.session.outside = self.state.asked.outside
        self.frame.itself = cython.address(self.machine)
        self.frame.lay_out = lay_out_trial
        self.frame.base = base_trial
        if opening:
            self.frame.open = execute_trial
        self.frame.execute = execute_trial
        self.frame.merge = merge_trial
        self.frame.settle = settle_trial
        if closing:
            self.frame.close = execute_trial
        task: cython.pointer(Task) = cython.address(self.coordinator)
        if make_task(task, cython.address(self.session), workers, cython.address(self.frame)):
            raise MemoryError("no memory for a task")
        self.made = True
        if make_view(cython.address(self.view)):
            raise MemoryError("no memory for a view")
        task.local = cython.address(self.view)
        opened: cython.int = open_block(task)
        if self.raised is not None:
            raise self.raised
        if opened == UNMERGED:
            raise ValueError("what the opening step credits cannot be merged")
        if opened != DONE or prepare(task):
            self.check(0)

    def lay_out(self) -> cython.void:
        """Put keys, programs and declarations into the arena."""
        base, programs, declared, predicted, opening, closing = self.given
        task: cython.pointer(Task) = cython.address(self.coordinator)
        name: uint8_t[9]
        number: uint64_t
        offset: uint64_t
        for key, value in enumerate(base):
            number = key
            if not self.machine.named and self.machine.owned:
                if number % self.machine.owned == 0:
                    name_owner(name, number // self.machine.owned)
                    self.machine.owner[number] = make_key(task, name, OWNER_NAME, 0, 0, 0)
                else:
                    self.machine.owner[number] = self.machine.owner[number - 1]
                self.check(self.machine.owner[number])
            if self.machine.named and value is None:
                continue  # for the workers to meet
            offset = self.stored(value)
            if not self.machine.named:
                offset = make_key(task, cython.address(number), 8, 0, offset, self.machine.owner[number])
            else:
                offset = find_key(
                    task, cython.address(number), 8, offset, owner_of(cython.address(self.machine), task, number)
                )
            self.check(offset)
            self.machine.key[key] = offset
        for transaction, operations in enumerate(programs):
            self.session.steps[transaction + 1].input = self.put_program(operations)
        self.session.steps[0].input = self.put_program(opening)
        self.session.steps[self.transactions + 1].input = self.put_program(closing)
        for transaction, (reads, writes, *others) in enumerate(declared or ()):
            left = others[0] if others else ()
            offset = allocate(task, cython.sizeof(DeclaredAccess) + 8 * (len(reads) + len(writes) + len(left)))
            self.check(offset)
            access: cython.pointer(DeclaredAccess) = cython.cast(
                cython.pointer(DeclaredAccess), at(self.session.arena, offset)
            )
            access.read_count = len(reads)
            access.write_count = len(writes)
            access.left_count = len(left)
            keys: cython.pointer(uint64_t) = cython.cast(
                cython.pointer(uint64_t), at(self.session.arena, offset + cython.sizeof(DeclaredAccess))
            )
            for index, key in enumerate([*reads, *writes, *left]):
                keys[index] = key
            self.session.steps[transaction + 1].declared = offset
        for key, transaction, value in predicted:
            if predict(task, self.key_at(key), transaction + 1, self.stored(value)) < 0:
                self.check(0)

    def put_program(self, operations: object) -> uint64_t:
        """Put a program into the arena, and give its offset."""
        size: uint64_t = cython.sizeof(TrialProgram) + len(operations) * cython.sizeof(TrialOperation)
        offset: uint64_t = allocate(cython.address(self.coordinator), size)
        self.check(offset)
        program: cython.pointer(TrialProgram) = cython.cast(
            cython.pointer(TrialProgram), at(self.session.arena, offset)
        )
        program.length = len(operations)
        place: cython.pointer(TrialOperation) = cython.cast(cython.pointer(TrialOperation), program + 1)
        for index, (name, key, amount) in enumerate(operations):
            place[index].code = CODES[name]
            place[index].key = key
            place[index].number = amount
        return offset

    def check(self, offset: uint64_t) -> cython.void:
        """Raise MemoryError for an offset that is none."""
        if offset:
            return
        if stop_reason(self.session.arena) == KEY_TABLE_FULL:
            raise MemoryError("the key table is too small for the block")
        raise MemoryError("the arena is too small for the block")

    def stored(self, value: object) -> uint64_t:
        """Give the Value that holds a number, or bytes."""
        if value is None:
            return 0
        task: cython.pointer(Task) = cython.address(self.coordinator)
        offset: uint64_t
        if isinstance(value, bytes):
            long: bytes = value
            offset = store_value(task, cython.cast(cython.p_char, long), len(long))
        else:
            number: uint64_t = value
            offset = store_value(task, cython.address(number), 8)
        self.check(offset)
        return offset

    def key_at(self, number: object) -> uint64_t:
        """Give the record of a key that Python names."""
        if not 0 <= number < self.machine.keys:
            raise ValueError(f"there is no key {number}: there are {self.machine.keys}")
        index: uint64_t = number
        key: uint64_t = key_of(cython.address(self.machine), cython.address(self.coordinator), index)
        self.check(key)
        return key

    def step_at(self, transaction: object) -> uint64_t:
        """Give the step of a transaction that Python names."""
        if not 0 <= transaction < self.transactions:
            raise ValueError(f"there is no transaction {transaction}: there are {self.transactions}")
        return transaction + 1

    def execution_of(self, transaction: object) -> cython.pointer(Execution):
        """Give the latest execution of a transaction."""
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
        view: View
        reason: uint64_t
        if not 0 <= number < self.worker_count:
            raise ValueError(f"there is no worker {number}: there are {self.worker_count}")
        if make_task(cython.address(task), cython.address(self.session), number, cython.address(self.frame)):
            raise MemoryError("no memory for a task")
        if make_view(cython.address(view)):
            free_task(cython.address(task))
            raise MemoryError("no memory for a view")
        task.local = cython.address(view)
        if SAMESTATE_IS_EXPLORED:
            reason = run_worker(cython.address(task))
        else:
            with cython.nogil:
                reason = run_worker(cython.address(task))
        free_task(cython.address(task))
        free_view(cython.address(view))
        samestate_raise()
        return STOP_REASONS[reason]

    def finish(self) -> int | None:
        """When all workers have left: settle and close. The transaction that the block ends with, where it does."""
        ended: uint64_t
        result: cython.int = settle_block(cython.address(self.coordinator), cython.address(ended))
        if result == STOPPED:
            self.check(0)
        return None if result == DONE else ended

    def outcomes(self) -> list[int | None]:
        """The accumulator of each transaction, None where it failed, or could not merge."""
        found = []
        for transaction in range(self.transactions):
            execution: cython.pointer(Execution) = self.execution_of(transaction)
            if execution.verdict != SUCCEEDED:
                found.append(None)
            else:
                found.append(outcome_of(cython.address(self.session), execution).accumulator)
        return found

    def values(self, step: int = -1) -> list[int | bytes | None]:
        """The value of each key before ``step``, in all steps; after the closing step if none is given."""
        found = []
        content: Content
        task: cython.pointer(Task) = cython.address(self.coordinator)
        if step < 0:
            step = self.transactions + 2
        for index in range(self.machine.keys):
            mark: RoomMark = mark_room(task)
            result: cython.int = find_before(task, self.key_at(index), step, cython.address(content))
            if result == STOPPED:
                self.check(0)
            found.append("unmerged" if result == UNMERGED else as_object(cython.address(content)))
            release_room(task, mark)
        return found

    def leave(self) -> None:
        """Make the state what it is after the block. Nothing of it is touched but what was wiped or has changed."""
        content: Content
        name: uint8_t[9]
        task: cython.pointer(Task) = cython.address(self.coordinator)
        step: uint64_t = self.transactions + 2
        number: uint64_t
        index: uint64_t
        if self.state is None:
            raise ValueError("the block has no state to leave anything to")
        for index in range(self.session.key_mask + 1):
            key: uint64_t = self.session.keys[index]
            if not key or key_record(cython.address(self.session), key).length != OWNER_NAME:
                continue
            if key_record(cython.address(self.session), key).versions == 0:
                continue
            find_before(task, key, step, cython.address(content))
            if content.data != cython.NULL:
                self.state.wipe_slots(
                    self.session.base + key_record(cython.address(self.session), key).name, OWNER_NAME
                )
        for index in range(self.session.key_mask + 1):
            key = self.session.keys[index]
            if not key or key_record(cython.address(self.session), key).length != 8:
                continue
            if key_record(cython.address(self.session), key).versions == 0:
                continue
            if find_before(task, key, step, cython.address(content)) != DONE:
                self.check(0)
            number = self.key_number(key)
            if self.machine.owned:
                name_owner(name, number // self.machine.owned)
                self.state.put(cython.address(number), 8, cython.address(content), name, OWNER_NAME)
            else:
                self.state.put(cython.address(number), 8, cython.address(content), cython.NULL, 0)

    def broken_invariant(self) -> str | None:
        """What does not hold at the moment, of all that always must."""
        name: cython.p_const_char = broken_invariant(cython.address(self.session))
        return None if name == cython.NULL else cython.cast(bytes, name).decode()

    # One action at a time, as a worker would do it

    def execute(self, transaction: int, incarnation: int = 0) -> int | bool:
        """Run and publish one incarnation. Whether it wrote a new location; where it suspends, who blocks it."""
        task: cython.pointer(Task) = cython.address(self.coordinator)
        begin_task(task, self.step_at(transaction), incarnation)
        result: cython.int = run_execution(task)
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
        return [
            self.key_number(write_set(execution)[i].key)
            for i in range(execution.write_count)
            if write_set(execution)[i].kind != SEEN
        ]

    def key_number(self, key: uint64_t) -> object:
        """Say which key a record is: its number is its name."""
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
            free_view(cython.address(self.view))
        free(self.machine.key)
        free(self.machine.owner)
