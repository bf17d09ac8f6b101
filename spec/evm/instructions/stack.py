"""The stack (yellow paper, appendix H.2, 0x50 and 0x60 to 0x9F; PUSH0 by EIP-3855; DUPN, SWAPN and EXCHANGE by
EIP-8024)."""

# source: yellow paper, appendix H.2

from __future__ import annotations

from samestate.spec.evm import gas
from samestate.spec.evm.frame import Frame
from samestate.spec.evm.halts import InvalidImmediate, StackUnderflow
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


def immediate(frame: Frame) -> int:
    """The byte after the instruction; zero at the end of the code."""
    place = frame.program_counter + 1
    # rule: evm.stack.immediate
    # source: EIP-8024, specification
    return frame.code[place] if place < len(frame.code) else 0


def depth_of(encoded: int) -> int:
    """Which item an immediate of DUPN and SWAPN means: 17 to 235. Halts where it means none.

    The bytes that mean none are those that the analysis of jumps looks for (JUMPDEST, PUSH1 to PUSH32), so that it
    need not know these instructions.
    """
    if 91 <= encoded <= 127:
        # rule: evm.stack.invalid-immediate
        # source: EIP-8024, specification
        raise InvalidImmediate(f"0x{encoded:02x}")
    # rule: evm.stack.depth-of-immediate
    # source: EIP-8024, specification
    return (encoded + 145) % 256


def depths_of(encoded: int) -> tuple[int, int]:
    """Which two items below the top an immediate of EXCHANGE means: different ones. Halts where it means none."""
    if 82 <= encoded <= 127:
        # rule: evm.stack.invalid-immediate-of-exchange
        # source: EIP-8024, specification
        raise InvalidImmediate(f"0x{encoded:02x}")
    # rule: evm.stack.depths-of-immediate
    # source: EIP-8024, specification
    first, second = divmod(encoded ^ 143, 16)
    return (first + 1, second + 1) if first < second else (second + 1, 29 - first)


def require_items(frame: Frame, count: int) -> None:
    """Halt where the stack has fewer items."""
    if len(frame.stack) < count:
        # rule: evm.stack.too-few-items
        # source: EIP-8024, specification
        raise StackUnderflow


@instruction("DUPN", pushes=1)
def duplicate_at_depth(frame: Frame) -> None:
    """The item that is as far from the top as the immediate says, once more (EIP-8024, since Amsterdam)."""
    # stack: takes nothing

    # gas
    frame.charge(gas.VERY_LOW)

    # operation
    depth = depth_of(immediate(frame))
    require_items(frame, depth)
    # rule: evm.stack.duplicate-at-depth
    # source: EIP-8024, specification
    frame.stack.append(frame.stack[-depth])

    # program counter
    frame.program_counter += 2


@instruction("SWAPN")
def swap_at_depth(frame: Frame) -> None:
    """The top changes places with the item as far below it as the immediate says (EIP-8024, since Amsterdam)."""
    # stack: takes nothing

    # gas
    frame.charge(gas.VERY_LOW)

    # operation
    depth = depth_of(immediate(frame))
    require_items(frame, depth + 1)
    stack = frame.stack
    # rule: evm.stack.swap-at-depth
    # source: EIP-8024, specification
    stack[-1], stack[-1 - depth] = stack[-1 - depth], stack[-1]

    # program counter
    frame.program_counter += 2


@instruction("EXCHANGE")
def exchange(frame: Frame) -> None:
    """The two items as far below the top as the immediate says change places (EIP-8024, since Amsterdam)."""
    # stack: takes nothing

    # gas
    frame.charge(gas.VERY_LOW)

    # operation
    first, second = depths_of(immediate(frame))
    require_items(frame, max(first, second) + 1)
    stack = frame.stack
    # rule: evm.stack.exchange
    # source: EIP-8024, specification
    stack[-1 - first], stack[-1 - second] = stack[-1 - second], stack[-1 - first]

    # program counter
    frame.program_counter += 2
