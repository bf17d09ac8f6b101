"""Values from the state before the block, for transactions that run one after another.

A State keeps what its records hold from step to step (state.hpp), so each account and slot is asked for once a block.
"""

import cython
from cython.cimports.libc.stdint import uint8_t, uint64_t
from cython.cimports.libc.string import memcpy, memset
from cython.cimports.samestate.optimized.core.records import Content
from cython.cimports.samestate.optimized.evm.seams import (
    CODE,
    HELD_EMPTY,
    HELD_STORAGE_ALONE,
    MISSING_ANSWER,
    NOT_HELD,
)
from cython.cimports.samestate.optimized.evm.world import ACCOUNT_NAME, SLOT_NAME, AccountRecord

EVERY_PART = cython.declare(uint8_t, 0b1111)


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def lack(direct: cython.pointer(Direct), name: cython.pointer(cython.const[uint8_t]), length: uint64_t) -> cython.int:
    """The answer that a key is not known, which is remembered."""
    memcpy(direct.lacking, name, length)
    direct.lacking_length = length
    return MISSING_ANSWER


def find_account(
    direct: cython.pointer(Direct), account: cython.pointer(Account), record: cython.pointer(AccountRecord)
) -> cython.bint:
    """What the state before the block holds of an account."""
    name: uint8_t[21]
    content: Content
    name[0] = ACCOUNT_NAME
    memcpy(name + 1, account.address.bytes, 20)
    is_known: cython.bint = direct.state.find(direct.state.itself, name, 21, cython.address(content))
    if content.data == cython.NULL:
        memset(record, 0, cython.sizeof(AccountRecord))
    else:
        memcpy(record, content.data, cython.sizeof(AccountRecord))
    return is_known


def load_account_directly(itself: cython.p_void, account: cython.pointer(Account), part: cython.int) -> cython.int:
    """Put all parts of an account into its record: they lie together. 0, or the answer that it is not known.

    A step may have set some already, which is why only those are filled in that are not there. A code that is not
    known matters only to who asks for it.
    """
    name: uint8_t[21]
    direct: cython.pointer(Direct) = cython.cast(cython.pointer(Direct), itself)
    record: AccountRecord
    missing: uint8_t = ~account.loaded & EVERY_PART
    memcpy(name + 1, account.address.bytes, 20)
    if not find_account(direct, account, cython.address(record)):
        name[0] = ACCOUNT_NAME
        return lack(direct, name, 21)
    if missing & 8 and record.code != cython.NULL and record.code == direct.lacking_code:
        if part == CODE:
            name[0] = CODE
            return lack(direct, name, 21)
        missing &= ~cython.cast(uint8_t, 8)
    account.storage_alone = holds_storage_alone(direct, account, cython.address(record))
    if missing & 1:
        account.existence_before = HELD_EMPTY if record.existence else NOT_HELD
        if not record.existence and account.storage_alone:
            account.existence_before = HELD_STORAGE_ALONE
    if missing & 2:
        memcpy(account.balance_before.w, record.balance, 32)
    if missing & 4:
        account.nonce_before = record.nonce
    if missing & 8:
        account.code_before = record.code if record.code != cython.NULL else direct.no_code
    account.loaded |= missing
    return 0


def load_slot_directly(itself: cython.p_void, slot: cython.pointer(Slot)) -> cython.int:
    """Put a slot's value into its record. 0, or the answer that it is not known."""
    direct: cython.pointer(Direct) = cython.cast(cython.pointer(Direct), itself)
    name: uint8_t[53]
    content: Content
    name[0] = SLOT_NAME
    memcpy(name + 1, slot.owner.address.bytes, 20)
    slot.key.store_be(name + 21)
    if not direct.state.find(direct.state.itself, name, 53, cython.address(content)):
        return lack(direct, name, 53)
    if content.data == cython.NULL:
        memset(slot.before.w, 0, 32)
    else:
        memcpy(slot.before.w, content.data, 32)
    return 0


def has_storage_alone(itself: cython.p_void, account: cython.pointer(Account)) -> cython.int:
    """Say whether the state before the block holds storage for an account that has neither nonce nor code. 1 or 0."""
    direct: cython.pointer(Direct) = cython.cast(cython.pointer(Direct), itself)
    record: AccountRecord
    find_account(direct, account, cython.address(record))
    return holds_storage_alone(direct, account, cython.address(record))


def holds_storage_alone(
    direct: cython.pointer(Direct),
    account: cython.pointer(Account),
    record: cython.pointer(cython.const[AccountRecord]),
) -> cython.int:
    """The same, for an account that was found already."""
    name: uint8_t[21]
    if record.nonce or record.code != cython.NULL:
        return 0
    name[0] = SLOT_NAME
    memcpy(name + 1, account.address.bytes, 20)
    return direct.state.has_slots(direct.state.itself, name, 21)
