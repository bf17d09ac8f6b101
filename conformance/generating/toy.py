"""Toy blocks of a given size and conflict ratio, by seed: the workloads of benchmarks and of `generate`.

The conflict ratio of a block is the share of its transactions that read what an earlier transaction of the block wrote,
fees to the coinbase apart.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import Final

from samestate.conformance.generating.toy_case import GeneratedToyCase
from samestate.spec.toy.block import Block, Declaration, Transaction
from samestate.spec.toy.operations import (
    ARITHMETIC_GAS,
    COLD_GAS,
    KECCAK_GAS,
    KECCAK_WORD_GAS,
    NOOP_GAS,
    SET_GAS,
    Add,
    Keccak,
    Noop,
    Operation,
    Sload,
    Sstore,
    Sub,
)
from samestate.spec.toy.state import toy_state
from samestate.spec.toy.word import UINT64_MODULUS, WORD_BYTES

COINBASE: Final = b"\xcc" * 20
WEALTH: Final = 2**64
HELD: Final = 0.5
"""The share of slots that hold something before the block."""


class KeySpaceTooSmall(ValueError):  # noqa: N818 - says what is wrong
    """There are not enough slots for so many transactions without conflict."""


@dataclass(frozen=True, slots=True)
class Workload:
    """What transactions are made of: how many operations of each kind (at least, at most), and what they access.

    ``keys`` is the size of the key space; ``cold`` the share of accesses that are the first of their transaction to
    access their slot, as far as each transaction's first access leaves the choice; ``one_key`` makes every transaction
    load one and the same slot first and store to it last.
    """

    loads: tuple[int, int] = (1, 5)
    stores: tuple[int, int] = (1, 3)
    hashes: tuple[int, int] = (0, 1)
    hash_bytes: int = 64
    keys: int = 10_000
    cold: float = 0.3
    one_key: bool = False


@dataclass(frozen=True, slots=True)
class Preset:
    """A benchmark's block: how many transactions, how many of them in conflict, and what they are made of."""

    transactions: int
    conflict: float
    workload: Workload = Workload()


HASHING: Final = Workload(loads=(0, 0), stores=(1, 1), hashes=(200, 200))

PRESETS: Final[Mapping[str, Preset]] = {
    "small": Preset(100, 0.2),
    "medium": Preset(1_000, 0.2),
    "large": Preset(5_000, 0.2),
    "heavy": Preset(1_000, 0.0, HASHING),
    "heavy-one-key": Preset(1_000, 1.0, replace(HASHING, one_key=True)),
}


def generate_preset(name: str, seed: int = 0) -> GeneratedToyCase:
    """The block of a preset. Raises KeyError where there is none of that name."""
    preset = PRESETS[name]
    return generate_block(seed, preset.transactions, preset.conflict, preset.workload)


def generate_block(
    seed: int, transactions: int, conflict: float = 0.2, workload: Workload = Workload()
) -> GeneratedToyCase:
    """A valid block of so many transactions, all of different senders, each declaring its slots rightly.

    Raises ValueError where ``conflict`` is no share, and KeySpaceTooSmall.
    """
    if transactions < 0 or not 0 <= conflict <= 1:
        raise ValueError(
            f"{transactions} transactions with a conflict ratio of {conflict}: must be 0 to 1 of 0 or more"
        )
    random = Random(f"samestate toy {seed} {transactions} {conflict} {workload}")
    held = {slot: random.getrandbits(64) + 1 for slot in range(workload.keys) if random.random() < HELD}
    wanted = min(round(conflict * transactions), max(transactions - 1, 0))
    conflicting = set(random.sample(range(1, transactions), wanted)) if wanted else set()
    slots = _Slots(workload.keys)
    made: list[Transaction] = []
    for index in range(transactions):
        if workload.one_key:
            operations = _on_one_key(random, workload)
        else:
            operations = _any(random, workload, slots, index in conflicting)
        made.append(_transaction(random.randbytes(20), operations))
    block = Block(COINBASE, min(sum(each.gas_limit for each in made), UINT64_MODULUS - 1), tuple(made))
    balances = {transaction.sender: WEALTH for transaction in made}
    return GeneratedToyCase(toy_state(balances, slots=held), (block,))


class _Slots:
    """Which slots an earlier transaction has written. No slot is both free and taken."""

    def __init__(self, count: int) -> None:
        self.accesses = self.cold = 0
        self.free = list(range(count))
        self.place = {slot: slot for slot in self.free}
        self.taken: list[int] = []

    def is_next_cold(self, is_first: bool, share: float) -> bool:
        """Whether a transaction's next access is to a slot that is new to it, so that such are this share of all."""
        is_cold = is_first or self.cold < share * self.accesses
        self.accesses += 1
        self.cold += is_cold
        return is_cold

    def choose(self, random: Random, is_taken: bool) -> int:
        """A slot that an earlier transaction has written, or one that none has."""
        pool = self.taken if is_taken else self.free
        if not pool:
            raise KeySpaceTooSmall(
                f"of {len(self.free) + len(self.taken)} slots {len(self.taken)} are written already: "
                "take more keys, fewer transactions or another conflict ratio"
            )
        return random.choice(pool)

    def write(self, slot: int) -> None:
        """A transaction has written it: it is taken."""
        place = self.place.pop(slot, None)
        if place is None:
            return
        last = self.free.pop()
        if last != slot:
            self.free[place] = last
            self.place[last] = place
        self.taken.append(slot)


def _any(random: Random, workload: Workload, slots: _Slots, is_conflicting: bool) -> list[Operation]:
    """Loads, stores and hashes in any order; the first slot makes the conflict, where there is to be one."""
    loads, stores, hashes = (random.randint(*range_) for range_ in (workload.loads, workload.stores, workload.hashes))
    kinds = ["load"] * loads + ["store"] * stores + ["hash"] * hashes
    random.shuffle(kinds)
    mine: list[int] = []
    written: dict[int, None] = {}
    operations: list[Operation] = []
    is_accumulator_new = False  # whether the accumulator surely is what no slot holds that it may be stored to
    for kind in kinds:
        if kind == "hash":
            operations.append(Keccak(random.randbytes(workload.hash_bytes)))
            is_accumulator_new = True
            continue
        if slots.is_next_cold(not mine, workload.cold):
            mine.append(slots.choose(random, is_conflicting and (not mine or not slots.free)))
            slot = mine[-1]
        else:
            slot = random.choice(mine)
        if kind == "load":
            operations.append(Sload(slot))
            is_accumulator_new = False
        else:
            operations.append(Sstore(slot, None if is_accumulator_new else random.getrandbits(64) + 1))
            is_accumulator_new = False
            written[slot] = None
    for slot in written:
        slots.write(slot)
    return operations


def _on_one_key(random: Random, workload: Workload) -> list[Operation]:
    """A load of slot 0, hashes, a store to slot 0: whoever comes later has to wait."""
    hashes = random.randint(*workload.hashes)
    return [Sload(0), *(Keccak(random.randbytes(workload.hash_bytes)) for _ in range(hashes)), Sstore(0, None)]


def _transaction(sender: bytes, operations: list[Operation]) -> Transaction:
    """A transaction that can't run out of gas, and declares what it accesses."""
    gas = sum(most_gas(operation) for operation in operations)
    return Transaction(sender, 0, gas, 1, tuple(operations), right_declaration(operations))


def right_declaration(operations: Sequence[Operation]) -> Declaration:
    """The slots that operations access, as far as gas allows: a store reads its slot, too."""
    reads = {op.slot for op in operations if isinstance(op, Sload | Sstore)}
    writes = {op.slot for op in operations if isinstance(op, Sstore)}
    return Declaration(tuple(sorted(reads)), tuple(sorted(writes)))


def most_gas(operation: Operation) -> int:
    """The most that an operation can cost, whatever the state."""
    match operation:
        case Sload():
            return COLD_GAS
        case Sstore():
            return COLD_GAS + SET_GAS
        case Keccak(data):
            return KECCAK_GAS + KECCAK_WORD_GAS * (-(-len(data) // WORD_BYTES))
        case Add() | Sub():
            return ARITHMETIC_GAS
        case Noop():
            return NOOP_GAS
