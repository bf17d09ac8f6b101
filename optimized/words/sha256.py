"""SHA-256, fed piece by piece. Source: FIPS 180-4."""

import cython
from cython.cimports.libc.stdint import uint8_t, uint32_t, uint64_t
from cython.cimports.libc.string import memcpy, memset


@cython.locals(
    a=uint32_t, b=uint32_t, c=uint32_t, d=uint32_t, e=uint32_t, f=uint32_t, g=uint32_t, h=uint32_t,
    first=uint32_t, second=uint32_t, turn=cython.int,
)  # fmt: skip
def compress(chain: cython.pointer(uint32_t), block: cython.pointer(cython.const[uint8_t])) -> cython.void:
    """Take one block of 64 bytes into the chaining value."""
    schedule: uint32_t[64]
    for turn in range(16):
        schedule[turn] = (
            (cython.cast(uint32_t, block[4 * turn]) << 24)
            | (cython.cast(uint32_t, block[4 * turn + 1]) << 16)
            | (cython.cast(uint32_t, block[4 * turn + 2]) << 8)
            | cython.cast(uint32_t, block[4 * turn + 3])
        )
    for turn in range(16, 64):
        first = schedule[turn - 15]
        second = schedule[turn - 2]
        first = rotate_right(first, 7) ^ rotate_right(first, 18) ^ (first >> 3)
        second = rotate_right(second, 17) ^ rotate_right(second, 19) ^ (second >> 10)
        schedule[turn] = schedule[turn - 16] + first + schedule[turn - 7] + second
    a = chain[0]
    b = chain[1]
    c = chain[2]
    d = chain[3]
    e = chain[4]
    f = chain[5]
    g = chain[6]
    h = chain[7]
    for turn in range(64):
        first = (
            h
            + (rotate_right(e, 6) ^ rotate_right(e, 11) ^ rotate_right(e, 25))
            + ((e & f) ^ (~e & g))
            + ROUND_CONSTANTS[turn]
            + schedule[turn]
        )
        second = (rotate_right(a, 2) ^ rotate_right(a, 13) ^ rotate_right(a, 22)) + ((a & b) ^ (a & c) ^ (b & c))
        h = g
        g = f
        f = e
        e = d + first
        d = c
        c = b
        b = a
        a = first + second
    chain[0] += a
    chain[1] += b
    chain[2] += c
    chain[3] += d
    chain[4] += e
    chain[5] += f
    chain[6] += g
    chain[7] += h


def sha256_start(hash: cython.pointer(Sha256)) -> cython.void:
    """Begin a digest."""
    memcpy(hash.chain, START, 32)
    hash.length = 0


def sha256_update(
    hash: cython.pointer(Sha256), data: cython.pointer(cython.const[uint8_t]), length: cython.size_t
) -> cython.void:
    """Take in so many bytes."""
    waiting: cython.size_t = hash.length % 64
    missing: cython.size_t
    hash.length += length
    if waiting > 0:
        missing = 64 - waiting
        if length < missing:
            memcpy(hash.block + waiting, data, length)
            return
        memcpy(hash.block + waiting, data, missing)
        compress(hash.chain, hash.block)
        data += missing
        length -= missing
    while length >= 64:
        compress(hash.chain, data)
        data += 64
        length -= 64
    memcpy(hash.block, data, length)


def sha256_finish(hash: cython.pointer(Sha256), digest: cython.pointer(uint8_t)) -> cython.void:
    """Give the 32 bytes of the digest: what is left is padded with 0x80, zeros and the length in bits."""
    waiting: cython.size_t = hash.length % 64
    bits: uint64_t = hash.length * 8
    position: cython.int
    word: uint32_t
    hash.block[waiting] = 0x80
    memset(hash.block + waiting + 1, 0, 63 - waiting)
    if waiting >= 56:
        compress(hash.chain, hash.block)
        memset(hash.block, 0, 64)
    for position in range(8):
        hash.block[63 - position] = cython.cast(uint8_t, bits >> (8 * position))
    compress(hash.chain, hash.block)
    for position in range(8):
        word = hash.chain[position]
        digest[4 * position] = cython.cast(uint8_t, word >> 24)
        digest[4 * position + 1] = cython.cast(uint8_t, word >> 16)
        digest[4 * position + 2] = cython.cast(uint8_t, word >> 8)
        digest[4 * position + 3] = cython.cast(uint8_t, word)


def sha256(data: bytes) -> bytes:
    """The digest of some bytes."""
    hash: Sha256
    digest: uint8_t[32]
    sha256_start(cython.address(hash))
    sha256_update(
        cython.address(hash),
        cython.cast(cython.pointer(cython.const[uint8_t]), cython.cast(cython.p_char, data)),
        len(data),
    )
    sha256_finish(cython.address(hash), digest)
    return cython.cast(cython.p_char, digest)[:32]
