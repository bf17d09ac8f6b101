"""The bits of words (yellow paper, appendix H.2, 0x16 to 0x1E; shifts by EIP-145, leading zeros by EIP-7939)."""

# source: yellow paper, appendix H.2

from __future__ import annotations

from samestate.spec.evm import gas
from samestate.spec.evm.frame import WORD_LIMIT, Frame
from samestate.spec.evm.instructions.instruction import instruction
from samestate.spec.evm.instructions.signed import SIGN_BIT, to_signed

ALL_ONES = WORD_LIMIT - 1


@instruction("AND", pops=2, pushes=1)
def bitwise_and(frame: Frame) -> None:
    """The bits that are set in both words."""
    # stack
    left = frame.stack.pop()
    right = frame.stack.pop()

    # gas
    frame.charge(gas.VERY_LOW)

    # operation
    # rule: evm.bitwise.and
    frame.stack.append(left & right)

    # program counter
    frame.program_counter += 1


@instruction("OR", pops=2, pushes=1)
def bitwise_or(frame: Frame) -> None:
    """The bits that are set in either word."""
    # stack
    left = frame.stack.pop()
    right = frame.stack.pop()

    # gas
    frame.charge(gas.VERY_LOW)

    # operation
    # rule: evm.bitwise.or
    frame.stack.append(left | right)

    # program counter
    frame.program_counter += 1


@instruction("XOR", pops=2, pushes=1)
def bitwise_xor(frame: Frame) -> None:
    """The bits that are set in exactly one of two words."""
    # stack
    left = frame.stack.pop()
    right = frame.stack.pop()

    # gas
    frame.charge(gas.VERY_LOW)

    # operation
    # rule: evm.bitwise.xor
    frame.stack.append(left ^ right)

    # program counter
    frame.program_counter += 1


@instruction("NOT", pops=1, pushes=1)
def bitwise_not(frame: Frame) -> None:
    """The bits that are not set in a word."""
    # stack
    word = frame.stack.pop()

    # gas
    frame.charge(gas.VERY_LOW)

    # operation
    # rule: evm.bitwise.not
    frame.stack.append(word ^ ALL_ONES)

    # program counter
    frame.program_counter += 1


@instruction("BYTE", pops=2, pushes=1)
def byte(frame: Frame) -> None:
    """The byte at an index of a word, counted from the highest; zero past the lowest."""
    # stack
    index = frame.stack.pop()
    word = frame.stack.pop()

    # gas
    frame.charge(gas.VERY_LOW)

    # operation
    if index < 32:
        # rule: evm.bitwise.byte
        frame.stack.append((word >> (8 * (31 - index))) & 0xFF)
    else:
        # rule: evm.bitwise.byte-past-end
        frame.stack.append(0)

    # program counter
    frame.program_counter += 1


@instruction("SHL", pops=2, pushes=1)
def shift_left(frame: Frame) -> None:
    """A word with its bits moved up by the distance on top of the stack; zeros come in from below."""
    # stack
    distance = frame.stack.pop()
    word = frame.stack.pop()

    # gas
    frame.charge(gas.VERY_LOW)

    # operation
    if distance < 256:
        # rule: evm.bitwise.shift-left
        # source: EIP-145, specification
        frame.stack.append((word << distance) & ALL_ONES)
    else:
        # rule: evm.bitwise.shift-left-all-out
        # source: EIP-145, specification
        frame.stack.append(0)

    # program counter
    frame.program_counter += 1


@instruction("SHR", pops=2, pushes=1)
def shift_right(frame: Frame) -> None:
    """A word with its bits moved down by the distance on top of the stack; zeros come in from above."""
    # stack
    distance = frame.stack.pop()
    word = frame.stack.pop()

    # gas
    frame.charge(gas.VERY_LOW)

    # operation
    if distance < 256:
        # rule: evm.bitwise.shift-right
        # source: EIP-145, specification
        frame.stack.append(word >> distance)
    else:
        # rule: evm.bitwise.shift-right-all-out
        # source: EIP-145, specification
        frame.stack.append(0)

    # program counter
    frame.program_counter += 1


@instruction("SAR", pops=2, pushes=1)
def arithmetic_shift_right(frame: Frame) -> None:
    """A signed word with its bits moved down by the distance on top of the stack; its sign comes in from above."""
    # stack
    distance = frame.stack.pop()
    word = frame.stack.pop()

    # gas
    frame.charge(gas.VERY_LOW)

    # operation
    if distance < 256:
        # rule: evm.bitwise.arithmetic-shift-right
        # source: EIP-145, specification
        frame.stack.append((to_signed(word) >> distance) & ALL_ONES)
    elif word < SIGN_BIT:
        # rule: evm.bitwise.arithmetic-shift-right-all-out
        # source: EIP-145, specification
        frame.stack.append(0)
    else:
        # rule: evm.bitwise.arithmetic-shift-right-negative-all-out
        # source: EIP-145, specification
        frame.stack.append(ALL_ONES)

    # program counter
    frame.program_counter += 1


@instruction("CLZ", pops=1, pushes=1)
def count_leading_zeros(frame: Frame) -> None:
    """The number of zero bits above the highest bit that is set; 256 of a word of zero (EIP-7939, since Osaka)."""
    # stack
    word = frame.stack.pop()

    # gas
    frame.charge(gas.COUNT_LEADING_ZEROS)

    # operation
    # rule: evm.bitwise.count-leading-zeros
    # source: EIP-7939, specification
    frame.stack.append(256 - word.bit_length())

    # program counter
    frame.program_counter += 1
