"""Storage and transient storage (EIP-2200, EIP-2929, EIP-3529, EIP-1153)."""

# source: EIP-2200, specification

from __future__ import annotations

from samestate.spec.evm import gas
from samestate.spec.evm.frame import Frame
from samestate.spec.evm.halts import OutOfGas
from samestate.spec.evm.instructions.instruction import instruction
from samestate.spec.evm.keys import slot_key


@instruction("SLOAD", pops=1, pushes=1)
def load(frame: Frame) -> None:
    """The value of a storage slot."""
    # stack
    slot = frame.stack.pop()

    # gas
    substate = frame.substate
    key = slot_key(frame.message.target, slot)
    if key in substate.warm:
        # rule: evm.sload.warm
        # source: EIP-2929, Storage read changes
        frame.charge(gas.WARM_ACCESS)
    else:
        # rule: evm.sload.cold
        # source: EIP-2929, Storage read changes
        frame.charge(gas.COLD_SLOT_LOAD)
        substate.put(substate.warm, key)

    # operation
    # rule: evm.sload.value
    # source: yellow paper, appendix H.2
    value = frame.world.slot(frame.message.target, slot)
    substate.originals.setdefault(key, value)
    frame.stack.append(value)

    # program counter
    frame.program_counter += 1


@instruction("SSTORE", pops=2)
def store(frame: Frame) -> None:
    """Give a storage slot a value. The price depends on the slot's original, current and new values."""
    # stack
    slot = frame.stack.pop()
    new = frame.stack.pop()

    # gas
    frame.forbid_in_static_context()
    if frame.gas_left <= gas.STORAGE_SENTRY:
        # rule: evm.sstore.sentry
        raise OutOfGas
    substate = frame.substate
    key = slot_key(frame.message.target, slot)
    # rule: evm.sstore.reads-current
    # source: EIP-2200, specification; EIP-7928, Gas Validation Before State Access
    current = frame.world.slot(frame.message.target, slot)
    original = substate.originals.setdefault(key, current)
    price = storage_price(original, current, new)
    if key not in substate.warm:
        # rule: evm.sstore.cold
        # source: EIP-2929, SSTORE changes
        price += gas.COLD_SLOT_LOAD
        substate.put(substate.warm, key)
    frame.charge(price)
    substate.refund += storage_refund(original, current, new, frame.context.fork.storage_clear_refund)

    # operation
    # rule: evm.sstore.write
    frame.world.set_slot(frame.message.target, slot, new)

    # program counter
    frame.program_counter += 1


def storage_price(original: int, current: int, new: int) -> int:
    """The price of SSTORE on a warm slot, in gas (EIP-2200 with the constants of EIP-2929)."""
    if current == new:
        # rule: evm.sstore.price.unchanged
        # source: EIP-2200, specification, with the prices of EIP-2929
        return gas.WARM_ACCESS
    if original != current:
        # rule: evm.sstore.price.changed-before
        # source: EIP-2200, specification, with the prices of EIP-2929
        return gas.WARM_ACCESS
    if original == 0:
        # rule: evm.sstore.price.set
        return gas.STORAGE_SET
    # rule: evm.sstore.price.reset
    # source: EIP-2200, specification, with the prices of EIP-2929
    return gas.STORAGE_RESET


def storage_refund(original: int, current: int, new: int, clear_refund: int) -> int:
    """What SSTORE adds to the refund counter; negative where an earlier refund is taken back (EIP-2200)."""
    if current == new:
        return 0
    refund = 0
    if original != 0:
        if current == 0:
            # rule: evm.sstore.refund.no-longer-cleared
            # source: EIP-2200, specification; EIP-3529, specification (amount since London)
            refund -= clear_refund
        elif new == 0:
            # rule: evm.sstore.refund.cleared
            # source: EIP-2200, specification; EIP-3529, specification (amount since London)
            refund += clear_refund
    if original == new:
        if original == 0:
            # rule: evm.sstore.refund.set-undone
            # source: EIP-2200, specification, with the prices of EIP-2929
            refund += gas.STORAGE_SET - gas.WARM_ACCESS
        else:
            # rule: evm.sstore.refund.reset-undone
            # source: EIP-2200, specification, with the prices of EIP-2929
            refund += gas.STORAGE_RESET - gas.WARM_ACCESS
    return refund


@instruction("TLOAD", pops=1, pushes=1)
def transient_load(frame: Frame) -> None:
    """The value of a transient slot."""
    # stack
    slot = frame.stack.pop()

    # gas
    frame.charge(gas.TRANSIENT_ACCESS)

    # operation
    # rule: evm.tload.value
    # source: EIP-1153, specification
    frame.stack.append(frame.substate.transient.get(slot_key(frame.message.target, slot), 0))

    # program counter
    frame.program_counter += 1


@instruction("TSTORE", pops=2)
def transient_store(frame: Frame) -> None:
    """Give a transient slot a value, until the end of the transaction."""
    # stack
    slot = frame.stack.pop()
    new = frame.stack.pop()

    # gas
    frame.charge(gas.TRANSIENT_ACCESS)

    # operation
    frame.forbid_in_static_context()
    # rule: evm.tstore.write
    # source: EIP-1153, specification
    frame.substate.put(frame.substate.transient, slot_key(frame.message.target, slot), new)

    # program counter
    frame.program_counter += 1
