"""What a block will probably read of a state on disk: asked for at once, before workers would ask one at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Final

from samestate.optimized.record import Step
from samestate.spec.evm.keys import balance_key, slot_key
from samestate.spec.evm.payload import Payload
from samestate.spec.evm.transaction import Transaction
from samestate.spec.machine import Key

KINDS: Final = 4096
"""So many kinds of calls are remembered, those learned first forgotten first."""
KEYS: Final = 64
"""So many keys of each."""
SELECTOR: Final = 4


class ReadingAhead:
    """What blocks name, and what the last call of the same function of the same contract has read.

    Of an account one key stands for all: a store has it in one record.
    """

    def __init__(self) -> None:
        self._read: dict[bytes, tuple[Key, ...]] = {}

    def keys(self, block: Payload) -> set[Key]:
        """The keys that a block will probably read."""
        found = set(named(block))
        for transaction in block.transactions:
            found.update(self._read.get(kind_of(transaction), ()))
        return found

    def learn(self, block: Payload, steps: Sequence[Step]) -> None:
        """What the transactions of a block have read: ``steps`` begin with the opening one."""
        for transaction, step in zip(block.transactions, steps[1:], strict=False):
            kind = kind_of(transaction)
            self._read.pop(kind, None)
            self._read[kind] = tuple(islice(step.reads, KEYS))
        while len(self._read) > KINDS:
            del self._read[next(iter(self._read))]


def kind_of(transaction: Transaction) -> bytes:
    """Whom a transaction calls, and which function of it."""
    return (transaction.to or b"") + transaction.data[:SELECTOR]


def named(block: Payload) -> Iterator[Key]:
    """What a block names: recipients, access lists of transactions (EIP-2930), its own (EIP-7928), withdrawals."""
    yield balance_key(block.environment.coinbase)
    for transaction in block.transactions:
        if transaction.to is not None:
            yield balance_key(transaction.to)
        for address, slots in transaction.access_list:
            yield balance_key(address)
            yield from (slot_key(address, slot) for slot in slots)
    for withdrawal in block.withdrawals:
        yield balance_key(withdrawal.address)
    for account in block.access_list or ():
        yield balance_key(account.address)
        yield from (slot_key(account.address, changed.slot) for changed in account.storage_changes)
        yield from (slot_key(account.address, slot) for slot in account.storage_reads)
