"""Values from versioned memory, and what a step leaves there.

Each part of an account is a key of its own (the existence of an account that has nothing too), so is each slot, and so
is, for each address, the fact that its storage was wiped: whoever reads a slot depends on that one as well. The keys of
an account are met together, so that one look finds them all; a record of an account remembers where they are, so a
worker looks for a name once a block.

No step ever makes an account exist without need, so where the state before the block has none of that there is nothing
to read, and nothing to write: the existence of all other accounts is no dependency.

In versioned memory numbers are words, limb by limb, absent where they are zero. A code is where it lies: codes are
made once for each hash and stay as they are, so equal places mean equal codes, and workers are threads of one process.
"""

import cython
from cython.cimports.libc.stdint import int64_t, uint8_t, uint64_t
from cython.cimports.libc.stdlib import realloc
from cython.cimports.libc.string import memcmp, memcpy, memset
from cython.cimports.samestate.optimized.core.arena import content_of, make_absent, stop, store_value
from cython.cimports.samestate.optimized.core.keys import TOGETHER, key_record, meet_key, meet_keys
from cython.cimports.samestate.optimized.core.memory import credit, leave_seen, write
from cython.cimports.samestate.optimized.core.observing import last_wipe, observe
from cython.cimports.samestate.optimized.core.records import (
    DONE,
    OUT_OF_MEMORY,
    READ_VALUE,
    STOPPED,
    UNMERGED,
    Content,
    Task,
)
from cython.cimports.samestate.optimized.core.room import take_room
from cython.cimports.samestate.optimized.core.shim import LONG_WALK, MUTANT
from cython.cimports.samestate.optimized.evm.direct import holds_storage_alone
from cython.cimports.samestate.optimized.evm.seams import (
    BALANCE,
    CODE,
    EXISTENCE,
    HELD_EMPTY,
    HELD_STORAGE_ALONE,
    NONCE,
    NOT_HELD,
    SEEN_ACROSS_WIPE,
    SLOT,
    WIPE_UNSEEN,
    Code,
    Existence,
    answer_of,
)
from cython.cimports.samestate.optimized.evm.world import ACCOUNT_NAME, AccountRecord

KEYS = cython.declare(cython.int, 0)  # in a record's `source`: the first of the account's keys
SINCE = cython.declare(cython.int, 6)  # … the last step that wiped its storage, and one more
SINCE_RUN = cython.declare(cython.int, 7)  # … and for which run that was asked
ACCOUNT_NAME_LENGTH = cython.declare(uint64_t, 21)
SLOT_NAME_LENGTH = cython.declare(uint64_t, 53)


def meet_account(task: cython.pointer(Task), address: cython.pointer(cython.const[uint8_t])) -> uint64_t:
    """Give the first of an account's keys, which follow one another by part; 0 where the block is stopped."""
    name: uint8_t[21]
    name[0] = ACCOUNT_NAME
    memcpy(name + 1, address, 20)
    return meet_keys(task, name, ACCOUNT_NAME_LENGTH, ACCOUNT_KEYS, 0)


def meet_slot(
    task: cython.pointer(Task),
    account: uint64_t,
    address: cython.pointer(cython.const[uint8_t]),
    slot: cython.pointer(cython.const[uint8_t]),
) -> uint64_t:
    """Give the key of a slot, named by its 32 bytes, of an account with these keys; 0 where the block is stopped."""
    name: uint8_t[53]
    name[0] = SLOT
    memcpy(name + 1, address, 20)
    memcpy(name + 21, slot, 32)
    return meet_key(task, name, SLOT_NAME_LENGTH, account + WIPES * TOGETHER)


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
@cython.inline
def key_of_part(versioned: cython.pointer(Versioned), account: cython.pointer(Account), part: uint64_t) -> uint64_t:
    """The key of a part of an account; 0 where the block is stopped."""
    if account.source[KEYS] == 0:
        account.source[KEYS] = meet_account(versioned.task, account.address.bytes)
        if account.source[KEYS] == 0:
            return 0
    return account.source[KEYS] + part * TOGETHER


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def key_of_slot(versioned: cython.pointer(Versioned), slot: cython.pointer(Slot)) -> uint64_t:
    """The key of a slot; 0 where the block is stopped."""
    bytes: uint8_t[32]
    if slot.source[0] == 0:
        if key_of_part(versioned, slot.owner, WIPES) == 0:
            return 0
        slot.key.store_be(bytes)
        slot.source[0] = meet_slot(versioned.task, slot.owner.source[KEYS], slot.owner.address.bytes, bytes)
    return slot.source[0]


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def never_held(versioned: cython.pointer(Versioned), key: uint64_t) -> cython.bint:
    """Whether the state before the block holds nothing there without need, by the key of an account's existence."""
    return key_record(versioned.task.session, key).base == 0


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def note_walk(
    versioned: cython.pointer(Versioned), account: cython.pointer(Account), slot: cython.pointer(Slot), part: uint64_t
) -> cython.int:
    """Remember that a value took long to find. A ReadResult."""
    if versioned.walk_count == versioned.walk_capacity:
        capacity: uint64_t = 2 * versioned.walk_capacity + 16
        grown: cython.p_void = realloc(versioned.walks, capacity * cython.sizeof(LongWalk))
        if grown == cython.NULL:
            stop(versioned.task.session.arena, OUT_OF_MEMORY)
            return STOPPED
        versioned.walks = cython.cast(cython.pointer(LongWalk), grown)
        versioned.walk_capacity = capacity
    walk: cython.pointer(LongWalk) = versioned.walks + versioned.walk_count
    versioned.walk_count += 1
    walk.account = account
    walk.slot = slot
    walk.part = part
    return READ_VALUE


def begin_versioned(versioned: cython.pointer(Versioned)) -> cython.void:
    """A new run: no value has been looked for yet."""
    versioned.walk_count = 0
    versioned.state.begin_run()


def load_account_versioned(itself: cython.p_void, account: cython.pointer(Account), part: cython.int) -> cython.int:
    """Put a part's value from before the step into the record, which enters the read set. An answer (callbacks.hpp)."""
    versioned: cython.pointer(Versioned) = cython.cast(cython.pointer(Versioned), itself)
    content: Content
    walked: uint64_t
    key: uint64_t = key_of_part(versioned, account, part)
    if key == 0:
        return answer_of(STOPPED)
    if part == EXISTENCE and never_held(versioned, key):
        account.existence_before = NOT_HELD
        return 0
    result: cython.int = observe(versioned.task, key, -1, cython.address(content), cython.address(walked))
    if result != READ_VALUE:
        return answer_of(result)
    if part == BALANCE:
        memset(account.balance_before.w, 0, 32)
        if content.data != cython.NULL:
            memcpy(account.balance_before.w, content.data, 32)
    elif part == NONCE:
        account.nonce_before = 0
        if content.data != cython.NULL:
            memcpy(cython.address(account.nonce_before), content.data, 8)
    elif part == CODE:
        account.code_before = versioned.direct.no_code
        if content.data != cython.NULL:
            memcpy(cython.address(account.code_before), content.data, cython.sizeof(cython.p_void))
    else:
        held: uint8_t = content.data[0] if content.data != cython.NULL else 0
        account.existence_before = cython.cast(Existence, held)
    if walked > LONG_WALK:
        return answer_of(note_walk(versioned, account, cython.NULL, part))
    return 0


def load_slot_versioned(itself: cython.p_void, slot: cython.pointer(Slot)) -> cython.int:
    """Put a slot's value from before the step into its record; the last wipe of its owner is asked for first.

    Once a run for each owner: both enter the read set. An answer (callbacks.hpp).
    """
    versioned: cython.pointer(Versioned) = cython.cast(cython.pointer(Versioned), itself)
    owner: cython.pointer(Account) = slot.owner
    content: Content
    walked: uint64_t
    since: int64_t
    result: cython.int
    key: uint64_t = key_of_slot(versioned, slot)
    if key == 0:
        return answer_of(STOPPED)
    if owner.source[SINCE_RUN] != owner.run:
        result = last_wipe(versioned.task, owner.source[KEYS] + WIPES * TOGETHER, cython.address(since))
        if result != READ_VALUE:
            return answer_of(result)
        owner.source[SINCE] = cython.cast(uint64_t, since + 1)
        owner.source[SINCE_RUN] = owner.run
    since = -1 if MUTANT(WIPE_UNSEEN) else cython.cast(int64_t, owner.source[SINCE]) - 1
    result = observe(versioned.task, key, since, cython.address(content), cython.address(walked))
    if result != READ_VALUE:
        return answer_of(result)
    memset(slot.before.w, 0, 32)
    if content.data != cython.NULL:
        memcpy(slot.before.w, content.data, 32)
    if walked > LONG_WALK:
        return answer_of(note_walk(versioned, cython.NULL, slot, SLOT))
    return 0


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def is_zero(bytes: cython.p_const_void, length: uint64_t) -> cython.bint:
    """Whether all of so many bytes, at most 32, are zero."""
    zero: uint8_t[32]
    memset(zero, 0, 32)
    return memcmp(bytes, zero, length) == 0


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def store(
    versioned: cython.pointer(Versioned), bytes: cython.p_const_void, length: uint64_t, value: cython.pointer(uint64_t)
) -> cython.bint:
    """A Value of these bytes, 0 for those that are all zero, which is absent. False where the arena is full."""
    value[0] = 0
    if is_zero(bytes, length):
        return True
    value[0] = store_value(versioned.task, bytes, length)
    return value[0] != 0


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def leave(
    versioned: cython.pointer(Versioned), key: uint64_t, bytes: cython.p_const_void, length: uint64_t
) -> cython.int:
    """Have the step leave a key with these bytes. An ExecutionResult."""
    value: uint64_t
    if key == 0 or not store(versioned, bytes, length, cython.address(value)):
        return STOPPED
    return DONE if write(versioned.task, key, value) == 0 else STOPPED


def has_storage_alone_versioned(itself: cython.p_void, account: cython.pointer(Account)) -> cython.int:
    """Say whether the state before the block holds storage alone there: the existence of its account says so. 1 or 0.

    Less an answer (callbacks.hpp) where it cannot be had.
    """
    versioned: cython.pointer(Versioned) = cython.cast(cython.pointer(Versioned), itself)
    content: Content
    key: uint64_t = key_of_part(versioned, account, EXISTENCE)
    if key == 0:
        return -answer_of(STOPPED)
    if never_held(versioned, key):
        return 0
    content_of(versioned.task.session, key_record(versioned.task.session, key).base, cython.address(content))
    return content.data[0] == HELD_STORAGE_ALONE


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def finish_account(versioned: cython.pointer(Versioned), account: cython.pointer(Account)) -> cython.int:
    """Hand over what is left of an account: a write of each part that is another now, or that nobody has looked at."""
    result: cython.int = DONE
    byte: uint8_t
    number: uint64_t
    value: uint64_t
    code: cython.pointer(cython.const[Code])
    kept: uint8_t = account.kept
    if account.epoch == 0 and kept == 0 and not account.kept_credited:
        return DONE
    keys: uint64_t = key_of_part(versioned, account, EXISTENCE)
    if keys == 0:
        return STOPPED
    if account.epoch:
        # Whose wipe it is, so that a second one is another value: where values are compared, equal ones change nothing.
        number = versioned.task.step + 1
        result = leave(versioned, keys + WIPES * TOGETHER, cython.address(number), cython.sizeof(uint64_t))
    if result == DONE and kept & 1 and not never_held(versioned, keys):
        byte = cython.cast(uint8_t, account.existence_before)
        result = leave(versioned, keys + EXISTENCE * TOGETHER, cython.address(byte), 1)
    if result == DONE and kept & 2:
        result = leave(versioned, keys + BALANCE * TOGETHER, account.balance_before.w, 32)
    elif result == DONE and account.kept_credited:
        if not store(versioned, account.kept_credit.w, 32, cython.address(value)):
            return STOPPED
        if credit(versioned.task, keys + BALANCE * TOGETHER, value):
            return STOPPED
    if result == DONE and kept & 4:
        result = leave(
            versioned, keys + NONCE * TOGETHER, cython.address(account.nonce_before), cython.sizeof(uint64_t)
        )
    if result == DONE and kept & 8:
        code = account.code_before if account.code_before.size else cython.NULL
        result = leave(versioned, keys + CODE * TOGETHER, cython.address(code), cython.sizeof(cython.p_void))
    return result


def finish_versioned(versioned: cython.pointer(Versioned)) -> cython.int:
    """Hand over what the run has done to the task's write set. An ExecutionResult: DONE or STOPPED.

    A value that took long to find is left for those who come after, unless the run changed it.
    """
    state: cython.pointer(State) = versioned.state
    result: cython.int
    index: uint64_t
    before: uint64_t
    slot: cython.pointer(Slot)
    for index in range(state.run_accounts.size()):
        result = finish_account(versioned, state.run_accounts[index])
        if result != DONE:
            return result
    for index in range(state.run_slots.size()):
        slot = state.run_slots[index]
        if not slot.kept or slot.epoch != slot.owner.epoch:
            continue
        result = leave(versioned, key_of_slot(versioned, slot), slot.before.w, 32)
        if result != DONE:
            return result
    before = versioned.task.write_count
    for index in range(versioned.walk_count):
        result = leave_long_walk(versioned, versioned.walks + index, before)
        if result != DONE:
            return result
    return DONE


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def leave_long_walk(
    versioned: cython.pointer(Versioned), walk: cython.pointer(LongWalk), writes: uint64_t
) -> cython.int:
    """Leave a value where later readers find it, unless it is among the first ``writes`` of the run's write set.

    Or it is a slot's, and its owner's storage was wiped since: what was there is gone.
    """
    value: uint64_t
    length: uint64_t = 32
    index: uint64_t
    byte: uint8_t
    bytes: cython.p_const_void
    key: uint64_t
    if walk.account == cython.NULL:
        key = walk.slot.source[0]
        if walk.slot.owner.epoch and not MUTANT(SEEN_ACROSS_WIPE):
            return DONE
    else:
        key = walk.account.source[KEYS] + walk.part * TOGETHER
    for index in range(writes):
        if versioned.task.writes[index].key == key:
            return DONE
    if walk.account == cython.NULL:
        bytes = walk.slot.before.w
    elif walk.part == BALANCE:
        bytes = walk.account.balance_before.w
    elif walk.part == NONCE:
        bytes = cython.address(walk.account.nonce_before)
        length = 8
    elif walk.part == CODE:
        code: cython.pointer(cython.const[Code]) = walk.account.code_before
        code = code if code.size else cython.NULL
        bytes = cython.address(code)
        length = cython.sizeof(cython.p_void)
    else:
        byte = cython.cast(uint8_t, walk.account.existence_before)
        bytes = cython.address(byte)
        length = 1
    if not store(versioned, bytes, length, cython.address(value)):
        return STOPPED
    return DONE if leave_seen(versioned.task, key, value) == 0 else STOPPED


def base_content(
    direct: cython.pointer(Direct), name: cython.p_const_void, length: uint64_t, found: cython.pointer(Content)
) -> cython.int:
    """Give the value before the block of a slot, or of all keys of an account, as in versioned memory. Always DONE."""
    text: cython.pointer(cython.const[uint8_t]) = cython.cast(cython.pointer(cython.const[uint8_t]), name)
    account: Account
    nothing: AccountRecord
    part: cython.int
    if text[0] == SLOT:
        make_absent(found)
        direct.state.find(direct.state.itself, name, length, found)
        return DONE
    for part in range(ACCOUNT_KEYS):
        make_absent(found + part)
    direct.state.find(direct.state.itself, name, length, found + BALANCE)
    record: cython.pointer(cython.const[AccountRecord]) = cython.cast(
        cython.pointer(cython.const[AccountRecord]), (found + BALANCE).data
    )
    make_absent(found + BALANCE)
    memset(cython.address(nothing), 0, cython.sizeof(AccountRecord))
    if record == cython.NULL:
        record = cython.address(nothing)
    else:
        put_content(found + BALANCE, record.balance, 32)
        put_content(found + NONCE, cython.address(record.nonce), 8)
        put_content(found + CODE, cython.address(record.code), cython.sizeof(cython.p_void))
    memcpy(account.address.bytes, text + 1, 20)
    if record.existence:
        put_content(found + EXISTENCE, cython.address(EMPTY_ACCOUNT), 1)
    elif holds_storage_alone(direct, cython.address(account), record) == 1:
        put_content(found + EXISTENCE, cython.address(STORAGE_ALONE), 1)
    return DONE


EMPTY_ACCOUNT = cython.declare(uint8_t, HELD_EMPTY)
STORAGE_ALONE = cython.declare(uint8_t, HELD_STORAGE_ALONE)


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def put_content(found: cython.pointer(Content), bytes: cython.p_const_void, size: uint64_t) -> cython.void:
    """These bytes, which stay where they are; absent where all are zero."""
    if not is_zero(bytes, size):
        found.data = cython.cast(cython.pointer(cython.const[uint8_t]), bytes)
        found.length = size


def merge_balance(
    task: cython.pointer(Task),
    value: cython.pointer(cython.const[Content]),
    amount: cython.pointer(cython.const[Content]),
    sum: cython.pointer(Content),
) -> cython.int:
    """Add two numbers of 256 bits. DONE; UNMERGED where the sum is none; STOPPED where there is no memory."""
    total: cython.pointer(uint64_t) = cython.cast(cython.pointer(uint64_t), take_room(task, 32))
    one: uint64_t[4]
    other: uint64_t[4]
    carry: uint64_t = 0
    i: cython.int
    if total == cython.NULL:
        return STOPPED
    memset(one, 0, 32)
    if value.data != cython.NULL:
        memcpy(one, value.data, 32)
    memset(other, 0, 32)
    if amount.data != cython.NULL:
        memcpy(other, amount.data, 32)
    for i in range(4):
        partial: uint64_t = one[i] + carry
        carry = partial < carry
        total[i] = partial + other[i]
        carry += total[i] < partial
    if carry:
        return UNMERGED
    sum.data = cython.cast(cython.pointer(cython.const[uint8_t]), total)
    sum.length = 32
    sum.value = 0
    return DONE
