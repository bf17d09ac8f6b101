"""The specification's machines as worker processes find them: by name, with the fork in the block.

One engine then executes blocks of every fork on one arena, and its workers import a machine once.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from samestate.conformance.engines.hints import Declared, evm_declared, toy_declared
from samestate.conformance.fixtures.named_forks import NamedFork, find_fork
from samestate.spec.evm.forks import BERLIN
from samestate.spec.evm.machine import Evm
from samestate.spec.evm.payload import Payload
from samestate.spec.evm.signature import recover_sender
from samestate.spec.evm.totals import Totals
from samestate.spec.evm.transaction import Transaction
from samestate.spec.evm.world import add_to_value
from samestate.spec.machine import Key, Rejection, Value, View
from samestate.spec.toy.block import Block
from samestate.spec.toy.block import Transaction as ToyTransaction
from samestate.spec.toy.machine import Outcome, Toy
from samestate.spec.toy.operations import Operation
from samestate.spec.toy.signed.machine import SignedToy

EVM: Final = "samestate.conformance.engines.optimized.machines:AnyFork"
TOY: Final = "samestate.conformance.engines.optimized.machines:DeclaringToy"
SELECTOR_LENGTH: Final = 4
"""Bytes of the data of a call that name the function, by the convention of all compilers."""


@dataclass(frozen=True, slots=True)
class ForkBlock:
    """A block of the EVM and its fork in words. The fork itself is functions, and stays on each side."""

    fork: NamedFork
    payload: Payload


@functools.lru_cache(maxsize=64)
def machine_of(fork: NamedFork) -> Evm:
    """The EVM under a fork."""
    return Evm(find_fork(fork))


class AnyFork:
    """The EVM under the fork that each block names."""

    def __init__(self) -> None:
        self.storage_owner = Evm(BERLIN).storage_owner

    def merge(self, key: Key, value: Value, amount: int) -> Value:
        """See :class:`samestate.spec.evm.machine.Evm`, here and below."""
        return add_to_value(value, amount)

    def transactions(self, block: ForkBlock) -> Sequence[Transaction]:
        return block.payload.transactions

    def start(self, block: ForkBlock) -> Totals:
        return machine_of(block.fork).start(block.payload)

    def open(self, block: ForkBlock, view: View) -> None:
        machine_of(block.fork).open(block.payload, view)

    def execute(self, block: ForkBlock, transaction: Transaction, view: View) -> Any:
        return machine_of(block.fork).execute(block.payload, transaction, view)

    def settle(self, block: ForkBlock, outcome: Any, totals: Totals) -> Any:
        return machine_of(block.fork).settle(block.payload, outcome, totals)

    def close(self, block: ForkBlock, receipts: Sequence[Any], view: View) -> Any:
        return machine_of(block.fork).close(block.payload, receipts, view)

    def declared(self, block: ForkBlock, transaction: Transaction) -> Declared:
        """What a transaction's own access list names."""
        return evm_declared(transaction)

    def kind(self, transaction: Transaction) -> tuple[bytes, bytes, bytes]:
        """The same sender, who calls the same function of the same contract, does the same, whatever the arguments."""
        try:
            sender = recover_sender(transaction)
        except Rejection:
            sender = b""
        return sender, transaction.to or b"", transaction.data[:SELECTOR_LENGTH]


TOY_MACHINES: Final = (Toy(), SignedToy())
"""Under the rulesets `toy` and `signed`. All that differs is how a transaction is executed."""


class DeclaringToy(Toy):
    """The toy machine under the ruleset of each block, with what its transactions declare."""

    def execute(self, block: Block, transaction: ToyTransaction, view: View) -> Outcome:
        """As the ruleset of the block has it."""
        return TOY_MACHINES[block.chain_id is not None].execute(block, transaction, view)

    def declared(self, block: Block, transaction: ToyTransaction) -> Declared:
        """The declared slots, and the sender's account."""
        return toy_declared(transaction)

    def kind(self, transaction: ToyTransaction) -> tuple[bytes, tuple[Operation, ...]]:
        """The same sender with the same operations."""
        return transaction.sender, tuple(transaction.operations)
