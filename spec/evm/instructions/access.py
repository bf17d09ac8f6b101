"""Access to accounts: the first of a transaction is dear, the later ones are cheap (EIP-2929).

An access that the frame cannot pay for did not happen: it warms nothing and is not recorded (EIP-7928).
"""

# source: EIP-2929, specification

from __future__ import annotations

from samestate.spec.evm import gas
from samestate.spec.evm.frame import Frame


def account_access_cost(frame: Frame, address: bytes) -> int:
    """What it would cost now to access ``address``, in gas."""
    if address in frame.substate.warm:
        # rule: evm.access.warm-account
        return gas.WARM_ACCESS
    # rule: evm.access.cold-account
    return frame.context.fork.cold_account_access


def warm_account(frame: Frame, address: bytes) -> None:
    """Access ``address``, once that has been paid for: it is warm from here on, and on record."""
    if address not in frame.substate.warm:
        # rule: evm.access.account-becomes-warm
        frame.substate.put(frame.substate.warm, address)
    # rule: evm.access.account-recorded
    # source: EIP-7928, Scope and Inclusion
    frame.world.view.touch(address)


def charge_account_access(frame: Frame, address: bytes, more: int = 0) -> None:
    """Pay for an access to ``address`` together with ``more`` gas, then access it."""
    frame.charge(account_access_cost(frame, address) + more)
    warm_account(frame, address)
