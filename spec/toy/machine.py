"""The toy as a machine: what the frame needs to run blocks of it."""

# source: Samestate: vectors/FORMAT.md, "The toy machine"

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from samestate.spec.access import StepAccess
from samestate.spec.machine import Key, Rejection, State, Value, View
from samestate.spec.toy.access_list import check_access_list
from samestate.spec.toy.block import Block, Transaction
from samestate.spec.toy.keys import balance_key, nonce_key, slot_key
from samestate.spec.toy.operations import OutOfGas, Running
from samestate.spec.toy.receipt import Error, Receipt
from samestate.spec.toy.rejections import Invalid
from samestate.spec.toy.word import UINT64_MODULUS, from_value, to_value
from samestate.spec.transition import BlockResult


@dataclass(frozen=True, slots=True)
class Outcome:
    """What executing a transaction gives, wherever in a block it stands."""

    gas_limit: int
    gas_used: int
    logs: tuple[bytes, ...]
    error: Error | None


@dataclass(frozen=True, slots=True)
class Totals:
    """The gas that the committed transactions of a block have used, and how many logs they have."""

    gas_used: int = 0
    logs: int = 0


ToyResult = BlockResult[Outcome, Totals, Receipt, None]
"""What the state transition gives for a toy block."""


class Toy:
    """The toy machine. Implements :class:`samestate.spec.machine.Machine`."""

    def merge(self, key: Key, value: Value, amount: int) -> Value:
        """A credit adds to a balance."""
        return to_value(from_value(value) + amount)

    def storage_owner(self, key: Key) -> bytes | None:
        """No slot belongs to an address."""
        return None

    def transactions(self, block: Block) -> Sequence[Transaction]:
        """The transactions of the block, in order."""
        return block.transactions

    def start(self, block: Block) -> Totals:
        """Nothing is used yet."""
        return Totals()

    def open(self, block: Block, view: View) -> None:
        """Store what the block has for that, without looking and at nobody's expense."""
        for slot, value in block.opening:
            # rule: toy.opening
            view.set(slot_key(slot), to_value(value))

    def execute(self, block: Block, transaction: Transaction, view: View) -> Outcome:
        """Check the sender's nonce and balance, run the operations, and have the gas paid for."""
        nonce, balance = self.admit(block, transaction, view)
        running = Running(view, transaction.gas_limit)
        mark = view.checkpoint()
        error = None
        try:
            self.begin(transaction, running)
            for operation in transaction.operations:
                operation.run(running)
        except OutOfGas:
            # rule: toy.transaction.out-of-gas
            view.rollback(mark)
            error, running.gas_left, running.logs = Error.OUT_OF_GAS, 0, []
        gas_used = transaction.gas_limit - running.gas_left
        view.set(nonce_key(transaction.sender), to_value(nonce + 1))
        pay(view, transaction.sender, balance, block.coinbase, gas_used * transaction.gas_price)
        return Outcome(transaction.gas_limit, gas_used, tuple(running.logs), error)

    def admit(self, block: Block, transaction: Transaction, view: View) -> tuple[int, int]:
        """The sender's nonce and balance. Raises Rejection where the transaction may not be in a block."""
        return check_sender(transaction, view)

    def begin(self, transaction: Transaction, running: Running) -> None:
        """What is done before the operations, and undone with them where gas runs out: nothing."""

    def settle(self, block: Block, outcome: Outcome, totals: Totals) -> tuple[Receipt, Totals]:
        """Check that the block has room for the transaction, and give its receipt."""
        gas_left = block.gas_limit - totals.gas_used
        if outcome.gas_limit > gas_left:
            # rule: toy.block.gas-allowance
            raise Rejection(Invalid.GAS_ALLOWANCE_EXCEEDED, f"{outcome.gas_limit} gas of {gas_left} left")
        after = Totals(totals.gas_used + outcome.gas_used, totals.logs + len(outcome.logs))
        # rule: toy.receipt.totals
        return Receipt(outcome.gas_used, after.gas_used, totals.logs, outcome.logs, outcome.error), after

    def close(self, block: Block, receipts: Sequence[Receipt], view: View) -> None:
        """Credit the withdrawals."""
        for withdrawal in block.withdrawals:
            # rule: toy.withdrawal
            credit(view, withdrawal.address, withdrawal.amount)

    def verify(self, block: Block, steps: Sequence[StepAccess], before: State) -> None:
        """A block may carry an access list, which is then the right one in every entry."""
        if block.access_list is not None:
            check_access_list(block.access_list, steps, before)


def check_sender(transaction: Transaction, view: View) -> tuple[int, int]:
    """The sender's nonce and balance. Raises Rejection where the transaction may not be in a block on this state."""
    nonce = check_nonce(transaction, view)
    return nonce, check_balance(transaction, view)


def check_nonce(transaction: Transaction, view: View) -> int:
    """The sender's nonce. Raises Rejection where it is not the transaction's, or has no successor."""
    nonce = from_value(view.get(nonce_key(transaction.sender)))
    if transaction.nonce < nonce:
        # rule: toy.nonce.too-low
        raise Rejection(Invalid.NONCE_TOO_LOW, f"{transaction.nonce}, and the sender's is {nonce}")
    if transaction.nonce > nonce:
        # rule: toy.nonce.too-high
        raise Rejection(Invalid.NONCE_TOO_HIGH, f"{transaction.nonce}, and the sender's is {nonce}")
    if nonce == UINT64_MODULUS - 1:
        # rule: toy.nonce.is-max
        raise Rejection(Invalid.NONCE_IS_MAX)
    return nonce


def check_balance(transaction: Transaction, view: View) -> int:
    """The sender's balance. Raises Rejection where it does not cover the gas limit."""
    balance = from_value(view.get(balance_key(transaction.sender)))
    cost = transaction.gas_limit * transaction.gas_price
    if balance < cost:
        # rule: toy.balance.insufficient
        raise Rejection(Invalid.INSUFFICIENT_BALANCE, f"the gas limit may cost {cost}, and the sender has {balance}")
    return balance


def pay(view: View, sender: bytes, balance: int, coinbase: bytes, fee: int) -> None:
    """Move the fee from the sender, who has ``balance``, to the coinbase."""
    # rule: toy.fee
    view.set(balance_key(sender), to_value(balance - fee))
    credit(view, coinbase, fee)


def credit(view: View, address: bytes, amount: int) -> None:
    """Add to a balance without observing it. Nothing at all is a touch."""
    if amount == 0:
        # rule: toy.credit.zero-is-a-touch
        view.touch(address)
    else:
        # rule: toy.credit
        view.add(balance_key(address), amount)
