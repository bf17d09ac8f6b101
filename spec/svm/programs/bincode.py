"""Reading the data of an instruction as bincode lays it out: numbers little-endian, strings after their length."""

# source: Solana SDK, bincode/src/lib.rs, limited_deserialize

from __future__ import annotations

from typing import Final

from samestate.spec.svm.addresses import ADDRESS_BYTES
from samestate.spec.svm.errors import InstructionError, InstructionErrorKind

READ_LIMIT: Final = 1_232
"""How many bytes an instruction may take from its data. How many follow does not matter."""


class Reader:
    """Takes fields from the front of some data. Raises InstructionError where they are not there."""

    __slots__ = ("_data", "_taken")

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._taken = 0

    def u32(self) -> int:
        """A number of 4 bytes."""
        return int.from_bytes(self._take(4), "little")

    def u64(self) -> int:
        """A number of 8 bytes."""
        return int.from_bytes(self._take(8), "little")

    def address(self) -> bytes:
        """An address."""
        return self._take(ADDRESS_BYTES)

    def string(self) -> bytes:
        """The bytes of a string, which are UTF-8."""
        content = self._take(self.u64())
        try:
            content.decode()
        except UnicodeDecodeError:
            # rule: svm.instruction-data.not-utf-8
            raise self.undecodable() from None
        return content

    @staticmethod
    def undecodable() -> InstructionError:
        """The error of data that means nothing."""
        # rule: svm.instruction-data.undecodable
        return InstructionError(InstructionErrorKind.INVALID_INSTRUCTION_DATA)

    def _take(self, length: int) -> bytes:
        end = self._taken + length
        if end > min(len(self._data), READ_LIMIT):
            # rule: svm.instruction-data.short
            raise self.undecodable()
        content = self._data[self._taken : end]
        self._taken = end
        return content
