"""Comparison of words (yellow paper, appendix H.2, 0x10 to 0x15). The result is 1 for true, 0 for false."""

# source: yellow paper, appendix H.2

from __future__ import annotations

from samestate.spec.evm import gas
from samestate.spec.evm.frame import Frame
from samestate.spec.evm.instructions.instruction import instruction
from samestate.spec.evm.instructions.signed import SIGN_BIT


@instruction("LT", pops=2, pushes=1)
def less_than(frame: Frame) -> None:
    """Whether the top word is less than the one below it."""
    # stack
    left = frame.stack.pop()
    right = frame.stack.pop()

    # gas
    frame.charge(gas.VERY_LOW)

    # operation
    # rule: evm.comparison.less-than
    frame.stack.append(1 if left < right else 0)

    # program counter
    frame.program_counter += 1


@instruction("GT", pops=2, pushes=1)
def greater_than(frame: Frame) -> None:
    """Whether the top word is greater than the one below it."""
    # stack
    left = frame.stack.pop()
    right = frame.stack.pop()

    # gas
    frame.charge(gas.VERY_LOW)

    # operation
    # rule: evm.comparison.greater-than
    frame.stack.append(1 if left > right else 0)

    # program counter
    frame.program_counter += 1


@instruction("SLT", pops=2, pushes=1)
def signed_less_than(frame: Frame) -> None:
    """Whether the top word is less than the one below it, both signed."""
    # stack
    left = frame.stack.pop()
    right = frame.stack.pop()

    # gas
    frame.charge(gas.VERY_LOW)

    # operation
    # Flipping the sign bit adds 2**255 to a signed number, which leaves the order as it is and nothing negative.
    # rule: evm.comparison.signed-less-than
    frame.stack.append(1 if (left ^ SIGN_BIT) < (right ^ SIGN_BIT) else 0)

    # program counter
    frame.program_counter += 1


@instruction("SGT", pops=2, pushes=1)
def signed_greater_than(frame: Frame) -> None:
    """Whether the top word is greater than the one below it, both signed."""
    # stack
    left = frame.stack.pop()
    right = frame.stack.pop()

    # gas
    frame.charge(gas.VERY_LOW)

    # operation
    # As in SLT.
    # rule: evm.comparison.signed-greater-than
    frame.stack.append(1 if (left ^ SIGN_BIT) > (right ^ SIGN_BIT) else 0)

    # program counter
    frame.program_counter += 1


@instruction("EQ", pops=2, pushes=1)
def equal(frame: Frame) -> None:
    """Whether two words are the same."""
    # stack
    left = frame.stack.pop()
    right = frame.stack.pop()

    # gas
    frame.charge(gas.VERY_LOW)

    # operation
    # rule: evm.comparison.equal
    frame.stack.append(1 if left == right else 0)

    # program counter
    frame.program_counter += 1


@instruction("ISZERO", pops=1, pushes=1)
def is_zero(frame: Frame) -> None:
    """Whether a word is zero."""
    # stack
    word = frame.stack.pop()

    # gas
    frame.charge(gas.VERY_LOW)

    # operation
    # rule: evm.comparison.is-zero
    frame.stack.append(0 if word else 1)

    # program counter
    frame.program_counter += 1
