"""The blocks that engines are measured on: toy transactions with a known share of conflicts, made from a seed.

A *conflict* is a transaction that reads, other than by fees, what an earlier one of the block wrote. Every transaction
has a sender of its own, so that only slots make conflicts.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from random import Random
from typing import Final

from conformance.errors import InputError
from spec.toy.block import Block, Declaration, Transaction
from spec.toy.operations import Keccak, Operation, Sload, Sstore
from spec.toy.state import ToyState, toy_state

BALANCE: Final = 10**18
BITS_OF_A_VALUE: Final = 255
DATA_BYTES: Final = 64
GAS_OF_ACCESS: Final = 22_200
"""The most that one access of a slot costs."""
GAS_OF_KECCAK: Final = 100
"""More than the digest of so much data costs."""
HOT_SLOT: Final = 0


@dataclass(frozen=True, slots=True)
class Workload:
    """What a block is like.

    Each transaction makes so many ``loads``, ``stores`` and ``digests``, between the two numbers of each; ``slots`` is
    the key space; ``cold`` the share of the accesses to a slot that the transaction has not accessed before;
    ``conflict`` the share of the transactions with a conflict; ``on_hot_slot`` has all of them change one slot.
    """

    name: str
    transactions: int
    loads: tuple[int, int] = (1, 5)
    stores: tuple[int, int] = (1, 3)
    digests: tuple[int, int] = (0, 1)
    slots: int = 10_000
    cold: float = 0.3
    conflict: float = 0.2
    on_hot_slot: bool = False


PRESETS: Final[dict[str, Workload]] = {
    workload.name: workload
    for workload in (
        Workload("small", 100),
        Workload("medium", 1_000),
        Workload("large", 5_000),
        Workload("heavy", 1_000, loads=(0, 0), stores=(1, 1), digests=(200, 200), cold=1.0, conflict=0.0),
    )
}
"""The workloads that `samestate bench --preset` names."""


def preset(name: str, conflict: float | None = None, on_hot_slot: bool = False) -> Workload:
    """A preset by name, with another share of conflicts or on one hot slot where that is asked for.

    Raises InputError for a name that is none and a share outside 0 to 1.
    """
    if name not in PRESETS:
        raise InputError(f"--preset {name}: no preset is called so; known are {', '.join(PRESETS)}")
    workload = PRESETS[name]
    if on_hot_slot:
        if conflict is not None:
            raise InputError("--hot-key has every transaction conflict: --conflict cannot be given with it")
        return replace(workload, name=f"{name}, hot key", loads=(1, 1), conflict=1.0, on_hot_slot=True)
    if conflict is None:
        return workload
    check_conflict(conflict)
    return replace(workload, name=f"{name}, conflict {conflict:g}", conflict=conflict)


def check_conflict(conflict: float) -> None:
    """Raise InputError where a share of conflicts is none."""
    if not 0 <= conflict <= 1:
        raise InputError(f"--conflict {conflict:g}: must be between 0 and 1")


@dataclass(slots=True)
class _Maker:
    """The transactions of a block in the making.

    ``fresh`` are slots that no transaction has accessed; ``written`` those that earlier transactions changed. The share
    of cold accesses is kept from transaction to transaction, since one alone has too few to have it.
    """

    random: Random
    workload: Workload
    fresh: list[int]
    written: list[int]
    accesses: int = 0
    cold: int = 0

    def transaction(self, index: int, conflicts: bool) -> Transaction:
        """A transaction that has a conflict, or none."""
        random, workload = self.random, self.workload
        loads, stores = random.randint(*workload.loads), random.randint(*workload.stores)
        used = [HOT_SLOT] if workload.on_hot_slot else self._slots(loads + stores, conflicts)
        operations = self._operations(used, loads, stores)
        self.written += [slot for slot in used if any(is_store(operation, slot) for operation in operations)]
        return Transaction(
            sender=sender(index),
            nonce=0,
            gas_limit=GAS_OF_ACCESS * (loads + stores) + GAS_OF_KECCAK * workload.digests[1],
            gas_price=1,
            operations=tuple(operations),
            declared=declaration(operations),
        )

    def _slots(self, accesses: int, conflicts: bool) -> list[int]:
        """The slots of a transaction with so many accesses."""
        self.accesses += accesses
        count = min(accesses, max(1, round(self.workload.cold * self.accesses) - self.cold))
        self.cold += count
        shared = [self.random.choice(self.written)] if conflicts and self.written else []
        own = count - len(shared)
        if len(self.fresh) < own:
            raise InputError(
                f"{self.workload.name}: {self.workload.slots} slots are not enough for {self.workload.transactions} "
                "transactions with so few conflicts: each without one needs a slot of its own"
            )
        return shared + [self.fresh.pop() for _ in range(own)]

    def _operations(self, used: list[int], loads: int, stores: int) -> list[Operation]:
        """So many accesses of ``used``, each slot at least once, with digests among them.

        The first store is of the last slot, which no other transaction has unless all of them are shared.
        """
        random, workload = self.random, self.workload
        stored = [used[-1], *(random.choice(used) for _ in range(stores - 1))]
        rest = [slot for slot in used if slot not in stored]
        loaded = [*rest[:loads], *(random.choice(used) for _ in range(loads - len(rest[:loads])))]
        stored += rest[loads:]
        digests: list[Operation] = [
            Keccak(random.randbytes(DATA_BYTES)) for _ in range(random.randint(*workload.digests))
        ]
        values = [random.getrandbits(BITS_OF_A_VALUE) + 1 for _ in stored]
        stores_made = [Sstore(slot, value) for slot, value in zip(stored, values, strict=True)]
        if digests:
            stores_made[0] = Sstore(stored[0], None)
        return [*(Sload(slot) for slot in loaded), *digests, *stores_made]


def make_block(workload: Workload, seed: int) -> tuple[Block, ToyState]:
    """A block of the workload and the state before it. The same for the same seed. Raises InputError."""
    random = Random(f"{workload.transactions} {workload.conflict} {workload.slots} {seed}")
    fresh = list(range(workload.slots))
    random.shuffle(fresh)
    maker = _Maker(random, workload, fresh, written=[])
    count = round(workload.conflict * workload.transactions)
    later = range(1, workload.transactions)
    conflicting = frozenset(random.sample(later, min(count, len(later))))
    transactions = tuple(maker.transaction(index, index in conflicting) for index in range(workload.transactions))
    block = Block(
        coinbase=b"\xfe" * 20,
        gas_limit=sum(transaction.gas_limit for transaction in transactions),
        transactions=transactions,
    )
    state = toy_state(
        balances={sender(index): BALANCE for index in range(workload.transactions)},
        slots={slot: random.getrandbits(BITS_OF_A_VALUE) + 1 for slot in range(workload.slots)},
    )
    return block, state


def sender(index: int) -> bytes:
    """The sender of a transaction."""
    return b"\xaa" + index.to_bytes(19, "big")


def is_store(operation: Operation, slot: int) -> bool:
    """Whether the operation changes the slot."""
    return isinstance(operation, Sstore) and operation.slot == slot


def declaration(operations: list[Operation]) -> Declaration:
    """What the operations access, told in advance: a store reads its slot too."""
    loads = {operation.slot for operation in operations if isinstance(operation, Sload)}
    stores = {operation.slot for operation in operations if isinstance(operation, Sstore)}
    return Declaration(reads=tuple(sorted(loads | stores)), writes=tuple(sorted(stores)))
