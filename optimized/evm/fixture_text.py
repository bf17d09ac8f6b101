"""A document of fixtures as text, of which only what is asked for becomes Python: states, bytes, and what agrees.

Fixtures say most things twice, as bytes that are executed and as JSON beside them. What is compared here is compared
where the JSON lies, with what was decoded and executed. Each answer is sure, or there is none: `None`, or false, stands
for whatever differs and for whatever is written in an unusual way, right or wrong. Who gets it reads the JSON in
another way, and says what it is.

Values of the document are numbers, of which 0 is the whole, and stands for none where a part of it is looked for.
"""

import cython
from cython.cimports.cpython.bytes import PyBytes_AS_STRING, PyBytes_FromStringAndSize
from cython.cimports.libc.stdint import uint8_t, uint32_t
from cython.cimports.libc.string import memcpy
from cython.cimports.samestate.optimized.evm.block_records import BlockRecords
from cython.cimports.samestate.optimized.evm.native.precompiles import libraries_address
from cython.cimports.samestate.optimized.evm.packing import PackedBlock
from cython.cimports.samestate.optimized.evm.seams import HELD_EMPTY, Buffer, u256
from cython.cimports.samestate.optimized.evm.world import AccountRecord, World


def _find_libraries() -> None:
    """Share the addresses of native libraries with the module that has found them."""
    global native_libraries
    native_libraries = libraries_address()


_find_libraries()


class NotRead(ValueError):  # noqa: N818 - says what became of the text
    """A text that is no JSON, or is more than this reads of it."""


@cython.cfunc
def bytes_in(buffer: cython.pointer(Buffer)) -> bytes:
    """What a buffer holds."""
    return PyBytes_FromStringAndSize(
        cython.cast(cython.p_const_char, buffer.data()), cython.cast(cython.Py_ssize_t, buffer.size())
    )


@cython.cclass
class FixtureText:
    """A document whose outermost value is an object. Raises NotRead."""

    def __init__(self, text: bytes) -> None:
        self.text = text
        is_read: cython.bint = self.json.read(PyBytes_AS_STRING(text), len(text))
        if not is_read or not self.json.is_kind(0, OBJECT):
            raise NotRead("no JSON object, or one that is written in an unusual way")

    def check(self, value: uint32_t) -> cython.int:
        """Raise IndexError for a number that stands for no value."""
        if value >= self.json.size():
            raise IndexError(f"there is no value {value}")
        return 0

    def member(self, value: uint32_t, name: bytes) -> uint32_t:
        """The member of that name; 0 where there is none, or it is null."""
        place: uint32_t = value + 1
        left: uint32_t
        self.check(value)
        if not self.json.is_kind(value, OBJECT):
            return 0
        left = self.json[value].count
        while left:
            left -= 1
            if (
                self.json[place].end - self.json[place].begin == cython.cast(uint32_t, len(name))
                and self.text[self.json[place].begin : self.json[place].end] == name
            ):
                return 0 if self.raw(place + 1) == b"null" else place + 1
            place = self.json[place + 1].next
        return 0

    def find(self, value: int, name: bytes) -> int:
        """The member of an object by its name; 0 where there is none, or it is null, or the value is no object."""
        return self.member(value, name)

    def members(self, value: int = 0) -> list:
        """The members of an object in their order, null or not: pairs of name and value. Empty where it is none."""
        place: uint32_t = value + 1
        left: uint32_t
        found: list = []
        self.check(value)
        if not self.json.is_kind(value, OBJECT):
            return found
        left = self.json[value].count
        while left:
            left -= 1
            found.append((self.raw(place).decode("ascii"), place + 1))
            place = self.json[place + 1].next
        return found

    def elements(self, value: int) -> list | None:
        """The elements of a list, None where it is none."""
        place: uint32_t = value + 1
        left: uint32_t
        found: list = []
        self.check(value)
        if not self.json.is_kind(value, LIST):
            return None
        left = self.json[value].count
        while left:
            left -= 1
            found.append(place)
            place = self.json[place].next
        return found

    def raw(self, value: int) -> bytes:
        """The JSON of a value, but of a string without its quotes."""
        self.check(value)
        return self.text[self.json[value].begin : self.json[value].end]

    def written(self, value: int) -> bytes:
        """The JSON of a value."""
        self.check(value)
        is_string: cython.bint = self.json.is_kind(value, STRING)
        return self.text[self.json[value].begin - is_string : self.json[value].end + is_string]

    def string(self, value: int) -> str | None:
        """The text of a string, None where it is none or has escapes."""
        self.check(value)
        return self.raw(value).decode("ascii") if value and self.json.is_plain(value) else None

    def data(self, value: int) -> bytes | None:
        """Bytes that are written there in hex."""
        self.check(value)
        self.scratch.clear()
        return bytes_in(cython.address(self.scratch)) if value and read_bytes(self.json, value, self.scratch) else None

    def number(self, value: int) -> int | None:
        """A number of at most 256 bits that is written there in hex."""
        word: u256
        self.check(value)
        if not value or not read_word(self.json, value, word):
            return None
        return int.from_bytes(cython.cast(cython.p_char, word.w)[:32], "little")

    def put_state(self, value: int, world: World) -> bool:
        """Have a world that holds no account hold those that are written there. Where it is false, some of them."""
        record: AccountRecord
        index: cython.size_t
        slot: cython.size_t
        self.check(value)
        if not value or world.is_partial or not self.state.read(self.json, value):
            return False
        world.trie = None
        world.version += 1
        world.table.release()
        for index in range(self.state.accounts.size()):
            account = cython.address(self.state.accounts[index])
            record.nonce = account.nonce
            memcpy(record.balance, account.balance.w, 32)
            record.code = cython.NULL
            if account.code_length:
                record.code = cython.address(
                    world.codes.intern(self.state.codes.data() + account.code, account.code_length)
                )
            record.existence = 0 if account.slot_count else HELD_EMPTY
            world.put_account(account.address.bytes, cython.address(record))
            for slot in range(account.first_slot, account.first_slot + account.slot_count):
                world.put_slot(account.address.bytes, self.state.slots[slot].name, self.state.slots[slot].value.w)
        return True

    def access_list(self, value: int) -> bytes | None:
        """The RLP of a block access list (EIP-7928)."""
        self.check(value)
        return bytes_in(cython.address(self.list.written)) if value and self.list.write(self.json, value) else None

    def is_header(self, value: int, block: PackedBlock) -> bool:
        """Whether an object is the header of a block that came as a whole."""
        self.check(value)
        return value and header_agrees(self.json, value, block.input.decoded.header)

    def is_body(self, value: int, block: PackedBlock) -> bool:
        """Whether the transactions, ommers and withdrawals of an object are those of a block that came as a whole."""
        self.check(value)
        return body_agrees(self.json, value, block.input, recover_address)

    def are_receipts(self, value: int, block: PackedBlock, records: BlockRecords) -> bool:
        """Whether a list of receipts, encoded and in fields, is that of a block that was executed."""
        self.check(value)
        return (
            value
            and executed(block, records)
            and receipts_agree(self.json, value, block.input.transactions, records.records)
        )

    def receipts_fit(self, value: int, block: PackedBlock) -> bool:
        """Whether a list of receipts, encoded and in fields, says the same twice, and is of a block's transactions.

        The block came as a whole, and need not have been executed.
        """
        self.check(value)
        return value and self.receipts.agree(self.json, value, block.input)

    def is_receipt(self, value: int, block: PackedBlock, records: BlockRecords) -> bool:
        """Whether an object is the receipt of the first transaction of a block that was executed."""
        self.check(value)
        return (
            value
            and block.transaction_count
            and executed(block, records)
            and receipt_alone_agrees(self.json, value, block.input.transactions, records.records)
        )

    def is_transaction(self, value: int, block: PackedBlock, data: int, gas: int, amount: int) -> bool:
        """Whether the transaction of a state test is the first of a block, whose bytes must be one.

        ``data``, ``gas`` and ``amount``: which of the lists of the test is chosen (access lists go with the data).
        """
        chosen: Chosen
        self.check(value)
        if not block.transaction_count or block.malformed is not None:
            return False
        chosen.data = self.chosen(value, b"data", data)
        chosen.gas_limit = self.chosen(value, b"gasLimit", gas)
        chosen.value = self.chosen(value, b"value", amount)
        if not chosen.data or not chosen.gas_limit or not chosen.value or self.member(value, b"accessList"):
            return False
        if self.member(value, b"accessLists"):
            lists = self.elements(self.member(value, b"accessLists"))
            if lists is None or data >= len(lists):
                return False
            if self.raw(lists[data]) != b"null":
                chosen.access_list = lists[data]
        return chosen_transaction_agrees(self.json, value, block.input, chosen, recover_address)

    def chosen(self, value: int, name: bytes, index: int) -> int:
        """The chosen element of a list; 0 where it is no list, or has none."""
        elements = self.elements(self.member(value, name)) if self.member(value, name) else None
        return elements[index] if elements is not None and index < len(elements) else 0


def executed(block: PackedBlock, records: BlockRecords) -> bool:
    """Whether these are the records of all transactions of a block."""
    return records.records.steps.size() > block.input.transactions.size()


def logs_hash_of(records: BlockRecords) -> bytes:
    """The hash of the logs of a transaction that was executed alone, by which state tests name them."""
    digest: uint8_t[32]
    records.at(1)
    hash_logs(records.records, digest)
    return PyBytes_FromStringAndSize(cython.cast(cython.p_const_char, digest), 32)
