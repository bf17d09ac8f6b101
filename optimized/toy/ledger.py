"""Settlement: outcomes become the block's, one after another in block order, whatever the order they were executed in.

Here is what depends on a block's totals (the gas it has left, cumulative gas, log indices), the access record, the
withdrawals of the closing step, and the comparison of a block's access list with what really happened.
"""

import cython
from cython.cimports.libc.stdint import uint32_t, uint64_t
from cython.cimports.libc.stdlib import realloc
from cython.cimports.libc.string import memcpy
from cython.cimports.libcpp.algorithm import sort
from cython.cimports.samestate.optimized.toy.interpreter import FEE_CREDITED, OUT_OF_GAS, Access
from cython.cimports.samestate.optimized.toy.packing import ListedChange
from cython.cimports.samestate.optimized.words.word import Word, word_add, word_copy, word_equal, word_from_number


def commit(
    ledger: cython.pointer(Ledger),
    block: cython.pointer(cython.const[FlatBlock]),
    outcome: cython.pointer(Outcome),
    accesses: cython.pointer(Access),
    sourced: cython.bint,
) -> cython.bint:
    """Settle the next transaction and make its effects those of the block. False where the block ends here.

    Settle, then write, credit and record. The logs lie where they belong already.
    """
    transaction: uint64_t = ledger.committed
    step: uint64_t = transaction + 1
    place: uint64_t
    reads: uint64_t = 0
    changes: uint64_t = 0
    access: cython.pointer(Access)
    target: cython.pointer(Access)
    receipt: cython.pointer(PackedReceipt) = ledger.receipts + transaction
    record: cython.pointer(StepRecord)
    source: uint32_t
    verifying: cython.bint = block.has_access_list
    if outcome.code > OUT_OF_GAS:
        ledger.rejection = outcome.code
        ledger.rejected = transaction
        return False
    if block.transactions[transaction].gas_limit > block.gas_limit - ledger.gas_used:
        ledger.rejection = GAS_ALLOWANCE_EXCEEDED
        ledger.rejected = transaction
        return False
    ledger.gas_used += outcome.gas_used
    receipt.code = outcome.code
    receipt.gas_used = outcome.gas_used
    receipt.cumulative_gas_used = ledger.gas_used
    receipt.first_log = ledger.logs
    receipt.logs = outcome.logs
    ledger.logs += outcome.logs

    target = ledger.accesses + ledger.accesses_used
    if ledger.recording:
        record = ledger.steps + transaction
        record.first_access = ledger.accesses_used
        record.accesses = outcome.accesses
        record.fee_kind = outcome.fee_kind
        if outcome.fee_kind == FEE_CREDITED:
            word_copy(cython.address(record.fee), cython.address(outcome.fee))
        if accesses != target:
            memcpy(target, accesses, outcome.accesses * cython.sizeof(Access))
            accesses = target
        ledger.accesses_used += outcome.accesses
    for place in range(outcome.accesses):
        access = accesses + place
        if ledger.recording and not sourced:
            access.source = ledger.newest[access.key]
        if not word_equal(cython.address(access.original), cython.address(access.value)):
            word_copy(cython.address(ledger.current[access.key]), cython.address(access.value))
            ledger.changed[access.key] = 1
            if ledger.recording:
                source = add_source(ledger, step, 0)
                if not source:
                    return False
                ledger.newest[access.key] = source
        if verifying:
            ledger.order[place] = (cython.cast(uint64_t, access.key) << 32) | place
    if outcome.fee_kind == FEE_CREDITED:
        word_add(
            cython.address(ledger.current[block.coinbase_balance]),
            cython.address(ledger.current[block.coinbase_balance]),
            cython.address(outcome.fee),
        )
        ledger.changed[block.coinbase_balance] = 1
        if ledger.recording:
            source = add_source(ledger, step, ledger.newest[block.coinbase_balance])
            if not source:
                return False
            ledger.newest[block.coinbase_balance] = source
    if verifying:
        # order: first the keys read, sorted; then those changed, sorted.
        reads = outcome.accesses
        sort(ledger.order, ledger.order + reads)
        for place in range(reads):
            access = accesses + cython.cast(uint32_t, ledger.order[place])
            ledger.order[place] = access.key
            if not word_equal(cython.address(access.original), cython.address(access.value)):
                ledger.order[reads + changes] = access.key
                changes += 1
        if outcome.fee_kind == FEE_CREDITED:
            ledger.order[reads + changes] = block.coinbase_balance
            changes += 1
            sort(ledger.order + reads, ledger.order + reads + changes)
        verify_step(ledger, block, step, reads, changes)
    ledger.committed += 1
    return True


def open_ledger(ledger: cython.pointer(Ledger), block: cython.pointer(cython.const[FlatBlock])) -> cython.bint:
    """Do the opening step. False where there is no memory.

    What the opening step stores is written where it changes the value.
    """
    place: uint64_t
    changes: uint64_t = 0
    key: uint32_t
    for place in range(block.opening_length):
        key = block.opening[place].key
        if word_equal(cython.address(ledger.current[key]), cython.address(block.opening[place].value)):
            continue
        word_copy(cython.address(ledger.current[key]), cython.address(block.opening[place].value))
        ledger.changed[key] = 1
        ledger.order[changes] = key
        changes += 1
        if ledger.recording:
            ledger.newest[key] = add_source(ledger, 0, 0)
            if not ledger.newest[key]:
                return False
    if block.has_access_list:
        verify_step(ledger, block, 0, 0, changes)
    return True


def close(ledger: cython.pointer(Ledger), block: cython.pointer(cython.const[FlatBlock])) -> cython.bint:
    """Do the closing step, and judge the access list. False where there is no memory, or the list is wrong.

    Withdrawals are credits. The list is judged last: it is wrong in its first wrong entry, by step and then key.
    """
    index: uint64_t
    changes: uint64_t = 0
    step: uint64_t = block.transactions_length + 1
    key: uint32_t
    amount: Word
    for index in range(block.withdrawals_length):
        key = block.withdrawals[index].balance
        if block.withdrawals[index].amount:
            word_from_number(cython.address(amount), block.withdrawals[index].amount)
            word_add(cython.address(ledger.current[key]), cython.address(ledger.current[key]), cython.address(amount))
            ledger.changed[key] = 1
            if block.has_access_list:
                ledger.order[changes] = key
                changes += 1
    if block.has_access_list:
        sort(ledger.order, ledger.order + changes)
        step = changes
        changes = 0
        for index in range(step):
            if not changes or ledger.order[changes - 1] != ledger.order[index]:
                ledger.order[changes] = ledger.order[index]
                changes += 1
        verify_step(ledger, block, block.transactions_length + 1, 0, changes)
        if block.listed_steps != block.transactions_length + 2:
            note_mismatch(ledger, min(block.listed_steps, block.transactions_length + 2), NO_KEY)
        if ledger.mismatch:
            ledger.rejection = ACCESS_LIST_MISMATCH
            return False
    return True


def verify_step(
    ledger: cython.pointer(Ledger),
    block: cython.pointer(cython.const[FlatBlock]),
    step: uint64_t,
    reads: uint64_t,
    changes: uint64_t,
) -> cython.void:
    """Compare what a step did with its entry. The keys it read, then those it changed, are in ``order``."""
    place: uint64_t
    listed: uint64_t
    wrong: uint32_t = NO_KEY
    key: uint32_t
    other: uint32_t
    change: cython.pointer(ListedChange)
    if step >= block.listed_steps or (ledger.mismatch and ledger.wrong_step <= step):
        return
    listed = block.listed[step + 1].first_read - block.listed[step].first_read
    for place in range(max(reads, listed)):
        key = cython.cast(uint32_t, ledger.order[place]) if place < reads else NO_KEY
        other = block.listed_reads[block.listed[step].first_read + place] if place < listed else NO_KEY
        if key != other:
            wrong = min(key, other)
            break
    listed = block.listed[step + 1].first_change - block.listed[step].first_change
    for place in range(max(changes, listed)):
        key = cython.cast(uint32_t, ledger.order[reads + place]) if place < changes else NO_KEY
        other = NO_KEY
        if place < listed:
            change = block.listed_changes + block.listed[step].first_change + place
            other = change.key
            if (
                key == other
                and change.word_sized
                and word_equal(cython.address(change.value), cython.address(ledger.current[key]))
            ):
                continue
        wrong = min(wrong, min(key, other))
        break
    if wrong != NO_KEY:
        note_mismatch(ledger, step, wrong)


def note_mismatch(ledger: cython.pointer(Ledger), step: uint64_t, key: uint32_t) -> cython.void:
    """Keep what is wrong with the access list, if it is the earliest."""
    if not ledger.mismatch or step < ledger.wrong_step:
        ledger.mismatch = True
        ledger.wrong_step = step
        ledger.wrong_key = key


def add_source(ledger: cython.pointer(Ledger), step: uint32_t, older: uint32_t) -> uint32_t:
    """Give a list of sources with one more step at its head; 0 where there is no memory.

    Sources are kept as lists that share their tails: a credit adds itself before what there was.
    """
    room: cython.p_void
    if ledger.sources_used == ledger.sources_capacity:
        room = realloc(ledger.sources, 2 * ledger.sources_capacity * cython.sizeof(Source))
        if room == cython.NULL:
            return 0
        ledger.sources = cython.cast(cython.pointer(Source), room)
        ledger.sources_capacity *= 2
    ledger.sources[ledger.sources_used].step = step
    ledger.sources[ledger.sources_used].older = older
    ledger.sources_used += 1
    return cython.cast(uint32_t, ledger.sources_used - 1)
