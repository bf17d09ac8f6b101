"""The smallest machine that uses all of a view: its transactions are programs, and it shows what the frame alone does.

A key is one byte, or ``s``, an owner and a slot: only the latter are storage. Values are numbers as their shortest
bytes, zero being absent.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from samestate.spec.access import StepAccess
from samestate.spec.machine import Key, Rejection, RejectionCode, State, Value, View

Operation = tuple[Any, ...]
"""("get", key), ("set", key, value), ("add", key, amount), ("touch", address), ("wipe", address),
("has storage", address), ("reject",), ("undo", operations): the operations, and then their undoing."""

KEYS = (b"a", b"b", b"sx1", b"sx2", b"sy1")
OWNERS = (b"x", b"y")


class Refused(RejectionCode):
    BY_ITSELF = "the transaction asked for it"
    FULL = "the block is full"
    NOT_OPEN = "the block cannot be opened"
    NOT_CLOSED = "the block cannot be closed"
    NOT_SO = "what the block says of itself is not so"


def number(value: Value) -> int:
    return int.from_bytes(value or b"", "big")


def value(number: int) -> Value:
    return number.to_bytes((number.bit_length() + 7) // 8, "big") if number else None


class TinyCodec:
    def merge(self, key: Key, before: Value, amount: int) -> Value:
        return value(number(before) + amount)

    def storage_owner(self, key: Key) -> bytes | None:
        return key[1:2] if key[:1] == b"s" else None


class TinyState:
    """A dictionary that is never changed in place."""

    def __init__(self, values: Mapping[Key, bytes]) -> None:
        self.values = dict(values)

    def get(self, key: Key) -> Value:
        return self.values.get(key)

    def has_storage(self, address: bytes) -> bool:
        return any(key[:2] == b"s" + address for key in self.values)

    def apply(self, changes: Mapping[Key, Value], wipes: Iterable[bytes]) -> TinyState:
        wiped = set(wipes)
        values = {key: value for key, value in self.values.items() if key[:1] != b"s" or key[1:2] not in wiped}
        values.update({key: value for key, value in changes.items() if value is not None})
        return TinyState({key: value for key, value in values.items() if changes.get(key, value) is not None})

    def root(self) -> bytes:
        return repr(sorted(self.values.items())).encode()


@dataclass(frozen=True)
class TinyBlock:
    """``limit`` is how many operations the transactions may have together, ``said_steps`` how many steps it claims."""

    programs: tuple[tuple[Operation, ...], ...]
    opening: tuple[Operation, ...] = ()
    closing: tuple[Operation, ...] = ()
    limit: int = 1000
    calls: list[str] = field(default_factory=list)
    said_steps: int | None = None


@dataclass(frozen=True)
class TinyOutcome:
    program: tuple[Operation, ...]
    seen: tuple[Any, ...]


class TinyMachine(TinyCodec):
    """Implements :class:`Machine`. ``calls`` of a block tells in what order the frame asked for what."""

    def transactions(self, block: TinyBlock) -> Sequence[tuple[Operation, ...]]:
        return block.programs

    def start(self, block: TinyBlock) -> int:
        return 0

    def open(self, block: TinyBlock, view: View) -> None:
        block.calls.append("open")
        run(block.opening, view, Refused.NOT_OPEN)

    def execute(self, block: TinyBlock, program: tuple[Operation, ...], view: View) -> TinyOutcome:
        block.calls.append("execute")
        return TinyOutcome(program, tuple(run(program, view)))

    def settle(self, block: TinyBlock, outcome: TinyOutcome, totals: int) -> tuple[int, int]:
        block.calls.append("settle")
        if totals + len(outcome.program) > block.limit:
            raise Rejection(Refused.FULL, f"{len(outcome.program)} operations of {block.limit - totals} left")
        return totals + len(outcome.program), totals + len(outcome.program)

    def close(self, block: TinyBlock, receipts: Sequence[int], view: View) -> tuple[int, ...]:
        block.calls.append("close")
        run(block.closing, view, Refused.NOT_CLOSED)
        return tuple(receipts)

    def verify(self, block: TinyBlock, steps: Sequence[StepAccess], before: State) -> None:
        block.calls.append("verify")
        if block.said_steps not in (None, len(steps)):
            raise Rejection(Refused.NOT_SO, f"{len(steps)} steps, not {block.said_steps}")


def run(program: Iterable[Operation], view: View, code: Refused = Refused.BY_ITSELF) -> list[Any]:
    """Do what the program says. Gives what was seen."""
    seen: list[Any] = []
    for name, *operands in program:
        if name == "get":
            seen.append(view.get(*operands))
        elif name == "has storage":
            seen.append(view.has_storage(*operands))
        elif name == "undo":
            mark = view.checkpoint()
            seen.append(run(operands[0], view, code))
            view.rollback(mark)
        elif name == "reject":
            raise Rejection(code)
        else:
            getattr(view, name)(*operands)
    return seen
