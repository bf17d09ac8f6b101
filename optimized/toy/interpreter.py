"""One transaction of the toy machine, from its nonce to its fee.

The same rules serve two kinds of state. Directly: an array of each key's value now, one transaction after another.
Versioned: the core's memory, whose reads may suspend; the transaction is then run again from its start. Either way each
key is asked for once; what the transaction does to it lasts in ``accesses``, in which a key is found through ``marks``,
and so is its warmth.
"""

import cython
from cython.cimports.libc.stdint import uint8_t, uint32_t, uint64_t
from cython.cimports.libc.string import memset
from cython.cimports.samestate.optimized.core.arena import value_bytes
from cython.cimports.samestate.optimized.core.keys import key_record
from cython.cimports.samestate.optimized.core.memory import read
from cython.cimports.samestate.optimized.core.records import (
    DONE,
    READ_VALUE,
    STOPPED,
    Reading,
    word_value,
)
from cython.cimports.samestate.optimized.core.shim import (
    LONG_WALK,
    MUTANT,
    SAMESTATE_IS_EXPLORED,
    WARM_SET_KEPT,
    atomic_store,
    now_nanoseconds,
    peek,
    sleep_nanoseconds,
)
from cython.cimports.samestate.optimized.core.watching import should_stop
from cython.cimports.samestate.optimized.toy.packing import (
    ADD,
    KECCAK,
    NOT_REGISTERED,
    SLOAD,
    SSTORE,
    SSTORE_ACCUMULATOR,
    SUB,
    Operation,
    PackedTransaction,
    SignedTransaction,
)
from cython.cimports.samestate.optimized.words.keccak import absorb, finish, keccak256
from cython.cimports.samestate.optimized.words.word import (
    Word,
    word_add,
    word_compare,
    word_copy,
    word_equal,
    word_from_digest,
    word_from_number,
    word_is_zero,
    word_product,
    word_subtract,
)


def poll(
    machine: cython.pointer(cython.const[ToyMachine]), scratch: cython.pointer(Scratch), now: uint64_t
) -> cython.bint:
    """Say whether a worker should stop."""
    return should_stop(machine.watch, cython.address(scratch.listener), now)


def wait(machine: cython.pointer(cython.const[ToyMachine]), scratch: cython.pointer(Scratch)) -> cython.bint:
    """Wait as long as a read of the state takes. False where the run is to stop."""
    now: uint64_t = now_nanoseconds()
    end: uint64_t = now + machine.read_latency
    while now < end:
        if poll(machine, scratch, now):
            return False
        sleep_nanoseconds(min(end - now, NAP))
        now = now_nanoseconds()
    return not poll(machine, scratch, now)


def wait_for_base(
    machine: cython.pointer(cython.const[ToyMachine]),
    scratch: cython.pointer(Scratch),
    task: cython.pointer(Task),
    key: uint32_t,
) -> cython.bint:
    """Have whoever first needs a key's value from before the block wait for it. False where the run is to stop."""
    loaded: cython.pointer(uint64_t)
    if task == cython.NULL:
        if machine.loaded[key]:
            return True
        machine.loaded[key] = 1
        return wait(machine, scratch)
    loaded = cython.address(key_record(task.session, machine.places[key]).loaded)
    if peek(loaded):
        return True
    if not wait(machine, scratch):
        return False
    atomic_store(loaded, 1, b"memory.base.loaded")
    return True


def hash_long(
    machine: cython.pointer(cython.const[ToyMachine]),
    scratch: cython.pointer(Scratch),
    digest: cython.pointer(uint8_t),
    data: cython.pointer(cython.const[uint8_t]),
    length: uint64_t,
) -> cython.bint:
    """Hash data that takes long. False where the run is to stop."""
    state: uint64_t[25]
    blocks: uint64_t = 0
    memset(state, 0, 25 * 8)
    while length > BLOCK:
        absorb(state, data)
        data += BLOCK
        length -= BLOCK
        blocks += 1
        if blocks % BLOCKS_AT_ONCE == 0 and poll(machine, scratch, now_nanoseconds()):
            return False
    finish(state, data, length, digest)
    return True


def observe(
    machine: cython.pointer(cython.const[ToyMachine]),
    scratch: cython.pointer(Scratch),
    task: cython.pointer(Task),
    key: uint32_t,
    accesses: uint64_t,
    result: cython.pointer(cython.int),
) -> cython.pointer(Access):
    """Access a key that the transaction has not asked for yet. Sets ``result`` unless that is DONE."""
    access: cython.pointer(Access) = scratch.accesses + accesses
    reading: Reading
    position: uint64_t
    found: cython.int
    amount: cython.pointer(Word)
    access.key = key
    access.source = 0
    if task == cython.NULL:
        if machine.read_latency and not wait_for_base(machine, scratch, task, key):
            result[0] = STOPPED
            return access
        word_copy(cython.address(access.original), cython.address(machine.current[key]))
    else:
        found = read(task, machine.places[key], cython.address(reading))
        if found != READ_VALUE:
            result[0] = found
            return access
        if machine.read_latency and reading.source < 0 and not wait_for_base(machine, scratch, task, key):
            result[0] = STOPPED
            return access
        if reading.source >= 0 or reading.credits:
            scratch.version_reads += 1
        else:
            scratch.base_reads += 1
        access.source = reading.walked > LONG_WALK
        if reading.value:
            word_copy(
                cython.address(access.original),
                cython.cast(cython.pointer(Word), value_bytes(machine.watch.arena.base, reading.value)),
            )
        else:
            word_from_number(cython.address(access.original), 0)
        for position in range(reading.credits):
            amount = cython.cast(
                cython.pointer(Word), value_bytes(machine.watch.arena.base, word_value(reading.chain[2 * position + 1]))
            )
            word_add(cython.address(access.original), cython.address(access.original), amount)
    word_copy(cython.address(access.value), cython.address(access.original))
    scratch.marks[key] = (scratch.epoch << 32) | accesses
    return access


def run_transaction(
    machine: cython.pointer(cython.const[ToyMachine]),
    scratch: cython.pointer(Scratch),
    task: cython.pointer(Task),
    transaction: uint64_t,
    outcome: cython.pointer(Outcome),
) -> cython.int:
    """Check the sender, run the operations, charge the fee. DONE with an outcome, or SUSPENDED, or STOPPED."""
    packed: cython.pointer(cython.const[PackedTransaction])
    nonce: cython.pointer(Access)
    balance: cython.pointer(Access)
    is_signed: cython.bint = machine.signed_transactions != cython.NULL
    limit: Word
    number: Word
    result: cython.int
    packed = machine.transactions + transaction
    result = DONE
    outcome.gas_used = 0
    outcome.accesses = 0
    outcome.logs = 0
    outcome.fee_kind = NO_FEE
    scratch.epoch += 1
    if is_signed and machine.signed_transactions[transaction].code:
        outcome.code = machine.signed_transactions[transaction].code
        return DONE
    nonce = observe(machine, scratch, task, packed.sender_nonce, 0, cython.address(result))
    if result != DONE:
        return result
    outcome.accesses = 1
    word_from_number(cython.address(number), packed.nonce)
    if not word_equal(cython.address(number), cython.address(nonce.original)):
        if word_compare(cython.address(number), cython.address(nonce.original)) < 0:
            outcome.code = NONCE_TOO_LOW
        else:
            outcome.code = NONCE_TOO_HIGH
        return DONE
    word_from_number(cython.address(number), 1)
    word_add(cython.address(number), cython.address(number), cython.address(nonce.original))
    if number.limb1:
        outcome.code = NONCE_IS_MAX
        return DONE
    outcome.code = SUCCESS
    if is_signed:
        result = check_signature(machine, scratch, task, transaction, outcome)
        if result != DONE or outcome.code != SUCCESS:
            return result
    balance = observe(machine, scratch, task, packed.sender_balance, outcome.accesses, cython.address(result))
    if result != DONE:
        return result
    outcome.accesses += 1
    word_product(cython.address(limit), packed.gas_limit, packed.gas_price)
    if word_compare(cython.address(balance.original), cython.address(limit)) < 0:
        outcome.code = INSUFFICIENT_BALANCE
        return DONE
    if is_signed and machine.signed_transactions[transaction].registered != NOT_REGISTERED:
        result = check_registration(machine, scratch, task, transaction, outcome)
        if result != DONE or outcome.code != SUCCESS:
            return result

    result = run_operations(machine, scratch, task, transaction, outcome)
    if result != DONE:
        return result

    word_copy(cython.address(nonce.value), cython.address(number))
    word_product(cython.address(outcome.fee), outcome.gas_used, packed.gas_price)
    if word_is_zero(cython.address(outcome.fee)):
        outcome.fee_kind = FEE_TOUCHED
    elif packed.sender_balance != machine.coinbase_balance:
        outcome.fee_kind = FEE_CREDITED
        word_subtract(cython.address(balance.value), cython.address(balance.value), cython.address(outcome.fee))
    return DONE


def check_signature(
    machine: cython.pointer(cython.const[ToyMachine]),
    scratch: cython.pointer(Scratch),
    task: cython.pointer(Task),
    transaction: uint64_t,
    outcome: cython.pointer(Outcome),
) -> cython.int:
    """Look for the sender's key as it is by now, and whether the signature is by it. DONE, with a code if not."""
    content: cython.pointer(cython.const[SignedTransaction]) = machine.signed_transactions + transaction
    result: cython.int = DONE
    key: uint32_t
    access: cython.pointer(Access)
    access = observe(machine, scratch, task, content.signing, outcome.accesses, cython.address(result))
    if result != DONE:
        return result
    outcome.accesses += 1
    key = cython.cast(uint32_t, access.original.limb0)
    if key == 0:
        outcome.code = KEY_UNKNOWN
    elif machine.public_keys[key].scheme != content.scheme:
        outcome.code = SCHEME_MISMATCH
    elif not machine.verification.is_valid(2 * transaction, key):
        outcome.code = SIGNATURE_INVALID
    return DONE


def check_registration(
    machine: cython.pointer(cython.const[ToyMachine]),
    scratch: cython.pointer(Scratch),
    task: cython.pointer(Task),
    transaction: uint64_t,
    outcome: cython.pointer(Outcome),
) -> cython.int:
    """Look whether the sender may register the key, and whether it is held. DONE, with a code if not."""
    content: cython.pointer(cython.const[SignedTransaction]) = machine.signed_transactions + transaction
    result: cython.int = DONE
    access: cython.pointer(Access)
    if content.registered == content.signing:
        access = scratch.accesses + cython.cast(uint32_t, scratch.marks[content.signing])
    else:
        access = observe(machine, scratch, task, content.registered, outcome.accesses, cython.address(result))
        if result != DONE:
            return result
        outcome.accesses += 1
    if content.is_foreign and (access.original.limb0 or not content.is_first):
        outcome.code = REGISTRATION_FOREIGN
    elif content.is_foreign and not content.is_of_address:
        outcome.code = ADDRESS_MISMATCH
    elif not machine.verification.is_valid(2 * transaction + 1, content.entry):
        outcome.code = POSSESSION_INVALID
    return DONE


def run_operations(
    machine: cython.pointer(cython.const[ToyMachine]),
    scratch: cython.pointer(Scratch),
    task: cython.pointer(Task),
    transaction: uint64_t,
    outcome: cython.pointer(Outcome),
) -> cython.int:
    """Register a key and run the operations, until the last or until the gas is out: then no key or slot changes."""
    operation: cython.pointer(cython.const[Operation])
    last: cython.pointer(cython.const[Operation])
    access: cython.pointer(Access)
    mark: uint64_t
    warm: cython.bint
    gas: uint64_t
    cost: uint64_t
    words: uint64_t
    logs: uint64_t
    accumulator: Word
    value: cython.pointer(cython.const[Word])
    effort: uint64_t
    result: cython.int
    digest: cython.pointer(uint8_t)
    place: uint64_t
    gas = machine.transactions[transaction].gas_limit
    operation = machine.operations + machine.transactions[transaction].first_operation
    last = operation + machine.transactions[transaction].operations
    logs = 0
    effort = 0
    result = DONE
    outcome.code = SUCCESS
    word_from_number(cython.address(accumulator), 0)
    if (
        machine.signed_transactions != cython.NULL
        and machine.signed_transactions[transaction].registered != NOT_REGISTERED
    ):
        cost = machine.signed_transactions[transaction].gas
        if gas < cost:
            outcome.code = OUT_OF_GAS
            last = operation
        else:
            gas -= cost
            access = scratch.accesses + cython.cast(
                uint32_t, scratch.marks[machine.signed_transactions[transaction].registered]
            )
            word_from_number(cython.address(access.value), machine.signed_transactions[transaction].entry)
    while operation < last:
        effort += 1
        if effort >= EFFORT:
            effort = 0
            if poll(machine, scratch, now_nanoseconds()):
                return STOPPED
        if operation.kind == SLOAD:
            mark = scratch.marks[operation.key]
            warm = (mark >> 32) == scratch.epoch
            cost = 100 if warm or kept_warm(machine, operation.key, transaction) else 2100
            if gas < cost:
                outcome.code = OUT_OF_GAS
                break
            gas -= cost
            if warm:
                access = scratch.accesses + cython.cast(uint32_t, mark)
            else:
                access = observe(machine, scratch, task, operation.key, outcome.accesses, cython.address(result))
                if result != DONE:
                    return result
                outcome.accesses += 1
                keep_warm(machine, operation.key, transaction)
            word_copy(cython.address(accumulator), cython.address(access.value))
        elif operation.kind == SSTORE or operation.kind == SSTORE_ACCUMULATOR:
            mark = scratch.marks[operation.key]
            warm = (mark >> 32) == scratch.epoch
            cost = 0 if warm or kept_warm(machine, operation.key, transaction) else 2100
            if gas < cost + 100:
                outcome.code = OUT_OF_GAS
                break
            if warm:
                access = scratch.accesses + cython.cast(uint32_t, mark)
            else:
                access = observe(machine, scratch, task, operation.key, outcome.accesses, cython.address(result))
                if result != DONE:
                    return result
                outcome.accesses += 1
                keep_warm(machine, operation.key, transaction)
            value = cython.address(accumulator)
            if operation.kind == SSTORE:
                value = machine.words + operation.argument
            if word_equal(cython.address(access.value), value):
                cost += 100
            elif word_is_zero(cython.address(access.value)):
                cost += 20000
            else:
                cost += 2900
            if gas < cost:
                outcome.code = OUT_OF_GAS
                break
            gas -= cost
            word_copy(cython.address(access.value), value)
        elif operation.kind == KECCAK:
            words = operation.length // 32 + (1 if operation.length % 32 else 0)
            cost = 30 + 6 * words
            if gas < cost:
                outcome.code = OUT_OF_GAS
                break
            gas -= cost
            digest = machine.digests + 32 * (machine.transactions[transaction].first_log + logs)
            if operation.length > LONG_HASH:
                if not hash_long(machine, scratch, digest, machine.data + operation.argument, operation.length):
                    return STOPPED
            else:
                keccak256(machine.data + operation.argument, operation.length, digest)
                effort += operation.length // BYTES_OF_AN_EFFORT
            logs += 1
            word_from_digest(cython.address(accumulator), digest)
        elif operation.kind == ADD:
            if gas < 3:
                outcome.code = OUT_OF_GAS
                break
            gas -= 3
            word_add(cython.address(accumulator), cython.address(accumulator), machine.words + operation.argument)
        elif operation.kind == SUB:
            if gas < 3:
                outcome.code = OUT_OF_GAS
                break
            gas -= 3
            word_subtract(cython.address(accumulator), cython.address(accumulator), machine.words + operation.argument)
        else:
            if gas < 1:
                outcome.code = OUT_OF_GAS
                break
            gas -= 1
        operation += 1
    if outcome.code == OUT_OF_GAS:
        gas = 0
        logs = 0
        for place in range(outcome.accesses):
            access = scratch.accesses + place
            word_copy(cython.address(access.value), cython.address(access.original))
    outcome.logs = logs
    outcome.gas_used = machine.transactions[transaction].gas_limit - gas
    return DONE


def kept_warm(machine: cython.pointer(cython.const[ToyMachine]), key: uint32_t, transaction: uint64_t) -> cython.bint:
    """Say whether the bug WARM_SET_KEPT takes the key for warm, since an earlier incarnation has touched it."""
    return MUTANT(WARM_SET_KEPT) and machine.kept_warm[key] == transaction + 1


def keep_warm(machine: cython.pointer(cython.const[ToyMachine]), key: uint32_t, transaction: uint64_t) -> cython.void:
    """Note what the seeded bug needs to know. Does nothing in an ordinary build."""
    if SAMESTATE_IS_EXPLORED:
        machine.kept_warm[key] = cython.cast(uint32_t, transaction + 1)
