"""The EVM as a machine: what the frame needs to run blocks of it under one fork."""

# source: yellow paper, section 6.2

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from samestate.spec.access import StepAccess
from samestate.spec.evm.access_list_of_block import block_access_list, check_access_list, check_item_count
from samestate.spec.evm.block_access_list import count_items
from samestate.spec.evm.fork import Fork
from samestate.spec.evm.frame import Tracer
from samestate.spec.evm.keys import storage_owner
from samestate.spec.evm.payload import Payload
from samestate.spec.evm.receipt import Receipt
from samestate.spec.evm.rejections import Invalid
from samestate.spec.evm.totals import Totals
from samestate.spec.evm.transaction import Transaction
from samestate.spec.evm.transaction_execution import Outcome, execute_transaction
from samestate.spec.evm.validity import blob_gas
from samestate.spec.evm.world import World, add_to_value
from samestate.spec.machine import Key, Rejection, State, Value, View


@dataclass(frozen=True, slots=True)
class Closing:
    """What the closing step gives: the requests to the consensus layer, each a type byte and its data."""

    requests: tuple[bytes, ...]


class Evm:
    """The EVM under one fork. Implements :class:`samestate.spec.machine.Machine`."""

    def __init__(self, fork: Fork, tracer: Tracer | None = None) -> None:
        self.fork = fork
        self.tracer = tracer

    def merge(self, key: Key, value: Value, amount: int) -> Value:
        """A credit adds wei to a balance."""
        return add_to_value(value, amount)

    def storage_owner(self, key: Key) -> bytes | None:
        """The address in a slot's key."""
        return storage_owner(key)

    def transactions(self, block: Payload) -> Sequence[Transaction]:
        """The transactions of the block, in order."""
        return block.transactions

    def start(self, block: Payload) -> Totals:
        """Nothing is used yet."""
        return Totals()

    def open(self, block: Payload, view: View) -> None:
        """The system calls before the first transaction."""
        if block.is_bare:
            return
        world = World(view)
        for step in self.fork.opening:
            step(self.fork, block, world)

    def execute(self, block: Payload, transaction: Transaction, view: View) -> Outcome:
        """One transaction."""
        return execute_transaction(self.fork, block.environment, transaction, view, self.tracer)

    def settle(self, block: Payload, outcome: Outcome, totals: Totals) -> tuple[Receipt, Totals]:
        """Check that the block has room for the transaction and that it was not refused, and give its receipt."""
        self.fork.check_room(block.environment, totals, outcome.transaction)
        blob_gas_used = totals.blob_gas_used + blob_gas(outcome.transaction)
        schedule = self.fork.blob_schedule
        if schedule is not None and blob_gas_used > schedule.maximum_gas:
            # rule: evm.block.blob-gas-allowance
            # source: EIP-4844, Execution layer validation
            raise Rejection(Invalid.BLOB_GAS_ALLOWANCE_EXCEEDED, f"{blob_gas_used} of {schedule.maximum_gas}")
        if outcome.refusal is not None:
            raise Rejection(*outcome.refusal)
        totals = Totals(
            paid_gas=totals.paid_gas + outcome.gas_used,
            execution_gas=totals.execution_gas + outcome.execution_gas,
            state_gas=totals.state_gas + outcome.state_gas,
            blob_gas_used=blob_gas_used,
        )
        # rule: evm.block.receipt
        # source: yellow paper, section 4.4.1
        receipt = Receipt(
            type=outcome.transaction.type,
            succeeded=outcome.succeeded,
            cumulative_gas_used=totals.paid_gas,
            logs=outcome.logs,
        )
        return receipt, totals

    def close(self, block: Payload, receipts: Sequence[Receipt], view: View) -> Closing:
        """Rewards, withdrawals and requests."""
        if block.is_bare:
            return Closing(())
        world = World(view)
        results = [step(self.fork, block, tuple(receipts), world) for step in self.fork.closing]
        return Closing(tuple(request for request in results if request is not None))

    def verify(self, block: Payload, steps: Sequence[StepAccess], before: State) -> None:
        """The block's access list has no more items than it may, and is the one that came with it (EIP-7928)."""
        if self.fork.has_access_list and not block.is_bare:
            computed = block_access_list(before, steps)
            check_item_count(count_items(computed), block.environment.gas_limit)
            if block.access_list is not None:
                check_access_list(block.access_list, computed)
