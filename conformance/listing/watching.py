"""One transaction executed with an access list that it was not signed with, watched for what it accesses cold.

The list of a transaction is part of what its sender signs, so another one cannot be tried as it is: the sender is
given. All else are the rules of the specification.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, NamedTuple

from samestate.spec.evm import gas
from samestate.spec.evm.environment import Environment
from samestate.spec.evm.fork import Fork
from samestate.spec.evm.forks import AMSTERDAM
from samestate.spec.evm.frame import Frame
from samestate.spec.evm.halts import Halt
from samestate.spec.evm.substate import Substate
from samestate.spec.evm.transaction import (
    AccessList,
    AccessListTransaction,
    LegacyTransaction,
    Transaction,
)
from samestate.spec.evm.transaction_execution import finish_transaction, run_transaction
from samestate.spec.evm.validity import check_sender, intrinsic_gas
from samestate.spec.evm.world import World
from samestate.spec.machine import Rejection, View

SSTORE = 0x55
SELFDESTRUCT = 0xFF


class Watched(NamedTuple):
    """What a transaction did: the gas that its sender pays, how it failed, and what it accessed cold.

    ``saved``: by address or slot key the gas that it would not have cost had it been warm. A key that a reverted frame
    accessed is cold again, and may count more than once. ``created``: the accounts that it made, warm at no cost.
    """

    gas_used: int
    halt: Halt | None
    saved: dict[bytes, int]
    created: frozenset[bytes]


class WatchedSubstate(Substate):
    """A substate that tells a watcher what becomes warm."""

    __slots__ = ("_watcher",)

    def __init__(self, watcher: Watcher) -> None:
        super().__init__()
        self._watcher = watcher

    def put(self, entries: dict[bytes, Any], key: bytes, value: Any = None) -> None:
        """See :class:`Substate`."""
        if entries is self.warm:
            self._watcher.warmed(key)
        elif entries is self.created:
            self._watcher.created.add(key)
        super().put(entries, key, value)


class Watcher:
    """Knows which instruction is executed, and so what a cold access costs more than a warm one.

    Implements :class:`samestate.spec.evm.frame.Tracer`.
    """

    def __init__(self, fork: Fork) -> None:
        self._fork = fork
        self._opcode = 0
        # source: EIP-2929: what stores, and what destroys, pays for a cold access alone, and nothing for a warm one;
        # EIP-8038: since Amsterdam what stores pays for either
        self._free_to_addresses = frozenset({SELFDESTRUCT})
        stores_as_in_amsterdam = fork.instructions[SSTORE] is AMSTERDAM.instructions[SSTORE]
        self._free_to_slots = frozenset() if stores_as_in_amsterdam else frozenset({SSTORE})
        self.saved: dict[bytes, int] = {}
        self.created: set[bytes] = set()

    def enter(self, frame: Frame) -> None:
        """See the protocol, here and below."""

    def step(self, frame: Frame, opcode: int) -> None:
        self._opcode = opcode

    def leave(self, frame: Frame) -> None:
        pass

    def warmed(self, key: bytes) -> None:
        """An address or a slot has become warm. What a creation warms costs nothing, and is told apart by the rest."""
        is_address = len(key) == ADDRESS_LENGTH
        cold = self._fork.cold_account_access if is_address else gas.COLD_SLOT_LOAD
        warm = (
            0 if self._opcode in (self._free_to_addresses if is_address else self._free_to_slots) else gas.WARM_ACCESS
        )
        self.saved[key] = self.saved.get(key, 0) + cold - warm


ADDRESS_LENGTH = 20


def with_access_list(transaction: Transaction, access_list: AccessList, chain_id: int) -> Transaction:
    """The transaction with another access list. One of the type that has none becomes one of the first that has one."""
    if not isinstance(transaction, LegacyTransaction):
        return replace(transaction, access_list=access_list)
    if not access_list:
        return transaction
    return AccessListTransaction(
        chain_id=chain_id,
        nonce=transaction.nonce,
        gas_price=transaction.gas_price,
        gas_limit=transaction.gas_limit,
        to=transaction.to,
        value=transaction.value,
        data=transaction.data,
        access_list=access_list,
    )


def watch(fork: Fork, environment: Environment, transaction: Transaction, sender: bytes, view: View) -> Watched | None:
    """Execute a transaction that this sender sent, on a view that is not committed; None where it cannot pay for it."""
    world = World(view)
    if transaction.gas_limit < intrinsic_gas(fork, transaction, sender):
        return None
    try:
        check_sender(fork, world, sender, transaction)
    except Rejection:
        return None
    watcher = Watcher(fork)
    substate = WatchedSubstate(watcher)
    context, frame, created = run_transaction(fork, environment, transaction, sender, world, substate, watcher)
    outcome = finish_transaction(context, transaction, frame, created)
    made = frozenset(watcher.created | ({created} if created is not None else set()))
    saved = {key: amount for key, amount in watcher.saved.items() if key not in made}
    return Watched(outcome.gas_used, outcome.halt, saved, made)
