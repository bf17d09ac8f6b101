"""ML-DSA for Python: whether a signature is valid, without the interpreter lock."""

import cython
from cython.cimports.libc.stdint import uint8_t

SETS = (44, 65)
"""The parameter sets that there are."""


def start_of(data: bytes) -> cython.pointer(cython.const[uint8_t]):
    """Where bytes begin. They must be kept."""
    return cython.cast(cython.pointer(cython.const[uint8_t]), cython.cast(cython.p_char, data))


def check(set: int, signature: bytes, key: bytes) -> None:
    """Raises ValueError where there is no such set, or a length is not the set's."""
    if set not in SETS:
        raise ValueError(f"there is no ML-DSA-{set} here; there are {SETS}")
    parameters: Parameters = SET_44 if set == 44 else SET_65
    for what, given, length in (
        ("signature", signature, parameters.signature_bytes()),
        ("key", key, parameters.key_bytes()),
    ):
        if len(given) != length:
            raise ValueError(f"a {what} of ML-DSA-{set} must be {length} bytes, not {len(given)}")


def verify_ml_dsa(set: int, key: bytes, signature: bytes, message: bytes, context: bytes = b"") -> bool:
    """Whether the signature of a message is that of the key: FIPS 204, algorithm 3.

    ``set``: 44 or 65. Raises ValueError where key, signature or context is not as long as it must be.
    """
    if len(context) > 255:
        raise ValueError(f"a context has at most 255 bytes, not {len(context)}")
    return verify_ml_dsa_internal(set, key, signature, bytes((0, len(context))) + context, message)


def verify_ml_dsa_internal(set: int, key: bytes, signature: bytes, front: bytes, message: bytes = b"") -> bool:
    """The same of a message that says already what it is: FIPS 204, algorithm 8. It is in two parts."""
    check(set, signature, key)
    parameters: Parameters = SET_44 if set == 44 else SET_65
    parts: Bytes[2]
    parts[0].data, parts[0].length = start_of(front), len(front)
    parts[1].data, parts[1].length = start_of(message), len(message)
    begun: cython.pointer(cython.const[uint8_t]) = start_of(signature)
    by: cython.pointer(cython.const[uint8_t]) = start_of(key)
    is_valid: cython.bint
    with cython.nogil:
        is_valid = verify_internal(parameters, begun, by, parts[0], parts[1])
    return is_valid


def is_well_formed(set: int, key: bytes, signature: bytes) -> bool:
    """Whether bytes of the set's length encode a signature: FIPS 204, algorithm 21, of the hint at their end."""
    check(set, signature, key)
    parameters: Parameters = SET_44 if set == 44 else SET_65
    return is_hint(parameters, start_of(signature))
