"""The arithmetic and the hashes of this room's headers, for Python: what tests compare with Python's own numbers."""

import cython
from cython.cimports.libc.stdint import uint8_t, uint32_t, uint64_t
from cython.cimports.libc.string import memcpy


def compute(name: str, first: object, second: object = 0, third: object = 0) -> object:
    """The function of this name in u256.hpp on words; it may ignore some. Raises LookupError for an unknown one."""
    a: bytes = first.to_bytes(32, "big")
    b: bytes = second.to_bytes(32, "big")
    c: bytes = third.to_bytes(32, "big")
    encoded: bytes = name.encode()
    result: uint8_t[32]
    if not samestate_compute(
        encoded,
        cython.cast(cython.pointer(cython.const[uint8_t]), cython.cast(cython.p_char, a)),
        cython.cast(cython.pointer(cython.const[uint8_t]), cython.cast(cython.p_char, b)),
        cython.cast(cython.pointer(cython.const[uint8_t]), cython.cast(cython.p_char, c)),
        result,
    ):
        raise LookupError(f"u256.hpp has no function {name} that Python can call")
    return int.from_bytes(cython.cast(cython.p_char, result)[:32], "big")


def keccak256(data: bytes) -> bytes:
    """The digest of some bytes."""
    digest: uint8_t[32]
    header_keccak256(
        cython.cast(cython.pointer(cython.const[uint8_t]), cython.cast(cython.p_char, data)), len(data), digest
    )
    return cython.cast(cython.p_char, digest)[:32]


def sha256(data: bytes) -> bytes:
    """The digest of some bytes."""
    digest: uint8_t[32]
    header_sha256(
        cython.cast(cython.pointer(cython.const[uint8_t]), cython.cast(cython.p_char, data)), len(data), digest
    )
    return cython.cast(cython.p_char, digest)[:32]


def ripemd160(data: bytes) -> bytes:
    """The digest of some bytes, of 20 bytes."""
    digest: uint8_t[20]
    header_ripemd160(
        cython.cast(cython.pointer(cython.const[uint8_t]), cython.cast(cython.p_char, data)), len(data), digest
    )
    return cython.cast(cython.p_char, digest)[:20]


def plain_sha256_chain(chain: bytes, blocks: bytes) -> bytes:
    """The chaining value after blocks of 64 bytes, without the processor's own instructions; 32 bytes as they lie."""
    words: uint32_t[8]
    memcpy(words, cython.cast(cython.p_char, chain), 32)
    samestate_plain_sha256(
        cython.cast(cython.pointer(cython.const[uint8_t]), cython.cast(cython.p_char, blocks)), len(blocks) // 64, words
    )
    return cython.cast(cython.p_char, words)[:32]


def permuted(state: bytes, plain: bool) -> bytes:
    """Keccak's permutation of 200 bytes, in the form that any processor runs or in the one chosen for this one."""
    lanes: uint64_t[25]
    memcpy(lanes, cython.cast(cython.p_char, state), 200)
    if plain:
        samestate_plain_permute(lanes)
    else:
        keccak_permute(lanes)
    return cython.cast(cython.p_char, lanes)[:200]
