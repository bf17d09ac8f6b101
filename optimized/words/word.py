"""256-bit words: between their canonical bytes, Python's integers and four limbs.

The arithmetic itself is inline and stands in the ``.pxd``.
"""

import cython
from cython.cimports.libc.stdint import uint8_t
from cython.cimports.libc.string import memset
from cython.cimports.samestate.optimized.words.word import (
    Word,
    word_add,
    word_compare,
    word_equal,
    word_from_digest,
    word_product,
    word_subtract,
    word_to_digest,
)


def word_from_bytes(
    target: cython.pointer(Word), source: cython.pointer(cython.const[uint8_t]), length: cython.size_t
) -> cython.int:
    """Make a word of at most 32 big-endian bytes. False where there are more, or where the first of them is zero."""
    padded: uint8_t[32]
    position: cython.size_t
    if length > 32 or (length > 0 and source[0] == 0):
        return False
    memset(padded, 0, 32)
    for position in range(length):
        padded[32 - length + position] = source[position]
    word_from_digest(target, padded)
    return True


def word_to_bytes(target: cython.pointer(uint8_t), word: cython.pointer(cython.const[Word])) -> size_t:
    """Give the minimal big-endian bytes of a word, and their number: none for zero."""
    digest: uint8_t[32]
    skipped: cython.size_t = 0
    position: cython.size_t
    word_to_digest(digest, word)
    while skipped < 32 and digest[skipped] == 0:
        skipped += 1
    for position in range(32 - skipped):
        target[position] = digest[skipped + position]
    return 32 - skipped


def word_from_python(target: cython.pointer(Word), number: object) -> cython.int:
    """Make a word of a Python integer. Raises ValueError outside 0 ≤ number < 2^256."""
    if not isinstance(number, int):
        raise ValueError(f"a word is an integer, not {type(number).__name__}")
    if not 0 <= number < 1 << 256:
        raise ValueError(f"a word is at least 0 and below 2**256, not {number}")
    digest: bytes = number.to_bytes(32, "big")
    word_from_digest(target, cython.cast(cython.pointer(cython.const[uint8_t]), cython.cast(cython.p_char, digest)))
    return 0


def word_to_python(word: cython.pointer(cython.const[Word])) -> object:
    """Give a word as a Python integer."""
    digest: uint8_t[32]
    word_to_digest(digest, word)
    return int.from_bytes(cython.cast(cython.p_char, digest)[:32], "big")


def word_to_value(word: cython.pointer(cython.const[Word])) -> object:
    """Give a word as the canonical bytes of a value: None for zero, which is absent."""
    minimal: uint8_t[32]
    length: cython.size_t = word_to_bytes(minimal, word)
    if length == 0:
        return None
    return cython.cast(cython.p_char, minimal)[:length]


def add(left: int, right: int) -> int:
    """The sum modulo 2^256."""
    a: Word
    b: Word
    word_from_python(cython.address(a), left)
    word_from_python(cython.address(b), right)
    word_add(cython.address(a), cython.address(a), cython.address(b))
    return word_to_python(cython.address(a))


def subtract(left: int, right: int) -> int:
    """The difference modulo 2^256."""
    a: Word
    b: Word
    word_from_python(cython.address(a), left)
    word_from_python(cython.address(b), right)
    word_subtract(cython.address(a), cython.address(a), cython.address(b))
    return word_to_python(cython.address(a))


def multiply(left: cython.ulonglong, right: cython.ulonglong) -> int:
    """The product of two numbers below 2^64."""
    product: Word
    word_product(cython.address(product), left, right)
    return word_to_python(cython.address(product))


def compare(left: int, right: int) -> int:
    """-1, 0 or 1, as left is below, equal to or above right."""
    a: Word
    b: Word
    word_from_python(cython.address(a), left)
    word_from_python(cython.address(b), right)
    if word_equal(cython.address(a), cython.address(b)):
        return 0
    return word_compare(cython.address(a), cython.address(b))


def to_value(number: int) -> bytes | None:
    """The canonical bytes of a number, or None for zero."""
    word: Word
    word_from_python(cython.address(word), number)
    return word_to_value(cython.address(word))


def from_value(value: bytes) -> int:
    """The number whose canonical bytes these are. Raises ValueError where they are not canonical."""
    word: Word
    if not word_from_bytes(
        cython.address(word),
        cython.cast(cython.pointer(cython.const[uint8_t]), cython.cast(cython.p_char, value)),
        len(value),
    ):
        raise ValueError(f"0x{value.hex()} is not the shortest big-endian form of a number below 2**256")
    return word_to_python(cython.address(word))
