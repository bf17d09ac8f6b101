"""What the chain itself does in a block: calls to system contracts, withdrawals, rewards and requests.

The opening steps happen before the first transaction, the closing steps after the last.
"""

from __future__ import annotations

from samestate.spec.evm.environment import Environment
from samestate.spec.evm.fork import Fork
from samestate.spec.evm.frame import Frame, Message, TransactionContext
from samestate.spec.evm.gas import SYSTEM_CALL
from samestate.spec.evm.interpreter import process_message
from samestate.spec.evm.payload import Payload
from samestate.spec.evm.receipt import Receipt
from samestate.spec.evm.rejections import Invalid
from samestate.spec.evm.substate import Substate
from samestate.spec.evm.world import World
from samestate.spec.machine import Rejection

SYSTEM_ADDRESS = bytes.fromhex("fffffffffffffffffffffffffffffffffffffffe")
BEACON_ROOTS = bytes.fromhex("000F3df6D732807Ef1319fB7B8bB8522d0Beac02")
"""EIP-4788."""
BLOCK_HASHES = bytes.fromhex("0000F90827F1C53a10cb7A02335B175320002935")
"""EIP-2935."""
WITHDRAWAL_REQUESTS = bytes.fromhex("00000961Ef480Eb55e80D19ad83579A64c007002")
"""EIP-7002."""
CONSOLIDATION_REQUESTS = bytes.fromhex("0000BBdDc7CE488642fb579F8B00f3a590007251")
"""EIP-7251."""

WITHDRAWAL_REQUEST_TYPE = b"\x01"
CONSOLIDATION_REQUEST_TYPE = b"\x02"
WEI_PER_GWEI = 10**9
ETHER = 10**18
OMMER_DEPTH = 8
NEPHEW_SHARE = 32


def system_call(fork: Fork, environment: Environment, world: World, contract: bytes, code: bytes, data: bytes) -> Frame:
    """Call a system contract as the system: with its own gas, that nobody pays, and no nonce that moves."""
    substate = Substate()
    substate.warm[contract] = None
    context = TransactionContext(
        fork=fork, environment=environment, world=world, substate=substate, origin=SYSTEM_ADDRESS, gas_price=0
    )
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
    )
    # rule: evm.system.call
    frame = process_message(context, message)
    for address in substate.destroyed:
        fork.destroy_account(world, substate, address)
    return frame


def unchecked_system_call(payload: Payload, fork: Fork, world: World, contract: bytes, data: bytes) -> None:
    """Call a system contract whose absence or failure is without consequence."""
    world.view.touch(contract)
    code = world.code(contract)
    if not code:
        # rule: evm.system.contract-without-code
        return
    system_call(fork, payload.environment, world, contract, code, data)


def checked_system_call(payload: Payload, fork: Fork, world: World, contract: bytes) -> bytes:
    """The output of a system contract that must exist and may not fail."""
    world.view.touch(contract)
    code = world.code(contract)
    if not code:
        # rule: evm.system.contract-missing
        raise Rejection(Invalid.SYSTEM_CONTRACT_MISSING, f"0x{contract.hex()}")
    frame = system_call(fork, payload.environment, world, contract, code, b"")
    if frame.halt is not None:
        # rule: evm.system.contract-failed
        raise Rejection(Invalid.SYSTEM_CONTRACT_FAILED, f"0x{contract.hex()}: {type(frame.halt).__name__}")
    return frame.output


def store_beacon_root(fork: Fork, payload: Payload, world: World) -> None:
    """Opening: let the beacon roots contract store the root of the parent beacon block (EIP-4788)."""
    # rule: evm.system.beacon-root
    unchecked_system_call(payload, fork, world, BEACON_ROOTS, payload.environment.parent_beacon_block_root)


def store_parent_hash(fork: Fork, payload: Payload, world: World) -> None:
    """Opening: let the history contract store the hash of the parent block (EIP-2935)."""
    # rule: evm.system.parent-hash
    unchecked_system_call(payload, fork, world, BLOCK_HASHES, payload.environment.parent_hash)


def pay_rewards(fork: Fork, payload: Payload, receipts: tuple[Receipt, ...], world: World) -> None:
    """Closing: reward the miner of the block and those of its ommers (yellow paper, section 11.3)."""
    reward = fork.block_reward
    ommers = payload.ommers
    # rule: evm.reward.miner
    world.credit(payload.environment.coinbase, reward + len(ommers) * (reward // NEPHEW_SHARE))
    for ommer in ommers:
        # rule: evm.reward.ommer
        world.credit(ommer.address, (OMMER_DEPTH + ommer.number - payload.environment.number) * reward // OMMER_DEPTH)


def pay_withdrawals(fork: Fork, payload: Payload, receipts: tuple[Receipt, ...], world: World) -> None:
    """Closing: credit the withdrawals of the consensus layer (EIP-4895)."""
    for withdrawal in payload.withdrawals:
        # rule: evm.withdrawal
        world.credit(withdrawal.address, withdrawal.amount * WEI_PER_GWEI)


def collect_withdrawal_requests(
    fork: Fork, payload: Payload, receipts: tuple[Receipt, ...], world: World
) -> bytes | None:
    """Closing: take the withdrawal requests that the block's transactions queued (EIP-7002)."""
    output = checked_system_call(payload, fork, world, WITHDRAWAL_REQUESTS)
    # rule: evm.requests.withdrawals
    return WITHDRAWAL_REQUEST_TYPE + output if output else None


def collect_consolidation_requests(
    fork: Fork, payload: Payload, receipts: tuple[Receipt, ...], world: World
) -> bytes | None:
    """Closing: take the consolidation requests that the block's transactions queued (EIP-7251)."""
    output = checked_system_call(payload, fork, world, CONSOLIDATION_REQUESTS)
    # rule: evm.requests.consolidations
    return CONSOLIDATION_REQUEST_TYPE + output if output else None
