"""Executing one transaction (yellow paper, section 6)."""

# source: yellow paper, section 6.2

from __future__ import annotations

from typing import NamedTuple

from samestate.spec.evm.address import created_address
from samestate.spec.evm.delegation import apply_authorizations, delegated_code
from samestate.spec.evm.environment import Environment
from samestate.spec.evm.fork import Fork
from samestate.spec.evm.frame import Frame, Message, Tracer, TransactionContext
from samestate.spec.evm.halts import Halt
from samestate.spec.evm.interpreter import collide, process_creation, process_message
from samestate.spec.evm.keys import slot_key
from samestate.spec.evm.precompiles import RIPEMD160
from samestate.spec.evm.receipt import Log
from samestate.spec.evm.recursion import room_for_calls
from samestate.spec.evm.state_clearing import clear_touched, credit, touch
from samestate.spec.evm.substate import Substate
from samestate.spec.evm.transaction import BlobTransaction, SetCodeTransaction, Transaction
from samestate.spec.evm.validity import blob_gas, check_alone, check_sender, effective_gas_price, intrinsic_gas
from samestate.spec.evm.world import World
from samestate.spec.machine import Rejection, RejectionCode, View


class Outcome(NamedTuple):
    """What one transaction did, before it is settled.

    Gas in gas units, prices in wei. ``halt`` is why its outermost frame failed, or None; ``output`` what that frame
    returned; ``created`` the address that a creating transaction made or tried to make. ``gas_used`` is what the sender
    pays for; ``execution_gas`` and ``state_gas`` are what the block counts: before Amsterdam what is paid, and nothing.
    """

    transaction: Transaction
    sender: bytes
    gas_used: int
    execution_gas: int
    state_gas: int
    gas_refunded: int
    blob_gas_used: int
    effective_gas_price: int
    logs: tuple[Log, ...]
    halt: Halt | None
    output: bytes
    created: bytes | None
    refusal: tuple[RejectionCode, str] | None = None
    """Why the transaction may not be in a block on this state, in a code and in words: nothing was executed. Whether
    the block has room for it is the question before this one, which only :meth:`Evm.settle` can answer."""

    @property
    def succeeded(self) -> bool:
        """Whether the outermost frame ended normally."""
        return self.halt is None


@room_for_calls()
def execute_transaction(
    fork: Fork, environment: Environment, transaction: Transaction, view: View, tracer: Tracer | None = None
) -> Outcome:
    """Check the transaction, buy its gas, run it, give back what is left and pay the coinbase.

    Raises Rejection where the transaction may not be in any block of this environment. Where it is refused on this
    state, the outcome says so, and nothing has changed.
    """
    sender = check_alone(fork, environment, transaction)
    world = World(view)
    try:
        for rule in fork.inclusion_rules:
            rule(fork, environment, transaction, sender)
        check_sender(fork, world, sender, transaction)
    except Rejection as rejection:
        return refused(transaction, sender, rejection)
    context, frame, created = run_transaction(fork, environment, transaction, sender, world, Substate(), tracer)
    return finish_transaction(context, transaction, frame, created)


def run_transaction(
    fork: Fork,
    environment: Environment,
    transaction: Transaction,
    sender: bytes,
    world: World,
    substate: Substate,
    tracer: Tracer | None,
) -> tuple[TransactionContext, Frame, bytes | None]:
    """Buy the gas of a transaction that has been checked, and run its outermost frame.

    ``substate`` is a new one. Gives the context, the frame as it ended, and the address of what it created, if it did.
    """
    price = effective_gas_price(environment, transaction)
    buy_gas(fork, environment, world, sender, transaction, price)
    # rule: evm.transaction.nonce
    world.set_nonce(sender, transaction.nonce + 1)

    warm_at_start(fork, environment, substate, sender, transaction)
    context = TransactionContext(
        fork=fork,
        environment=environment,
        world=world,
        substate=substate,
        origin=sender,
        gas_price=price,
        blob_versioned_hashes=transaction.blob_versioned_hashes if isinstance(transaction, BlobTransaction) else (),
        tracer=tracer,
    )
    frame, created = fork.run(context, sender, transaction)
    return context, frame, created


def finish_transaction(
    context: TransactionContext, transaction: Transaction, frame: Frame, created: bytes | None
) -> Outcome:
    """The outermost frame has ended: give back what is left, pay the coinbase, and clear what is to vanish."""
    fork, environment, world, substate = context.fork, context.environment, context.world, context.substate
    sender, price = context.origin, context.gas_price
    spending = fork.spend(fork, transaction, sender, frame)
    # rule: evm.transaction.gas-comes-back
    world.set_balance(sender, world.balance(sender) + (transaction.gas_limit - spending.paid) * price)
    # rule: evm.transaction.priority-fee
    # source: EIP-1559, specification
    credit(world, substate, environment.coinbase, (price - environment.base_fee_per_gas) * spending.paid)

    for address in substate.destroyed:
        # rule: evm.transaction.destroys
        fork.destroy_account(world, substate, address)
    if substate.ripemd160_touched:
        # rule: evm.transaction.ripemd160-stays-touched
        # source: yellow paper, appendix K.1
        touch(world, substate, RIPEMD160)
    clear_touched(world, substate)
    return Outcome(
        transaction=transaction,
        sender=sender,
        gas_used=spending.paid,
        execution_gas=spending.execution,
        state_gas=spending.state,
        gas_refunded=spending.refunded,
        blob_gas_used=blob_gas(transaction),
        effective_gas_price=price,
        logs=tuple(substate.logs),
        halt=frame.halt,
        output=frame.output,
        created=created,
    )


def refused(transaction: Transaction, sender: bytes, rejection: Rejection) -> Outcome:
    """The outcome of a transaction that may not be in a block on this state."""
    return Outcome(
        transaction=transaction,
        sender=sender,
        gas_used=0,
        execution_gas=0,
        state_gas=0,
        gas_refunded=0,
        blob_gas_used=0,
        effective_gas_price=0,
        logs=(),
        halt=None,
        output=b"",
        created=None,
        refusal=(rejection.code, rejection.detail),
    )


def buy_gas(
    fork: Fork, environment: Environment, world: World, sender: bytes, transaction: Transaction, price: int
) -> None:
    """Take the price of all the gas, and of the blobs, from the sender."""
    # rule: evm.transaction.buys-gas
    cost = transaction.gas_limit * price
    if isinstance(transaction, BlobTransaction):
        # rule: evm.transaction.buys-blob-gas
        # source: EIP-4844, Gas accounting
        cost += blob_gas(transaction) * fork.blob_base_fee(environment.excess_blob_gas)
    world.set_balance(sender, world.balance(sender) - cost)


def warm_at_start(
    fork: Fork, environment: Environment, substate: Substate, sender: bytes, transaction: Transaction
) -> None:
    """The addresses and slots that are warm before the first instruction (EIP-2929, EIP-2930, EIP-3651)."""
    warm = substate.warm
    # rule: evm.access.warm-at-start
    # source: EIP-2929, specification
    warm.update(dict.fromkeys(fork.precompiles))
    warm[sender] = None
    if transaction.to is not None:
        warm[transaction.to] = None
    if fork.warms_coinbase:
        # rule: evm.access.warm-coinbase
        # source: EIP-3651, specification
        warm[environment.coinbase] = None
    for address, slots in transaction.access_list:
        # rule: evm.access.access-list
        # source: EIP-2930, specification
        warm[address] = None
        for slot in slots:
            # rule: evm.access.access-list-slot
            # source: EIP-2930, specification
            warm[slot_key(address, slot)] = None


def run(context: TransactionContext, sender: bytes, transaction: Transaction) -> tuple[Frame, bytes | None]:
    """Delegate what is authorized, then run the outermost frame. Gives it, and the address that it creates."""
    fork, world, to = context.fork, context.world, transaction.to
    if isinstance(transaction, SetCodeTransaction):
        apply_authorizations(context.environment, world, context.substate, transaction.authorizations)
    gas = transaction.gas_limit - intrinsic_gas(fork, transaction, sender)
    if to is None:
        return run_creation(context, sender, transaction, gas)
    world.view.touch(to)
    code = b""
    runs_precompile = True
    if to not in fork.precompiles:
        # rule: evm.transaction.reads-code
        # source: yellow paper, section 8
        code = world.code(to)
        delegated = delegated_code(fork, world, context.substate, code)
        if delegated is not None:
            # rule: evm.transaction.delegation
            # source: EIP-7702, Delegation indicator
            code, runs_precompile = delegated, False
    message = message_of_call(sender, transaction, to, gas)
    message.code, message.runs_precompile = code, runs_precompile
    frame = Frame(context, message)
    # rule: evm.transaction.call
    process_message(frame)
    return frame, None


def run_creation(
    context: TransactionContext, sender: bytes, transaction: Transaction, gas: int
) -> tuple[Frame, bytes | None]:
    """Run the initialization code of a transaction without recipient."""
    address = created_address(sender, transaction.nonce)
    frame = Frame(context, message_of_creation(sender, transaction, address, gas))
    context.substate.warm[address] = None
    context.world.view.touch(address)
    if context.fork.is_taken(context.world, address):
        # rule: evm.transaction.creation-collides
        # source: EIP-684, specification
        collide(frame)
    else:
        # rule: evm.transaction.creation
        process_creation(frame)
    return frame, address


def message_of_call(sender: bytes, transaction: Transaction, to: bytes, gas: int) -> Message:
    """The outermost call, whose code is not known yet."""
    return Message(
        caller=sender,
        target=to,
        code_address=to,
        code=b"",
        data=transaction.data,
        value=transaction.value,
        gas=gas,
        depth=0,
    )


def message_of_creation(sender: bytes, transaction: Transaction, address: bytes, gas: int) -> Message:
    """The outermost creation, whose code is the transaction's data."""
    return Message(
        caller=sender,
        target=address,
        code_address=None,
        code=transaction.data,
        data=b"",
        value=transaction.value,
        gas=gas,
        depth=0,
    )


def destroy_with_storage(world: World, substate: Substate, address: bytes) -> None:
    """Before Cancun: the account vanishes with all its storage, whenever it was made."""
    world.forget_account(address)
    # rule: evm.destroy.wipes-storage
    # source: yellow paper, section 6.2 (accounts of the self-destruct set)
    world.view.wipe(address)


def destroy_created(world: World, substate: Substate, address: bytes) -> None:
    """Since Cancun: an account of this transaction vanishes; it has no storage but what this transaction wrote."""
    world.forget_account(address)
    for key in substate.originals:
        if len(key) > 21 and key[1:21] == address:
            # rule: evm.destroy.clears-slots
            # source: EIP-6780, specification
            world.view.set(key, None)
