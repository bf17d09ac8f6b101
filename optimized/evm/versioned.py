"""Values from versioned memory, and what a step leaves there.

Each part of an account is a key of its own (the existence of an account that has nothing too), so is each slot, and so
is, for each address, the fact that its storage was wiped: whoever reads a slot depends on that one as well. A record
of an account remembers where its keys are, so a worker looks for a name once a block.

In versioned memory numbers are words, limb by limb, absent where they are zero. A code is where it lies: codes are
made once for each hash and stay as they are, so equal places mean equal codes, and workers are threads of one process.
"""

import cython
from cython.cimports.libc.stdint import int64_t, uint8_t, uint64_t
from cython.cimports.libc.stdlib import realloc
from cython.cimports.libc.string import memcmp, memcpy, memset
from cython.cimports.samestate.optimized.core.arena import make_absent, stop, store_value
from cython.cimports.samestate.optimized.core.keys import meet_key
from cython.cimports.samestate.optimized.core.memory import credit, leave_seen, write
from cython.cimports.samestate.optimized.core.observing import last_wipe, observe
from cython.cimports.samestate.optimized.core.records import (
    DONE,
    OUT_OF_MEMORY,
    READ_VALUE,
    STOPPED,
    UNMERGED,
    Content,
)
from cython.cimports.samestate.optimized.core.room import take_room
from cython.cimports.samestate.optimized.core.shim import LONG_WALK, MUTANT
from cython.cimports.samestate.optimized.evm.direct import find_account, has_storage_alone
from cython.cimports.samestate.optimized.evm.seams import (
    BALANCE,
    CODE,
    CREDIT_LOST_WHEN_READ,
    EXISTENCE,
    HELD_EMPTY,
    HELD_STORAGE_ALONE,
    NONCE,
    SLOT,
    WIPE_UNSEEN,
    Code,
    Existence,
    answer_of,
    u256,
)
from cython.cimports.samestate.optimized.evm.world import AccountRecord

SINCE = cython.declare(cython.int, 6)  # in a record's `source`: the last step that wiped its storage, and one more
SINCE_STEP = cython.declare(cython.int, 7)  # … and for which step that was asked
ACCOUNT_NAME_LENGTH = cython.declare(uint64_t, 21)
SLOT_NAME_LENGTH = cython.declare(uint64_t, 53)


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def key_of_part(versioned: cython.pointer(Versioned), account: cython.pointer(Account), part: cython.int) -> uint64_t:
    """The key of a part of an account; 0 where the block is stopped."""
    name: uint8_t[21]
    if account.source[part] == 0:
        name[0] = cython.cast(uint8_t, part)
        memcpy(name + 1, account.address.bytes, 20)
        account.source[part] = meet_key(versioned.task, name, ACCOUNT_NAME_LENGTH, 0)
    return account.source[part]


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def key_of_slot(versioned: cython.pointer(Versioned), slot: cython.pointer(Slot)) -> uint64_t:
    """The key of a slot; 0 where the block is stopped."""
    name: uint8_t[53]
    if slot.source[0] == 0:
        owner: uint64_t = key_of_part(versioned, slot.owner, WIPES)
        if owner == 0:
            return 0
        name[0] = SLOT
        memcpy(name + 1, slot.owner.address.bytes, 20)
        slot.key.store_be(name + 21)
        slot.source[0] = meet_key(versioned.task, name, SLOT_NAME_LENGTH, owner)
    return slot.source[0]


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
    """A new step: no value has been looked for yet."""
    versioned.walk_count = 0


def load_account_versioned(itself: cython.p_void, account: cython.pointer(Account), part: cython.int) -> cython.int:
    """Put a part's value from before the step into the record, which enters the read set. An answer (callbacks.hpp)."""
    versioned: cython.pointer(Versioned) = cython.cast(cython.pointer(Versioned), itself)
    content: Content
    walked: uint64_t
    key: uint64_t = key_of_part(versioned, account, part)
    if key == 0:
        return answer_of(STOPPED)
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

    Once a step for each owner: both enter the read set. An answer (callbacks.hpp).
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
    if owner.source[SINCE_STEP] != owner.step:
        result = last_wipe(versioned.task, owner.source[WIPES], cython.address(since))
        if result != READ_VALUE:
            return answer_of(result)
        owner.source[SINCE] = cython.cast(uint64_t, since + 1)
        owner.source[SINCE_STEP] = owner.step
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


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def finish_account(versioned: cython.pointer(Versioned), account: cython.pointer(Account)) -> cython.int:
    """Hand over what is left of an account: a write of each part that is another now, or that nobody has looked at.

    UNMERGED where 256 bits do not hold its balance.
    """
    result: cython.int = DONE
    byte: uint8_t
    value: uint64_t
    total: u256
    set: uint8_t = account.set
    observed: uint8_t = account.observed
    code: cython.pointer(cython.const[Code])
    if account.wipes:
        byte = 1
        result = leave(versioned, key_of_part(versioned, account, WIPES), cython.address(byte), 1)
    if result == DONE and set & 1 and not (observed & 1 and account.existence == account.existence_before):
        byte = cython.cast(uint8_t, account.existence)
        result = leave(versioned, key_of_part(versioned, account, EXISTENCE), cython.address(byte), 1)
    if MUTANT(CREDIT_LOST_WHEN_READ) and account.credited and observed & 2 and not set & 2:
        return DONE
    if result == DONE and (set & 2 or (account.credited and observed & 2)):
        if not account.final_balance(total):
            return UNMERGED
        if not (observed & 2 and memcmp(total.w, account.balance_before.w, 32) == 0):
            result = leave(versioned, key_of_part(versioned, account, BALANCE), total.w, 32)
    elif result == DONE and account.credited:
        if account.credit_overflows:
            return UNMERGED
        key: uint64_t = key_of_part(versioned, account, BALANCE)
        if key == 0 or not store(versioned, account.credit.w, 32, cython.address(value)):
            return STOPPED
        if credit(versioned.task, key, value):
            return STOPPED
    if result == DONE and set & 4 and not (observed & 4 and account.nonce == account.nonce_before):
        result = leave(
            versioned, key_of_part(versioned, account, NONCE), cython.address(account.nonce), cython.sizeof(uint64_t)
        )
    if result == DONE and set & 8 and not (observed & 8 and account.code == account.code_before):
        code = account.code if account.code.size else cython.NULL
        result = leave(
            versioned, key_of_part(versioned, account, CODE), cython.address(code), cython.sizeof(cython.p_void)
        )
    return result


def finish_versioned(versioned: cython.pointer(Versioned)) -> cython.int:
    """Hand over what the step has done to the task's write set. An ExecutionResult.

    A value that took long to find is left for those who come after, unless the step changed it.
    """
    state: cython.pointer(State) = versioned.state
    result: cython.int
    index: uint64_t
    before: uint64_t
    slot: cython.pointer(Slot)
    for index in range(state.accounts.size()):
        result = finish_account(versioned, state.accounts[index])
        if result != DONE:
            return result
    for index in range(state.slots.size()):
        slot = state.slots[index]
        if not slot.set or slot.set_after != slot.owner.wipes:
            continue
        if slot.observed and not slot.owner.wipes and memcmp(slot.value.w, slot.before.w, 32) == 0:
            continue
        result = leave(versioned, key_of_slot(versioned, slot), slot.value.w, 32)
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
    """Leave a value where later readers find it, unless it is among the first ``writes`` of the step's write set."""
    value: uint64_t
    length: uint64_t = 32
    index: uint64_t
    byte: uint8_t
    bytes: cython.p_const_void
    key: uint64_t = walk.slot.source[0] if walk.account == cython.NULL else walk.account.source[walk.part]
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
    """Give the value before the block of a key by its name, in the form of versioned memory. Always DONE."""
    text: cython.pointer(cython.const[uint8_t]) = cython.cast(cython.pointer(cython.const[uint8_t]), name)
    part: cython.int = text[0]
    size: uint64_t = 32
    name_of_account: uint8_t[21]
    make_absent(found)
    if part == WIPES:
        return DONE
    if part == SLOT:
        direct.state.find(direct.state.itself, name, length, found)
        return DONE
    memcpy(name_of_account, name, 21)
    name_of_account[0] = 0
    direct.state.find(direct.state.itself, name_of_account, 21, found)
    if part == EXISTENCE:
        return base_existence(direct, text, found)
    if found.data == cython.NULL:
        return DONE
    record: cython.pointer(cython.const[AccountRecord]) = cython.cast(
        cython.pointer(cython.const[AccountRecord]), found.data
    )
    if part == BALANCE:
        found.data = cython.cast(cython.pointer(cython.const[uint8_t]), record.balance)
    elif part == NONCE:
        found.data = cython.cast(cython.pointer(cython.const[uint8_t]), cython.address(record.nonce))
        size = 8
    else:
        found.data = cython.cast(cython.pointer(cython.const[uint8_t]), cython.address(record.code))
        size = cython.sizeof(cython.p_void)
    found.length = size
    if is_zero(found.data, size):
        make_absent(found)
    return DONE


ONE = cython.declare(uint8_t, 1)
TWO = cython.declare(uint8_t, 2)


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def base_existence(
    direct: cython.pointer(Direct), name: cython.pointer(cython.const[uint8_t]), found: cython.pointer(Content)
) -> cython.int:
    """What the state before the block holds there without need."""
    account: Account
    memcpy(account.address.bytes, name + 1, 20)
    account.loaded = 0
    make_absent(found)
    load_existence(direct, cython.address(account))
    if account.existence_before:
        found.data = cython.address(ONE) if account.existence_before == HELD_EMPTY else cython.address(TWO)
        found.length = 1
    return DONE


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def load_existence(direct: cython.pointer(Direct), account: cython.pointer(Account)) -> cython.void:
    """Put the existence before the block into a record."""
    record: AccountRecord
    find_account(direct, account, cython.address(record))
    account.existence_before = cython.cast(Existence, HELD_EMPTY if record.existence else 0)
    if not record.existence and has_storage_alone(direct, account) == 1:
        account.existence_before = cython.cast(Existence, HELD_STORAGE_ALONE)


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
