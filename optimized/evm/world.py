"""The EVM's state between two blocks: accounts and slots in the core's table, codes by their hash beside it.

Outside, keys and values have the canonical bytes of vectors/FORMAT.md: a byte for the part, the address, the slot;
numbers big-endian without leading zeros, absent where they are zero. Inside, an account is one record, so that one
look finds all of it, numbers are words limb by limb, and a code is where its bytes lie, once for all accounts that
have it.
"""

from collections.abc import Iterable, Mapping

import cython
from cython.cimports.cpython.bytes import PyBytes_AS_STRING, PyBytes_FromStringAndSize
from cython.cimports.libc.stdint import uint8_t, uint64_t
from cython.cimports.libc.string import memcpy, memset
from cython.cimports.samestate.optimized.core.arena import make_absent
from cython.cimports.samestate.optimized.core.base_state import StateTable
from cython.cimports.samestate.optimized.core.records import Content
from cython.cimports.samestate.optimized.evm.seams import BALANCE, CODE, EXISTENCE, HELD_EMPTY, NONCE, SLOT

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


@cython.cclass
class World:
    """A state of the EVM. Changed between blocks, and read by any number of workers while one runs."""

    def __cinit__(self):
        self.table = StateTable()

    def account_record(
        self, address: cython.pointer(cython.const[uint8_t]), found: cython.pointer(AccountRecord)
    ) -> cython.void:
        """What the state holds of an account; nothing but zeros where that is nothing."""
        name: uint8_t[21]
        content: Content
        name[0] = ACCOUNT_NAME
        memcpy(name + 1, address, 20)
        self.table.asked.find(self.table.asked.itself, name, 21, cython.address(content))
        if content.data == cython.NULL:
            memset(found, 0, cython.sizeof(AccountRecord))
        else:
            memcpy(found, content.data, cython.sizeof(AccountRecord))

    def put_account(
        self, address: cython.pointer(cython.const[uint8_t]), account: cython.pointer(cython.const[AccountRecord])
    ) -> cython.int:
        """Have the state hold this of an account."""
        name: uint8_t[21]
        content: Content
        name[0] = ACCOUNT_NAME
        memcpy(name + 1, address, 20)
        make_absent(cython.address(content))
        if (
            account.nonce
            or account.code != cython.NULL
            or account.existence
            or account.balance[0] | account.balance[1] | account.balance[2] | account.balance[3]
        ):
            content.data = cython.cast(cython.pointer(cython.const[uint8_t]), account)
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

        Raises ValueError for a key that is none, and a value that is not in its canonical form.
        """
        self.table.release()
        for address in wipes:
            self._check_address(address)
            self.table.wipe(b"\x04" + address)
        for key, value in changes.items():
            self._put(key, value)

    def _check_address(self, address: bytes) -> cython.void:
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
        if len(key) == SLOT_KEY_LENGTH and key[0] == SLOT:
            return number_of(self.table.get(key, b""))
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
        return not record.nonce and record.code == cython.NULL and self.table.has_slots(b"\x04" + address)

    def items(self) -> dict:
        """All that the state holds, by canonical keys: what :meth:`apply` makes of an empty one."""
        found: dict = {}
        for name, _ in self.table.items():
            keys = [name] if len(name) == SLOT_KEY_LENGTH else [bytes([part]) + name[1:] for part in range(CODE + 1)]
            for key in keys:
                value = self.get(key)
                if value is not None:
                    found[key] = value
        return found

    def close(self) -> None:
        """Give the memory back. Nothing may be asked after that."""
        self.table.close()
