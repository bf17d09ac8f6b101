"""The rules of the devnets of April 2026 on the way to Amsterdam: bal-devnet-4 and snobal-devnet-5.

They are made of the specification's own functions, and of what those replaced: state has a price of its own as in
Amsterdam, but the price was another, some of it was intrinsic, and what a failed frame had spilled came back as state
gas. Of EIP-2780, EIP-8038, EIP-8246 and EIP-8282 there was nothing yet. Kept with the tests, since no chain runs it:

    samestate check --ruleset bal-devnet-4=tests/conformance/devnets/april.py:BAL_DEVNET_4 eest-bal-devnet-4.tar.xz
"""

from __future__ import annotations

from typing import Final

from samestate.spec.evm import gas, intrinsic, validity
from samestate.spec.evm.address import created_address
from samestate.spec.evm.delegation import DESIGNATOR, ZERO_ADDRESS, authority_of, delegated_code
from samestate.spec.evm.environment import Environment
from samestate.spec.evm.fork import Fork
from samestate.spec.evm.forks import AMSTERDAM, BPO2_ACCESS_LISTS, OSAKA
from samestate.spec.evm.frame import Frame, Message, TransactionContext, to_address
from samestate.spec.evm.halts import CodeTooLarge, InvalidContractPrefix, OutOfGas, Reverted
from samestate.spec.evm.instructions import state_creation
from samestate.spec.evm.instructions.access import account_access_cost, warm_account
from samestate.spec.evm.instructions.creation import charge_creation, create_account, no_new_account_charge
from samestate.spec.evm.instructions.ending import move_balance
from samestate.spec.evm.instructions.instruction import Instruction, instruction
from samestate.spec.evm.interpreter import collide, process_creation, process_message, set_code
from samestate.spec.evm.keys import slot_key
from samestate.spec.evm.receipt import Log
from samestate.spec.evm.rejections import Invalid
from samestate.spec.evm.spending import Spending
from samestate.spec.evm.state_gas import StateGasFrame
from samestate.spec.evm.substate import Substate
from samestate.spec.evm.totals import Totals, check_room_in_two_dimensions
from samestate.spec.evm.transaction import SetCodeTransaction, Transaction
from samestate.spec.evm.transaction_execution import destroy_created, message_of_call, message_of_creation
from samestate.spec.evm.transfer_logs import SYSTEM_ADDRESS
from samestate.spec.evm.world import World
from samestate.spec.machine import Rejection

COST_PER_BYTE: Final = 1174
SLOT: Final = 32
ACCOUNT: Final = 112
DELEGATION: Final = 23
"""Bytes of state."""
CREATION: Final = 9000
AUTHORIZATION: Final = 7500
STORAGE_UPDATE: Final = 2900
BURN: Final = bytes.fromhex("cc16f5dbb4873280815c1ee09dbd06736cffcc184412cf7a71a0fdb75d397ca5")
"""keccak256 of ``Burn(address,uint256)``: what an account lost that was destroyed (EIP-7708 of then)."""


def cost_per_byte(environment: Environment) -> int:
    """What a byte of state costs where it follows from the gas limit of the block (bal-devnet-4).

    The state is to grow by 100 GiB a year if half of all gas goes into it, in steps of five significant bits.
    """
    growth, blocks, offset, bits = 100 * 2**30, 2_628_000, 9578, 5
    raw = -(-environment.gas_limit * blocks // (2 * growth)) + offset
    shift = max(raw.bit_length() - bits, 0)
    return max((raw >> shift << shift) - offset, 1)


def fixed_cost_per_byte(environment: Environment) -> int:
    """What it cost where it was fixed (snobal-devnet-5)."""
    return COST_PER_BYTE


class AprilFrame(StateGasFrame):
    """A frame that pays for new state at the prices of April; how is said below."""

    __slots__ = ("authorized", "kept_gas", "lost")
    price = staticmethod(fixed_cost_per_byte)

    def __init__(self, context: TransactionContext, message: Message, reservoir: int = 0) -> None:
        super().__init__(context, message, reservoir)
        self.authorized = self.lost = self.kept_gas = 0
        """What came back for authorizations, which the block counts all the same, and what it does not count at all."""

    def pay_for(self, size: int) -> None:
        """Pay for so many bytes of new state."""
        self.charge_state(size * self.price(self.context.environment))

    def come_back(self, size: int) -> None:
        """So many bytes are not there after all."""
        self.credit_state(size * self.price(self.context.environment))

    def settle(self) -> None:
        """Pay for what has not been paid for yet, which is nothing where it is paid at once."""

    def clear_slot(self) -> None:
        """A slot that this transaction set is zero again."""
        self.come_back(SLOT)

    def known_accounts(self, count: int) -> None:
        """So many authorizations were of accounts that are there: what they paid comes back, counted all the same."""
        self.authorized = count * ACCOUNT * self.price(self.context.environment)
        self.reservoir += self.authorized
        self.entry = self.first = self.reservoir

    def charge_new_account(self, address: bytes) -> None:
        """Of a call that sends value to nobody."""
        if self.world.is_empty(address):
            self.pay_for(ACCOUNT)

    def child(self, message: Message) -> Frame:
        reservoir, self.reservoir = self.reservoir, 0
        return type(self)(self.context, message, reservoir)


class SettlingFrame(AprilFrame):
    """A frame of snobal-devnet-5: it pays for new state when it ends, for what then is new.

    One that cannot pay has failed, and keeps its execution gas. What a child cleared that its callers had set counts
    for them.
    """

    __slots__ = ("converted", "unsettled")

    def __init__(self, context: TransactionContext, message: Message, reservoir: int = 0) -> None:
        super().__init__(context, message, reservoir)
        self.unsettled = self.converted = 0

    def charge_state(self, amount: int) -> None:
        self.unsettled += amount

    def credit_state(self, amount: int) -> None:
        self.unsettled -= amount

    def settle(self) -> None:
        """Pay for what is new. Raises OutOfGas where there is not enough for it."""
        if self.unsettled > 0:
            StateGasFrame.charge_state(self, self.unsettled)
            self.unsettled = 0
        elif self.unsettled < 0 and not self.message.depth:
            StateGasFrame.credit_state(self, -self.unsettled)
            self.unsettled = 0

    def charge_new_account(self, address: bytes) -> None:
        before = self.unsettled
        super().charge_new_account(address)
        self.grant = self.unsettled - before

    def give_back(self) -> None:
        """What was spilled is reservoir from now on, so that a halt does not burn it."""
        self.become_reservoir(self.spilled)
        self.reservoir = self.entry
        self.spilled = self.unsettled = 0

    def become_reservoir(self, amount: int) -> None:
        """So much execution gas that a failed frame had spilled is state gas from now on."""
        self.converted += amount
        self.first += amount
        self.entry += amount

    def take_back(self, child: Frame) -> None:
        super().take_back(child)
        assert isinstance(child, SettlingFrame)
        self.become_reservoir(child.converted)
        self.gas_left += child.kept_gas
        if child.halt is None:
            self.unsettled += child.unsettled


class CollectingFrame(AprilFrame):
    """A frame of bal-devnet-4: it counts the state gas that it and its children used, whatever it was paid from.

    A failure turns all of that into reservoir, what was spilled too; nothing becomes execution gas again. What had come
    back to a frame before it failed is lost to its caller, and counted by the block in neither dimension.
    """

    __slots__ = ("came_back", "used")
    price = staticmethod(cost_per_byte)

    def __init__(self, context: TransactionContext, message: Message, reservoir: int = 0) -> None:
        super().__init__(context, message, reservoir)
        self.used = self.came_back = self.lost = 0

    @property
    def state_gas_used(self) -> int:
        return self.used

    def charge_state(self, amount: int) -> None:
        spill = max(0, amount - self.reservoir)
        if spill > self.gas_left:
            raise OutOfGas(amount)
        self.reservoir -= amount - spill
        self.gas_left -= spill
        self.used += amount

    def credit_state(self, amount: int) -> None:
        self.reservoir += amount
        self.used -= amount
        self.came_back += amount

    def take_back(self, child: Frame) -> None:
        Frame.take_back(self, child)
        assert isinstance(child, CollectingFrame)
        self.reservoir += child.reservoir
        self.lost += child.lost
        self.used += child.used
        if child.halt is None:
            self.came_back += child.came_back
        else:
            self.reservoir -= child.came_back
            self.lost += child.came_back

    def give_back(self) -> None:
        self.reservoir += self.used
        self.used = 0


class KeepingFrame(CollectingFrame):
    """A frame of bal-devnet-3: as in the one that followed, but little comes back.

    Not what a creation paid that made nothing, nor an account that was destroyed again, nor anything once the outermost
    frame has failed. A slot that is cleared again comes back as a refund, and authorizations lower what the block
    counts.
    """

    __slots__ = ()
    price = staticmethod(fixed_cost_per_byte)

    def come_back(self, size: int) -> None:
        return

    def clear_slot(self) -> None:
        self.substate.refund += SLOT * self.price(self.context.environment)

    def known_accounts(self, count: int) -> None:
        self.credit_state(count * ACCOUNT * self.price(self.context.environment))

    def give_back(self) -> None:
        if self.message.depth:
            super().give_back()


def meter(frame: Frame) -> AprilFrame:
    assert isinstance(frame, AprilFrame)
    return frame


@instruction("SSTORE", pops=2)
def store(frame: Frame) -> None:
    """As in Berlin, but for 20,000 gas for a new slot: it costs what any first change costs, and state gas."""
    slot = frame.stack.pop()
    new = frame.stack.pop()
    frame.forbid_in_static_context()
    frame.require(gas.STORAGE_SENTRY + 1)
    substate, target = frame.substate, frame.message.target
    key = slot_key(target, slot)
    price = 0
    if key not in substate.warm:
        price = gas.COLD_SLOT_LOAD
        substate.put(substate.warm, key)
    current = frame.world.slot(target, slot)
    original = substate.originals.setdefault(key, current)
    is_first_change = original == current != new
    price += STORAGE_UPDATE if is_first_change else gas.WARM_ACCESS
    clear = frame.context.fork.storage_clear_refund
    if current != new and original != 0 and current == 0:
        substate.refund -= clear
    elif current != new and original != 0 and new == 0:
        substate.refund += clear
    if current != new and original == new:
        substate.refund += STORAGE_UPDATE - gas.WARM_ACCESS
        if new == 0:
            meter(frame).clear_slot()
    frame.charge(price)
    if is_first_change and original == 0:
        meter(frame).pay_for(SLOT)
    frame.world.set_slot(target, slot, new)
    frame.program_counter += 1


@instruction("SELFDESTRUCT", pops=1)
def self_destruct(frame: Frame) -> None:
    """As in Cancun, with a log of what moves or is lost; a new beneficiary costs state gas alone."""
    beneficiary = to_address(frame.stack.pop())
    frame.forbid_in_static_context()
    owner, substate, world = frame.message.target, frame.substate, frame.world
    price = gas.SELF_DESTRUCT
    if beneficiary not in substate.warm:
        price += account_access_cost(frame, beneficiary)
    frame.require(price)
    warm_account(frame, beneficiary)
    balance = world.balance(owner)
    frame.charge(price)
    if balance and world.is_empty(beneficiary):
        meter(frame).pay_for(ACCOUNT)
    is_new = owner in substate.created
    if beneficiary != owner or is_new:
        move_balance(frame, beneficiary)
        if balance and beneficiary != owner:
            frame.context.fork.log_transfer(substate, owner, beneficiary, balance)
        elif balance:
            log_burn(substate, owner, balance)
    if is_new:
        substate.put(substate.destroyed, owner)
    frame.running = False


def log_burn(substate: Substate, address: bytes, amount: int) -> None:
    substate.logs.append(Log(SYSTEM_ADDRESS, (BURN, address.rjust(32, b"\x00")), amount.to_bytes(32)))


def destroy(world: World, substate: Substate, address: bytes) -> None:
    """Before the first account goes, what each of them still has is logged as lost, in the order of addresses."""
    if address == next(iter(substate.destroyed)):
        for lost in sorted(substate.destroyed):
            if world.balance(lost):
                log_burn(substate, lost, world.balance(lost))
    destroy_created(world, substate, address)


def deploy(frame: Frame) -> None:
    code = frame.output
    if code.startswith(b"\xef"):
        raise InvalidContractPrefix
    if len(code) > frame.context.fork.code_size_limit:
        raise CodeTooLarge
    frame.charge(gas.CODE_HASH_PER_WORD * gas.words(len(code)))
    meter(frame).pay_for(len(code))
    set_code(frame, code)


@instruction("CREATE", pops=3, pushes=1)
def create(frame: Frame) -> None:
    value, offset, size = frame.stack.pop(), frame.stack.pop(), frame.stack.pop()
    charge_creation(frame, offset, size, per_word=0)
    pay_and_create(frame, value, frame.read_memory(offset, size), salt=None)
    frame.program_counter += 1


@instruction("CREATE2", pops=4, pushes=1)
def create2(frame: Frame) -> None:
    value, offset, size, salt = (frame.stack.pop() for _ in range(4))
    charge_creation(frame, offset, size, per_word=gas.KECCAK_PER_WORD)
    pay_and_create(frame, value, frame.read_memory(offset, size), salt.to_bytes(32))
    frame.program_counter += 1


def pay_and_create(frame: Frame, value: int, initcode: bytes, salt: bytes | None) -> None:
    """The account is paid for before anything is looked at, alive or not, and comes back if none is made."""
    meter(frame).grant = 0
    meter(frame).pay_for(ACCOUNT)
    create_account(frame, value, initcode, salt)
    if not frame.stack[-1]:
        meter(frame).come_back(ACCOUNT)


def settling(ending: Instruction) -> Instruction:
    """An instruction that ends a frame, and settles where that is a call; a creation settles with its code."""

    def run(frame: Frame) -> None:
        ending.run(frame)
        if not frame.message.is_creation:
            assert isinstance(frame, SettlingFrame)
            try:
                frame.settle()
            except OutOfGas as halt:
                frame.output = b""
                raise Reverted from halt

    return ending._replace(run=run)


def deploy_and_settle(frame: Frame) -> None:
    assert isinstance(frame, SettlingFrame)
    deploy(frame)
    try:
        frame.settle()
    except OutOfGas:
        frame.kept_gas = frame.gas_left + frame.spilled
        raise


# Intrinsic gas, in two dimensions


def creation_charge(transaction: Transaction, sender: bytes) -> int:
    return CREATION if transaction.to is None else 0


def authorization_charge(transaction: Transaction, sender: bytes) -> int:
    return AUTHORIZATION * len(transaction.authorizations) if isinstance(transaction, SetCodeTransaction) else 0


def data_floor(transaction: Transaction, sender: bytes) -> int:
    return (
        gas.TRANSACTION
        + gas.CALLDATA_FLOOR_PER_BYTE * len(transaction.data)
        + intrinsic.access_list_data_charge(transaction, sender)
    )


def intrinsic_state_gas(fork: Fork, environment: Environment, transaction: Transaction) -> int:
    """What the state would cost at worst: the account that is created, and every account that is delegated."""
    size = 0
    if transaction.to is None:
        size = ACCOUNT
    elif isinstance(transaction, SetCodeTransaction):
        size = (ACCOUNT + DELEGATION) * len(transaction.authorizations)
    return size * (cost_per_byte if fork is BAL_DEVNET_4 else fixed_cost_per_byte)(environment)


def check_intrinsic_gas(fork: Fork, environment: Environment, transaction: Transaction, sender: bytes) -> None:
    execution = validity.intrinsic_gas(fork, transaction, sender)
    floor = data_floor(transaction, sender)
    if transaction.gas_limit < execution + intrinsic_state_gas(fork, environment, transaction):
        raise Rejection(Invalid.INTRINSIC_GAS_TOO_LOW)
    if transaction.gas_limit < floor:
        raise Rejection(Invalid.FLOOR_GAS_TOO_LOW, f"{transaction.gas_limit} of {floor}")
    if max(execution, floor) > gas.TRANSACTION_GAS_LIMIT:
        raise Rejection(Invalid.INTRINSIC_GAS_OVER_LIMIT)


def check_room(environment: Environment, totals: Totals, transaction: Transaction) -> None:
    """bal-devnet-4: neither dimension asks for what is intrinsic in the other."""
    state = intrinsic_state_gas(BAL_DEVNET_4, environment, transaction)
    if min(gas.TRANSACTION_GAS_LIMIT, transaction.gas_limit - state) > environment.gas_limit - totals.execution_gas:
        raise Rejection(Invalid.GAS_ALLOWANCE_EXCEEDED)
    execution = validity.intrinsic_gas(BAL_DEVNET_4, transaction, b"")
    if transaction.gas_limit - execution > environment.gas_limit - totals.state_gas:
        raise Rejection(Invalid.STATE_GAS_ALLOWANCE_EXCEEDED)


# A transaction


def run(context: TransactionContext, sender: bytes, transaction: Transaction) -> tuple[Frame, bytes | None]:
    fork, world, to = context.fork, context.world, transaction.to
    execution = validity.intrinsic_gas(fork, transaction, sender)
    left = transaction.gas_limit - execution - intrinsic_state_gas(fork, context.environment, transaction)
    limit = min(left, gas.TRANSACTION_GAS_LIMIT - execution)
    known = 0
    if isinstance(transaction, SetCodeTransaction):
        known = delegate(context, transaction)
    created = created_address(sender, transaction.nonce) if to is None else None
    if created is not None:
        frame = outermost(context, message_of_creation(sender, transaction, created, limit), left - limit)
        context.substate.warm[created] = None
        world.view.touch(created)
        if fork.is_taken(world, created):
            collide(frame)
        else:
            process_creation(frame)
        return frame, created
    assert to is not None
    world.view.touch(to)
    message = message_of_call(sender, transaction, to, limit)
    if to not in fork.precompiles:
        message.code = world.code(to)
        delegated = delegated_code(fork, world, context.substate, message.code)
        if delegated is not None:
            message.code, message.runs_precompile = delegated, False
    frame = outermost(context, message, left - limit)
    frame.known_accounts(known)
    process_message(frame)
    return frame, None


def outermost(context: TransactionContext, message: Message, reservoir: int) -> AprilFrame:
    frame = meter(context.fork.system_frame(context, message))
    frame.reservoir = frame.entry = frame.first = reservoir
    return frame


def delegate(context: TransactionContext, transaction: SetCodeTransaction) -> int:
    """Delegate what is authorized. Gives how many of the accounts were there before: they had been paid for."""
    world = context.world
    known = 0
    for authorization in transaction.authorizations:
        authority = authority_of(context.environment, world, context.substate, authorization)
        if authority is None:
            continue
        known += world.exists(authority)
        is_clearing = authorization.address == ZERO_ADDRESS
        world.set_code(authority, b"" if is_clearing else DESIGNATOR + authorization.address)
        world.set_nonce(authority, authorization.nonce + 1)
    return known


def spend(fork: Fork, transaction: Transaction, sender: bytes, frame: Frame) -> Spending:
    top = meter(frame)
    for address in frame.substate.destroyed:
        top.come_back(bytes_of(frame, address))
    top.settle()
    spent = transaction.gas_limit - frame.gas_left - top.reservoir - top.kept_gas
    refund = min(frame.substate.refund, spent // fork.refund_quotient)
    floor = fork.calldata_floor(transaction, sender)
    state = intrinsic_state_gas(fork, frame.context.environment, transaction) + top.state_gas_used
    execution = spent + top.authorized - top.lost - state
    return Spending(paid=max(spent - refund, floor), refunded=refund, execution=max(execution, floor), state=state)


def bytes_of(frame: Frame, address: bytes) -> int:
    """How large an account of this transaction is that is destroyed again, with its code and its slots."""
    world = frame.world
    keys = [key for key in frame.substate.originals if len(key) > 21 and key[1:21] == address]
    slots = sum(1 for key in keys if world.slot(address, int.from_bytes(key[21:])))
    return ACCOUNT + len(world.code(address)) + SLOT * slots


BAL_DEVNET_4 = BPO2_ACCESS_LISTS.fork(
    name="bal-devnet-4",
    instructions={
        opcode: AMSTERDAM.instructions[opcode]
        for opcode in (0x4B, 0xE6, 0xE7, 0xE8)  # EIP-7843, EIP-8024
    }
    | {0x55: store, 0xF0: create, 0xF5: create2, 0xFF: self_destruct},
    log_transfer=AMSTERDAM.log_transfer,  # EIP-7708
    charge_new_account=no_new_account_charge,  # paid before anything else
    charge_call=state_creation.charge_call,
    creation_gas=CREATION,
    deploy=deploy,
    destroy_account=destroy,
    system_frame=CollectingFrame,
    transaction_rules=(
        *(
            rule
            for rule in OSAKA.transaction_rules
            if rule
            not in (
                validity.check_transaction_gas_limit,
                validity.check_intrinsic_gas,
                validity.check_block_gas_limit,
            )
        ),
        check_intrinsic_gas,
    ),
    intrinsic_charges=(
        intrinsic.base_charge,
        intrinsic.calldata_charge,
        creation_charge,
        intrinsic.access_list_charge,
        intrinsic.access_list_data_charge,  # EIP-7981
        intrinsic.initcode_charge,
        authorization_charge,
    ),
    calldata_floor=data_floor,  # EIP-7976
    run=run,
    spend=spend,
    check_room=check_room,
    code_size_limit=2**15,  # EIP-7954 of then
    initcode_size_limit=2**16,
    header_fields=23,  # EIP-7843
)

SNOBAL_DEVNET_5 = BAL_DEVNET_4.fork(
    name="snobal-devnet-5",
    instructions={opcode: settling(BAL_DEVNET_4.instructions[opcode]) for opcode in (0x00, 0xF3, 0xFF)},
    deploy=deploy_and_settle,
    system_frame=SettlingFrame,
    check_room=check_room_in_two_dimensions,
)

ZKEVM_V0_3 = BAL_DEVNET_4.fork(
    name="zkevm-v0.3",  # on the rules of bal-devnet-3
    system_frame=KeepingFrame,
)
