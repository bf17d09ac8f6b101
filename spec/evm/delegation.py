"""Code by delegation: what an account of type 4 transactions runs (EIP-7702)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from samestate.spec.evm import gas
from samestate.spec.evm.environment import Environment
from samestate.spec.evm.signature import recover_authority
from samestate.spec.evm.substate import Substate
from samestate.spec.evm.transaction import Authorization
from samestate.spec.evm.world import NONCE_LIMIT, World

if TYPE_CHECKING:
    from samestate.spec.evm.fork import Fork

DESIGNATOR = b"\xef\x01\x00"
ZERO_ADDRESS = bytes(20)


def no_delegation(code: bytes) -> bytes | None:
    """Before Prague no code is a delegation."""
    return None


def delegation_target(code: bytes) -> bytes | None:
    """The address that code delegates to, or None where it is code of its own."""
    if len(code) == 23 and code.startswith(DESIGNATOR):
        # rule: evm.delegation.designator
        # source: EIP-7702, Delegation indicator
        return code[3:]
    return None


def delegated_code(fork: Fork, world: World, substate: Substate, code: bytes) -> bytes | None:
    """The code that a call from outside runs in the place of ``code``, or None where that is code of its own.

    Accesses the account that the code delegates to, which makes it warm. A precompile has no code to run.
    """
    target = fork.delegation_target(code)
    if target is None:
        return None
    # rule: evm.delegation.accesses-target
    # source: EIP-7702, Transaction origination; EIP-7702, Precompiles
    substate.warm[target] = None
    world.view.touch(target)
    return b"" if target in fork.precompiles else world.code(target)


def apply_authorizations(
    environment: Environment, world: World, substate: Substate, authorizations: tuple[Authorization, ...]
) -> None:
    """Delegate the accounts of all authorizations that hold; the others are passed over."""
    for authorization in authorizations:
        apply_authorization(environment, world, substate, authorization)


def authority_of(
    environment: Environment, world: World, substate: Substate, authorization: Authorization
) -> bytes | None:
    """The account that an authorization delegates, or None where it does not hold. Its account is accessed (EIP-7702).

    Observes the account's code and nonce.
    """
    if authorization.chain_id not in (0, environment.chain_id):
        # rule: evm.authorization.wrong-chain
        # source: EIP-7702, Behavior, step 1
        return None
    if authorization.nonce >= NONCE_LIMIT:
        # rule: evm.authorization.nonce-max
        # source: EIP-7702, Behavior, step 2
        return None
    authority = recover_authority(authorization)
    if authority is None:
        # rule: evm.authorization.invalid-signature
        # source: EIP-7702, Behavior, step 3
        return None
    # rule: evm.authorization.warms-authority
    # source: EIP-7702, Behavior, step 4
    substate.warm[authority] = None
    world.view.touch(authority)
    code = world.code(authority)
    nonce = world.nonce(authority)
    if code and delegation_target(code) is None:
        # rule: evm.authorization.has-code
        # source: EIP-7702, Behavior, step 5
        return None
    if nonce != authorization.nonce:
        # rule: evm.authorization.wrong-nonce
        # source: EIP-7702, Behavior, step 6
        return None
    return authority


def apply_authorization(
    environment: Environment, world: World, substate: Substate, authorization: Authorization
) -> None:
    """Delegate one account, unless the authorization doesn't hold. Its refund stays even if the transaction fails."""
    authority = authority_of(environment, world, substate, authorization)
    if authority is None:
        return
    if world.exists(authority):
        # rule: evm.authorization.refund
        # source: EIP-7702, Behavior, step 7: existence, not emptiness (docs/decisions/0003)
        substate.refund += gas.AUTHORIZATION_REFUND
    if authorization.address == ZERO_ADDRESS:
        # rule: evm.authorization.clears
        # source: EIP-7702, Behavior, step 8
        world.set_code(authority, b"")
    else:
        # rule: evm.authorization.delegates
        # source: EIP-7702, Behavior, step 8
        world.set_code(authority, DESIGNATOR + authorization.address)
    # rule: evm.authorization.nonce
    # source: EIP-7702, Behavior, step 9
    world.set_nonce(authority, authorization.nonce + 1)
