"""Where execution goes on (yellow paper, appendix H.2, 0x00, 0x56 to 0x58, 0x5A and 0x5B)."""

# source: yellow paper, appendix H.2

from __future__ import annotations

from samestate.spec.evm import gas
from samestate.spec.evm.frame import Frame
from samestate.spec.evm.halts import InvalidJump
from samestate.spec.evm.instructions.instruction import instruction


@instruction("STOP")
def stop(frame: Frame) -> None:
    """End the frame, with success and without output."""
    # stack: takes nothing

    # gas: free

    # operation
    # rule: evm.control-flow.stop
    frame.running = False

    # program counter
    frame.program_counter += 1


@instruction("JUMP", pops=1)
def jump(frame: Frame) -> None:
    """Go on at a JUMPDEST of the code. Any other destination halts the frame."""
    # stack
    destination = frame.stack.pop()

    # gas
    frame.charge(gas.MID)

    # operation
    if not frame.may_jump_to(destination):
        # rule: evm.control-flow.jump-to-no-destination
        raise InvalidJump

    # program counter
    # rule: evm.control-flow.jump
    frame.program_counter = destination


@instruction("JUMPI", pops=2)
def jump_if(frame: Frame) -> None:
    """Go on at a JUMPDEST of the code if the second item is not zero; the destination counts only then."""
    # stack
    destination = frame.stack.pop()
    condition = frame.stack.pop()

    # gas
    frame.charge(gas.HIGH)

    # operation
    if condition and not frame.may_jump_to(destination):
        # rule: evm.control-flow.jump-if-to-no-destination
        raise InvalidJump

    # program counter
    if condition:
        # rule: evm.control-flow.jump-if-taken
        frame.program_counter = destination
    else:
        # rule: evm.control-flow.jump-if-not-taken
        frame.program_counter += 1


@instruction("PC", pushes=1)
def program_counter(frame: Frame) -> None:
    """The place of this instruction in the code."""
    # stack: takes nothing

    # gas
    frame.charge(gas.BASE)

    # operation
    # rule: evm.control-flow.program-counter
    frame.stack.append(frame.program_counter)

    # program counter
    frame.program_counter += 1


@instruction("GAS", pushes=1)
def gas_left(frame: Frame) -> None:
    """The gas that is left once this instruction is paid for."""
    # stack: takes nothing

    # gas
    frame.charge(gas.BASE)

    # operation
    # rule: evm.control-flow.gas-left
    frame.stack.append(frame.gas_left)

    # program counter
    frame.program_counter += 1


@instruction("JUMPDEST")
def jump_destination(frame: Frame) -> None:
    """A place where jumps may land. Does nothing."""
    # stack: takes nothing

    # gas
    frame.charge(gas.JUMP_DESTINATION)

    # operation: none

    # program counter
    # rule: evm.control-flow.jump-destination
    frame.program_counter += 1
