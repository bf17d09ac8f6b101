"""What the consensus layer pays out to accounts (EIP-4895)."""

# source: EIP-4895, specification

from __future__ import annotations

from samestate.spec.evm.fork import Fork
from samestate.spec.evm.payload import Payload
from samestate.spec.evm.receipt import Receipt
from samestate.spec.evm.state_clearing import clear_touched, credit
from samestate.spec.evm.substate import Substate
from samestate.spec.evm.world import World

WEI_PER_GWEI = 10**9


def pay_withdrawals(fork: Fork, payload: Payload, receipts: tuple[Receipt, ...], world: World) -> None:
    """Closing: credit the withdrawals. One of nothing touches its account (EIP-161)."""
    substate = Substate()
    for withdrawal in payload.withdrawals:
        # rule: evm.withdrawal
        credit(world, substate, withdrawal.address, withdrawal.amount * WEI_PER_GWEI)
    clear_touched(world, substate)
