"""The instructions that end a frame, and SELFDESTRUCT in the forms of the forks."""

# source: yellow paper, appendix H.2

from __future__ import annotations

from samestate.spec.evm import gas
from samestate.spec.evm.frame import Frame, to_address
from samestate.spec.evm.halts import InvalidOpcode, Reverted
from samestate.spec.evm.instructions.access import account_access_cost, warm_account
from samestate.spec.evm.instructions.instruction import instruction
from samestate.spec.evm.state_clearing import credit

SELF_DESTRUCT_REFUND = 24000


@instruction("RETURN", pops=2)
def return_(frame: Frame) -> None:
    """End the frame with output."""
    # stack
    offset = frame.stack.pop()
    size = frame.stack.pop()

    # gas
    frame.charge(frame.expansion((offset, size)))

    # operation
    # rule: evm.return
    frame.output = frame.read_memory(offset, size)

    # program counter
    frame.running = False


@instruction("REVERT", pops=2)
def revert(frame: Frame) -> None:
    """End the frame with output, and undo what it did (EIP-140)."""
    # stack
    offset = frame.stack.pop()
    size = frame.stack.pop()

    # gas
    frame.charge(frame.expansion((offset, size)))

    # operation
    # rule: evm.revert
    # source: EIP-140, specification
    frame.output = frame.read_memory(offset, size)

    # program counter
    frame.running = False
    raise Reverted


@instruction("INVALID")
def invalid(frame: Frame) -> None:
    """The opcode that will never be an instruction (EIP-141)."""
    # stack

    # gas

    # operation
    # rule: evm.invalid
    # source: EIP-141, specification
    raise InvalidOpcode("0xfe")

    # program counter


def charge_self_destruct(frame: Frame, beneficiary: bytes) -> None:
    """The gas part that all forms of SELFDESTRUCT share (EIP-150, EIP-161, EIP-2929)."""
    frame.forbid_in_static_context()
    price = gas.SELF_DESTRUCT
    if beneficiary not in frame.substate.warm:
        # rule: evm.selfdestruct.cold-beneficiary
        # source: EIP-2929, SELFDESTRUCT changes
        price += account_access_cost(frame, beneficiary)
    frame.require(price)
    warm_account(frame, beneficiary)
    if frame.world.balance(frame.message.target) and frame.world.is_empty(beneficiary):
        # rule: evm.selfdestruct.new-account-gas
        # source: EIP-161, specification b
        price += gas.NEW_ACCOUNT
    frame.charge(price)


def move_balance(frame: Frame, beneficiary: bytes) -> None:
    """Send all that this account has to the beneficiary. What goes to the account itself is lost."""
    owner = frame.message.target
    balance = frame.world.balance(owner)
    # rule: evm.selfdestruct.moves-balance
    frame.world.set_balance(owner, 0)
    if beneficiary != owner:
        credit(frame.world, frame.substate, beneficiary, balance)


@instruction("SELFDESTRUCT", pops=1)
def self_destruct_with_refund(frame: Frame) -> None:
    """Destroy this account at the end of the transaction; the first time earns a refund."""
    # stack
    beneficiary = to_address(frame.stack.pop())

    # gas
    charge_self_destruct(frame, beneficiary)
    owner, substate = frame.message.target, frame.substate
    if owner not in substate.destroyed:
        # rule: evm.selfdestruct.refund
        # source: yellow paper (Berlin version), appendix G
        substate.refund += SELF_DESTRUCT_REFUND

    # operation
    # rule: evm.selfdestruct.berlin
    move_balance(frame, beneficiary)
    substate.put(substate.destroyed, owner)

    # program counter
    frame.running = False


@instruction("SELFDESTRUCT", pops=1)
def self_destruct(frame: Frame) -> None:
    """Destroy this account at the end of the transaction (EIP-3529: no refund)."""
    # stack
    beneficiary = to_address(frame.stack.pop())

    # gas
    charge_self_destruct(frame, beneficiary)

    # operation
    # rule: evm.selfdestruct.london
    # source: yellow paper, appendix H.2; EIP-3529, specification (no refund)
    move_balance(frame, beneficiary)
    frame.substate.put(frame.substate.destroyed, frame.message.target)

    # program counter
    frame.running = False


@instruction("SELFDESTRUCT", pops=1)
def self_destruct_if_new(frame: Frame) -> None:
    """Send the balance away, and destroy this account only if this transaction created it (EIP-6780)."""
    # stack
    beneficiary = to_address(frame.stack.pop())

    # gas
    charge_self_destruct(frame, beneficiary)

    # operation
    owner, substate = frame.message.target, frame.substate
    if owner in substate.created:
        # rule: evm.selfdestruct.cancun-new-account
        # source: EIP-6780, specification
        move_balance(frame, beneficiary)
        substate.put(substate.destroyed, owner)
    elif beneficiary != owner:
        # rule: evm.selfdestruct.cancun-old-account
        # source: EIP-6780, specification
        move_balance(frame, beneficiary)

    # program counter
    frame.running = False
