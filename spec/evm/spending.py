"""What a transaction has spent in the end, and who counts it how (yellow paper, section 6.2; EIP-3529, EIP-7623)."""

# source: yellow paper, section 6.2

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from samestate.spec.evm.frame import Frame
from samestate.spec.evm.transaction import Transaction

if TYPE_CHECKING:
    from samestate.spec.evm.fork import Fork


class Spending(NamedTuple):
    """The gas of one transaction.

    ``paid`` is what the sender pays for and the receipt has; ``refunded`` is what came off before the floor.
    ``execution`` and ``state`` are what the block counts.
    """

    paid: int
    refunded: int
    execution: int
    state: int


def spend(fork: Fork, transaction: Transaction, sender: bytes, frame: Frame) -> Spending:
    """What is not left, less the refund, but no less than the floor. The block counts the same. Until Amsterdam."""
    spent = transaction.gas_limit - frame.gas_left
    # rule: evm.transaction.refund
    # source: yellow paper, section 6.2; EIP-3529, specification (quotient since London)
    refund = min(frame.substate.refund, spent // fork.refund_quotient)
    # rule: evm.transaction.calldata-floor
    # source: EIP-7623, specification
    paid = max(spent - refund, fork.calldata_floor(transaction, sender))
    return Spending(paid, refund, paid, 0)
