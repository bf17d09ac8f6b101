"""The EVM's state between two blocks: accounts and slots in the core's table, codes by their hash beside it.

Outside, keys and values have the canonical bytes of vectors/FORMAT.md: a byte for the part, the address, the slot;
numbers big-endian without leading zeros, absent where they are zero. Inside, an account is one record, so that one
look finds all of it, numbers are words limb by limb, and a code is where its bytes lie, once for all accounts that
have it.

Where somebody has asked for a root, a trie stands beside the table and goes with it from block to block. What holds
between any two calls: it is the table's, or that of the table after one block, whose changes it knows how to take back.
"""

from collections.abc import Iterable, Mapping

import cython
from cython.cimports.cpython.bytes import PyBytes_AS_STRING, PyBytes_FromStringAndSize
from cython.cimports.libc.stdint import uint8_t, uint64_t
from cython.cimports.libc.string import memcpy, memset
from cython.cimports.libcpp.vector import vector
from cython.cimports.samestate.optimized.core.arena import make_absent
from cython.cimports.samestate.optimized.core.base_state import StateTable
from cython.cimports.samestate.optimized.core.records import Content
from cython.cimports.samestate.optimized.evm.seams import BALANCE, CODE, EXISTENCE, HELD_EMPTY, NONCE, SLOT
from cython.cimports.samestate.optimized.evm.trie import (
    BALANCE_SET,
    CODE_SET,
    HELD,
    NONCE_SET,
    WIPED,
    AccountChange,
    SlotChange,
    StateTrie,
    load_be,
    thread_count,
)

ADDRESS_LENGTH = 20
KEY_LENGTH = 21
SLOT_KEY_LENGTH = 53


def limbs_of(number: bytes) -> bytes:
    """The words of a canonical number, limb by limb. Raises ValueError where it is no number of 256 bits."""
    if len(number) > 32 or number[:1] == b"\x00":
        raise ValueError(f"0x{number.hex()} is no number of at most 32 bytes without leading zeros")
    return number.rjust(32, b"\x00")[::-1]


def number_of(limbs: bytes) -> bytes | None:
    """The canonical number of words, limb by limb; None for zero."""
    return limbs[::-1].lstrip(b"\x00") or None


@cython.cfunc
def change_of(
    account: cython.pointer(cython.const[AccountRecord]), no_code: cython.pointer(cython.const[Code])
) -> AccountChange:
    """An account as a trie takes it in, but for its address."""
    change: AccountChange
    code: cython.pointer(cython.const[Code]) = account.code if account.code != cython.NULL else no_code
    change.parts = HELD | BALANCE_SET | NONCE_SET | CODE_SET
    change.is_held = account.existence != 0
    change.nonce = account.nonce
    memcpy(cython.address(change.balance), account.balance, 32)
    memcpy(change.code_hash.bytes, code.hash.bytes, 32)
    return change


@cython.cfunc
def slot_change(name: cython.p_const_char, value: cython.pointer(cython.const[uint8_t])) -> SlotChange:
    """A slot as a trie takes it in, by its key and its word."""
    change: SlotChange
    place: cython.pointer(cython.const[uint8_t]) = cython.cast(cython.pointer(cython.const[uint8_t]), name)
    memcpy(change.address.bytes, place + 1, 20)
    change.slot = load_be(place + 21)
    memcpy(cython.address(change.value), value, 32)
    return change


translating_after = None


def translate_after(count):
    """In the worlds to come, translate code that has run so often; 0 = at once. Nothing of a result depends on it."""
    global translating_after
    translating_after = count


@cython.cclass
class World:
    """A state of the EVM. Changed between blocks, and read by any number of workers while one runs."""

    def __cinit__(self):
        self.table = StateTable()
        self.asked = cython.address(self.table.asked)
        self.lacking_code = cython.NULL
        self.trie = None
        self.keeps_table = True
        if translating_after is not None:
            self.codes.translate_after(translating_after)

    def account_record(
        self, address: cython.pointer(cython.const[uint8_t]), found: cython.pointer(AccountRecord)
    ) -> cython.void:
        """What the state holds of an account; nothing but zeros where that is nothing."""
        name: uint8_t[21]
        content: Content
        name[0] = ACCOUNT_NAME
        memcpy(name + 1, address, 20)
        self.asked.find(self.asked.itself, name, 21, cython.address(content))
        if content.data == cython.NULL:
            memset(found, 0, cython.sizeof(AccountRecord))
        else:
            memcpy(found, content.data, cython.sizeof(AccountRecord))

    def put_account(
        self, address: cython.pointer(cython.const[uint8_t]), account: cython.pointer(cython.const[AccountRecord])
    ) -> cython.int:
        """Have the state hold this of an account, which, if it has something, is not there without need."""
        name: uint8_t[21]
        content: Content
        kept: AccountRecord = account[0]
        name[0] = ACCOUNT_NAME
        memcpy(name + 1, address, 20)
        make_absent(cython.address(content))
        if (
            kept.nonce
            or kept.code != cython.NULL
            or kept.balance[0] | kept.balance[1] | kept.balance[2] | kept.balance[3]
        ):
            kept.existence = 0
        elif not kept.existence:
            self.table.put(name, 21, cython.address(content), cython.NULL, 0)
            return 0
        content.data = cython.cast(cython.pointer(cython.const[uint8_t]), cython.address(kept))
        content.length = cython.sizeof(AccountRecord)
        self.table.put(name, 21, cython.address(content), cython.NULL, 0)
        return 0

    def put_slot(
        self,
        address: cython.pointer(cython.const[uint8_t]),
        slot: cython.pointer(cython.const[uint8_t]),
        value: cython.pointer(cython.const[uint64_t]),
    ) -> cython.int:
        """Have a slot, named by its 32 bytes, hold a word."""
        name: uint8_t[53]
        owner: uint8_t[21]
        content: Content
        name[0] = owner[0] = SLOT_NAME
        memcpy(name + 1, address, 20)
        memcpy(owner + 1, address, 20)
        memcpy(name + 21, slot, 32)
        make_absent(cython.address(content))
        if value[0] | value[1] | value[2] | value[3]:
            content.data = cython.cast(cython.pointer(cython.const[uint8_t]), value)
            content.length = 32
        self.table.put(name, 53, cython.address(content), owner, 21)
        return 0

    def apply(self, changes: Mapping[bytes, bytes | None], wipes: Iterable[bytes] = ()) -> None:
        """Let all storage under the addresses ``wipes`` vanish, then make the changes, by canonical keys.

        Raises ValueError for a key that is none, and a value that is not in its canonical form. Changed in part, it is
        a state that nobody had in mind: let go of it.
        """
        trie: StateTrie = self.trie
        if trie is not None:
            trie = self.trie_of_now(1)
        self.trie = None  # until all is well
        self.version += 1
        self.table.release()
        for address in wipes:
            self._check_address(address)
            self.table.wipe(b"\x04" + address)
        for key, value in changes.items():
            self._put(key, value)
        if trie is not None:
            self.trie = trie
            self.follow(changes, wipes)

    def clear(self) -> None:
        """Hold no account any more. Codes are kept, since accounts to come may have them."""
        self.trie = None
        self.is_partial = False
        self.ahead = 0
        self.version += 1
        self.table.clear()

    def code_count(self) -> int:
        """How many codes it keeps, those of accounts that are no more among them."""
        return self.codes.count()

    def put(self, address: bytes, nonce: int, balance: int, code: bytes, storage: Mapping[int, int]) -> None:
        """Have the state hold an account that it does not hold yet, be it with nothing, and its slots.

        Raises OverflowError for a number that does not fit.
        """
        record: AccountRecord
        place: cython.pointer(cython.const[uint8_t]) = cython.cast(
            cython.pointer(cython.const[uint8_t]), PyBytes_AS_STRING(address)
        )
        text: bytes
        word: bytes
        self._check_address(address)
        if self.is_partial:
            raise ValueError("what a witness proves cannot be added to")
        self.trie = None
        self.version += 1
        self.table.release()
        record.nonce = nonce
        text = balance.to_bytes(32, "little")
        memcpy(record.balance, PyBytes_AS_STRING(text), 32)
        record.code = cython.NULL
        if code:
            record.code = cython.address(
                self.codes.intern(
                    cython.cast(cython.pointer(cython.const[uint8_t]), PyBytes_AS_STRING(code)), len(code)
                )
            )
        record.existence = 0 if storage else HELD_EMPTY
        self.put_account(place, cython.address(record))
        for slot, value in storage.items():
            text = slot.to_bytes(32, "big")
            word = value.to_bytes(32, "little")
            self.put_slot(
                place,
                cython.cast(cython.pointer(cython.const[uint8_t]), PyBytes_AS_STRING(text)),
                cython.cast(cython.pointer(uint64_t), PyBytes_AS_STRING(word)),
            )

    def _check_address(self, address: bytes) -> cython.void:
        """Raise ValueError for what cannot be an address."""
        if len(address) != ADDRESS_LENGTH:
            raise ValueError(f"0x{address.hex()} is no address: it has {len(address)} bytes, not {ADDRESS_LENGTH}")

    def _put(self, key: bytes, value: object) -> cython.void:
        """Give one part of an account a value."""
        record: AccountRecord
        place: cython.pointer(cython.const[uint8_t]) = cython.cast(
            cython.pointer(cython.const[uint8_t]), PyBytes_AS_STRING(key)
        )
        part: cython.int = place[0] if len(key) else 255
        if part == SLOT and len(key) == SLOT_KEY_LENGTH:
            limbs: bytes = limbs_of(value or b"")
            self.put_slot(place + 1, place + 21, cython.cast(cython.pointer(uint64_t), PyBytes_AS_STRING(limbs)))
            return
        if len(key) != KEY_LENGTH or part > CODE:
            raise ValueError(f"0x{key.hex()} is no key: a byte from 0 to 4, an address and, after a 4, a slot")
        self.account_record(place + 1, cython.address(record))
        if part == CODE:
            record.code = cython.NULL
            if value:
                text: bytes = value
                record.code = cython.address(
                    self.codes.intern(
                        cython.cast(cython.pointer(cython.const[uint8_t]), PyBytes_AS_STRING(text)), len(text)
                    )
                )
        elif part == EXISTENCE:
            record.existence = HELD_EMPTY if value == b"\x01" else 0
        else:
            number: bytes = limbs_of(value or b"")
            if part == BALANCE:
                memcpy(record.balance, PyBytes_AS_STRING(number), 32)
            else:
                if number[8:] != bytes(24):
                    raise ValueError(f"0x{value.hex()} is no nonce: it has more than 8 bytes")
                memcpy(cython.address(record.nonce), PyBytes_AS_STRING(number), 8)
        self.put_account(place + 1, cython.address(record))

    def get(self, key: bytes) -> bytes | None:
        """The value of a key, None where it is absent. Raises ValueError for a key that is none."""
        record: AccountRecord
        content: Content
        if len(key) == SLOT_KEY_LENGTH and key[0] == SLOT:
            self.asked.find(self.asked.itself, PyBytes_AS_STRING(key), SLOT_KEY_LENGTH, cython.address(content))
            if content.data == cython.NULL:
                return None
            return number_of(PyBytes_FromStringAndSize(cython.cast(cython.p_const_char, content.data), 32))
        if len(key) != KEY_LENGTH or key[0] > CODE:
            raise ValueError(f"0x{key.hex()} is no key: a byte from 0 to 4, an address and, after a 4, a slot")
        self.account_record(
            cython.cast(cython.pointer(cython.const[uint8_t]), PyBytes_AS_STRING(key)) + 1, cython.address(record)
        )
        if key[0] == EXISTENCE:
            if record.existence:
                return b"\x01"
            return b"\x02" if self.has_storage(key[1:]) else None
        if key[0] == CODE:
            if record.code == cython.NULL:
                return None
            return PyBytes_FromStringAndSize(
                cython.cast(cython.p_const_char, record.code.bytes), cython.cast(cython.Py_ssize_t, record.code.size)
            )
        if key[0] == NONCE:
            return number_of(cython.cast(cython.p_char, cython.address(record.nonce))[:8])
        return number_of(cython.cast(cython.p_char, record.balance)[:32])

    def has_storage(self, address: bytes) -> bool:
        """Whether an account that has neither nonce nor code holds storage (EIP-7610)."""
        record: AccountRecord
        self._check_address(address)
        self.account_record(
            cython.cast(cython.pointer(cython.const[uint8_t]), PyBytes_AS_STRING(address)), cython.address(record)
        )
        owner: bytes = b"\x04" + address
        has_slots: cython.bint = self.asked.has_slots(self.asked.itself, PyBytes_AS_STRING(owner), KEY_LENGTH)
        return not record.nonce and record.code == cython.NULL and has_slots

    def begin_block(self) -> cython.int:
        """A block is about to be executed on this state."""
        return 0

    def lacking(self) -> list:
        """The keys that a block has asked for since it began, and that nobody knows; EXISTENCE for a whole account."""
        return []

    def explain(self, key: bytes) -> None:
        """Raise what says why a key is not known."""

    def items(self) -> dict:
        """All that the state holds, by canonical keys: what :meth:`apply` makes of an empty one."""
        found: dict = {}
        for name, _ in self.table.items():
            # Storage alone shows in an account that the table has no record of.
            keys = [
                bytes((part,)) + name[1:21] for part in (range(CODE + 1) if len(name) == KEY_LENGTH else (EXISTENCE,))
            ]
            if len(name) == SLOT_KEY_LENGTH:
                keys.append(name)
            for key in keys:
                value = self.get(key)
                if value is not None:
                    found[key] = value
        return found

    def root(self, workers: int = 1) -> bytes:
        """The state root. The first time a trie is built; after that it costs what has changed, on so many threads.

        Raises MissingNode where a witness lacks what the changes need.
        """
        threads: cython.size_t = thread_count(workers)
        return self.trie_of_now(threads).root(threads)

    def commit_to(self, trie: StateTrie) -> None:
        """Compute roots with this trie, which is that of this state, be it in part: what a witness gives."""
        self.trie = trie
        self.is_partial = True
        self.ahead = 0

    def trie_of_now(self, workers: cython.size_t) -> StateTrie:
        """The trie of the state as it is: made where there is none, taken back where it is ahead."""
        if self.is_partial and self.trie is None:
            raise ValueError("the state was changed in part: its trie is lost")
        if self.trie is None or (self.trie.is_broken and not self.is_partial):
            self.build_trie(workers)
        elif self.ahead:
            self.take_back(workers)
        return self.trie

    def build_trie(self, workers: cython.size_t) -> cython.int:
        """Make a trie of all that the table holds."""
        trie: StateTrie = StateTrie()
        accounts: vector[AccountChange]
        slots: vector[SlotChange]
        change: AccountChange
        slot: uint64_t = 0
        length: uint64_t
        name: cython.p_const_char
        content: Content
        while self.table.next_present(
            cython.address(slot), cython.address(name), cython.address(length), cython.address(content)
        ):
            if length == SLOT_KEY_LENGTH:
                slots.push_back(slot_change(name, content.data))
            else:
                change = change_of(
                    cython.cast(cython.pointer(cython.const[AccountRecord]), content.data),
                    cython.address(self.codes.empty()),
                )
                memcpy(change.address.bytes, name + 1, 20)
                accounts.push_back(change)
        trie.put(accounts.data(), accounts.size(), slots.data(), slots.size(), workers)
        self.trie = trie
        self.ahead = 0
        return 0

    def go_ahead(
        self,
        ledger: uint64_t,
        accounts: cython.pointer(cython.const[vector[AccountChange]]),
        slots: cython.pointer(cython.const[vector[SlotChange]]),
        workers: cython.size_t,
    ) -> cython.int:
        """Put a block's changes into the trie, which is that of the state as it is. The caller has noted the way back.

        What a witness lacks ends the trie: it is good for nothing more, and says so.
        """
        self.trie.put(accounts.data(), accounts.size(), slots.data(), slots.size(), workers)
        self.ahead = ledger
        return 0

    def take_back(self, workers: cython.size_t) -> cython.int:
        """Make the trie that of the table again: the block that it was ahead by did not become part of the state."""
        owners: set = set()
        index: cython.size_t
        for index in range(self.account_returns.size()):
            if self.account_returns[index].parts & WIPED:
                owners.add(cython.cast(cython.p_char, self.account_returns[index].address.bytes)[:20])
        if owners:
            self.append_storages(owners, cython.address(self.slot_returns))
        self.trie.put(
            self.account_returns.data(),
            self.account_returns.size(),
            self.slot_returns.data(),
            self.slot_returns.size(),
            workers,
        )
        self.ahead = 0
        return 0

    def append_storages(self, owners: set, found: cython.pointer(vector[SlotChange])) -> cython.int:
        """All slots of some accounts. The table is looked through for them: wipes are rare, and over since Cancun."""
        slot: uint64_t = 0
        length: uint64_t
        name: cython.p_const_char
        content: Content
        while self.table.next_present(
            cython.address(slot), cython.address(name), cython.address(length), cython.address(content)
        ):
            if length == SLOT_KEY_LENGTH and PyBytes_FromStringAndSize(name + 1, 20) in owners:
                found.push_back(slot_change(name, content.data))
        return 0

    def follow(self, changes: object, wipes: object) -> cython.int:
        """Have the trie follow changes by canonical keys that are in the table already."""
        accounts: vector[AccountChange]
        slots: vector[SlotChange]
        change: AccountChange
        slot: SlotChange
        record: AccountRecord
        named: bytes
        limbs: bytes
        met: set = set()
        for address in wipes:
            named = address
            change.parts = WIPED
            memcpy(change.address.bytes, PyBytes_AS_STRING(named), 20)
            accounts.push_back(change)
        for key, value in changes.items():
            named = key
            if len(named) == SLOT_KEY_LENGTH:
                limbs = limbs_of(value or b"")
                slot = slot_change(
                    PyBytes_AS_STRING(named), cython.cast(cython.pointer(uint8_t), PyBytes_AS_STRING(limbs))
                )
                slots.push_back(slot)
            elif named[1:] not in met:
                met.add(named[1:])
                self.account_record(
                    cython.cast(cython.pointer(cython.const[uint8_t]), PyBytes_AS_STRING(named)) + 1,
                    cython.address(record),
                )
                change = change_of(cython.address(record), cython.address(self.codes.empty()))
                memcpy(change.address.bytes, PyBytes_AS_STRING(named) + 1, 20)
                accounts.push_back(change)
        self.trie.put(accounts.data(), accounts.size(), slots.data(), slots.size(), 1)
        return 0

    def close(self) -> None:
        """Give the memory back. Nothing may be asked after that."""
        self.trie = None
        self.table.close()
