"""Value that an account receives, and what a touch does to an account that is empty (EIP-161).

An account is empty that has neither nonce nor balance nor code, whatever its storage. Touched by a transaction, it is
no longer in the state at the end of it. What that means after Paris is disputed, since no state may hold an empty
account there (EIP-7523): this specification goes on as before.
"""

# source: EIP-161, specification c and d

from __future__ import annotations

from samestate.spec.evm.keys import empty_account_key
from samestate.spec.evm.substate import Substate
from samestate.spec.evm.world import World


def credit(world: World, substate: Substate, address: bytes, amount: int) -> None:
    """Add ``amount`` wei to what ``address`` has, unobserved. Nothing at all is a touch, and a touch is part of it."""
    touch(world, substate, address)
    if amount:
        # rule: evm.state.credit
        # source: yellow paper, section 8
        world.credit(address, amount)
    else:
        # rule: evm.state.zero-credit-is-touch
        world.view.touch(address)


def touch(world: World, substate: Substate, address: bytes) -> None:
    """Touch ``address`` (EIP-161, d): an account there that has nothing at all is no more.

    Whether one with storage alone goes is decided by :func:`clear_touched`: it may be given value until then.
    """
    if world.view.has_storage(address):
        # rule: evm.state.storage-alone-touched
        # source: EIP-161, specification d; docs/decisions/0003
        substate.put(substate.touched, address)
    else:
        # rule: evm.state.empty-account-touched
        world.view.set(empty_account_key(address), None)


def clear_touched(world: World, substate: Substate) -> None:
    """At the end of a transaction: what was touched, is empty and has storage alone goes, storage and all (EIP-161, d).

    Observes whether the account is still there, then its emptiness, and nothing of any other account.
    """
    for address in substate.touched:
        if world.holds_storage(address) and world.is_empty(address):
            # rule: evm.state.storage-alone-cleared
            # source: EIP-161, specification d; docs/decisions/0003
            world.forget_account(address)
            world.view.wipe(address)
