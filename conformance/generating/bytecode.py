"""Writing EVM code instruction by instruction, with labels for jumps."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Self

from samestate.spec.evm.forks import FORKS

OPCODES: Mapping[str, int] = {
    instruction.mnemonic: opcode for fork in FORKS for opcode, instruction in fork.instructions.items()
}
"""Every instruction of any fork by its name."""

LABEL_SIZE = 2


class Code:
    """Code in the making. All methods but :meth:`label` and :meth:`build` give the code itself, so that calls chain."""

    def __init__(self) -> None:
        self._bytes = bytearray()
        self._places: list[int | None] = []
        self._references: list[tuple[int, int]] = []

    def __len__(self) -> int:
        return len(self._bytes)

    def op(self, *mnemonics: str) -> Self:
        """Instructions by name."""
        self._bytes.extend(OPCODES[mnemonic] for mnemonic in mnemonics)
        return self

    def raw(self, data: bytes) -> Self:
        """Bytes as they are."""
        self._bytes.extend(data)
        return self

    def push(self, *values: int | bytes) -> Self:
        """The shortest PUSH of each value, the last on top; PUSH1 for zero, so that it suits every fork."""
        for value in values:
            data = value if isinstance(value, bytes) else value.to_bytes(max(1, (value.bit_length() + 7) // 8), "big")
            if not 1 <= len(data) <= 32:
                raise ValueError(f"a PUSH takes 1 to 32 bytes, not {len(data)}")
            self._bytes.append(OPCODES["PUSH1"] + len(data) - 1)
            self._bytes.extend(data)
        return self

    def label(self) -> int:
        """A new label, to be placed once by :meth:`mark`."""
        self._places.append(None)
        return len(self._places) - 1

    def push_label(self, label: int) -> Self:
        """Push the place that ``label`` has or will have."""
        self._bytes.append(OPCODES["PUSH1"] + LABEL_SIZE - 1)
        self._references.append((len(self._bytes), label))
        self._bytes.extend(bytes(LABEL_SIZE))
        return self

    def mark(self, label: int, is_destination: bool = True) -> Self:
        """Place ``label`` here, on a JUMPDEST unless it only marks data."""
        self._places[label] = len(self._bytes)
        return self.op("JUMPDEST") if is_destination else self

    def jump(self, label: int) -> Self:
        """Go to ``label``."""
        return self.push_label(label).op("JUMP")

    def jump_if(self, label: int) -> Self:
        """Go to ``label`` if the item on top is not zero."""
        return self.push_label(label).op("JUMPI")

    def build(self) -> bytes:
        """The code. Raises ValueError where a label that is used has no place."""
        code = bytearray(self._bytes)
        for position, label in self._references:
            place = self._places[label]
            if place is None:
                raise ValueError(f"label {label} is used but was never placed")
            code[position : position + LABEL_SIZE] = place.to_bytes(LABEL_SIZE, "big")
        return bytes(code)
