"""The toy machine on versioned memory: words and outcomes in the arena, settled when all workers have left.

Its keys are numbers from the start, so that a step needs no table to find what it has done to one: it has no use for
the core's view (interpreter.py).

A value in versioned memory is the 32 bytes of a word, limb by limb, or absent where it is zero.
"""

import cython
from cython.cimports.libc.stdint import uint32_t, uint64_t
from cython.cimports.libc.string import memcpy, memset
from cython.cimports.samestate.optimized.core.arena import allocate, make_absent, stop, store_value
from cython.cimports.samestate.optimized.core.keys import make_key
from cython.cimports.samestate.optimized.core.machine import REFUSED
from cython.cimports.samestate.optimized.core.memory import credit, leave_seen, read_set, write
from cython.cimports.samestate.optimized.core.records import (
    ACCESS_LIST,
    DONE,
    OUT_OF_MEMORY,
    REJECTED,
    SEEN,
    STOPPED,
    SUCCEEDED,
    DeclaredAccess,
    Session,
    Version,
    word_kind,
)
from cython.cimports.samestate.optimized.core.room import take_room
from cython.cimports.samestate.optimized.core.shim import now_nanoseconds
from cython.cimports.samestate.optimized.strategies.predictions import predict
from cython.cimports.samestate.optimized.toy.interpreter import (
    DECLARED_HINTS,
    FEE_CREDITED,
    OUT_OF_GAS,
    STATIC_HINTS,
    Access,
    Outcome,
    Scratch,
    poll,
    run_transaction,
)
from cython.cimports.samestate.optimized.toy.ledger import Ledger, add_source, close, commit, open_ledger
from cython.cimports.samestate.optimized.toy.packing import (
    NOT_REGISTERED,
    SLOAD,
    SSTORE,
    SSTORE_ACCUMULATOR,
    DeclaredKeys,
    FlatBlock,
    ListedChange,
    Operation,
    PackedTransaction,
)
from cython.cimports.samestate.optimized.words.word import Word, word_add, word_equal, word_from_number, word_is_zero


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def put_word(
    task: cython.pointer(Task), word: cython.pointer(cython.const[Word]), value: cython.p_ulong
) -> cython.bint:
    """The word as a value in the arena. False where that is full."""
    value[0] = 0
    if not word_is_zero(word):
        value[0] = store_value(task, word, cython.sizeof(Word))
        return value[0] != 0
    return True


def execute(itself: cython.p_void, task: cython.pointer(Task)) -> cython.int:
    """Run the transaction; keep its outcome in the arena, and hand its writes to versioned memory."""
    machine: cython.pointer(ToyMachine) = cython.cast(cython.pointer(ToyMachine), itself)
    scratch: cython.pointer(Scratch) = cython.cast(cython.pointer(Scratch), task.local)
    outcome: Outcome
    access: cython.pointer(Access)
    place: uint64_t
    value: cython.ulong
    now: uint64_t = now_nanoseconds()
    scratch.running = task.transaction + 1
    if poll(machine, scratch, now):
        return STOPPED
    if machine.began[task.transaction] == 0:
        machine.began[task.transaction] = now
    result: cython.int = run_transaction(machine, scratch, task, task.transaction, cython.address(outcome))
    if result == STOPPED:
        return result
    scratch.running = 0
    if result != DONE:
        return result
    accesses: uint64_t = outcome.accesses * cython.sizeof(Access)
    task.outcome = allocate(task, cython.sizeof(Outcome) + accesses)
    if task.outcome == 0:
        return STOPPED
    kept: cython.p_char = task.session.base + task.outcome
    memcpy(kept, cython.address(outcome), cython.sizeof(Outcome))
    memcpy(kept + cython.sizeof(Outcome), scratch.accesses, accesses)
    if outcome.code > OUT_OF_GAS:
        task.verdict = REJECTED
        return DONE
    task.verdict = SUCCEEDED
    for place in range(outcome.accesses):
        access = scratch.accesses + place
        if not word_equal(cython.address(access.original), cython.address(access.value)):
            if not put_word(task, cython.address(access.value), cython.address(value)):
                return STOPPED
            if write(task, machine.places[access.key], value):
                return STOPPED
        elif access.source:  # it was found after a long walk
            if not put_word(task, cython.address(access.value), cython.address(value)):
                return STOPPED
            if leave_seen(task, machine.places[access.key], value):
                return STOPPED
    if outcome.fee_kind == FEE_CREDITED:
        if not put_word(task, cython.address(outcome.fee), cython.address(value)):
            return STOPPED
        if credit(task, machine.places[machine.coinbase_balance], value):
            return STOPPED
    return DONE


def idle(itself: cython.p_void, task: cython.pointer(Task)) -> cython.void:
    """Look whether to stop.

    The time, and signals, are watched by those who have nothing to do as well.
    """
    poll(
        cython.cast(cython.pointer(ToyMachine), itself),
        cython.cast(cython.pointer(Scratch), task.local),
        now_nanoseconds(),
    )


def merge(
    itself: cython.p_void,
    task: cython.pointer(Task),
    key: uint64_t,
    value: cython.pointer(cython.const[Content]),
    amount: cython.pointer(cython.const[Content]),
    sum: cython.pointer(Content),
) -> cython.int:
    """Add an amount to a balance.

    The sum of two words. No sum of a block reaches the end of one.
    """
    total: cython.pointer(Word) = cython.cast(cython.pointer(Word), take_room(task, cython.sizeof(Word)))
    if total == cython.NULL:
        return STOPPED
    word_from_number(total, 0)
    if value.data != cython.NULL:
        memcpy(total, value.data, cython.sizeof(Word))
    word_add(total, total, cython.cast(cython.pointer(cython.const[Word]), amount.data))
    make_absent(sum)
    if not word_is_zero(total):
        sum.data = cython.cast(cython.p_const_uchar, total)
        sum.length = cython.sizeof(Word)
    return DONE


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def put_keys(
    block: cython.pointer(cython.const[FlatBlock]),
    machine: cython.pointer(cython.const[ToyMachine]),
    task: cython.pointer(Task),
) -> cython.bint:
    """A record for each key, nameless: its number is enough."""
    key: uint32_t
    value: cython.ulong
    for key in range(block.key_count):
        if not put_word(task, cython.address(block.base[key]), cython.address(value)):
            return False
        machine.places[key] = make_key(task, cython.address(key), 0, 0, value, 0)
        if machine.places[key] == 0:
            return False
    return True


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def new_declared(task: cython.pointer(Task), transaction: uint64_t, keys: uint64_t) -> cython.pointer(DeclaredAccess):
    """Room for the declared access of a transaction, to so many keys at most; NULL where the arena is full."""
    offset: uint64_t = allocate(task, cython.sizeof(DeclaredAccess) + 8 * keys)
    if offset == 0:
        return cython.NULL
    task.session.steps[transaction + 1].declared = offset
    declared: cython.pointer(DeclaredAccess) = cython.cast(cython.pointer(DeclaredAccess), task.session.base + offset)
    declared.left_count = 0
    return declared


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def keys_of(declared: cython.pointer(DeclaredAccess)) -> cython.pointer(uint64_t):
    """The keys that follow the record: read, then written."""
    return cython.cast(cython.pointer(uint64_t), cython.cast(cython.p_char, declared) + cython.sizeof(DeclaredAccess))


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def put_senders(
    block: cython.pointer(cython.const[FlatBlock]),
    transaction: uint64_t,
    keys: cython.pointer(uint64_t),
    is_read: cython.bint,
) -> uint32_t:
    """Put what follows without a word: nonce and balance of the sender, and registered keys. Gives how many they are.

    The key that the transaction is signed by is read; the one that it registers is read and written.
    """
    count: uint32_t = 2
    keys[0] = block.transactions[transaction].sender_nonce
    keys[1] = block.transactions[transaction].sender_balance
    if block.is_signed:
        if is_read:
            keys[count] = block.signed_transactions[transaction].signing
            count += 1
        if block.signed_transactions[transaction].registered != NOT_REGISTERED:
            keys[count] = block.signed_transactions[transaction].registered
            count += 1
    return count


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def put_declared(block: cython.pointer(cython.const[FlatBlock]), task: cython.pointer(Task)) -> cython.bint:
    """What each transaction declares, and what follows without a word."""
    transaction: uint64_t
    place: uint64_t
    known: cython.pointer(DeclaredKeys)
    for transaction in range(block.transactions_length):
        known = block.declared + transaction
        declared: cython.pointer(DeclaredAccess) = new_declared(task, transaction, 7 + known.reads + known.writes)
        if declared == cython.NULL:
            return False
        keys: cython.pointer(uint64_t) = keys_of(declared)
        declared.read_count = put_senders(block, transaction, keys, True)
        for place in range(known.reads):
            keys[declared.read_count] = block.declared_keys[known.first + place]
            declared.read_count += 1
        keys += declared.read_count
        declared.write_count = put_senders(block, transaction, keys, False)
        for place in range(known.writes):
            keys[declared.write_count] = block.declared_keys[known.first + known.reads + place]
            declared.write_count += 1
    return True


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def put_static(block: cython.pointer(cython.const[FlatBlock]), task: cython.pointer(Task)) -> cython.bint:
    """What the operations name: every slot is read, and those of SSTORE are written, if the gas lasts."""
    transaction: uint64_t
    place: uint64_t
    packed: cython.pointer(PackedTransaction)
    operation: cython.pointer(Operation)
    for transaction in range(block.transactions_length):
        packed = block.transactions + transaction
        declared: cython.pointer(DeclaredAccess) = new_declared(task, transaction, 7 + 2 * packed.operations)
        if declared == cython.NULL:
            return False
        keys: cython.pointer(uint64_t) = keys_of(declared)
        declared.read_count = put_senders(block, transaction, keys, True)
        for place in range(packed.operations):
            operation = block.operations + packed.first_operation + place
            if operation.kind == SLOAD or operation.kind == SSTORE or operation.kind == SSTORE_ACCUMULATOR:
                keys[declared.read_count] = operation.key
                declared.read_count += 1
        keys += declared.read_count
        declared.write_count = put_senders(block, transaction, keys, False)
        for place in range(packed.operations):
            operation = block.operations + packed.first_operation + place
            if operation.kind == SSTORE or operation.kind == SSTORE_ACCUMULATOR:
                keys[declared.write_count] = operation.key
                declared.write_count += 1
    return True


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def put_predictions(
    block: cython.pointer(cython.const[FlatBlock]),
    machine: cython.pointer(cython.const[ToyMachine]),
    task: cython.pointer(Task),
) -> cython.bint:
    """What the block's list says that each transaction leaves; of other steps nothing has to be predicted."""
    step: uint64_t
    place: uint64_t
    change: cython.pointer(ListedChange)
    value: cython.ulong
    for step in range(1, min(block.listed_steps, block.transactions_length + 1)):
        for place in range(block.listed[step].first_change, block.listed[step + 1].first_change):
            change = block.listed_changes + place
            if change.word_sized:
                if not put_word(task, cython.address(change.value), cython.address(value)):
                    return False
                if predict(task, machine.places[change.key], step, value):
                    return False
    return True


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def put_sources(
    ledger: cython.pointer(Ledger),
    machine: cython.pointer(cython.const[ToyMachine]),
    session: cython.pointer(Session),
    execution: cython.pointer(cython.const[Execution]),
    accesses: cython.pointer(Access),
    count: uint64_t,
) -> cython.bint:
    """The steps whose versions each read really found, for the access record. False where there is no memory.

    What a step has only seen is no source: below it stand those of that step, which is the last that has seen the key.
    """
    words: cython.pointer(uint64_t) = read_set(cython.cast(cython.pointer(Execution), execution))
    last: cython.pointer(uint64_t) = words + execution.read_words
    place: uint64_t
    number: uint64_t
    version: cython.pointer(Version)
    for place in range(count):
        seen: cython.bint = accesses[place].source != 0
        accesses[place].source = 0
        if words >= last or words[0] != machine.places[accesses[place].key]:
            continue
        number = words[1]
        while number:
            number -= 1
            if word_kind(words[3 + 2 * number]) == SEEN:
                accesses[place].source = ledger.seen[accesses[place].key]
                continue
            version = cython.cast(cython.pointer(Version), session.base + words[2 + 2 * number])
            accesses[place].source = add_source(ledger, cython.cast(uint32_t, version.step), accesses[place].source)
            if accesses[place].source == 0:
                return False
        if seen:
            ledger.seen[accesses[place].key] = accesses[place].source
        words += 2 + 2 * words[1]
    return True


def lay_out(itself: cython.p_void, task: cython.pointer(Task)) -> cython.bint:
    """Lay out keys with their values, then what the strategy may want to know in advance. False without memory."""
    machine: cython.pointer(cython.const[ToyMachine]) = cython.cast(cython.pointer(ToyMachine), itself)
    block: cython.pointer(cython.const[FlatBlock]) = machine.block
    if not put_keys(block, machine, task):
        return False
    if machine.hints == DECLARED_HINTS:
        return put_declared(block, task)
    if machine.hints == STATIC_HINTS:
        return put_static(block, task)
    if task.session.record.strategy == ACCESS_LIST and block.has_access_list:
        return put_predictions(block, machine, task)
    return True


def open_step(itself: cython.p_void, task: cython.pointer(Task)) -> cython.int:
    """Store what the block says is stored first, where that changes anything."""
    machine: cython.pointer(ToyMachine) = cython.cast(cython.pointer(ToyMachine), itself)
    block: cython.pointer(cython.const[FlatBlock]) = machine.block
    ledger: cython.pointer(Ledger) = cython.cast(cython.pointer(Ledger), machine.ledger)
    place: uint64_t
    value: cython.ulong
    if not open_ledger(ledger, block):
        return out_of_memory(machine)
    for place in range(block.opening_length):
        key: uint32_t = block.opening[place].key
        if word_equal(cython.address(block.base[key]), cython.address(block.opening[place].value)):
            continue
        if not put_word(task, cython.address(block.opening[place].value), cython.address(value)):
            return STOPPED
        if write(task, machine.places[key], value):
            return STOPPED
    return DONE


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def out_of_memory(machine: cython.pointer(ToyMachine)) -> cython.int:
    """This process has none for the access record."""
    stop(machine.watch.arena, OUT_OF_MEMORY)
    return STOPPED


def settle(
    itself: cython.p_void,
    task: cython.pointer(Task),
    transaction: uint64_t,
    execution: cython.pointer(cython.const[Execution]),
) -> cython.int:
    """Give the next transaction to the ledger. DONE, REFUSED or STOPPED.

    The outcome is final, and its turn has come.
    """
    machine: cython.pointer(ToyMachine) = cython.cast(cython.pointer(ToyMachine), itself)
    session: cython.pointer(Session) = task.session
    ledger: cython.pointer(Ledger) = cython.cast(cython.pointer(Ledger), machine.ledger)
    outcome: cython.pointer(Outcome) = cython.cast(cython.pointer(Outcome), session.base + execution.outcome)
    accesses: cython.pointer(Access) = cython.cast(cython.pointer(Access), outcome + 1)
    observed: cython.bint = session.record.strategy != ACCESS_LIST  # from a list nobody sees who wrote a value
    if (
        observed
        and ledger.recording
        and not put_sources(ledger, machine, session, execution, accesses, outcome.accesses)
    ):
        return out_of_memory(machine)
    if not commit(ledger, machine.block, outcome, accesses, observed):
        return REFUSED if ledger.rejection else out_of_memory(machine)
    return DONE


def close_step(itself: cython.p_void, task: cython.pointer(Task)) -> cython.int:
    """Do the closing step.

    Nobody reads what it leaves but the ledger.
    """
    machine: cython.pointer(ToyMachine) = cython.cast(cython.pointer(ToyMachine), itself)
    close(cython.cast(cython.pointer(Ledger), machine.ledger), machine.block)
    return DONE


def make_machine(machine: cython.pointer(Machine), toy: cython.pointer(ToyMachine)) -> cython.void:
    """Fill in the page of machines for this one.

    The page, filled in.
    """
    memset(machine, 0, cython.sizeof(Machine))
    machine.itself = toy
    machine.lay_out = lay_out
    machine.open = open_step
    machine.execute = execute
    machine.merge = merge
    machine.settle = settle
    machine.close = close_step
    machine.idle = idle
    machine.knows_totals = True  # as the ledger does
