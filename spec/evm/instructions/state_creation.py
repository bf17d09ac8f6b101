"""Instructions that make new state, and pay for it by the byte (EIP-8037, EIP-8038): what Amsterdam replaces."""

# source: EIP-8037, Parameter changes

from __future__ import annotations

from samestate.spec.evm import gas
from samestate.spec.evm.frame import Frame, to_address
from samestate.spec.evm.halts import CodeTooLarge, InvalidContractPrefix
from samestate.spec.evm.instructions.access import account_access_cost, warm_account
from samestate.spec.evm.instructions.calls import Callee, find_callee
from samestate.spec.evm.instructions.instruction import instruction
from samestate.spec.evm.interpreter import set_code
from samestate.spec.evm.keys import slot_key
from samestate.spec.evm.state_clearing import credit
from samestate.spec.evm.state_gas import COST_PER_BYTE, NEW_ACCOUNT, NEW_SLOT, metered
from samestate.spec.evm.substate import Substate
from samestate.spec.evm.world import World


@instruction("SSTORE", pops=2)
def store(frame: Frame) -> None:
    """Give a storage slot a value. Access, the first change and a new slot are paid one by one (EIP-8038)."""
    # stack
    slot = frame.stack.pop()
    new = frame.stack.pop()

    # gas
    frame.forbid_in_static_context()
    substate, target = frame.substate, frame.message.target
    key = slot_key(target, slot)
    # rule: evm.sstore.access
    # source: EIP-8038, SSTORE pricing
    price = gas.WARM_ACCESS if key in substate.warm else gas.COLD_SLOT_LOAD
    # rule: evm.sstore.affords-access
    # source: EIP-2200, specification; EIP-7928, Gas Validation Before State Access
    frame.require(max(price, gas.STORAGE_SENTRY + 1))
    if key not in substate.warm:
        substate.put(substate.warm, key)
    current = frame.world.slot(target, slot)
    original = substate.originals.setdefault(key, current)
    meter = metered(frame)
    state = 0
    if current != new:
        if original == current:
            # rule: evm.sstore.write-gas
            # source: EIP-8038, SSTORE pricing
            price += gas.STORAGE_WRITE
            if original == 0:
                # rule: evm.sstore.new-slot
                # source: EIP-8037, Gas accounting for SSTORE (opcode-level)
                state = NEW_SLOT
        elif original == new == 0:
            # rule: evm.sstore.slot-is-not-new-after-all
            # source: EIP-8037, Gas accounting for SSTORE (opcode-level): first, as it can pay the charges
            meter.credit_state(NEW_SLOT)
    frame.charge(price)
    meter.charge_state(state)
    if current != new:
        substate.refund += refund(original, current, new, frame.context.fork.storage_clear_refund)

    # operation
    # rule: evm.sstore.write-since-amsterdam
    # source: yellow paper, appendix H.2
    frame.world.set_slot(target, slot, new)

    # program counter
    frame.program_counter += 1


def refund(original: int, current: int, new: int, clear_refund: int) -> int:
    """What SSTORE adds to the refund counter where it changes a slot; negative where a refund is taken back."""
    amount = 0
    if original != 0 and current == 0:
        # rule: evm.sstore.refund.kept-after-all
        # source: EIP-8038, SSTORE pricing
        amount -= clear_refund
    elif original != 0 and new == 0:
        # rule: evm.sstore.refund.clears
        # source: EIP-8038, SSTORE pricing
        amount += clear_refund
    if original == new:
        # rule: evm.sstore.refund.undone
        # source: EIP-8038, SSTORE pricing
        amount += gas.STORAGE_WRITE
    return amount


def charge_call(frame: Frame, address: bytes, value: int, memory: int, creates_account: bool) -> Callee:
    """Pay for a call, apart from the forwarded gas, and find the code that it runs. A new account comes last."""
    price = memory + account_access_cost(frame, address)
    if value:
        # rule: evm.call.value-gas-since-amsterdam
        # source: EIP-8038, Account access pricing
        price += frame.context.fork.call_value_gas
    frame.require(price)
    warm_account(frame, address)
    callee = find_callee(frame, address, price)
    frame.charge(price + callee.gas)
    meter = metered(frame)
    meter.grant = 0
    if creates_account and value:
        meter.charge_new_account(address)
    return callee


def deploy(frame: Frame) -> None:
    """Make the output of initialization code the code of the new account, and pay for hashing it and for its bytes."""
    code = frame.output
    if code.startswith(b"\xef"):
        # rule: evm.create.contract-prefix-since-amsterdam
        # source: EIP-3541, specification
        raise InvalidContractPrefix
    if len(code) > frame.context.fork.code_size_limit:
        # rule: evm.create.code-size-since-amsterdam
        # source: EIP-7954, specification
        raise CodeTooLarge
    # rule: evm.create.code-hash-gas
    # source: EIP-8037, Parameter changes
    frame.charge(gas.CODE_HASH_PER_WORD * gas.words(len(code)))
    # rule: evm.create.code-state-gas
    # source: EIP-8037, Parameter changes
    metered(frame).charge_state(COST_PER_BYTE * len(code))
    set_code(frame, code)


@instruction("SELFDESTRUCT", pops=1)
def self_destruct(frame: Frame) -> None:
    """Send the balance away; an account that this transaction created loses all else (EIP-6780, EIP-8246)."""
    # stack
    beneficiary = to_address(frame.stack.pop())

    # gas
    frame.forbid_in_static_context()
    owner, substate, world = frame.message.target, frame.substate, frame.world
    price = gas.SELF_DESTRUCT
    if beneficiary not in substate.warm:
        # rule: evm.selfdestruct.cold-beneficiary-since-amsterdam
        # source: EIP-2929, SELFDESTRUCT changes; EIP-8038, Account access pricing
        price += account_access_cost(frame, beneficiary)
    frame.require(price)
    warm_account(frame, beneficiary)
    balance = world.balance(owner)
    state = 0
    if balance and world.is_empty(beneficiary):
        # rule: evm.selfdestruct.new-account
        # source: EIP-8037, Gas accounting for new accounts; EIP-8038, Account access pricing
        price += gas.ACCOUNT_WRITE
        state = NEW_ACCOUNT
    frame.charge(price)
    metered(frame).charge_state(state)

    # operation
    if beneficiary != owner:
        # rule: evm.selfdestruct.sends-balance
        # source: EIP-6780, specification
        world.set_balance(owner, 0)
        credit(world, substate, beneficiary, balance)
        if balance:
            frame.context.fork.log_transfer(substate, owner, beneficiary, balance)
    if owner in substate.created:
        # rule: evm.selfdestruct.destroys-new-account
        # source: EIP-6780, specification
        substate.put(substate.destroyed, owner)

    # program counter
    frame.running = False


def destroy_but_keep_balance(world: World, substate: Substate, address: bytes) -> None:
    """Take nonce, code and storage from an account of this transaction, and leave its balance (EIP-8246)."""
    # rule: evm.destroy.keeps-balance
    # source: EIP-8246, specification
    world.set_nonce(address, 0)
    world.set_code(address, b"")
    for key in substate.originals:
        if len(key) > 21 and key[1:21] == address:
            # rule: evm.destroy.clears-slots-since-amsterdam
            # source: EIP-6780, specification
            world.view.set(key, None)


def is_taken(world: World, address: bytes) -> bool:
    """Whether a creation at ``address`` collides: it has a nonce or code (EIP-684, without EIP-7610)."""
    nonce, code = world.nonce(address), world.code(address)
    # rule: evm.create.collision-rule-since-amsterdam
    # source: EIP-684, specification
    return nonce != 0 or code != b""
