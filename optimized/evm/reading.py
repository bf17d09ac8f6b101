"""Effects out of their bytes (effects.hpp): what a step did, by canonical keys and values."""

import cython
from cython.cimports.cpython.bytes import PyBytes_AS_STRING, PyBytes_FromStringAndSize
from cython.cimports.libc.stdint import uint8_t, uint64_t
from cython.cimports.libc.string import memcpy
from cython.cimports.samestate.optimized.evm.seams import (
    CODE,
    EFFECT_CREDIT,
    EFFECT_READ,
    EFFECT_SET,
    EFFECT_TOUCH,
    EFFECT_WIPE,
    SLOT,
    Code,
    Hash,
)
from cython.cimports.samestate.optimized.evm.world import World

from samestate.optimized.processes.ledger import Effect

HEAD = cython.declare(cython.Py_ssize_t, 22)
WORD = cython.declare(cython.Py_ssize_t, 32)


def key_of(entry: cython.pointer(cython.const[uint8_t])) -> object:
    """The canonical key of an entry."""
    key: bytes
    place: cython.p_char
    i: cython.int
    if entry[1] != SLOT:
        return PyBytes_FromStringAndSize(cython.cast(cython.p_const_char, entry + 1), 21)
    key = PyBytes_FromStringAndSize(cython.NULL, 53)
    place = PyBytes_AS_STRING(key)
    memcpy(place, entry + 1, 21)
    for i in range(32):
        place[21 + i] = cython.cast(cython.char, entry[HEAD + 31 - i])
    return key


def number_at(word: cython.pointer(cython.const[uint8_t])) -> object:
    """The canonical bytes of a word, None for zero."""
    length: cython.Py_ssize_t = WORD
    i: cython.Py_ssize_t
    number: bytes
    while length and word[length - 1] == 0:
        length -= 1
    if length == 0:
        return None
    number = PyBytes_FromStringAndSize(cython.NULL, length)
    place: cython.p_char = PyBytes_AS_STRING(number)
    for i in range(length):
        place[i] = cython.cast(cython.char, word[length - 1 - i])
    return number


def value_at(entry: cython.pointer(cython.const[uint8_t]), world: World) -> object:
    """The canonical value of an entry that has one."""
    hash: Hash
    code: cython.pointer(cython.const[Code])
    word: cython.pointer(cython.const[uint8_t]) = entry + HEAD
    if entry[1] == CODE:
        memcpy(hash.bytes, word, WORD)
        code = world.codes.find(hash)
        if code == cython.NULL:
            raise RuntimeError("a code that a step has set is not in the table of codes: this is a bug")
        if code.size == 0:
            return None
        return PyBytes_FromStringAndSize(
            cython.cast(cython.p_const_char, code.bytes), cython.cast(cython.Py_ssize_t, code.size)
        )
    return number_at(word + WORD if entry[1] == SLOT else word)


def effect_at(place: cython.pointer(cython.const[uint8_t]), length: uint64_t, world: World) -> object:
    """What a step did. ``world`` has the codes that it speaks of."""
    reads: list = []
    sets: dict = {}
    credits: dict = {}
    wipes: list = []
    touches: list = []
    size: cython.Py_ssize_t
    end: cython.pointer(cython.const[uint8_t]) = place + length
    while place < end:
        size = HEAD + (WORD if place[1] == SLOT else 0)
        if place[0] == EFFECT_READ:
            reads.append(key_of(place))
        elif place[0] == EFFECT_SET:
            sets[key_of(place)] = value_at(place, world)
            size += WORD
        elif place[0] == EFFECT_CREDIT:
            credits[key_of(place)] = int.from_bytes(number_at(place + HEAD) or b"", "big")
            size += WORD
        elif place[0] == EFFECT_WIPE:
            wipes.append(PyBytes_FromStringAndSize(cython.cast(cython.p_const_char, place + 2), 20))
        elif place[0] == EFFECT_TOUCH:
            touches.append(PyBytes_FromStringAndSize(cython.cast(cython.p_const_char, place + 2), 20))
        else:
            raise RuntimeError(f"an effect has an entry of kind {place[0]}: this is a bug")
        place += size
    return Effect(tuple(reads), sets, credits, tuple(wipes), tuple(touches))
