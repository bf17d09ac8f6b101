"""The six operations. Each has its price and its meaning together; gas is in units of the toy's own.

Every operation works on a :class:`Running` transaction: its gas left, its accumulator, its warm slots and its logs.
"""

# source: Samestate: vectors/FORMAT.md, "The toy machine", operations

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from Crypto.Hash import keccak

from samestate.spec.machine import View
from samestate.spec.toy.keys import check_bytes, slot_key
from samestate.spec.toy.word import WORD_BYTES, WORD_MODULUS, check_number, from_value, to_value

WARM_GAS: Final = 100
COLD_GAS: Final = 2100
SET_GAS: Final = 20000
CHANGE_GAS: Final = 2900
KEEP_GAS: Final = 100
ARITHMETIC_GAS: Final = 3
KECCAK_GAS: Final = 30
KECCAK_WORD_GAS: Final = 6
NOOP_GAS: Final = 1


class OutOfGas(Exception):  # noqa: N818 - the field's word for it
    """The gas left does not cover an operation."""


@dataclass(slots=True)
class Running:
    """A transaction while its operations run. ``warm`` holds the slots that it has accessed so far."""

    view: View
    gas_left: int
    accumulator: int = 0
    warm: set[int] = field(default_factory=set)
    logs: list[bytes] = field(default_factory=list)

    def charge(self, gas: int) -> None:
        """Take gas. Raises OutOfGas where there is not so much left."""
        if gas > self.gas_left:
            # rule: toy.gas.out-of-gas
            raise OutOfGas
        self.gas_left -= gas


@dataclass(frozen=True, slots=True)
class Sload:
    """``SLOAD slot``: the accumulator becomes what the slot holds."""

    slot: int

    def __post_init__(self) -> None:
        """Raise ValueError where the slot is no word."""
        check_number("slot", self.slot, WORD_MODULUS)

    def run(self, running: Running) -> None:
        """Charged before the slot is read."""
        if self.slot in running.warm:
            # rule: toy.sload.warm
            running.charge(WARM_GAS)
        else:
            # rule: toy.sload.cold
            running.charge(COLD_GAS)
        running.warm.add(self.slot)
        # rule: toy.sload.read
        running.accumulator = from_value(running.view.get(slot_key(self.slot)))


@dataclass(frozen=True, slots=True)
class Sstore:
    """``SSTORE slot value``: the slot holds the value, or the accumulator where ``value`` is None."""

    slot: int
    value: int | None

    def __post_init__(self) -> None:
        """Raise ValueError where the slot or the value is no word."""
        check_number("slot", self.slot, WORD_MODULUS)
        if self.value is not None:
            check_number("value", self.value, WORD_MODULUS)

    def run(self, running: Running) -> None:
        """The price depends on what the slot holds, which is read once the gas left covers the lowest price."""
        cold = 0
        if self.slot not in running.warm:
            # rule: toy.sstore.cold
            cold = COLD_GAS
        if running.gas_left < cold + KEEP_GAS:
            # rule: toy.sstore.out-of-gas-before-read
            raise OutOfGas
        running.warm.add(self.slot)
        current = from_value(running.view.get(slot_key(self.slot)))
        new = running.accumulator if self.value is None else self.value
        if new == current:
            # rule: toy.sstore.keep
            running.charge(cold + KEEP_GAS)
            return
        if current == 0:
            # rule: toy.sstore.set
            running.charge(cold + SET_GAS)
        else:
            # rule: toy.sstore.change
            running.charge(cold + CHANGE_GAS)
        running.view.set(slot_key(self.slot), to_value(new))


@dataclass(frozen=True, slots=True)
class Add:
    """``ADD value``: the accumulator grows by the value, modulo 2^256."""

    value: int

    def __post_init__(self) -> None:
        """Raise ValueError where the value is no word."""
        check_number("value", self.value, WORD_MODULUS)

    def run(self, running: Running) -> None:
        """Charged before the sum is taken."""
        running.charge(ARITHMETIC_GAS)
        # rule: toy.add.modulo
        running.accumulator = (running.accumulator + self.value) % WORD_MODULUS


@dataclass(frozen=True, slots=True)
class Sub:
    """``SUB value``: the accumulator shrinks by the value, modulo 2^256."""

    value: int

    def __post_init__(self) -> None:
        """Raise ValueError where the value is no word."""
        check_number("value", self.value, WORD_MODULUS)

    def run(self, running: Running) -> None:
        """Charged before the difference is taken."""
        running.charge(ARITHMETIC_GAS)
        # rule: toy.sub.modulo
        running.accumulator = (running.accumulator - self.value) % WORD_MODULUS


@dataclass(frozen=True, slots=True)
class Keccak:
    """``KECCAK data``: the accumulator becomes the Keccak-256 digest of the data, and the digest is logged."""

    data: bytes

    def __post_init__(self) -> None:
        """Raise ValueError where the data is no bytes."""
        check_bytes("data", self.data)

    def run(self, running: Running) -> None:
        """Charged by the words that the data begins."""
        words = (len(self.data) + WORD_BYTES - 1) // WORD_BYTES
        # rule: toy.keccak.gas
        running.charge(KECCAK_GAS + KECCAK_WORD_GAS * words)
        digest = keccak.new(digest_bits=256, data=self.data).digest()
        running.accumulator = int.from_bytes(digest, "big")
        # rule: toy.keccak.log
        running.logs.append(digest)


@dataclass(frozen=True, slots=True)
class Noop:
    """``NOOP``: costs gas and does nothing."""

    def run(self, running: Running) -> None:
        """Charged, and that is all."""
        # rule: toy.noop
        running.charge(NOOP_GAS)


Operation = Sload | Sstore | Add | Sub | Keccak | Noop
