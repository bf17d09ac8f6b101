"""Keccak-256: the sponge with rate 136, padded 0x01 … 0x80. Source: keccak.team, the Keccak reference.

The permutation is unrolled by two rounds: its 25 lanes are locals that go from a to e and back, so that nothing is
moved. Lane ``a12`` stands in column 1 of row 2.
"""

import cython
from cython.cimports.libc.stdint import uint8_t, uint64_t
from cython.cimports.libc.string import memcpy, memset


@cython.locals(
    a00=uint64_t, a10=uint64_t, a20=uint64_t, a30=uint64_t, a40=uint64_t,
    a01=uint64_t, a11=uint64_t, a21=uint64_t, a31=uint64_t, a41=uint64_t,
    a02=uint64_t, a12=uint64_t, a22=uint64_t, a32=uint64_t, a42=uint64_t,
    a03=uint64_t, a13=uint64_t, a23=uint64_t, a33=uint64_t, a43=uint64_t,
    a04=uint64_t, a14=uint64_t, a24=uint64_t, a34=uint64_t, a44=uint64_t,
    e00=uint64_t, e10=uint64_t, e20=uint64_t, e30=uint64_t, e40=uint64_t,
    e01=uint64_t, e11=uint64_t, e21=uint64_t, e31=uint64_t, e41=uint64_t,
    e02=uint64_t, e12=uint64_t, e22=uint64_t, e32=uint64_t, e42=uint64_t,
    e03=uint64_t, e13=uint64_t, e23=uint64_t, e33=uint64_t, e43=uint64_t,
    e04=uint64_t, e14=uint64_t, e24=uint64_t, e34=uint64_t, e44=uint64_t,
    b0=uint64_t, b1=uint64_t, b2=uint64_t, b3=uint64_t, b4=uint64_t,
    c0=uint64_t, c1=uint64_t, c2=uint64_t, c3=uint64_t, c4=uint64_t,
    d0=uint64_t, d1=uint64_t, d2=uint64_t, d3=uint64_t, d4=uint64_t,
    turn=cython.int,
)  # fmt: skip
def permute(state: cython.pointer(uint64_t)) -> cython.void:
    """Apply Keccak-f[1600] to 25 lanes."""
    a00 = state[0]
    a10 = state[1]
    a20 = state[2]
    a30 = state[3]
    a40 = state[4]
    a01 = state[5]
    a11 = state[6]
    a21 = state[7]
    a31 = state[8]
    a41 = state[9]
    a02 = state[10]
    a12 = state[11]
    a22 = state[12]
    a32 = state[13]
    a42 = state[14]
    a03 = state[15]
    a13 = state[16]
    a23 = state[17]
    a33 = state[18]
    a43 = state[19]
    a04 = state[20]
    a14 = state[21]
    a24 = state[22]
    a34 = state[23]
    a44 = state[24]
    for turn in range(0, 24, 2):
        # Even round: theta, then rho, pi and chi row by row.
        c0 = a00 ^ a01 ^ a02 ^ a03 ^ a04
        c1 = a10 ^ a11 ^ a12 ^ a13 ^ a14
        c2 = a20 ^ a21 ^ a22 ^ a23 ^ a24
        c3 = a30 ^ a31 ^ a32 ^ a33 ^ a34
        c4 = a40 ^ a41 ^ a42 ^ a43 ^ a44
        d0 = c4 ^ rotate(c1, 1)
        d1 = c0 ^ rotate(c2, 1)
        d2 = c1 ^ rotate(c3, 1)
        d3 = c2 ^ rotate(c4, 1)
        d4 = c3 ^ rotate(c0, 1)

        b0 = a00 ^ d0
        b1 = rotate(a11 ^ d1, 44)
        b2 = rotate(a22 ^ d2, 43)
        b3 = rotate(a33 ^ d3, 21)
        b4 = rotate(a44 ^ d4, 14)
        e00 = b0 ^ (~b1 & b2) ^ ROUND_CONSTANTS[turn]
        e10 = b1 ^ (~b2 & b3)
        e20 = b2 ^ (~b3 & b4)
        e30 = b3 ^ (~b4 & b0)
        e40 = b4 ^ (~b0 & b1)

        b0 = rotate(a30 ^ d3, 28)
        b1 = rotate(a41 ^ d4, 20)
        b2 = rotate(a02 ^ d0, 3)
        b3 = rotate(a13 ^ d1, 45)
        b4 = rotate(a24 ^ d2, 61)
        e01 = b0 ^ (~b1 & b2)
        e11 = b1 ^ (~b2 & b3)
        e21 = b2 ^ (~b3 & b4)
        e31 = b3 ^ (~b4 & b0)
        e41 = b4 ^ (~b0 & b1)

        b0 = rotate(a10 ^ d1, 1)
        b1 = rotate(a21 ^ d2, 6)
        b2 = rotate(a32 ^ d3, 25)
        b3 = rotate(a43 ^ d4, 8)
        b4 = rotate(a04 ^ d0, 18)
        e02 = b0 ^ (~b1 & b2)
        e12 = b1 ^ (~b2 & b3)
        e22 = b2 ^ (~b3 & b4)
        e32 = b3 ^ (~b4 & b0)
        e42 = b4 ^ (~b0 & b1)

        b0 = rotate(a40 ^ d4, 27)
        b1 = rotate(a01 ^ d0, 36)
        b2 = rotate(a12 ^ d1, 10)
        b3 = rotate(a23 ^ d2, 15)
        b4 = rotate(a34 ^ d3, 56)
        e03 = b0 ^ (~b1 & b2)
        e13 = b1 ^ (~b2 & b3)
        e23 = b2 ^ (~b3 & b4)
        e33 = b3 ^ (~b4 & b0)
        e43 = b4 ^ (~b0 & b1)

        b0 = rotate(a20 ^ d2, 62)
        b1 = rotate(a31 ^ d3, 55)
        b2 = rotate(a42 ^ d4, 39)
        b3 = rotate(a03 ^ d0, 41)
        b4 = rotate(a14 ^ d1, 2)
        e04 = b0 ^ (~b1 & b2)
        e14 = b1 ^ (~b2 & b3)
        e24 = b2 ^ (~b3 & b4)
        e34 = b3 ^ (~b4 & b0)
        e44 = b4 ^ (~b0 & b1)

        # Odd round: the same, back from e to a.
        c0 = e00 ^ e01 ^ e02 ^ e03 ^ e04
        c1 = e10 ^ e11 ^ e12 ^ e13 ^ e14
        c2 = e20 ^ e21 ^ e22 ^ e23 ^ e24
        c3 = e30 ^ e31 ^ e32 ^ e33 ^ e34
        c4 = e40 ^ e41 ^ e42 ^ e43 ^ e44
        d0 = c4 ^ rotate(c1, 1)
        d1 = c0 ^ rotate(c2, 1)
        d2 = c1 ^ rotate(c3, 1)
        d3 = c2 ^ rotate(c4, 1)
        d4 = c3 ^ rotate(c0, 1)

        b0 = e00 ^ d0
        b1 = rotate(e11 ^ d1, 44)
        b2 = rotate(e22 ^ d2, 43)
        b3 = rotate(e33 ^ d3, 21)
        b4 = rotate(e44 ^ d4, 14)
        a00 = b0 ^ (~b1 & b2) ^ ROUND_CONSTANTS[turn + 1]
        a10 = b1 ^ (~b2 & b3)
        a20 = b2 ^ (~b3 & b4)
        a30 = b3 ^ (~b4 & b0)
        a40 = b4 ^ (~b0 & b1)

        b0 = rotate(e30 ^ d3, 28)
        b1 = rotate(e41 ^ d4, 20)
        b2 = rotate(e02 ^ d0, 3)
        b3 = rotate(e13 ^ d1, 45)
        b4 = rotate(e24 ^ d2, 61)
        a01 = b0 ^ (~b1 & b2)
        a11 = b1 ^ (~b2 & b3)
        a21 = b2 ^ (~b3 & b4)
        a31 = b3 ^ (~b4 & b0)
        a41 = b4 ^ (~b0 & b1)

        b0 = rotate(e10 ^ d1, 1)
        b1 = rotate(e21 ^ d2, 6)
        b2 = rotate(e32 ^ d3, 25)
        b3 = rotate(e43 ^ d4, 8)
        b4 = rotate(e04 ^ d0, 18)
        a02 = b0 ^ (~b1 & b2)
        a12 = b1 ^ (~b2 & b3)
        a22 = b2 ^ (~b3 & b4)
        a32 = b3 ^ (~b4 & b0)
        a42 = b4 ^ (~b0 & b1)

        b0 = rotate(e40 ^ d4, 27)
        b1 = rotate(e01 ^ d0, 36)
        b2 = rotate(e12 ^ d1, 10)
        b3 = rotate(e23 ^ d2, 15)
        b4 = rotate(e34 ^ d3, 56)
        a03 = b0 ^ (~b1 & b2)
        a13 = b1 ^ (~b2 & b3)
        a23 = b2 ^ (~b3 & b4)
        a33 = b3 ^ (~b4 & b0)
        a43 = b4 ^ (~b0 & b1)

        b0 = rotate(e20 ^ d2, 62)
        b1 = rotate(e31 ^ d3, 55)
        b2 = rotate(e42 ^ d4, 39)
        b3 = rotate(e03 ^ d0, 41)
        b4 = rotate(e14 ^ d1, 2)
        a04 = b0 ^ (~b1 & b2)
        a14 = b1 ^ (~b2 & b3)
        a24 = b2 ^ (~b3 & b4)
        a34 = b3 ^ (~b4 & b0)
        a44 = b4 ^ (~b0 & b1)

    state[0] = a00
    state[1] = a10
    state[2] = a20
    state[3] = a30
    state[4] = a40
    state[5] = a01
    state[6] = a11
    state[7] = a21
    state[8] = a31
    state[9] = a41
    state[10] = a02
    state[11] = a12
    state[12] = a22
    state[13] = a32
    state[14] = a42
    state[15] = a03
    state[16] = a13
    state[17] = a23
    state[18] = a33
    state[19] = a43
    state[20] = a04
    state[21] = a14
    state[22] = a24
    state[23] = a34
    state[24] = a44


def absorb(state: cython.pointer(uint64_t), data: cython.pointer(cython.const[uint8_t])) -> cython.void:
    """Take in a block of 136 bytes."""
    block: uint64_t[17]
    lane: cython.int
    memcpy(block, data, 136)
    for lane in range(17):
        state[lane] ^= block[lane]
    permute(state)


def finish(
    state: cython.pointer(uint64_t),
    digest: cython.pointer(uint8_t),
    data: cython.pointer(cython.const[uint8_t]),
    length: cython.size_t,
) -> cython.void:
    """Take in what is left, with the padding, and give the 32 bytes of the digest."""
    block: uint8_t[136]
    while length >= 136:
        absorb(state, data)
        data += 136
        length -= 136
    memset(block, 0, 136)
    memcpy(block, data, length)
    block[length] = 0x01
    block[135] |= 0x80
    absorb(state, block)
    memcpy(digest, state, 32)


def keccak256(
    digest: cython.pointer(uint8_t), data: cython.pointer(cython.const[uint8_t]), length: cython.size_t
) -> cython.void:
    """Give the 32 bytes of the digest of so many bytes of data."""
    state: uint64_t[25]
    memset(state, 0, 25 * 8)
    finish(state, digest, data, length)


def keccak(data: bytes) -> bytes:
    """The digest of some bytes."""
    digest: uint8_t[32]
    keccak256(digest, cython.cast(cython.pointer(cython.const[uint8_t]), cython.cast(cython.p_char, data)), len(data))
    return cython.cast(cython.p_char, digest)[:32]
