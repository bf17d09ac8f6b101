"""Operations of the toy machine as text."""

from __future__ import annotations

from typing import Final

from samestate.conformance.vectors.hexadecimal import hexed, unhexed
from samestate.spec.toy.operations import Add, Keccak, Noop, Operation, Sload, Sstore, Sub

ACCUMULATOR: Final = "accumulator"


def read_operation(written: str) -> Operation:
    """An operation, such as ``SSTORE 0x1 accumulator``. Raises ValueError where it is none."""
    word, *operands = written.split(" ")
    match word, operands:
        case "SLOAD", [slot]:
            return Sload(int(slot, 16))
        case "SSTORE", [slot, value]:
            return Sstore(int(slot, 16), None if value == ACCUMULATOR else int(value, 16))
        case "ADD", [value]:
            return Add(int(value, 16))
        case "SUB", [value]:
            return Sub(int(value, 16))
        case "KECCAK", [data]:
            return Keccak(unhexed(data))
        case "NOOP", []:
            return Noop()
        case _:
            raise ValueError(f"{written!r} is no operation")


def write_operation(operation: Operation) -> str:
    """An operation as text."""
    match operation:
        case Sload(slot):
            return f"SLOAD {slot:#x}"
        case Sstore(slot, None):
            return f"SSTORE {slot:#x} {ACCUMULATOR}"
        case Sstore(slot, value):
            return f"SSTORE {slot:#x} {value:#x}"
        case Add(value):
            return f"ADD {value:#x}"
        case Sub(value):
            return f"SUB {value:#x}"
        case Keccak(data):
            return f"KECCAK {hexed(data)}"
        case Noop():
            return "NOOP"
