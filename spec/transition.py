"""The state transition: what a block means.

The result of a block is what executing its transactions one at a time, in order, gives. Everything that a parallel
engine does differently is an optimisation that nobody can tell from this.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic

from samestate.spec.access import OPEN, StepAccess
from samestate.spec.machine import (
    Block,
    Closing,
    Key,
    Machine,
    Outcome,
    Receipt,
    Rejection,
    State,
    Totals,
    Transaction,
    Value,
)
from samestate.spec.view import Ledger, StepView


@dataclass(frozen=True, slots=True)
class BlockResult(Generic[Outcome, Totals, Receipt, Closing]):
    """What a block did.

    ``outcomes`` and ``receipts`` by transaction; ``steps`` is the access record: open, each transaction, close;
    ``changes`` and ``wipes`` (sorted) are the net difference from the state before the block, and ``state`` the state
    after it. Two results are equal where they say the same: outcomes are values, and no order of evaluation shows.
    """

    outcomes: tuple[Outcome, ...]
    receipts: tuple[Receipt, ...]
    totals: Totals
    closing: Closing
    steps: tuple[StepAccess, ...]
    changes: dict[Key, Value]
    wipes: tuple[bytes, ...]
    before: State

    def state(self) -> Any:
        """The state after the block."""
        return self.before.apply(self.changes, self.wipes)


def apply_block(
    machine: Machine[Block, Transaction, Outcome, Totals, Receipt, Closing], block: Block, state: State
) -> BlockResult[Outcome, Totals, Receipt, Closing]:
    """Execute the block, and verify what it says of itself. Raises :class:`Rejection` where it is invalid."""
    result = execute_block(machine, block, state)
    machine.verify(block, result.steps, state)
    return result


def execute_block(
    machine: Machine[Block, Transaction, Outcome, Totals, Receipt, Closing],
    block: Block,
    state: State,
    leave_out: Callable[[int, Rejection], None] | None = None,
) -> BlockResult[Outcome, Totals, Receipt, Closing]:
    """Open the block, execute and settle each transaction in order, close the block. Its own word is not verified.

    Raises :class:`Rejection` where the block cannot be executed. A builder of blocks gives ``leave_out``: it is told of
    each transaction that is rejected, by index, and the block goes on without it.
    """
    ledger = Ledger(machine, state)
    steps: list[StepAccess] = []
    outcomes: list[Outcome] = []
    receipts: list[Receipt] = []

    view = StepView(ledger)
    machine.open(block, view)
    steps.append(ledger.commit(OPEN, view))

    totals = machine.start(block)
    for index, transaction in enumerate(machine.transactions(block)):
        view = StepView(ledger)
        try:
            outcome = machine.execute(block, transaction, view)
            receipt, totals = machine.settle(block, outcome, totals)
        except Rejection as rejection:
            rejection.transaction = index
            if leave_out is None:
                raise
            leave_out(index, rejection)
            continue
        steps.append(ledger.commit(len(receipts), view))
        outcomes.append(outcome)
        receipts.append(receipt)

    view = StepView(ledger)
    closing = machine.close(block, receipts, view)
    steps.append(ledger.commit(len(receipts), view))
    return BlockResult(
        outcomes=tuple(outcomes),
        receipts=tuple(receipts),
        totals=totals,
        closing=closing,
        steps=tuple(steps),
        changes=ledger.values,
        wipes=tuple(sorted(ledger.wiped)),
        before=state,
    )
