"""Solana's machine: what the frame needs to run blocks of it under one ruleset."""

# source: Samestate: vectors/FORMAT.md, "Solana's machine"

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from samestate.spec.access import StepAccess
from samestate.spec.machine import Key, Rejection, State, Value, View
from samestate.spec.svm.account import account_key, decode_account
from samestate.spec.svm.admission import admit
from samestate.spec.svm.block import Block
from samestate.spec.svm.closing import Closing, close_block
from samestate.spec.svm.cost import transaction_cost
from samestate.spec.svm.history import check_history, check_ticks
from samestate.spec.svm.outcome import Outcome
from samestate.spec.svm.receipt import Receipt, receipt_of
from samestate.spec.svm.rejections import Invalid
from samestate.spec.svm.ruleset import SvmRuleset
from samestate.spec.svm.sysvars import update_clock, update_last_restart_slot, update_slot_hashes
from samestate.spec.svm.totals import Totals
from samestate.spec.svm.transaction import SignedTransaction
from samestate.spec.svm.transaction_execution import execute_transaction
from samestate.spec.transition import BlockResult

SvmResult = BlockResult[Outcome, Totals, Receipt, Closing]
"""What the state transition gives for a block of Solana's machine."""


@dataclass(frozen=True, slots=True)
class PlacedTransaction:
    """A transaction of a block. ``is_repeated``: one before it, in this entry or another, has the same message."""

    transaction: SignedTransaction
    is_repeated: bool


class Svm:
    """Solana's machine under one ruleset. Implements :class:`samestate.spec.machine.Machine`.

    Without ``verifies_signatures`` those of transactions count as valid: for measurements of all else.
    """

    def __init__(self, ruleset: SvmRuleset, verifies_signatures: bool = True) -> None:
        self.ruleset = ruleset
        self.verifies_signatures: Final = verifies_signatures

    def merge(self, key: Key, value: Value, amount: int) -> Value:
        """Nothing is ever credited unseen: fees reach the leader when the block is closed. Raises ValueError."""
        raise ValueError("Solana's machine credits nothing without reading it")

    def storage_owner(self, key: Key) -> bytes | None:
        """No key belongs to an address: an account is one key."""
        return None

    def transactions(self, block: Block) -> Sequence[PlacedTransaction]:
        """The transactions of all entries, in order."""
        seen: set[bytes] = set()
        placed = []
        for transaction in block.transactions:
            # rule: svm.block.repeated-message
            placed.append(PlacedTransaction(transaction, transaction.message_hash in seen))
            seen.add(transaction.message_hash)
        return placed

    def start(self, block: Block) -> Totals:
        """Nothing is used yet."""
        return Totals()

    def open(self, block: Block, view: View) -> None:
        """Judge the entries by their proof of history, and write the sysvars of the slot."""
        if block.epoch != block.epochs.epoch(block.parent_slot):
            # rule: svm.block.epoch-boundary
            raise Rejection(Invalid.EPOCH_BOUNDARY_NOT_SPECIFIED, f"epoch {block.epoch}")
        if block.has_history:
            check_ticks(block)
            check_history(block)
        update_slot_hashes(view, block)
        update_clock(view, block)
        update_last_restart_slot(view, block)

    def execute(self, block: Block, transaction: PlacedTransaction, view: View) -> Outcome:
        """Admit a transaction, and execute it on the state that those before it have left."""
        admitted = admit(
            self.ruleset, block, transaction.transaction, transaction.is_repeated, self.verifies_signatures
        )
        return execute_transaction(self.ruleset, block, admitted, view)

    def settle(self, block: Block, outcome: Outcome, totals: Totals) -> tuple[Receipt, Totals]:
        """Check that the block has room for what the transaction has cost, and give its receipt."""
        resolved = outcome.transaction.resolved
        cost = transaction_cost(resolved, outcome.units, outcome.loaded_size)
        totals = totals.with_transaction(block.limits, resolved, cost)
        return receipt_of(outcome, cost.total), totals

    def close(self, block: Block, receipts: Sequence[Receipt], view: View) -> Closing:
        """Pay the leader, write the sysvars of the slot's end, and burn what is to be burnt."""
        return close_block(self.ruleset, block, receipts, view)

    def verify(self, block: Block, steps: Sequence[StepAccess], before: State) -> None:
        """What a block says of the state before it is so. Raises ValueError: it was put together on another state."""
        for address, account in block.constants.items():
            if decode_account(before.get(account_key(address))) != account:
                raise ValueError("the block was made for another state: a lookup table is not what it says")
