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
"""

import cython
from cython.cimports.libc.stdint import uint8_t, uint32_t, uint64_t
from cython.cimports.libc.string import memcpy
from cython.cimports.samestate.optimized.toy.chain import chain_allocate, chain_free
from cython.cimports.samestate.optimized.words.word import Word, word_from_bytes, word_from_python

from samestate.optimized.errors import OutOfMemory

ADDRESS_LENGTH = 20
BALANCE = b"\x01"
NONCE = b"\x02"
SLOT = b"\x03"
LIMIT_64 = 1 << 64
BALANCE_LIMIT = 1 << 128
OPERANDS = {"SLOAD": 1, "SSTORE": 2, "ADD": 1, "SUB": 1, "KECCAK": 1, "NOOP": 0}


def slot_key(key: int) -> bytes:
    """The canonical bytes of a slot's key."""
    return SLOT + key.to_bytes(32, "big")


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


def pack(transactions, env, withdrawals=(), access_list=None, base=None, opening=()) -> PackedBlock:
    """The block in packed form, on the state ``base``: canonical bytes of keys to canonical bytes of values.

    A key that ``base`` lacks, or has as None, is absent. Raises ValueError where something is beyond the machine's
    limits.
    """
    transactions = list(transactions)
    withdrawals = list(withdrawals)
    opening = sorted(opening)
    access_list = None if access_list is None else list(access_list)
    _check(transactions, env, withdrawals, opening)
    block: PackedBlock = PackedBlock()
    names: dict = _names(transactions, env[0], withdrawals, access_list, opening)
    block.names = list(names)
    block.plain_transactions = transactions
    _pack_base(block, {} if base is None else base)
    _pack_transactions(block, transactions, names)
    _pack_environment(block, env, withdrawals, names)
    _pack_opening(block, opening, names)
    if access_list is not None:
        _pack_access_list(block, access_list, names)
    return block


def _check(transactions, env, withdrawals, opening) -> None:
    """Raises ValueError where a transaction, the environment, a withdrawal or what is stored first is malformed."""
    index: cython.Py_ssize_t
    position: cython.Py_ssize_t
    for index in range(len(transactions)):
        sender, nonce, gas_limit, gas_price, operations, declared = transactions[index]
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


def _names(transactions, coinbase, withdrawals, access_list, opening) -> dict:
    """Every key that the block can touch or lists, in order, with its number."""
    slots: set = set()
    others: set = {BALANCE + coinbase}
    operation: tuple
    for sender, _, _, _, operations, declared in transactions:
        others.add(BALANCE + sender)
        others.add(NONCE + sender)
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


def _pack_base(block: PackedBlock, base) -> None:
    key: cython.Py_ssize_t
    name: bytes
    block.flat.key_count = len(block.names)
    block.flat.base = cython.cast(cython.pointer(Word), block._array(block.flat.key_count, cython.sizeof(Word)))
    for key in range(len(block.names)):
        name = block.names[key]
        value = base.get(name)
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
        sender, nonce, gas_limit, gas_price, operations, declaration = transactions[index]
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
        packed.keys = len(touched) + 2
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


def _pack_access_list(block: PackedBlock, access_list: list, names: dict) -> None:
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
            change.word_sized = value is None or (len(value) > 0 and _word(cython.address(change.value), value))
            changes_length += 1
    block.flat.listed[steps].first_read = reads_length
    block.flat.listed[steps].first_change = changes_length
