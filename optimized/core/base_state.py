"""The state between two blocks: read-only while a block runs, changed by what the block did when it is over.

Accounts, slots and codes lie in one table by the hash of their names, each key with the latest content alone. A machine
asks for a key when a step first meets it; what is long stays here, and versioned memory refers to it by its place
(``refer_outside``). So nothing is laid out for a block but what the block touches, and a code is copied for nobody.

What holds between any two calls:

- A record is found by its name from the slot of its hash on, without a gap, and is never taken out. The table is at
  most half full.
- A slot of an owner has a value only if its epoch is the owner's. So to wipe an owner's storage is to count one more,
  however many slots it had; `slots` counts those that have a value.
- Every place is an offset from the start of one region of shared memory, which a process may see at any address.
- Contents that were given out last until the next change: between two changes nothing is written, so any number of
  threads may ask.

When the region is full another one is made, for what is there still. A block's changes may refer to what lies in the
old one: it is kept until all of them are in, and long values are never written over. Only short ones are, to which
nothing refers.
"""

from collections.abc import Iterator, Mapping

import cython
from cython.cimports.cpython.bytes import PyBytes_AS_STRING, PyBytes_FromStringAndSize
from cython.cimports.libc.stdint import uint64_t
from cython.cimports.libc.string import memcmp, memcpy, memset
from cython.cimports.samestate.optimized.core.arena import SharedArena, arena_header, make_absent
from cython.cimports.samestate.optimized.core.records import Content, Value
from cython.cimports.samestate.optimized.core.shim import hash_bytes

FIRST_SIZE = 1 << 16
FIRST_SLOTS = cython.declare(uint64_t, 256)
FIRST_FREE = cython.declare(uint64_t, 256)
SHORT = cython.declare(uint64_t, 64)


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
@cython.inline
def record_at(table: cython.pointer(TableMemory), place: uint64_t) -> cython.pointer(StateRecord):
    """A record by its place."""
    return cython.cast(cython.pointer(StateRecord), table.base + place)


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
@cython.inline
def slots_of(table: cython.pointer(TableMemory)) -> cython.pointer(uint64_t):
    """The places of records by hash."""
    return cython.cast(cython.pointer(uint64_t), table.base + table.slots)


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def look_up(
    table: cython.pointer(TableMemory),
    name: cython.p_const_void,
    length: uint64_t,
    hashed: uint64_t,
    slot: cython.pointer(uint64_t),
) -> uint64_t:
    """The record's place, 0 where there is none: then ``slot`` is where it belongs."""
    slot[0] = hashed & table.mask
    while True:
        place: uint64_t = slots_of(table)[slot[0]]
        if place == 0:
            return 0
        record: cython.pointer(StateRecord) = record_at(table, place)
        if (
            record.hash == hashed
            and record.name_length == length
            and memcmp(table.base + record.name, name, length) == 0
        ):
            return place
        slot[0] = (slot[0] + 1) & table.mask


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def is_there(table: cython.pointer(TableMemory), record: cython.pointer(StateRecord)) -> cython.bint:
    """Whether it has a value that no wipe has taken."""
    return record.value != 0 and (record.owner == 0 or record.epoch == record_at(table, record.owner).epoch)


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def content_at(
    table: cython.pointer(TableMemory), record: cython.pointer(StateRecord), content: cython.pointer(Content)
) -> cython.void:
    """What the record holds."""
    make_absent(content)
    if is_there(table, record):
        value: cython.pointer(Value) = cython.cast(cython.pointer(Value), table.base + record.value)
        content.length = value.length
        content.data = cython.cast(cython.p_const_uchar, value + 1)


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def find_content(
    itself: cython.p_void, name: cython.p_const_void, length: uint64_t, found: cython.pointer(Content)
) -> cython.bint:
    """See FindContent."""
    table: cython.pointer(TableMemory) = cython.cast(cython.pointer(TableMemory), itself)
    slot: uint64_t
    place: uint64_t = look_up(table, name, length, hash_bytes(table.seed, name, length), cython.address(slot))
    make_absent(found)
    if place:
        content_at(table, record_at(table, place), found)
    return True


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def has_slots(itself: cython.p_void, owner: cython.p_const_void, length: uint64_t) -> cython.bint:
    """See HasSlots."""
    table: cython.pointer(TableMemory) = cython.cast(cython.pointer(TableMemory), itself)
    slot: uint64_t
    place: uint64_t = look_up(table, owner, length, hash_bytes(table.seed, owner, length), cython.address(slot))
    return place != 0 and record_at(table, place).slots != 0


@cython.cclass
class StateTable:
    """A state in memory: bytes by name, and owners of which all slots can vanish at once.

    A slot's owner is named when it is first put, and is always the same. Raises OSError where the system refuses the
    memory.
    """

    def __cinit__(self):
        self.retired = []
        self.lay_out(FIRST_SIZE, FIRST_SLOTS)

    def lay_out(self, size: uint64_t, slots: uint64_t) -> cython.int:
        """Take memory for an empty table.

        An empty region.
        """
        self.memory = SharedArena.create(size)
        table: cython.pointer(TableMemory) = cython.address(self.table)
        table.base = self.memory.arena.base
        table.size = self.memory.arena.size
        table.slots = FIRST_FREE
        table.mask = slots - 1
        table.next = FIRST_FREE + 8 * slots
        table.records = 0
        table.present = 0
        table.seed = arena_header(cython.address(self.memory.arena)).seed
        memset(table.base + table.slots, 0, 8 * slots)
        self.asked.itself = table
        self.asked.find = find_content
        self.asked.has_slots = has_slots
        self.asked.outside = table.base
        return 0

    def clear(self) -> None:
        """Hold nothing any more, and keep the memory."""
        self.retired.clear()
        table: cython.pointer(TableMemory) = cython.address(self.table)
        memset(table.base + table.slots, 0, 8 * (table.mask + 1))
        table.next = table.slots + 8 * (table.mask + 1)
        table.records = 0
        table.present = 0

    def make_room(self, bytes: uint64_t) -> cython.int:
        """See to it that so many bytes and two records more fit; all that is there may move."""
        before: TableMemory = self.table
        held: SharedArena = self.memory
        table: cython.pointer(TableMemory) = cython.address(before)
        needed: uint64_t = bytes + 2 * cython.sizeof(StateRecord) + 128
        if needed <= before.size - before.next and 2 * (before.records + 2) <= before.mask + 1:
            return 0
        content: Content
        slot: uint64_t
        place: uint64_t
        live: uint64_t = 0
        records: uint64_t = 2
        for slot in range(before.mask + 1):
            place = slots_of(table)[slot]
            if place:
                content_at(table, record_at(table, place), cython.address(content))
                if content.data != cython.NULL or record_at(table, place).slots:
                    records += 1
                    live += cython.sizeof(StateRecord) + record_at(table, place).name_length + content.length + 64
        slots: uint64_t = FIRST_SLOTS
        while slots < 4 * records:
            slots *= 2
        self.lay_out(max(FIRST_SIZE, 2 * (live + needed) + 8 * slots + FIRST_FREE), slots)
        for slot in range(before.mask + 1):
            place = slots_of(table)[slot]
            if place == 0:
                continue
            old: cython.pointer(StateRecord) = record_at(table, place)
            content_at(table, old, cython.address(content))
            if content.data == cython.NULL:
                continue
            if old.owner:
                owner: cython.pointer(StateRecord) = record_at(table, old.owner)
                self.put(
                    table.base + old.name,
                    old.name_length,
                    cython.address(content),
                    table.base + owner.name,
                    owner.name_length,
                )
            else:
                self.put(table.base + old.name, old.name_length, cython.address(content), cython.NULL, 0)
        self.retired.append(held)
        return 0

    def record(self, name: cython.p_const_void, length: uint64_t) -> uint64_t:
        """Give the place of the record of that name, made where it is new; there is room for it."""
        table: cython.pointer(TableMemory) = cython.address(self.table)
        hashed: uint64_t = hash_bytes(table.seed, name, length)
        slot: uint64_t
        place: uint64_t = look_up(table, name, length, hashed, cython.address(slot))
        if place:
            return place
        place = (table.next + 63) & ~cython.cast(uint64_t, 63)
        record: cython.pointer(StateRecord) = record_at(table, place)
        memset(record, 0, cython.sizeof(StateRecord))
        record.hash = hashed
        record.name = place + cython.sizeof(StateRecord)
        record.name_length = length
        memcpy(table.base + record.name, name, length)
        table.next = (record.name + length + 7) & ~cython.cast(uint64_t, 7)
        table.records += 1
        slots_of(table)[slot] = place
        return place

    def put(
        self,
        name: cython.p_const_void,
        length: uint64_t,
        content: cython.pointer(cython.const[Content]),
        owner: cython.p_const_void,
        owner_length: uint64_t,
    ) -> cython.int:
        """Give the key of that name a content, or make it absent; ``owner``: whose slot it is, NULL for nobody's.

        A short value is written over where it has room for the new one: nobody reads between two blocks.
        """
        table: cython.pointer(TableMemory) = cython.address(self.table)
        self.make_room(length + owner_length + content.length + 64)
        place: uint64_t = self.record(name, length)
        record: cython.pointer(StateRecord) = record_at(table, place)
        held: cython.pointer(StateRecord) = cython.NULL
        if owner != cython.NULL:
            record.owner = self.record(owner, owner_length)
        if record.owner:
            held = record_at(table, record.owner)
        was: cython.bint = is_there(table, record)
        now: cython.bint = content.data != cython.NULL
        if held != cython.NULL:
            held.slots = held.slots + now - was
            record.epoch = held.epoch
        table.present = table.present + now - was
        if not now:
            record.value = 0
            record.room = 0
            return 0
        if record.value == 0 or record.room < content.length or record.room > SHORT:
            record.value = table.next
            record.room = (content.length + 7) & ~cython.cast(uint64_t, 7)
            table.next += cython.sizeof(Value) + record.room
        value: cython.pointer(Value) = cython.cast(cython.pointer(Value), table.base + record.value)
        value.length = content.length
        memcpy(value + 1, content.data, content.length)
        return 0

    def release(self) -> cython.int:
        """Let go of memory that the table has outgrown.

        All changes that referred to what was there are in.
        """
        self.retired.clear()
        return 0

    def set(self, name: bytes, value: bytes | None, owner: bytes | None = None) -> None:
        """Give a key a value, or None to make it absent. ``owner``: whose slot it is."""
        content: Content
        self.release()
        make_absent(cython.address(content))
        if value is not None:
            content.data = cython.cast(cython.p_const_uchar, cython.cast(cython.p_char, value))
            content.length = len(value)
        owner_name: cython.p_const_char = cython.NULL
        owner_length: uint64_t = 0
        if owner is not None:
            owner_name = PyBytes_AS_STRING(owner)
            owner_length = len(owner)
        self.put(PyBytes_AS_STRING(name), len(name), cython.address(content), owner_name, owner_length)

    def get(self, name: bytes, default=None):
        """The value of a key, ``default`` where it is absent."""
        content: Content
        find_content(cython.address(self.table), PyBytes_AS_STRING(name), len(name), cython.address(content))
        if content.data == cython.NULL:
            return default
        return PyBytes_FromStringAndSize(cython.cast(cython.p_const_char, content.data), content.length)

    def wipe(self, owner: bytes) -> None:
        """Make all slots of an owner absent."""
        self.release()
        self.wipe_slots(PyBytes_AS_STRING(owner), len(owner))

    def wipe_slots(self, owner: cython.p_const_void, length: uint64_t) -> cython.int:
        """Make every slot of the owner absent.

        All at once: their epoch is over.
        """
        table: cython.pointer(TableMemory) = cython.address(self.table)
        self.make_room(length)
        held: cython.pointer(StateRecord) = record_at(table, self.record(owner, length))
        table.present -= held.slots
        held.slots = 0
        held.epoch += 1
        return 0

    def has_slots(self, owner: bytes) -> bool:
        """Whether an owner has a slot."""
        return bool(has_slots(cython.address(self.table), PyBytes_AS_STRING(owner), len(owner)))

    def update(self, changes: Mapping[bytes, bytes | None]) -> None:
        """Set many keys that are nobody's slots."""
        for name, value in changes.items():
            self.set(name, value)

    def next_present(
        self,
        slot: cython.pointer(uint64_t),
        name: cython.pointer(cython.p_const_char),
        length: cython.pointer(uint64_t),
        content: cython.pointer(Content),
    ) -> cython.bint:
        """The next key that has a value, of those from ``slot`` on, which is left behind it. False where there is none.

        Begin with 0 to see all of them, in no order. Not while the table is changed.
        """
        table: cython.pointer(TableMemory) = cython.address(self.table)
        while slot[0] <= table.mask:
            place: uint64_t = slots_of(table)[slot[0]]
            slot[0] += 1
            if place == 0:
                continue
            record: cython.pointer(StateRecord) = record_at(table, place)
            content_at(table, record, content)
            if content.data != cython.NULL:
                name[0] = table.base + record.name
                length[0] = record.name_length
                return True
        return False

    def items(self) -> Iterator[tuple[bytes, bytes]]:
        """All keys that are there, with their values, in no order. Not while it is changed."""
        slot: uint64_t = 0
        length: uint64_t
        name: cython.p_const_char
        content: Content
        found = []
        while self.next_present(
            cython.address(slot), cython.address(name), cython.address(length), cython.address(content)
        ):
            value = PyBytes_FromStringAndSize(cython.cast(cython.p_const_char, content.data), content.length)
            found.append((PyBytes_FromStringAndSize(name, length), value))
        return iter(found)

    def __len__(self) -> int:
        return self.table.present

    @property
    def size(self) -> int:
        """Bytes of its region."""
        return self.table.size

    def close(self) -> None:
        """Give the memory back. Nothing may be asked after that."""
        self.memory.close()
