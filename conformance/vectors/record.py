"""The access record as text: keys, values, steps, and what follows from them. The same for every machine.

A machine's keys are written by a :class:`KeyText`, so that this module knows none of them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from typing import Final, Protocol

from samestate.conformance.vectors.document import Json, Object
from samestate.conformance.vectors.model import ABSENT, PRE, members, text, texts
from samestate.spec.access import OPEN, Read, StepAccess, critical_path, dependencies, step_name
from samestate.spec.machine import Key, Value

LONGEST_VALUE: Final = 128
"""How many bytes a value may have that is written in full, where a machine has long ones."""

BY_HASH: Final = "sha256 "


class KeyText(Protocol):
    """How a machine's keys and values are written in a vector."""

    def key(self, key: Key) -> str:
        """A key as text."""

    def parse_key(self, text: str) -> Key:
        """The key that a text names. Raises ValueError."""

    def order(self, key: Key) -> tuple[bytes, int, bytes]:
        """What keys are listed by."""

    def value(self, key: Key, value: Value) -> str:
        """The value of a key as text."""

    def owner(self, key: Key) -> bytes | None:
        """The address whose storage the key is part of, if any."""


def write_value(value: Value) -> str:
    """Bytes as hex, or ``absent``."""
    return ABSENT if value is None else f"0x{value.hex()}"


def write_long_value(value: Value) -> str:
    """Bytes as hex, or ``absent``; more than a few dozen by their hash and number."""
    if value is None or len(value) <= LONGEST_VALUE:
        return write_value(value)
    return f"{BY_HASH}0x{hashlib.sha256(value).hexdigest()} of {len(value)} bytes"


def parse_value(written: str) -> Value:
    """What :func:`write_value` wrote; for a value that is written by its hash what stands there, and not the value."""
    if written.startswith(BY_HASH):
        return written.encode()
    return None if written == ABSENT else bytes.fromhex(written[2:])


def write_steps(steps: Sequence[StepAccess], codec: KeyText) -> list[Json]:
    """The access record of a block."""
    transactions = len(steps) - 2

    def source(read: Read) -> Json:
        return [step_name(step, transactions) for step in read.source] if read.source else PRE

    def ordered(keys: Iterable[Key]) -> list[Key]:
        return sorted(keys, key=codec.order)

    return [
        {
            "step": step_name(access.step, transactions),
            "reads": {
                codec.key(key): {
                    "value": codec.value(key, access.reads[key].value),
                    "from": source(access.reads[key]),
                }
                for key in ordered(access.reads)
            },
            "writes": {codec.key(key): codec.value(key, access.writes[key]) for key in ordered(access.writes)},
            "credits": {codec.key(key): f"0x{integer(access.credits[key]).hex()}" for key in ordered(access.credits)},
            "wipes": [f"0x{address.hex()}" for address in sorted(access.wipes)],
            "touches": [f"0x{address.hex()}" for address in sorted(access.touches)],
        }
        for access in steps
    ]


def integer(number: int) -> bytes:
    """The shortest big-endian bytes of a number."""
    return number.to_bytes((number.bit_length() + 7) // 8, "big")


def read_steps(record: Json, codec: KeyText) -> list[StepAccess]:
    """The access record that :func:`write_steps` wrote, but for the values before each write and of code.

    Raises ValueError for a key that is none, a step out of order, and a source that is no earlier step.
    """
    entries = members({"access": record}, "access")
    transactions = len(entries) - 2
    if transactions < 0:
        raise ValueError("must have at least the steps 'open' and 'close'")
    numbers = {step_name(step, transactions): step for step in range(OPEN, transactions + 1)}
    steps: list[StepAccess] = []
    for step, entry in enumerate(entries, OPEN):
        name = step_name(step, transactions)
        if text(entry, "step") != name:
            raise ValueError(f"step {text(entry, 'step')!r} is out of order: must be {name!r}")
        reads = {}
        for key, read in _map(entry, "reads").items():
            written = read["from"] if isinstance(read, dict) else ""
            names = [] if written == PRE else written if isinstance(written, list) else [written]
            sources = [numbers.get(str(source), transactions + 1) for source in names]
            if any(source >= step for source in sources) or sources != sorted(set(sources)):
                raise ValueError(f"step {name}: {key}: 'from' must be 'pre' or earlier steps in order, not {written}")
            reads[codec.parse_key(key)] = Read(parse_value(text(read, "value")), tuple(sources))
        writes = {codec.parse_key(key): parse_value(str(value)) for key, value in _map(entry, "writes").items()}
        credited = {codec.parse_key(key): int(str(amount), 16) for key, amount in _map(entry, "credits").items()}
        both = sorted(writes.keys() & credited.keys())
        if both:
            raise ValueError(f"step {name}: {codec.key(both[0])} is both written and credited")
        steps.append(
            StepAccess(
                step=step,
                reads=reads,
                writes=writes,
                before={},
                credits=credited,
                wipes=tuple(bytes.fromhex(address[2:]) for address in texts(entry, "wipes")),
                touches=tuple(bytes.fromhex(address[2:]) for address in texts(entry, "touches")),
            )
        )
    return steps


def _map(entry: Object, name: str) -> Object:
    value = entry[name]
    if not isinstance(value, dict):
        raise ValueError(f"{name}: must be a map")
    return value


def write_dependencies(steps: Sequence[StepAccess], codec: KeyText) -> list[Json]:
    """The dependencies between the steps. A wipe counts as a write of each slot that the record names."""
    transactions = len(steps) - 2
    keys = {key for access in steps for key in (*access.reads, *access.writes, *access.credits)}
    owners = {key: owner for key in keys if (owner := codec.owner(key)) is not None}
    return [
        {
            "later": step_name(edge.later, transactions),
            "earlier": step_name(edge.earlier, transactions),
            "kind": edge.kind.name,
            "key": codec.key(edge.key),
        }
        for edge in dependencies(steps, owners)
    ]


def write_critical_paths(steps: Sequence[StepAccess], gas_used: Sequence[int]) -> Object:
    """The longest chain of reads of earlier writes: in transactions, and in gas."""
    return {
        "critical_path": str(critical_path(steps, [1] * len(gas_used))),
        "critical_path_gas": str(critical_path(steps, gas_used)),
    }
