"""Keys of the block: a record each, found by name in a table that any worker may add to at any time."""

import cython
from cython.cimports.libc.stdint import uint64_t
from cython.cimports.libc.string import memcmp, memcpy
from cython.cimports.samestate.optimized.core.arena import allocate, refer_outside, stop, store_content
from cython.cimports.samestate.optimized.core.machine import Machine, machine_of
from cython.cimports.samestate.optimized.core.records import DONE, KEY_TABLE_FULL, Content
from cython.cimports.samestate.optimized.core.shim import (
    KEY_TAKEN_BLINDLY,
    MUTANT,
    atomic_add,
    atomic_load,
    atomic_replace,
    atomic_store,
    hash_bytes,
)

LONG = cython.declare(uint64_t, 64)


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def is_named(
    session: cython.pointer(Session), key: uint64_t, name: cython.p_const_void, length: uint64_t, hashed: uint64_t
) -> cython.bint:
    """Whether the record is that key's."""
    record: cython.pointer(KeyRecord) = key_record(session, key)
    if record.hash != hashed or record.length != length:
        return False
    return memcmp(session.base + record.name, name, length) == 0


def make_key(
    task: cython.pointer(Task),
    name: cython.p_const_void,
    length: uint64_t,
    hashed: uint64_t,
    base: uint64_t,
    owner: uint64_t,
) -> uint64_t:
    """Make a record for a key, with its value before the block. Its offset; 0 where the arena is full."""
    return make_keys(task, name, length, hashed, cython.address(base), 1, owner)


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def make_keys(
    task: cython.pointer(Task),
    name: cython.p_const_void,
    length: uint64_t,
    hashed: uint64_t,
    bases: cython.pointer(uint64_t),
    count: uint64_t,
    owner: uint64_t,
) -> uint64_t:
    """Make records for keys that stand together, the first of them named. The offset of that; 0 where there is no room.

    One cache line for each record, beside the value if that was stored just before; the name behind the last.

    What is left over before the next line goes to the padding, so that records of nameless keys stand close together.
    """
    session: cython.pointer(Session) = task.session
    padding: uint64_t = (0 - task.worker.chunk) & 63
    block: uint64_t = allocate(task, padding + 64 * count + length)
    number: uint64_t
    record: cython.pointer(KeyRecord)
    if block == 0:
        return 0
    key: uint64_t = (block + 63) & ~cython.cast(uint64_t, 63)
    for number in range(count):
        record = key_record(session, key + 64 * number)
        record.versions = 0
        record.base = bases[number]
        record.loaded = 0
        record.name = key + 64 * count
        record.length = length
        record.hash = hashed
        record.top = 0
        record.owner = owner
    memcpy(session.base + key + 64 * count, name, length)
    return key


def find_key(
    task: cython.pointer(Task), name: cython.p_const_void, length: uint64_t, base: uint64_t, owner: uint64_t
) -> uint64_t:
    """Give the record of the key of that name, made where it is not there yet. 0 where the block is stopped."""
    hashed: uint64_t = hash_bytes(task.session.seed, name, length)
    return find_keys(task, name, length, hashed, cython.address(base), 1, owner)


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def find_keys(
    task: cython.pointer(Task),
    name: cython.p_const_void,
    length: uint64_t,
    hashed: uint64_t,
    bases: cython.pointer(uint64_t),
    count: uint64_t,
    owner: uint64_t,
) -> uint64_t:
    """The same for keys that stand together: the record of the first.

    An empty slot is taken by compare-and-swap, so that two workers who meet a key at once agree on one record.

    A place is counted before it is taken, so that the table never fills up, and given back by who was too late.
    """
    session: cython.pointer(Session) = task.session
    slot: uint64_t = hashed & session.key_mask
    made: uint64_t = 0
    while True:
        key: uint64_t = atomic_load(cython.address(session.keys[slot]), b"keys.slot.load")
        if key == 0:
            if made == 0:
                if atomic_add(cython.address(session.record.keys), 1, b"keys.count") * 2 >= session.record.key_capacity:
                    stop(session.arena, KEY_TABLE_FULL)
                    return 0
                made = make_keys(task, name, length, hashed, bases, count, owner)
                if made == 0:
                    return 0
            if MUTANT(KEY_TAKEN_BLINDLY):
                atomic_store(cython.address(session.keys[slot]), made, b"keys.slot.take")
                return made
            # rule: block-stm.memory.one-history-a-key
            if atomic_replace(cython.address(session.keys[slot]), 0, made, b"keys.slot.take"):
                return made
            key = atomic_load(cython.address(session.keys[slot]), b"keys.slot.load")
        if is_named(session, key, name, length, hashed):
            if made:
                atomic_add(cython.address(session.record.keys), -1, b"keys.count")
            return key
        slot = (slot + 1) & session.key_mask


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def known_key(
    session: cython.pointer(Session), name: cython.p_const_void, length: uint64_t, hashed: uint64_t
) -> uint64_t:
    """The key's record if somebody has met it, else 0."""
    slot: uint64_t = hashed & session.key_mask
    while True:
        key: uint64_t = atomic_load(cython.address(session.keys[slot]), b"keys.slot.load")
        if key == 0 or is_named(session, key, name, length, hashed):
            return key
        slot = (slot + 1) & session.key_mask


def meet_key(task: cython.pointer(Task), name: cython.p_const_void, length: uint64_t, owner: uint64_t) -> uint64_t:
    """Give the key's record as :func:`find_key` does, and have the machine say its value where it is new."""
    return meet_keys(task, name, length, 1, owner)


def meet_keys(
    task: cython.pointer(Task), name: cython.p_const_void, length: uint64_t, count: uint64_t, owner: uint64_t
) -> uint64_t:
    """Give the record of the first of some keys that are always met together, as :func:`meet_key` does of one.

    Whoever meets them first asks the machine for their values; two who do so at once both ask, and one set stays.

    Long contents stay where they lie, in the state before the block.
    """
    machine: cython.pointer(cython.const[Machine]) = machine_of(task)
    contents: Content[8]
    bases: uint64_t[8]
    number: uint64_t
    hashed: uint64_t = hash_bytes(task.session.seed, name, length)
    key: uint64_t = known_key(task.session, name, length, hashed)
    if key:
        return key
    for number in range(count):
        bases[number] = 0
    if machine.base != cython.NULL:
        if machine.base(machine.itself, task, name, length, contents) != DONE:
            return 0
        for number in range(count):
            if contents[number].length > LONG and task.session.outside != cython.NULL:
                bases[number] = refer_outside(task, contents + number)
                if bases[number] == 0:
                    return 0
            else:
                contents[number].value = 0
                if not store_content(task, contents + number, bases + number):
                    return 0
    return find_keys(task, name, length, hashed, bases, count, owner)
