"""Packed input: a block of the toy machine, and what its steps may touch of the state, as flat arrays.

Packing is timed apart from execution. It takes plain Python values, checks every limit that the machine sets on its
input, and gives each key a dense number, in the order of the keys' canonical bytes, so that no operation hashes a key
and sorting numbers sorts keys.

Shapes: a transaction is ``(sender, nonce, gas_limit, gas_price, operations, declared)``, where ``declared`` is
``(reads, writes)`` of slot keys or None; an operation is ``("SLOAD", key)``, ``("SSTORE", key, value)`` with None for
the accumulator, ``("ADD", value)``, ``("SUB", value)``, ``("KECCAK", data)`` or ``("NOOP",)``. The environment is
``(coinbase, gas_limit)``, a withdrawal ``(address, amount)``, and what the opening step stores ``(slot, value)``. An
access list has an entry ``(reads, changes)`` for each step: keys, and pairs of key and value. Addresses, keys and
values there are bytes; all else is integers.

Under the ruleset `signed`, which a ``chain_id`` stands for, a transaction has two parts more: its signature, and what
it registers or None (signing.py). A public key has a number in place of a word, in versioned memory as everywhere.
"""

import cython
from cython.cimports.libc.stdint import uint8_t, uint32_t, uint64_t
from cython.cimports.libc.string import memcpy
from cython.cimports.samestate.optimized.toy.chain import chain_allocate, chain_free
from cython.cimports.samestate.optimized.toy.verification import (
    ED25519_SIGNATURE,
    HYBRID,
    PublicKey,
    SignatureJob,
    is_well_formed,
    key_length,
    signature_length,
)
from cython.cimports.samestate.optimized.words.word import Word, word_from_bytes, word_from_python

from samestate.optimized.errors import OutOfMemory
from samestate.optimized.toy.signing import body, tagged
from samestate.optimized.words.keccak import keccak

ADDRESS_LENGTH = 20
BALANCE = b"\x01"
NONCE = b"\x02"
SLOT = b"\x03"
REGISTERED = b"\x04"
REGISTRATION_GAS = 20_000
REGISTRATION_BYTE_GAS = 10
LIMIT_64 = 1 << 64
BALANCE_LIMIT = 1 << 128
OPERANDS = {"SLOAD": 1, "SSTORE": 2, "ADD": 1, "SUB": 1, "KECCAK": 1, "NOOP": 0}


def slot_key(key: int) -> bytes:
    """The canonical bytes of a slot's key."""
    return SLOT + key.to_bytes(32, "big")


def registered_key(account: bytes, number: int) -> bytes:
    """The canonical bytes of the key under which an account's public key of that number stands."""
    return REGISTERED + account + bytes((number,))


def _number(number: object, limit: object, what: str, where: str) -> object:
    if not isinstance(number, int) or isinstance(number, bool):
        raise ValueError(f"{where}: {what} must be an integer, not {type(number).__name__}")
    if not 0 <= number < limit:
        raise ValueError(f"{where}: {what} must be at least 0 and below 2**{limit.bit_length() - 1}, not {number}")
    return number


def _address(address: object, what: str, where: str) -> bytes:
    if not isinstance(address, bytes) or len(address) != ADDRESS_LENGTH:
        raise ValueError(f"{where}: {what} must be {ADDRESS_LENGTH} bytes")
    return address


def _check_operation(operation, where) -> None:
    """Raises ValueError where the operation is not one of the six, or a number in it is no word."""
    if not isinstance(operation, tuple) or not operation or operation[0] not in OPERANDS:
        raise ValueError(f"{where}: there is no operation {operation!r}; there are {', '.join(OPERANDS)}")
    name = operation[0]
    if len(operation) != 1 + OPERANDS[name]:
        raise ValueError(f"{where}: {name} takes {OPERANDS[name]} operands, not {len(operation) - 1}")
    if name == "KECCAK":
        if not isinstance(operation[1], bytes):
            raise ValueError(f"{where}: KECCAK takes bytes, not {type(operation[1]).__name__}")
    elif name != "NOOP":
        _number(operation[1], 1 << 256, "key" if name[0] == "S" and name != "SUB" else "value", where)
        if name == "SSTORE" and operation[2] is not None:
            _number(operation[2], 1 << 256, "value", where)


class PackedBlock:
    """A block as flat arrays, with the values that its keys have before it."""

    def __dealloc__(self):
        chain_free(cython.address(self._allocated))

    def _array(self, count: uint64_t, size: uint64_t) -> cython.p_void:
        """Give zeroed room for so many records of a size, which stays as long as the block. Raises OutOfMemory."""
        array: cython.p_void = chain_allocate(cython.address(self._allocated), count, size, True)
        if array == cython.NULL:
            raise OutOfMemory("this process cannot have the memory of the packed block")
        return array

    def __repr__(self):
        return f"<PackedBlock of {self.transaction_count} transactions on {len(self.names)} keys>"


def pack(transactions, env, withdrawals=(), access_list=None, base=None, opening=(), chain_id=None) -> PackedBlock:
    """The block in packed form, on the state ``base``: canonical bytes of keys to canonical bytes of values.

    A key that ``base`` lacks, or has as None, is absent. With a ``chain_id`` it is a block of that chain, under the
    ruleset `signed`. Raises ValueError where something is beyond the machine's limits.
    """
    transactions = list(transactions)
    withdrawals = list(withdrawals)
    opening = sorted(opening)
    access_list = None if access_list is None else list(access_list)
    _check(transactions, env, withdrawals, opening)
    if chain_id is not None:
        _number(chain_id, LIMIT_64, "chain id", "environment")
        _check_signed(transactions)
    block: PackedBlock = PackedBlock()
    names: dict = _names(transactions, env[0], withdrawals, access_list, opening, chain_id is not None)
    block.names = list(names)
    block.plain_transactions = transactions
    numbers: dict = {}
    if chain_id is not None:
        numbers = _number_public_keys(block, transactions, {} if base is None else base)
    _pack_base(block, {} if base is None else base, numbers)
    _pack_transactions(block, transactions, names)
    if chain_id is not None:
        _pack_signed(block, transactions, names, numbers, chain_id)
    _pack_environment(block, env, withdrawals, names)
    _pack_opening(block, opening, names)
    if access_list is not None:
        _pack_access_list(block, access_list, names, numbers)
    return block


def _check(transactions, env, withdrawals, opening) -> None:
    """Raises ValueError where a transaction, the environment, a withdrawal or what is stored first is malformed."""
    index: cython.Py_ssize_t
    position: cython.Py_ssize_t
    for index in range(len(transactions)):
        sender, nonce, gas_limit, gas_price, operations, declared = transactions[index][:6]
        where = f"transaction {index}"
        _address(sender, "sender", where)
        _number(nonce, LIMIT_64, "nonce", where)
        _number(gas_limit, LIMIT_64, "gas limit", where)
        _number(gas_price, LIMIT_64, "gas price", where)
        for position in range(len(operations)):
            _check_operation(operations[position], where)
        for keys in () if declared is None else declared:
            for key in keys:
                _number(key, 1 << 256, "declared key", where)
    _address(env[0], "coinbase", "environment")
    _number(env[1], LIMIT_64, "gas limit", "environment")
    for index in range(len(withdrawals)):
        _address(withdrawals[index][0], "address", f"withdrawal {index}")
        _number(withdrawals[index][1], LIMIT_64, "amount", f"withdrawal {index}")
    for index in range(len(opening)):
        _number(opening[index][0], 1 << 256, "slot", "opening")
        _number(opening[index][1], 1 << 256, "value", "opening")
        if index and opening[index][0] == opening[index - 1][0]:
            raise ValueError(f"opening: slot {opening[index][0]} is stored twice")


def _check_signed(transactions: list) -> None:
    """Raises ValueError where a signature or a registration is malformed. How long they are is for the rules."""
    index: cython.Py_ssize_t
    for index in range(len(transactions)):
        where = f"transaction {index}"
        if len(transactions[index]) != 8:
            raise ValueError(f"{where}: under the ruleset signed a transaction has a signature")
        key, scheme, content = transactions[index][6]
        registration = transactions[index][7]
        given = [(key, scheme, (content,))]
        if registration is not None:
            _address(registration[0], "account", where)
            given.append((registration[1], registration[2], registration[3:]))
        for number, scheme, contents in given:
            _number(number, 1 << 8, "number of a key", where)
            if scheme not in (1, 2, 3, 4):
                raise ValueError(f"{where}: there is no signature scheme {scheme!r}; there are 1 to 4")
            if any(not isinstance(each, bytes) for each in contents):
                raise ValueError(f"{where}: keys and signatures must be bytes")


def _names(transactions, coinbase, withdrawals, access_list, opening, is_signed) -> dict:
    """Every key that the block can touch or lists, in order, with its number."""
    slots: set = set()
    others: set = {BALANCE + coinbase}
    operation: tuple
    for transaction in transactions:
        sender, _, _, _, operations, declared = transaction[:6]
        others.add(BALANCE + sender)
        others.add(NONCE + sender)
        if is_signed:
            others.add(registered_key(sender, transaction[6][0]))
            if transaction[7] is not None:
                others.add(registered_key(transaction[7][0], transaction[7][1]))
        for operation in operations:
            if len(operation) > 1 and operation[0] in ("SLOAD", "SSTORE"):
                slots.add(operation[1])
        if declared is not None:
            slots.update(declared[0], declared[1])
    others.update([BALANCE + address for address, _ in withdrawals])
    slots.update([slot for slot, _ in opening])
    for reads, changes in access_list or ():
        others.update(reads)
        others.update([key for key, _ in changes])
    others.update([slot_key(key) for key in slots])
    ordered = sorted(others)
    return dict(zip(ordered, range(len(ordered)), strict=True))


def _pack_base(block: PackedBlock, base, numbers: dict) -> None:
    key: cython.Py_ssize_t
    name: bytes
    block.flat.key_count = len(block.names)
    block.flat.base = cython.cast(cython.pointer(Word), block._array(block.flat.key_count, cython.sizeof(Word)))
    for key in range(len(block.names)):
        name = block.names[key]
        value = base.get(name)
        if value is not None and block.flat.is_signed and name[:1] == REGISTERED:
            word_from_python(cython.address(block.flat.base[key]), numbers[value])
            continue
        if value is None or name[:1] not in (BALANCE, NONCE, SLOT):
            continue
        if not isinstance(value, bytes) or not value or not _word(cython.address(block.flat.base[key]), value):
            raise ValueError(f"key 0x{name.hex()}: the value {value!r} is not the canonical form of a number")
        limit = BALANCE_LIMIT if name[:1] == BALANCE else LIMIT_64 if name[:1] == NONCE else 1 << 256
        if len(value) > 8 and int.from_bytes(value, "big") >= limit:
            part = "balance" if name[:1] == BALANCE else "nonce"
            raise ValueError(f"key 0x{name.hex()}: a {part} must be below 2**{limit.bit_length() - 1}")


@cython.cfunc
@cython.exceptval(-1)
def _word(target: cython.pointer(Word), value: bytes) -> cython.int:
    """The word of canonical bytes. False where they are not canonical."""
    return word_from_bytes(
        target, cython.cast(cython.pointer(cython.const[uint8_t]), cython.cast(cython.p_char, value)), len(value)
    )


def _pack_transactions(block: PackedBlock, transactions: list, names: dict) -> None:
    count: uint64_t = len(transactions)
    operations_length: uint64_t = 0
    declared_length: uint64_t = 0
    index: uint64_t
    packed: cython.pointer(PackedTransaction)
    operation: cython.pointer(Operation)
    word: uint64_t = 0
    first_word: dict = {}
    first_data: dict = {}
    data: bytearray = bytearray()
    slots: dict = {}
    touched: set
    declared: cython.pointer(DeclaredKeys)
    for index in range(count):
        operations_length += len(transactions[index][4])
        if transactions[index][5] is not None:
            declared_length += len(transactions[index][5][0]) + len(transactions[index][5][1])
    block.transaction_count = count
    block.flat.transactions_length = count
    block.flat.transactions = cython.cast(
        cython.pointer(PackedTransaction), block._array(count, cython.sizeof(PackedTransaction))
    )
    block.flat.operations_length = operations_length
    block.flat.operations = cython.cast(
        cython.pointer(Operation), block._array(operations_length, cython.sizeof(Operation))
    )
    block.flat.words = cython.cast(cython.pointer(Word), block._array(operations_length, cython.sizeof(Word)))
    block.flat.declared = cython.cast(cython.pointer(DeclaredKeys), block._array(count, cython.sizeof(DeclaredKeys)))
    block.flat.declared_keys = cython.cast(
        cython.pointer(uint32_t), block._array(declared_length, cython.sizeof(uint32_t))
    )
    operations_length = 0
    declared_length = 0
    for index in range(count):
        sender, nonce, gas_limit, gas_price, operations, declaration = transactions[index][:6]
        packed = cython.address(block.flat.transactions[index])
        packed.sender_nonce = names[NONCE + sender]
        packed.sender_balance = names[BALANCE + sender]
        packed.nonce = nonce
        packed.gas_limit = gas_limit
        packed.gas_price = gas_price
        packed.first_operation = operations_length
        packed.operations = len(operations)
        packed.first_log = block.flat.all_logs
        touched = set()
        for given in operations:
            operation = cython.address(block.flat.operations[operations_length])
            operations_length += 1
            name = given[0]
            if name == "SLOAD":
                operation.kind = SLOAD
            elif name == "SSTORE":
                operation.kind = SSTORE if given[2] is not None else SSTORE_ACCUMULATOR
            elif name == "ADD":
                operation.kind = ADD
            elif name == "SUB":
                operation.kind = SUB
            elif name == "KECCAK":
                operation.kind = KECCAK
            else:
                operation.kind = NOOP
            if operation.kind == SLOAD or operation.kind == SSTORE or operation.kind == SSTORE_ACCUMULATOR:
                key = slots.get(given[1])
                if key is None:
                    key = slots[given[1]] = names[slot_key(given[1])]
                operation.key = key
                touched.add(key)
            if operation.kind == KECCAK:
                position = first_data.get(given[1])
                if position is None:
                    position = first_data[given[1]] = len(data)
                    data += given[1]
                operation.argument = position
                operation.length = len(given[1])
                block.flat.all_logs += 1
            elif operation.kind == SSTORE or operation.kind == ADD or operation.kind == SUB:
                value = given[2] if operation.kind == SSTORE else given[1]
                position = first_word.get(value)
                if position is None:
                    position = first_word[value] = word
                    word_from_python(cython.address(block.flat.words[word]), value)
                    word += 1
                operation.argument = position
        packed.keys = len(touched) + (4 if block.flat.is_signed else 2)
        block.flat.most_keys = max(block.flat.most_keys, packed.keys)
        block.flat.all_keys += packed.keys
        declared = cython.address(block.flat.declared[index])
        declared.first = declared_length
        if declaration is not None:
            declared.reads = len(declaration[0])
            declared.writes = len(declaration[1])
            for key in (*declaration[0], *declaration[1]):
                block.flat.declared_keys[declared_length] = names[slot_key(key)]
                declared_length += 1
    block.flat.data = cython.cast(cython.pointer(uint8_t), block._array(len(data), 1))
    frozen: bytes = bytes(data)
    memcpy(block.flat.data, cython.cast(cython.p_char, frozen), len(frozen))


def _entry(scheme: int, public_key: bytes) -> bytes:
    """The canonical bytes of a registered key."""
    return bytes((scheme,)) + public_key


def _number_public_keys(block: PackedBlock, transactions: list, base) -> dict:
    """Number the public keys that the block can find or bring: canonical bytes to numbers, from 1."""
    numbers: dict = {}
    number: uint64_t
    name: bytes
    for name in block.names:
        value = base.get(name)
        if name[:1] != REGISTERED or value is None:
            continue
        if (
            not isinstance(value, bytes)
            or len(value) < 2
            or value[0] > HYBRID
            or len(value) - 1 != key_length(value[0])
        ):
            raise ValueError(f"key 0x{name.hex()}: the value is not the canonical form of a public key")
        numbers.setdefault(value, len(numbers) + 1)
    for transaction in transactions:
        if transaction[7] is not None:
            _, _, scheme, public_key, _ = transaction[7]
            if len(public_key) == key_length(scheme):
                numbers.setdefault(_entry(scheme, public_key), len(numbers) + 1)
    block.registered = [None, *numbers]
    block.is_signed = block.flat.is_signed = True
    block.flat.public_keys_length = len(block.registered)
    block.flat.public_keys = cython.cast(
        cython.pointer(PublicKey), block._array(block.flat.public_keys_length, cython.sizeof(PublicKey))
    )
    for number in range(1, block.flat.public_keys_length):
        entry: bytes = block.registered[number]
        block.flat.public_keys[number].scheme = entry[0]
        block.flat.public_keys[number].bytes = (
            cython.cast(cython.pointer(cython.const[uint8_t]), cython.cast(cython.p_char, entry)) + 1
        )
    return numbers


@cython.cfunc
def _form(scheme: uint32_t, content: bytes) -> uint32_t:
    """What is wrong with the bytes of a signature by themselves: the code of the rejection, 0 for nothing."""
    length: cython.size_t = len(content)
    if scheme == HYBRID and (length == ED25519_SIGNATURE or length == signature_length(HYBRID) - ED25519_SIGNATURE):
        return 7  # HYBRID_HALF_MISSING
    if length != signature_length(scheme):
        return 6  # SIGNATURE_LENGTH
    if not is_well_formed(
        scheme, cython.cast(cython.pointer(cython.const[uint8_t]), cython.cast(cython.p_char, content))
    ):
        return 8  # SIGNATURE_MALFORMED
    return 0


@cython.cfunc
def _put_job(
    block: PackedBlock, place: uint64_t, scheme: uint32_t, guess: uint32_t, content: bytes, message: bytes
) -> cython.void:
    """Put a signature that is to be verified. Content and message are kept as long as the block."""
    job: cython.pointer(SignatureJob) = block.flat.jobs + place
    block._kept.append((content, message))
    job.scheme = scheme
    job.guess = guess
    job.signature = cython.cast(cython.pointer(cython.const[uint8_t]), cython.cast(cython.p_char, content))
    job.message = cython.cast(cython.pointer(cython.const[uint8_t]), cython.cast(cython.p_char, message))
    job.length = len(message)


def _pack_signed(block: PackedBlock, transactions: list, names: dict, numbers: dict, chain_id) -> None:
    """Signatures and registrations. What each signature is guessed to be by follows from all that come before it."""
    index: uint64_t
    count: uint64_t = len(transactions)
    signed: cython.pointer(SignedTransaction)
    block._kept = []
    # By the state's key: which public key stands there, if all registrations so far have taken effect.
    guesses: dict = {}
    for index in range(block.flat.key_count):
        if block.names[index][:1] == REGISTERED:
            guesses[index] = block.flat.base[index].limb0
    block.flat.signed_transactions = cython.cast(
        cython.pointer(SignedTransaction), block._array(count, cython.sizeof(SignedTransaction))
    )
    block.flat.jobs = cython.cast(cython.pointer(SignatureJob), block._array(2 * count, cython.sizeof(SignatureJob)))
    for index in range(count):
        transaction = transactions[index]
        key, scheme, content = transaction[6]
        signed = block.flat.signed_transactions + index
        signed.scheme = scheme
        signed.code = _form(scheme, content)
        signed.signing = names[registered_key(transaction[0], key)]
        signed.registered = NOT_REGISTERED
        written = body(transaction, chain_id)
        if signed.code == 0:
            _put_job(block, 2 * index, scheme, guesses[signed.signing], content, tagged(b"transaction", written))
        if transaction[7] is None:
            continue
        account, number, new_scheme, public_key, possession = transaction[7]
        if len(public_key) != key_length(new_scheme):
            signed.code = signed.code or 9  # KEY_LENGTH
            continue
        entry = _entry(new_scheme, public_key)
        signed.registered = names[registered_key(account, number)]
        signed.entry = numbers[entry]
        signed.is_foreign = account != transaction[0]
        signed.is_first = number == 0
        signed.is_of_address = keccak(entry)[12:] == account
        signed.gas = REGISTRATION_GAS + REGISTRATION_BYTE_GAS * len(public_key)
        guesses[signed.registered] = signed.entry
        if _form(new_scheme, possession) == 0:
            _put_job(block, 2 * index + 1, new_scheme, signed.entry, possession, tagged(b"possession", written))


def _pack_environment(block: PackedBlock, env: tuple, withdrawals: list, names: dict) -> None:
    index: cython.Py_ssize_t
    block.coinbase = env[0]
    block.flat.coinbase_balance = names[BALANCE + block.coinbase]
    block.flat.gas_limit = env[1]
    block.flat.withdrawals_length = len(withdrawals)
    block.flat.withdrawals = cython.cast(
        cython.pointer(PackedWithdrawal), block._array(len(withdrawals), cython.sizeof(PackedWithdrawal))
    )
    for index in range(len(withdrawals)):
        block.flat.withdrawals[index].balance = names[BALANCE + withdrawals[index][0]]
        block.flat.withdrawals[index].amount = withdrawals[index][1]


def _pack_opening(block: PackedBlock, opening: list, names: dict) -> None:
    index: uint64_t
    count: uint64_t = len(opening)
    block.flat.opening_length = count
    block.flat.opening = cython.cast(cython.pointer(PackedSlot), block._array(count, cython.sizeof(PackedSlot)))
    for index in range(count):
        slot, value = opening[index]
        block.flat.opening[index].key = names[slot_key(slot)]
        word_from_python(cython.address(block.flat.opening[index].value), value)


def _pack_access_list(block: PackedBlock, access_list: list, names: dict, numbers: dict) -> None:
    steps: uint64_t = len(access_list)
    reads_length: uint64_t = 0
    changes_length: uint64_t = 0
    step: uint64_t
    change: cython.pointer(ListedChange)
    for reads, changes in access_list:
        reads_length += len(reads)
        changes_length += len(changes)
    block.has_access_list = True
    block.flat.has_access_list = True
    block.flat.listed_steps = steps
    block.flat.listed = cython.cast(cython.pointer(ListedStep), block._array(steps + 1, cython.sizeof(ListedStep)))
    block.flat.listed_reads = cython.cast(cython.pointer(uint32_t), block._array(reads_length, cython.sizeof(uint32_t)))
    block.flat.listed_changes = cython.cast(
        cython.pointer(ListedChange), block._array(changes_length, cython.sizeof(ListedChange))
    )
    reads_length = 0
    changes_length = 0
    for step in range(steps):
        reads, changes = access_list[step]
        block.flat.listed[step].first_read = reads_length
        block.flat.listed[step].first_change = changes_length
        for key in reads:
            block.flat.listed_reads[reads_length] = names[key]
            reads_length += 1
        for key, value in changes:
            change = cython.address(block.flat.listed_changes[changes_length])
            change.key = names[key]
            if block.flat.is_signed and key[:1] == REGISTERED:
                # A key that is nobody's is left by no step: it stands for no word.
                change.word_sized = value is None or value in numbers
                word_from_python(cython.address(change.value), numbers.get(value, 0))
            else:
                change.word_sized = value is None or (len(value) > 0 and _word(cython.address(change.value), value))
            changes_length += 1
    block.flat.listed[steps].first_read = reads_length
    block.flat.listed[steps].first_change = changes_length
