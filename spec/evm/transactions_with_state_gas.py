"""How a transaction runs, and what it has spent, where new state has a price of its own (EIP-2780, EIP-8037, EIP-8038).

What depends on the state is paid within the outermost frame, before its code begins: delegations, the account that
receives value or is created, the access to the code that the recipient delegates to. A transaction that cannot pay for
these is in the block all the same: it has failed, has delegated nothing, and all its gas is gone.
"""

# source: EIP-2780, Account creation and access charges

from __future__ import annotations

from samestate.spec.evm.address import created_address
from samestate.spec.evm.delegation import (
    DESIGNATOR,
    ZERO_ADDRESS,
    authority_of,
    delegation_target,
)
from samestate.spec.evm.fork import Fork
from samestate.spec.evm.frame import Frame, TransactionContext
from samestate.spec.evm.gas import ACCOUNT_WRITE
from samestate.spec.evm.halts import AddressCollision, ExceptionalHalt
from samestate.spec.evm.instructions.access import account_access_cost, warm_account
from samestate.spec.evm.interpreter import fail_at_once, process_creation, process_message
from samestate.spec.evm.spending import Spending
from samestate.spec.evm.state_gas import NEW_ACCOUNT, NEW_DELEGATION, StateGasFrame, metered
from samestate.spec.evm.transaction import SetCodeTransaction, Transaction
from samestate.spec.evm.transaction_execution import message_of_call, message_of_creation
from samestate.spec.evm.validity import intrinsic_gas


def run_with_state_gas(
    context: TransactionContext, sender: bytes, transaction: Transaction
) -> tuple[Frame, bytes | None]:
    """Pay for what the state asks for, then run the outermost frame. Gives it, and the address that it creates."""
    gas, reservoir = divide_gas(context.fork, transaction, sender)
    created = created_address(sender, transaction.nonce) if transaction.to is None else None
    if created is None:
        assert transaction.to is not None
        message = message_of_call(sender, transaction, transaction.to, gas)
    else:
        message = message_of_creation(sender, transaction, created, gas)
    frame = StateGasFrame(context, message, reservoir)
    mark = context.world.view.checkpoint()
    try:
        if isinstance(transaction, SetCodeTransaction):
            delegate(frame, transaction)
        if created is None:
            prepare_call(frame)
        else:
            prepare_creation(frame)
    except ExceptionalHalt as halt:
        # rule: evm.transaction.fails-before-code
        context.world.view.rollback(mark)
        frame.give_back_all()
        fail_at_once(frame, halt)
        return frame, created
    if created is None:
        process_message(frame)
    else:
        process_creation(frame)
    return frame, created


def divide_gas(fork: Fork, transaction: Transaction, sender: bytes) -> tuple[int, int]:
    """The gas with which the transaction executes, which its cap bounds, and its reservoir of state gas: the rest."""
    intrinsic = intrinsic_gas(fork, transaction, sender)
    left = transaction.gas_limit - intrinsic
    # rule: evm.state-gas.reservoir
    # source: EIP-8037, Transaction-level gas accounting (reservoir model)
    gas = left if fork.transaction_gas_limit is None else min(left, fork.transaction_gas_limit - intrinsic)
    return gas, left - gas


def delegate(frame: StateGasFrame, transaction: SetCodeTransaction) -> None:
    """Delegate the accounts of all authorizations that hold, and pay for what is new. Halts where that is too much.

    An account that is written anyway is not paid for as one that is written: the sender's, and the one that value
    moves to.
    """
    world, to = frame.world, frame.message.target
    written = {frame.message.caller, *((to,) if frame.message.value else ())}
    designated: set[bytes] = set()
    for authorization in transaction.authorizations:
        authority = authority_of(frame.context.environment, world, frame.substate, authorization)
        if authority is None:
            continue
        if not world.exists(authority):
            # rule: evm.authorization.new-account
            # source: EIP-2780, Account creation and access charges
            frame.charge_state(NEW_ACCOUNT)
        if authority not in written:
            # rule: evm.authorization.account-write
            # source: EIP-2780, Account creation and access charges
            frame.charge(ACCOUNT_WRITE)
            written.add(authority)
        if authorization.address == ZERO_ADDRESS:
            # rule: evm.authorization.clears-for-nothing
            # source: EIP-7702, Behavior, step 8; EIP-2780, Account creation and access charges
            if delegation_target(world.code(authority)) is not None:
                designated.add(authority)
            world.set_code(authority, b"")
        else:
            if authority not in designated and delegation_target(world.code(authority)) is None:
                # rule: evm.authorization.new-delegation
                # source: EIP-2780, Account creation and access charges
                frame.charge_state(NEW_DELEGATION)
            designated.add(authority)
            # rule: evm.authorization.designates
            # source: EIP-7702, Behavior, step 8
            world.set_code(authority, DESIGNATOR + authorization.address)
        # rule: evm.authorization.next-nonce
        # source: EIP-7702, Behavior, step 9
        world.set_nonce(authority, authorization.nonce + 1)
    frame.keep()


def prepare_call(frame: StateGasFrame) -> None:
    """Pay for the account that value makes and for the access to delegated code, and find the code."""
    context, message = frame.context, frame.message
    fork, world, to = context.fork, context.world, message.target
    world.view.touch(to)
    if message.value and world.is_empty(to):
        # rule: evm.transaction.new-account
        # source: EIP-2780, Account creation and access charges
        frame.charge_state(NEW_ACCOUNT)
    if to in fork.precompiles:
        return
    # rule: evm.transaction.reads-code-of-recipient
    # source: yellow paper, section 8
    frame.code = world.code(to)
    target = fork.delegation_target(frame.code)
    if target is not None:
        # rule: evm.transaction.delegation-access
        # source: EIP-2780, Account creation and access charges
        frame.charge(account_access_cost(frame, target))
        warm_account(frame, target)
        message.runs_precompile = False
        frame.code = b"" if target in fork.precompiles else world.code(target)
    message.code = frame.code


def prepare_creation(frame: StateGasFrame) -> None:
    """Find the address free, and pay for the account."""
    context, address = frame.context, frame.message.target
    context.substate.warm[address] = None
    context.world.view.touch(address)
    if context.fork.is_taken(context.world, address):
        # rule: evm.transaction.creation-collides-at-once
        # source: EIP-684, specification
        raise AddressCollision
    if context.world.is_empty(address):
        # rule: evm.transaction.creation-of-new-account
        # source: EIP-2780, Account creation and access charges; EIP-8037, Gas accounting for new accounts
        frame.charge_state(NEW_ACCOUNT)


def spend_in_two_dimensions(fork: Fork, transaction: Transaction, sender: bytes, frame: Frame) -> Spending:
    """What is not left, less the refund, but no less than the floor. The block counts what came before the refund.

    It counts state gas for itself; all else is execution gas, and no less than the floor (EIP-7778, EIP-8037).
    """
    outermost = metered(frame)
    spent = transaction.gas_limit - frame.gas_left - outermost.reservoir
    # rule: evm.transaction.refund-of-both
    # source: EIP-8037, Transaction gas used
    refund = min(frame.substate.refund, spent // fork.refund_quotient)
    floor = fork.calldata_floor(transaction, sender)
    # rule: evm.transaction.state-gas
    # source: EIP-8037, Block-level gas accounting
    state = max(0, outermost.state_gas_used)
    # rule: evm.transaction.execution-gas
    # source: EIP-7778, Gas Accounting Changes; EIP-8037, Block-level gas accounting
    return Spending(paid=max(spent - refund, floor), refunded=refund, execution=max(spent - state, floor), state=state)
