"""Where the ed25519 and the secp256r1 precompile find signatures, keys and messages: offsets in front of the data.

A byte with the number of signatures, one that nobody reads, and for each signature seven numbers of 2 bytes.
"""

# source: Agave, precompiles/src/ed25519.rs, precompiles/src/secp256r1.rs

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Self

from samestate.spec.svm.errors import custom
from samestate.spec.svm.precompiles import errors

THIS_INSTRUCTION: Final = 0xFFFF
"""Stands for the precompile's own instruction where another one's number could stand."""

HEAD_BYTES: Final = 2
_OFFSETS: Final = struct.Struct("<HHHHHHH")


@dataclass(frozen=True, slots=True)
class Slice:
    """Some bytes in the data of an instruction."""

    instruction: int
    offset: int
    length: int

    def read(self, data: bytes, every_data: Sequence[bytes]) -> bytes:
        """The bytes, where ``data`` is that of the precompile's own instruction. Raises InstructionError."""
        if self.instruction == THIS_INSTRUCTION:
            # rule: svm.precompile.own-data
            content = data
        elif self.instruction < len(every_data):
            # rule: svm.precompile.data-of-another
            content = every_data[self.instruction]
        else:
            # rule: svm.precompile.no-such-instruction
            raise custom(errors.INVALID_DATA_OFFSETS)
        if self.offset + self.length > len(content):
            # rule: svm.precompile.beyond-data
            raise custom(errors.INVALID_DATA_OFFSETS)
        return content[self.offset : self.offset + self.length]


@dataclass(frozen=True, slots=True)
class SignatureOffsets:
    """Where one signature lies, its public key and its message."""

    signature: Slice
    public_key: Slice
    message: Slice

    @classmethod
    def decode(cls, data: bytes, place: int, signature_bytes: int, key_bytes: int) -> Self:
        """The offsets of the signature of that number."""
        signature, signature_in, key, key_in, message, message_bytes, message_in = _OFFSETS.unpack_from(
            data, HEAD_BYTES + place * _OFFSETS.size
        )
        return cls(
            Slice(signature_in, signature, signature_bytes),
            Slice(key_in, key, key_bytes),
            Slice(message_in, message, message_bytes),
        )


def has_room(data: bytes, count: int) -> bool:
    """Whether the data holds the offsets of so many signatures."""
    return len(data) >= HEAD_BYTES + count * _OFFSETS.size
