"""Calls that the chain itself makes: to contracts that keep its books (EIP-4788, EIP-2935, EIP-7002, EIP-7251).

Two of them happen before the first transaction and stand here; those after the last stand with the requests that they
give.
"""

# source: EIP-4788, specification

from __future__ import annotations

from samestate.spec.evm.delegation import delegated_code
from samestate.spec.evm.environment import Environment
from samestate.spec.evm.fork import Fork
from samestate.spec.evm.frame import Frame, Message, TransactionContext
from samestate.spec.evm.gas import SYSTEM_CALL
from samestate.spec.evm.interpreter import process_message
from samestate.spec.evm.payload import Payload
from samestate.spec.evm.recursion import room_for_calls
from samestate.spec.evm.rejections import Invalid
from samestate.spec.evm.state_clearing import clear_touched
from samestate.spec.evm.substate import Substate
from samestate.spec.evm.transfer_logs import SYSTEM_ADDRESS
from samestate.spec.evm.world import World
from samestate.spec.machine import Rejection

BEACON_ROOTS = bytes.fromhex("000F3df6D732807Ef1319fB7B8bB8522d0Beac02")
"""EIP-4788."""
BLOCK_HASHES = bytes.fromhex("0000F90827F1C53a10cb7A02335B175320002935")
"""EIP-2935."""
WITHDRAWAL_REQUESTS = bytes.fromhex("00000961Ef480Eb55e80D19ad83579A64c007002")
"""EIP-7002."""
CONSOLIDATION_REQUESTS = bytes.fromhex("0000BBdDc7CE488642fb579F8B00f3a590007251")
"""EIP-7251."""

BUILDER_DEPOSITS = bytes.fromhex("0000BFF46984E3725691FA540A8C7589300D8282")
BUILDER_EXITS = bytes.fromhex("000064D678505AD48F8CCB093BC65613800E8282")
"""EIP-8282."""


@room_for_calls()
def system_call(fork: Fork, environment: Environment, world: World, contract: bytes, code: bytes, data: bytes) -> Frame:
    """Call a system contract as the system: with its own gas, that nobody pays, and no nonce that moves.

    A contract that is a delegation is called like any other account: the code that it delegates to runs (EIP-7702).
    """
    substate = Substate()
    substate.warm[contract] = None
    context = TransactionContext(
        fork=fork, environment=environment, world=world, substate=substate, origin=SYSTEM_ADDRESS, gas_price=0
    )
    delegated = delegated_code(fork, world, substate, code)
    if delegated is not None:
        # rule: evm.system.delegation
        # source: EIP-7702, Delegation indicator
        code = delegated
    message = Message(
        caller=SYSTEM_ADDRESS,
        target=contract,
        code_address=contract,
        code=code,
        data=data,
        value=0,
        gas=SYSTEM_CALL,
        depth=0,
        moves_value=False,
        runs_precompile=delegated is None,
    )
    # rule: evm.system.call
    # source: EIP-4788; EIP-2935; EIP-7002; EIP-7251
    frame = fork.system_frame(context, message)
    process_message(frame)
    for address in substate.destroyed:
        fork.destroy_account(world, substate, address)
    clear_touched(world, substate)
    return frame


def unchecked_system_call(payload: Payload, fork: Fork, world: World, contract: bytes, data: bytes) -> None:
    """Call a system contract whose absence or failure is without consequence."""
    world.view.touch(contract)
    code = world.code(contract)
    if not code:
        # rule: evm.system.contract-without-code
        # source: EIP-4788, specification; EIP-2935, specification
        return
    system_call(fork, payload.environment, world, contract, code, data)


def checked_system_call(payload: Payload, fork: Fork, world: World, contract: bytes) -> bytes:
    """The output of a system contract that must exist and may not fail."""
    world.view.touch(contract)
    code = world.code(contract)
    if not code:
        # rule: evm.system.contract-missing
        # source: EIP-7002, specification; EIP-7251, specification; EIP-8282, Deployment
        raise Rejection(Invalid.SYSTEM_CONTRACT_MISSING, f"0x{contract.hex()}")
    frame = system_call(fork, payload.environment, world, contract, code, b"")
    if frame.halt is not None:
        # rule: evm.system.contract-failed
        # source: EIP-7002, specification; EIP-7251, specification; EIP-8282, System call
        raise Rejection(Invalid.SYSTEM_CONTRACT_FAILED, f"0x{contract.hex()}: {type(frame.halt).__name__}")
    return frame.output


def store_beacon_root(fork: Fork, payload: Payload, world: World) -> None:
    """Opening: let the beacon roots contract store the root of the parent beacon block (EIP-4788)."""
    # rule: evm.system.beacon-root
    unchecked_system_call(payload, fork, world, BEACON_ROOTS, payload.environment.parent_beacon_block_root)


def store_parent_hash(fork: Fork, payload: Payload, world: World) -> None:
    """Opening: let the history contract store the hash of the parent block (EIP-2935)."""
    # rule: evm.system.parent-hash
    # source: EIP-2935, specification
    unchecked_system_call(payload, fork, world, BLOCK_HASHES, payload.environment.parent_hash)
