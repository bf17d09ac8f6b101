"""The ed25519 precompile: signatures are verified as strictly as those of transactions."""

# source: Agave, precompiles/src/ed25519.rs

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from samestate.spec.svm.errors import custom
from samestate.spec.svm.precompiles import errors
from samestate.spec.svm.precompiles.offsets import HEAD_BYTES, SignatureOffsets, has_room
from samestate.spec.svm.signature import verify_strict

SIGNATURE_BYTES: Final = 64
PUBLIC_KEY_BYTES: Final = 32
NO_SCALAR: Final = 0x20
"""With a last byte from here on, the second half of a signature is far above the order of the group."""

FIELD_MODULUS: Final = 2**255 - 19
_D: Final = -121665 * pow(121666, -1, FIELD_MODULUS) % FIELD_MODULUS


def check_ed25519(data: bytes, every_data: Sequence[bytes]) -> None:
    """Verify each signature that the data names. Raises InstructionError."""
    if len(data) < HEAD_BYTES:
        # rule: svm.ed25519.too-short
        raise custom(errors.INVALID_INSTRUCTION_DATA_SIZE)
    count = data[0]
    if count == 0 and len(data) > HEAD_BYTES:
        # rule: svm.ed25519.nothing-and-more
        raise custom(errors.INVALID_INSTRUCTION_DATA_SIZE)
    if not has_room(data, count):
        # rule: svm.ed25519.offsets-missing
        raise custom(errors.INVALID_INSTRUCTION_DATA_SIZE)
    for place in range(count):
        offsets = SignatureOffsets.decode(data, place, SIGNATURE_BYTES, PUBLIC_KEY_BYTES)
        signature = offsets.signature.read(data, every_data)
        if signature[-1] >= NO_SCALAR:
            # Before the key is so much as looked for: solders' LiteSVM (Agave 4.1.2) and npm's (4.3.0) do so.
            # rule: svm.ed25519.no-scalar
            raise custom(errors.INVALID_SIGNATURE)
        public_key = offsets.public_key.read(data, every_data)
        if not is_point(public_key):
            # rule: svm.ed25519.public-key
            raise custom(errors.INVALID_PUBLIC_KEY)
        message = offsets.message.read(data, every_data)
        if not verify_strict(public_key, signature, message):
            # rule: svm.ed25519.signature
            raise custom(errors.INVALID_SIGNATURE)


def is_point(encoded: bytes) -> bool:
    """Whether 32 bytes stand for a point of the curve, be it one that no signature may use.

    The highest bit is the sign of x, the rest y, which need not be below the field's modulus: x² = (y² - 1)/(dy² + 1)
    must have a solution.
    """
    y = int.from_bytes(encoded, "little") % 2**255
    numerator, denominator = (y * y - 1) % FIELD_MODULUS, (_D * y * y + 1) % FIELD_MODULUS
    square = numerator * pow(denominator, -1, FIELD_MODULUS) % FIELD_MODULUS
    # rule: svm.ed25519.point
    # source: RFC 8032, section 5.1.3, without the limit on y
    return square == 0 or pow(square, (FIELD_MODULUS - 1) // 2, FIELD_MODULUS) == 1
