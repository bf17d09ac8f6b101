"""What a block access list says that runs leave (EIP-7928), put into versioned memory before they are executed.

It is what somebody claims: a malformed list predicts nothing, and what is predicted wrong costs an execution.
"""

from operator import itemgetter

import cython
from cython.cimports.cpython.bytes import PyBytes_AS_STRING
from cython.cimports.libc.stdint import uint8_t, uint64_t
from cython.cimports.libc.string import memcmp, memcpy
from cython.cimports.samestate.optimized.core.arena import stop_reason, store_value
from cython.cimports.samestate.optimized.core.keys import TOGETHER
from cython.cimports.samestate.optimized.core.records import OUT_OF_MEMORY, RUNNING
from cython.cimports.samestate.optimized.evm.runs import run_at
from cython.cimports.samestate.optimized.evm.seams import CODE, NONCE, SLOT, Code
from cython.cimports.samestate.optimized.evm.versioned import meet_account, meet_slot
from cython.cimports.samestate.optimized.evm.worker_seams import ListedValues
from cython.cimports.samestate.optimized.strategies.predictions import predict


def predict_all(
    task: cython.pointer(Task),
    predictions: object,
    starts: cython.pointer(cython.const[uint64_t]),
    transactions: uint64_t,
    codes: cython.pointer(CodeTable),
) -> uint64_t:
    """Predict what a block access list says of runs. A StopReason."""
    reason: uint64_t
    if isinstance(predictions, bytes):
        proposed: cython.pointer(cython.const[uint8_t]) = cython.cast(
            cython.pointer(cython.const[uint8_t]), PyBytes_AS_STRING(predictions)
        )
        length: cython.size_t = len(predictions)
        with cython.nogil:
            reason = predict_bytes(task, starts, transactions, proposed, length, codes)
        return reason
    for key, values in (predictions or {}).items():
        latest: dict = {}
        for transaction, value in sorted(values, key=itemgetter(0)):
            if 0 <= transaction < transactions:
                latest[run_at(starts, task.session.record.transactions, transaction)] = value
        for run, value in latest.items():
            reason = predict_value(task, key, run + 1, value, codes)
            if reason:
                return reason
    return RUNNING


@cython.cfunc
@cython.nogil
@cython.exceptval(255, check=True)
def predict_bytes(
    task: cython.pointer(Task),
    starts: cython.pointer(cython.const[uint64_t]),
    transactions: uint64_t,
    proposed: cython.pointer(cython.const[uint8_t]),
    length: cython.size_t,
    codes: cython.pointer(CodeTable),
) -> uint64_t:
    """Predict what the bytes of a block access list say of runs. A StopReason.

    The values of a key come in the order of the block; of those of one run the last is what it leaves.
    """
    values: ListedValues
    account: uint64_t = 0
    key: uint64_t = 0
    run: uint64_t = 0
    following: uint64_t
    stored: uint64_t = 0
    waiting: cython.bint = False
    code: cython.pointer(cython.const[Code])
    address: uint8_t[20]
    limbs: uint64_t[4]
    values.begin(proposed, length)
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
                return stop_reason(task.session.arena)
            key = account + values.part * TOGETHER
            if values.part == SLOT:
                key = meet_slot(task, account, address, values.slot)
            if key == 0:
                return stop_reason(task.session.arena)
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
    return RUNNING


@cython.cfunc
@cython.exceptval(255, check=True)
def predict_value(
    task: cython.pointer(Task), key: bytes, step: uint64_t, value: object, codes: cython.pointer(CodeTable)
) -> uint64_t:
    """One value after one step, by the canonical name of its key. A StopReason."""
    name: cython.pointer(cython.const[uint8_t]) = cython.cast(
        cython.pointer(cython.const[uint8_t]), PyBytes_AS_STRING(key)
    )
    code: cython.pointer(cython.const[Code])
    stored: uint64_t = 0
    text: bytes
    if not (len(key) == 53 and name[0] == SLOT) and not (len(key) == 21 and 0 < name[0] < SLOT):
        return RUNNING
    record: uint64_t = meet_account(task, name + 1)
    if record and name[0] == SLOT:
        record = meet_slot(task, record, name + 1, name + 21)
    elif record:
        record += name[0] * TOGETHER
    if record == 0:
        return stop_reason(task.session.arena)
    if value:
        text = value
        if name[0] == CODE:
            code = cython.address(
                codes.intern(cython.cast(cython.pointer(cython.const[uint8_t]), PyBytes_AS_STRING(text)), len(text))
            )
            stored = store_value(task, cython.address(code), cython.sizeof(cython.p_void))
        elif len(text) > (8 if name[0] == NONCE else 32):
            return RUNNING
        else:
            text = text.rjust(8 if name[0] == NONCE else 32, b"\x00")[::-1]
            if text.count(0) == len(text):
                return RUNNING
            stored = store_value(task, PyBytes_AS_STRING(text), len(text))
        if stored == 0:
            return OUT_OF_MEMORY
    return OUT_OF_MEMORY if predict(task, record, step, stored) < 0 else RUNNING
