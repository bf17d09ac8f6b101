"""What the transactions of a block use of it, and whether it has room for one more."""

# source: yellow paper, section 6.2

from __future__ import annotations

from typing import NamedTuple

from samestate.spec.evm.environment import Environment
from samestate.spec.evm.gas import TRANSACTION_GAS_LIMIT
from samestate.spec.evm.rejections import Invalid
from samestate.spec.evm.transaction import Transaction
from samestate.spec.machine import Rejection


class Totals(NamedTuple):
    """What the committed transactions of a block have used.

    ``paid_gas`` is what senders paid for, which receipts sum; ``execution_gas`` and ``state_gas`` are what the block
    counts of its gas limit: before Amsterdam the first is what was paid, and the second nothing.
    """

    paid_gas: int = 0
    execution_gas: int = 0
    state_gas: int = 0
    blob_gas_used: int = 0

    @property
    def gas_used(self) -> int:
        """The gas used that the header has: the larger count (EIP-8037)."""
        if self.state_gas > self.execution_gas:
            # rule: evm.block.gas-used-larger
            # source: EIP-8037, Block-level gas accounting
            return self.state_gas
        return self.execution_gas


def check_room(environment: Environment, totals: Totals, transaction: Transaction) -> None:
    """The gas that the transaction may use must be left of the block's. Raises Rejection."""
    gas_left = environment.gas_limit - totals.paid_gas
    if transaction.gas_limit > gas_left:
        # rule: evm.block.gas-allowance
        raise Rejection(Invalid.GAS_ALLOWANCE_EXCEEDED, f"{transaction.gas_limit} gas of {gas_left} left")


def check_room_in_two_dimensions(environment: Environment, totals: Totals, transaction: Transaction) -> None:
    """The gas that the transaction may use must be left in each dimension; its cap bounds execution gas (EIP-8037).

    Raises Rejection.
    """
    execution_left = environment.gas_limit - totals.execution_gas
    execution = min(TRANSACTION_GAS_LIMIT, transaction.gas_limit)
    if execution > execution_left:
        # rule: evm.block.execution-gas-allowance
        # source: EIP-8037, Transaction validation
        raise Rejection(Invalid.GAS_ALLOWANCE_EXCEEDED, f"{execution} gas of {execution_left} left")
    state_left = environment.gas_limit - totals.state_gas
    if transaction.gas_limit > state_left:
        # rule: evm.block.state-gas-allowance
        # source: EIP-8037, Transaction validation
        raise Rejection(Invalid.STATE_GAS_ALLOWANCE_EXCEEDED, f"{transaction.gas_limit} gas of {state_left} left")
