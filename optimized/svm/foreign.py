"""Signatures that only Python can verify, from code without the GIL: modules that execute set these as their own."""

import cython
from cython.cimports.libc.stdint import uint8_t

from samestate.optimized.svm import through_python

BROKEN = cython.declare(cython.int, 3)  # what a library that raises says: no valid signature


def recover_in_python(
    signature: cython.pointer(cython.const[uint8_t]),
    recovery: cython.int,
    address: cython.pointer(cython.const[uint8_t]),
    message: cython.pointer(cython.const[uint8_t]),
    length: cython.size_t,
) -> cython.int:
    """0 where the signer has that Ethereum address, else a PrecompileError and one more."""
    answer: cython.int = BROKEN
    with cython.gil:
        answer = through_python.recovers_address(
            cython.cast(cython.p_char, signature)[:64] + bytes([recovery]),
            cython.cast(cython.p_char, address)[:20],
            cython.cast(cython.p_char, message)[:length],
        )
    return answer


def verify_in_python(
    signature: cython.pointer(cython.const[uint8_t]),
    key: cython.pointer(cython.const[uint8_t]),
    message: cython.pointer(cython.const[uint8_t]),
    length: cython.size_t,
) -> cython.int:
    """0 where the signature on P-256 is valid, else a PrecompileError and one more."""
    answer: cython.int = BROKEN
    with cython.gil:
        answer = through_python.verifies_secp256r1(
            cython.cast(cython.p_char, signature)[:64],
            cython.cast(cython.p_char, key)[:33],
            cython.cast(cython.p_char, message)[:length],
        )
    return answer
