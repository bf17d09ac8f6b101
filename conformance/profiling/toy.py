"""The profile of a block of the toy machine: gas by operation and slot as the specification charges it.

The compiled toy has no path that is instrumented; what it tells is how long each transaction took, from its schedule.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from samestate.conformance.profiling.block_profile import MachineProfile, ProfileTable, SpentOn
from samestate.conformance.profiling.flame import FlameNode
from samestate.conformance.profiling.schedules import by_transaction
from samestate.spec.machine import State
from samestate.spec.toy.block import Block
from samestate.spec.toy.machine import Toy
from samestate.spec.toy.operations import OutOfGas, Running
from samestate.spec.transition import apply_block

if TYPE_CHECKING:
    from samestate.optimized.trace import TraceEvent


@dataclass(frozen=True, slots=True)
class MeteredOperation:
    """An operation that enters what it is charged, by its name and by its slot."""

    operation: Any
    operations: dict[str, SpentOn]
    slots: dict[str, SpentOn]

    def run(self, running: Running) -> None:
        """Run it. All gas is gone where it does not suffice."""
        before = running.gas_left
        try:
            self.operation.run(running)
            spent = before - running.gas_left
        except OutOfGas:
            self._enter(before)
            raise
        self._enter(spent)

    def _enter(self, gas: int) -> None:
        name = type(self.operation).__name__.upper()
        self.operations.setdefault(name, SpentOn()).add(1, gas)
        slot = getattr(self.operation, "slot", None)
        if slot is not None:
            self.slots.setdefault(f"{slot:#x}", SpentOn()).add(1, gas)


def profile_toy(block: Block, state: State, events: Sequence[TraceEvent]) -> MachineProfile:
    """Where a block spends gas, and the seconds of its transactions from a schedule."""
    operations: dict[str, SpentOn] = {}
    slots: dict[str, SpentOn] = {}
    metered = tuple(
        replace(
            transaction,
            operations=tuple(MeteredOperation(each, operations, slots) for each in transaction.operations),  # type: ignore[misc]
        )
        for transaction in block.transactions
    )
    result = apply_block(Toy(), replace(block, transactions=metered, access_list=None), state)
    gas = tuple(receipt.gas_used for receipt in result.receipts)
    top = FlameNode()
    for name, each in operations.items():
        top.part(name).amount = each.gas
    top.sum_up()
    return MachineProfile(
        (
            ProfileTable.of("operation", operations),
            ProfileTable.of("slot", slots),
            by_transaction(events, gas),
        ),
        top,
        gas,
        notes=("Seconds of operations are not known: the compiled toy tells those of transactions alone.",),
    )
