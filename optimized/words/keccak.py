"""Keccak-256 for Python and Cython. The hash itself is in keccak.hpp."""

import cython
from cython.cimports.libc.stdint import uint8_t


def keccak(data: bytes) -> bytes:
    """The digest of some bytes."""
    digest: uint8_t[32]
    keccak256(cython.cast(cython.pointer(cython.const[uint8_t]), cython.cast(cython.p_char, data)), len(data), digest)
    return cython.cast(cython.p_char, digest)[:32]
