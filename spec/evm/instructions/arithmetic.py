"""Arithmetic on words (yellow paper, appendix H.2, 0x01 to 0x0B). Results are modulo 2**256."""

# source: yellow paper, appendix H.2

from __future__ import annotations

from samestate.spec.evm import gas
from samestate.spec.evm.frame import WORD_LIMIT, Frame
from samestate.spec.evm.instructions.instruction import instruction
from samestate.spec.evm.instructions.signed import to_signed


@instruction("ADD", pops=2, pushes=1)
def add(frame: Frame) -> None:
    """The sum of two words."""
    # stack
    left = frame.stack.pop()
    right = frame.stack.pop()

    # gas
    frame.charge(gas.VERY_LOW)

    # operation
    # rule: evm.arithmetic.add
    frame.stack.append((left + right) % WORD_LIMIT)

    # program counter
    frame.program_counter += 1


@instruction("MUL", pops=2, pushes=1)
def multiply(frame: Frame) -> None:
    """The product of two words."""
    # stack
    left = frame.stack.pop()
    right = frame.stack.pop()

    # gas
    frame.charge(gas.LOW)

    # operation
    # rule: evm.arithmetic.multiply
    frame.stack.append((left * right) % WORD_LIMIT)

    # program counter
    frame.program_counter += 1


@instruction("SUB", pops=2, pushes=1)
def subtract(frame: Frame) -> None:
    """The top word minus the one below it."""
    # stack
    left = frame.stack.pop()
    right = frame.stack.pop()

    # gas
    frame.charge(gas.VERY_LOW)

    # operation
    # rule: evm.arithmetic.subtract
    frame.stack.append((left - right) % WORD_LIMIT)

    # program counter
    frame.program_counter += 1


@instruction("DIV", pops=2, pushes=1)
def divide(frame: Frame) -> None:
    """The quotient of two unsigned words, rounded down; zero where the divisor is zero."""
    # stack
    dividend = frame.stack.pop()
    divisor = frame.stack.pop()

    # gas
    frame.charge(gas.LOW)

    # operation
    if divisor:
        # rule: evm.arithmetic.divide
        frame.stack.append(dividend // divisor)
    else:
        # rule: evm.arithmetic.divide-by-zero
        frame.stack.append(0)

    # program counter
    frame.program_counter += 1


@instruction("SDIV", pops=2, pushes=1)
def signed_divide(frame: Frame) -> None:
    """The quotient of two signed words, rounded towards zero; zero where the divisor is zero.

    The one quotient that is too large for a signed word, -2**255 / -1, wraps around to -2**255.
    """
    # stack
    dividend = to_signed(frame.stack.pop())
    divisor = to_signed(frame.stack.pop())

    # gas
    frame.charge(gas.LOW)

    # operation
    if divisor == 0:
        # rule: evm.arithmetic.signed-divide-by-zero
        frame.stack.append(0)
    elif (dividend < 0) != (divisor < 0):
        # rule: evm.arithmetic.signed-divide-unlike-signs
        frame.stack.append(-(abs(dividend) // abs(divisor)) % WORD_LIMIT)
    else:
        # rule: evm.arithmetic.signed-divide-like-signs
        frame.stack.append(dividend // divisor)

    # program counter
    frame.program_counter += 1


@instruction("MOD", pops=2, pushes=1)
def modulo(frame: Frame) -> None:
    """The remainder of a division of unsigned words; zero where the divisor is zero."""
    # stack
    dividend = frame.stack.pop()
    divisor = frame.stack.pop()

    # gas
    frame.charge(gas.LOW)

    # operation
    if divisor:
        # rule: evm.arithmetic.modulo
        frame.stack.append(dividend % divisor)
    else:
        # rule: evm.arithmetic.modulo-zero
        frame.stack.append(0)

    # program counter
    frame.program_counter += 1


@instruction("SMOD", pops=2, pushes=1)
def signed_modulo(frame: Frame) -> None:
    """The remainder of a division of signed words; zero where the divisor is zero. The dividend gives the sign."""
    # stack
    dividend = to_signed(frame.stack.pop())
    divisor = to_signed(frame.stack.pop())

    # gas
    frame.charge(gas.LOW)

    # operation
    if divisor == 0:
        # rule: evm.arithmetic.signed-modulo-zero
        frame.stack.append(0)
    elif dividend < 0:
        # rule: evm.arithmetic.signed-modulo-of-negative
        frame.stack.append(-(-dividend % abs(divisor)) % WORD_LIMIT)
    else:
        # rule: evm.arithmetic.signed-modulo
        frame.stack.append(dividend % abs(divisor))

    # program counter
    frame.program_counter += 1


@instruction("ADDMOD", pops=3, pushes=1)
def add_modulo(frame: Frame) -> None:
    """The remainder of a sum that is not cut to a word first; zero where the modulus is zero."""
    # stack
    left = frame.stack.pop()
    right = frame.stack.pop()
    modulus = frame.stack.pop()

    # gas
    frame.charge(gas.MID)

    # operation
    if modulus:
        # rule: evm.arithmetic.add-modulo
        frame.stack.append((left + right) % modulus)
    else:
        # rule: evm.arithmetic.add-modulo-zero
        frame.stack.append(0)

    # program counter
    frame.program_counter += 1


@instruction("MULMOD", pops=3, pushes=1)
def multiply_modulo(frame: Frame) -> None:
    """The remainder of a product that is not cut to a word first; zero where the modulus is zero."""
    # stack
    left = frame.stack.pop()
    right = frame.stack.pop()
    modulus = frame.stack.pop()

    # gas
    frame.charge(gas.MID)

    # operation
    if modulus:
        # rule: evm.arithmetic.multiply-modulo
        frame.stack.append((left * right) % modulus)
    else:
        # rule: evm.arithmetic.multiply-modulo-zero
        frame.stack.append(0)

    # program counter
    frame.program_counter += 1


@instruction("EXP", pops=2, pushes=1)
def exponentiate(frame: Frame) -> None:
    """The top word to the power of the one below it; anything to the power of zero is one."""
    # stack
    base = frame.stack.pop()
    exponent = frame.stack.pop()

    # gas
    frame.charge(gas.exponentiation(exponent))

    # operation
    # rule: evm.arithmetic.exponentiate
    frame.stack.append(pow(base, exponent, WORD_LIMIT))

    # program counter
    frame.program_counter += 1


@instruction("SIGNEXTEND", pops=2, pushes=1)
def sign_extend(frame: Frame) -> None:
    """Make a word of a shorter signed number: ``last`` is the index of its highest byte, counted from the lowest."""
    # stack
    last = frame.stack.pop()
    number = frame.stack.pop()

    # gas
    frame.charge(gas.LOW)

    # operation
    if last >= 31:
        # rule: evm.arithmetic.sign-extend-whole-word
        frame.stack.append(number)
    else:
        limit = 256 << (8 * last)
        number %= limit
        if number >= limit // 2:
            # rule: evm.arithmetic.sign-extend-negative
            number += WORD_LIMIT - limit
        # rule: evm.arithmetic.sign-extend
        frame.stack.append(number)

    # program counter
    frame.program_counter += 1
