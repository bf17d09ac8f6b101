"""The stack (yellow paper, appendix H.2, 0x50 and 0x60 to 0x9F; PUSH0 by EIP-3855)."""

# source: yellow paper, appendix H.2

from __future__ import annotations

from samestate.spec.evm import gas
from samestate.spec.evm.frame import Frame
from samestate.spec.evm.instructions.instruction import Instruction, instruction


@instruction("POP", pops=1)
def pop(frame: Frame) -> None:
    """Drop the top of the stack."""
    # stack
    frame.stack.pop()

    # gas
    frame.charge(gas.BASE)

    # operation: none

    # program counter
    # rule: evm.stack.pop
    frame.program_counter += 1


@instruction("PUSH0", pushes=1)
def push0(frame: Frame) -> None:
    """Zero (EIP-3855, since Shanghai)."""
    # stack: takes nothing

    # gas
    frame.charge(gas.BASE)

    # operation
    # rule: evm.stack.push-zero
    # source: EIP-3855, specification
    frame.stack.append(0)

    # program counter
    frame.program_counter += 1


def push(size: int) -> Instruction:
    """PUSH1 to PUSH32: the ``size`` bytes that follow the instruction in the code, as a number."""
    length = 1 + size

    @instruction(f"PUSH{size}", pushes=1)
    def push_size(frame: Frame) -> None:
        """The ``size`` bytes that follow, as if zeros followed the end of the code."""
        # stack: takes nothing

        # gas
        frame.charge(gas.VERY_LOW)

        # operation
        place = frame.program_counter
        data = frame.code[place + 1 : place + length]
        if len(data) < size:
            # rule: evm.stack.push-past-end-of-code
            data = data.ljust(size, b"\x00")
        # rule: evm.stack.push
        frame.stack.append(int.from_bytes(data, "big"))

        # program counter
        frame.program_counter = place + length

    return push_size


def duplicate(depth: int) -> Instruction:
    """DUP1 to DUP16: the item that is ``depth``-th from the top, once more."""

    @instruction(f"DUP{depth}", pops=depth, pushes=depth + 1)
    def duplicate_depth(frame: Frame) -> None:
        """Put the ``depth``-th item from the top on the stack once more."""
        # stack
        item = frame.stack[-depth]

        # gas
        frame.charge(gas.VERY_LOW)

        # operation
        # rule: evm.stack.duplicate
        frame.stack.append(item)

        # program counter
        frame.program_counter += 1

    return duplicate_depth


def swap(depth: int) -> Instruction:
    """SWAP1 to SWAP16: the top changes places with the item ``depth`` below it."""
    place = -1 - depth

    @instruction(f"SWAP{depth}", pops=depth + 1, pushes=depth + 1)
    def swap_depth(frame: Frame) -> None:
        """Let the top and the item ``depth`` below it change places."""
        # stack
        stack = frame.stack

        # gas
        frame.charge(gas.VERY_LOW)

        # operation
        # rule: evm.stack.swap
        stack[-1], stack[place] = stack[place], stack[-1]

        # program counter
        frame.program_counter += 1

    return swap_depth
