"""Solana's machine as strategies drive it on versioned memory: a key an account, of which the data stays where it is.

In versioned memory an account is its head of 64 bytes, with a pointer to its data, which nobody changes: so what a
transaction does to the lamports of an account of 10 MiB takes 64 bytes. Nothing here holds the GIL.
"""

import cython
from cython.cimports.libc.stdint import uint64_t
from cython.cimports.libc.string import memcpy, memset
from cython.cimports.samestate.optimized.core.arena import allocate, content_of, stop, store_value
from cython.cimports.samestate.optimized.core.keys import make_key
from cython.cimports.samestate.optimized.core.machine import REFUSED
from cython.cimports.samestate.optimized.core.memory import read, write
from cython.cimports.samestate.optimized.core.records import (
    DONE,
    LOCKS,
    OUT_OF_MEMORY,
    READ_VALUE,
    REJECTED,
    STOPPED,
    SUCCEEDED,
    WAVES,
    Content,
    DeclaredAccess,
    Execution,
    Reading,
    Task,
)
from cython.cimports.samestate.optimized.core.shim import now_nanoseconds
from cython.cimports.samestate.optimized.core.watching import should_stop
from cython.cimports.samestate.optimized.svm import foreign
from cython.cimports.samestate.optimized.svm.foreign import recover_in_python, verify_in_python
from cython.cimports.samestate.optimized.svm.seams import (
    ABSENT,
    Account,
    Hand,
    Outcome,
    Record,
    Status,
    Transaction,
    VersionedSource,
)

foreign.recovers_address = recover_in_python
foreign.verifies_secp256r1 = verify_in_python


def poll_worker(itself: cython.p_void) -> cython.int:
    """Say whether a worker should stop."""
    local: cython.pointer(SvmWorker) = cython.cast(cython.pointer(SvmWorker), itself)
    return should_stop(local.machine.watch, cython.address(local.listener), now_nanoseconds())


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def idle(itself: cython.p_void, task: cython.pointer(Task)) -> cython.void:
    """Look whether to stop: the time, and signals, are watched by those who have nothing to do as well."""
    poll_worker(task.local)


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def put_account(
    task: cython.pointer(Task), account: cython.pointer(cython.const[Account]), value: cython.pointer(uint64_t)
) -> cython.bint:
    """An account as a value in the arena, 0 where it is absent. False where the arena is full."""
    value[0] = 0
    if account.lamports:
        value[0] = store_value(task, account, cython.sizeof(Account))
        return value[0] != 0
    return True


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def read_account(itself: cython.p_void, key: uint64_t, account: cython.pointer(Account)) -> cython.int:
    """The account from before the step that the task executes."""
    task: cython.pointer(Task) = cython.cast(cython.pointer(Task), itself)
    reading: Reading
    content: Content
    result: cython.int = read(task, key, cython.address(reading))
    if result != READ_VALUE:
        return result
    content_of(task.session, reading.value, cython.address(content))
    if content.data == cython.NULL:
        account[0] = ABSENT
    else:
        memcpy(cython.cast(cython.p_void, account), content.data, cython.sizeof(Account))
    return READ_VALUE


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def lay_out(itself: cython.p_void, task: cython.pointer(Task)) -> cython.bint:
    """A key for each account that the block meets, and what transactions declare. False where the arena is full."""
    job: cython.pointer(Job) = cython.cast(cython.pointer(SvmMachine), itself).job
    number: cython.size_t
    index: cython.size_t
    hand: cython.pointer(Hand)
    record: cython.pointer(Record)
    value: uint64_t = 0
    for number in range(job.work.hands.size()):
        hand = job.work.hands[number].get()
        for index in range(hand.records.size()):
            record = cython.address(hand.records[index])
            if not put_account(task, record.base, cython.address(value)):
                return False
            record.key = make_key(task, cython.address(record.address), 0, 0, value, 0)
            if record.key == 0:
                return False
    if task.session.record.strategy == LOCKS or task.session.record.strategy == WAVES:
        return put_declared(job, task)
    return True


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def put_declared(job: cython.pointer(Job), task: cython.pointer(Task)) -> cython.bint:
    """What each transaction locks, but for accounts that no transaction may write to."""
    index: cython.size_t
    place: cython.size_t
    turn: cython.int
    transaction: cython.pointer(Transaction)
    for index in range(job.work.transactions.size()):
        transaction = cython.address(job.work.transactions[index])
        offset: uint64_t = allocate(task, cython.sizeof(DeclaredAccess) + 16 * transaction.key_count)
        if offset == 0:
            return False
        declared: cython.pointer(DeclaredAccess) = cython.cast(
            cython.pointer(DeclaredAccess), task.session.base + offset
        )
        keys: cython.pointer(uint64_t) = cython.cast(cython.pointer(uint64_t), declared + 1)
        declared.read_count = 0
        declared.write_count = 0
        declared.left_count = 0
        for turn in range(2):
            for place in range(transaction.key_count):
                if not transaction.keys[place].record.has_writer:
                    continue
                if turn == 0:
                    keys[declared.read_count] = transaction.keys[place].record.key
                    declared.read_count += 1
                elif transaction.keys[place].is_writable:
                    keys[declared.read_count + declared.write_count] = transaction.keys[place].record.key
                    declared.write_count += 1
        task.session.steps[index + 1].declared = offset
    return True


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def open_step(itself: cython.p_void, task: cython.pointer(Task)) -> cython.int:
    """What the block was opened with."""
    job: cython.pointer(Job) = cython.cast(cython.pointer(SvmMachine), itself).job
    place: cython.size_t
    value: uint64_t = 0
    task.verdict = SUCCEEDED
    for place in range(job.work.opened.size()):
        if not put_account(task, cython.address(job.work.opened[place].after), cython.address(value)):
            return STOPPED
        if write(task, job.work.opened[place].record.key, value):
            return STOPPED
    return DONE


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def execute(itself: cython.p_void, task: cython.pointer(Task)) -> cython.int:
    """Execute a transaction, whose outcome lies with the job: no two workers are at one transaction."""
    job: cython.pointer(Job) = cython.cast(cython.pointer(SvmMachine), itself).job
    local: cython.pointer(SvmWorker) = cython.cast(cython.pointer(SvmWorker), task.local)
    source: VersionedSource
    value: uint64_t = 0
    place: cython.uint
    now: uint64_t = task.clock if task.clock else now_nanoseconds()
    if should_stop(local.machine.watch, cython.address(local.listener), now):
        return STOPPED
    if job.in_place.began[task.transaction] == 0:
        job.in_place.began[task.transaction] = now
    source.read = read_account
    source.itself = task
    result: cython.int = job.execute(local.number, task.transaction, source)
    if result < 0:
        stop(task.session.arena, OUT_OF_MEMORY)
        return STOPPED
    if result != READ_VALUE:
        return result
    outcome: cython.pointer(Outcome) = cython.address(job.work.outcomes[task.transaction])
    if outcome.status == Status.REFUSED:
        task.verdict = REJECTED
        return DONE
    task.verdict = SUCCEEDED
    for place in range(outcome.effect_count):
        if not put_account(task, cython.address(outcome.effects[place].after), cython.address(value)):
            return STOPPED
        if write(task, outcome.effects[place].record.key, value):
            return STOPPED
    return DONE


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def settle(
    itself: cython.p_void,
    coordinator: cython.pointer(Task),
    transaction: uint64_t,
    execution: cython.pointer(cython.const[Execution]),
) -> cython.int:
    """It is the transaction's turn: see whether the block may have it."""
    job: cython.pointer(Job) = cython.cast(cython.pointer(SvmMachine), itself).job
    return DONE if job.settle(transaction) else REFUSED


def make_machine(machine: cython.pointer(Machine), svm: cython.pointer(SvmMachine)) -> cython.void:
    """Fill in the page of machines for this one."""
    memset(machine, 0, cython.sizeof(Machine))
    machine.itself = svm
    machine.lay_out = lay_out
    machine.open = open_step
    machine.execute = execute
    machine.settle = settle
    machine.idle = idle
