"""Arithmetic on operands that an earlier transaction has set: every case of every instruction."""

from __future__ import annotations

from typing import Final

from samestate.conformance.scenarios.block_builder import BlockBuilder
from samestate.conformance.scenarios.calculations import WORD, Calculation, calculate, signed
from samestate.conformance.scenarios.scenario import scenario
from samestate.spec.evm.forks import AMSTERDAM, BERLIN, OSAKA

MINUS_ONE: Final = WORD - 1
LEAST: Final = 2**255
"""The least signed number, whose opposite is no signed number."""


def towards_zero(a: int, b: int) -> int:
    """The signed quotient, rounded towards zero; zero where the divisor is."""
    dividend, divisor = signed(a), signed(b)
    if not divisor:
        return 0
    quotient = abs(dividend) // abs(divisor)
    return -quotient if (dividend < 0) != (divisor < 0) else quotient


def signed_remainder(a: int, b: int) -> int:
    """What is left of that division: it has the sign of the dividend."""
    return signed(a) - towards_zero(a, b) * signed(b) if b else 0


def sign_extended(a: int, b: int) -> int:
    """The lowest ``a`` + 1 bytes of ``b`` as a signed number."""
    if a >= 31:
        return b
    limit = 256 << 8 * a
    low = b % limit
    return low - limit if 2 * low >= limit else low


DIVISIONS: Final[dict[str, Calculation]] = {
    "B A DIV": lambda a, b, c: a // b if b else 0,
    "B A SDIV": lambda a, b, c: towards_zero(a, b),
    "B A MOD": lambda a, b, c: a % b if b else 0,
    "B A SMOD": lambda a, b, c: signed_remainder(a, b),
    "C B A ADDMOD": lambda a, b, c: (a + b) % c if c else 0,
    "C B A MULMOD": lambda a, b, c: a * b % c if c else 0,
    "A B DIV": lambda a, b, c: b // a if a else 0,
    "A B SDIV": lambda a, b, c: towards_zero(b, a),
    "A B SMOD": lambda a, b, c: signed_remainder(b, a),
}


@scenario(hazards="H51", forks=(BERLIN, AMSTERDAM))
def divisions_by_zero(block: BlockBuilder) -> None:
    """A divisor that was seven before is zero now: all divisions give zero, and none fails."""
    calculate(block, DIVISIONS, [(100, 7, 11), (100, 0, 0)])


@scenario(hazards="H51", forks=(BERLIN, AMSTERDAM))
def divisions_of_unlike_signs(block: BlockBuilder) -> None:
    """Signed quotients are rounded towards zero, and remainders have the sign of what is divided."""
    calculate(block, DIVISIONS, [(7, WORD - 2, 3), (WORD - 7, 2, MINUS_ONE)])


@scenario(hazards="H51", forks=(BERLIN,))
def divisions_of_like_signs(block: BlockBuilder) -> None:
    """Two negative numbers, and the one quotient that is too large for a signed word."""
    calculate(block, DIVISIONS, [(WORD - 7, WORD - 2, 5), (LEAST, MINUS_ONE, MINUS_ONE)])


@scenario(hazards="H51", forks=(BERLIN,))
def sums_and_products_modulo(block: BlockBuilder) -> None:
    """ADDMOD and MULMOD work with more than 256 bits in between."""
    calculate(block, DIVISIONS, [(MINUS_ONE, MINUS_ONE, 2**255 - 19), (MINUS_ONE, LEAST, MINUS_ONE - 1)])


def power(base: int, exponent: int) -> int:
    """A power modulo 2^256."""
    result: int = pow(base, exponent, WORD)
    return result


POWERS: Final[dict[str, Calculation]] = {
    "B A EXP": lambda a, b, c: power(a, b),
    "C B EXP": lambda a, b, c: power(b, c),
    "PUSH 0 A EXP": lambda a, b, c: 1,
    "B A MUL": lambda a, b, c: a * b,
    "B A SUB": lambda a, b, c: a - b,
    "B A ADD": lambda a, b, c: a + b,
}


@scenario(hazards="H51", forks=(BERLIN, AMSTERDAM))
def powers(block: BlockBuilder) -> None:
    """What EXP costs depends on an exponent that an earlier transaction has set: of one byte, of two and of all."""
    calculate(block, POWERS, [(2, 255, 256), (3, 2**248, 0), (MINUS_ONE, MINUS_ONE, 255)])


def extension_from(last: int) -> Calculation:
    """The extension of B from that byte."""
    return lambda a, b, c: sign_extended(last, b)


EXTENSIONS: Final[dict[str, Calculation]] = {
    **{f"B PUSH {last} SIGNEXTEND": extension_from(last) for last in (0, 1, 15, 30, 31, 32)},
    "B A SIGNEXTEND": lambda a, b, c: sign_extended(a, b),
    "C A SIGNEXTEND": lambda a, b, c: sign_extended(a, c),
}


@scenario(hazards="H51", forks=(BERLIN,))
def sign_extensions(block: BlockBuilder) -> None:
    """The sign of a shorter number is carried on, from every byte that may have it, and from none beyond."""
    calculate(block, EXTENSIONS, [(0, 0x80, 0x7F), (MINUS_ONE, MINUS_ONE - 0x80, 0x1FF), (30, 2**247, 2**247 - 1)])


def shifted(a: int, b: int) -> int:
    """``b`` shifted to the right by ``a``, with its sign."""
    return signed(b) >> min(a, 256)


BITS: Final[dict[str, Calculation]] = {
    "B A AND": lambda a, b, c: a & b,
    "B A OR": lambda a, b, c: a | b,
    "B A XOR": lambda a, b, c: a ^ b,
    "B NOT": lambda a, b, c: WORD - 1 - b,
    "B ISZERO": lambda a, b, c: int(not b),
    "B A SHL": lambda a, b, c: b << a if a < 256 else 0,
    "B A SHR": lambda a, b, c: b >> a if a < 256 else 0,
    "B A SAR": lambda a, b, c: shifted(a, b),
    "C A SAR": lambda a, b, c: shifted(a, c),
    "B A BYTE": lambda a, b, c: b >> 8 * (31 - a) & 0xFF if a < 32 else 0,
    "C A BYTE": lambda a, b, c: c >> 8 * (31 - a) & 0xFF if a < 32 else 0,
    "B A LT": lambda a, b, c: int(a < b),
    "B A GT": lambda a, b, c: int(a > b),
    "B A SLT": lambda a, b, c: int(signed(a) < signed(b)),
    "B A SGT": lambda a, b, c: int(signed(a) > signed(b)),
    "B A EQ": lambda a, b, c: int(a == b),
}


@scenario(hazards="H51", forks=(BERLIN, AMSTERDAM))
def bits_within_the_word(block: BlockBuilder) -> None:
    """Shifts by 0 and 31, the first and the last byte, comparisons with and without sign."""
    calculate(block, BITS, [(31, 2**255 + 0xFE, 2**255 - 1), (0, MINUS_ONE, 1)])


@scenario(hazards="H51", forks=(BERLIN, AMSTERDAM))
def bits_beyond_the_word(block: BlockBuilder) -> None:
    """Shifts by 255, by 256 and by 2^256-1: in the end nothing is left but the sign; there is no byte 32."""
    calculate(block, BITS, [(255, LEAST, MINUS_ONE), (256, LEAST, 7), (MINUS_ONE, LEAST, 1)])


LEADING_ZEROS: Final[dict[str, Calculation]] = {
    "A CLZ": lambda a, b, c: 256 - a.bit_length(),
    "B CLZ": lambda a, b, c: 256 - b.bit_length(),
    "C CLZ": lambda a, b, c: 256 - c.bit_length(),
}


@scenario(hazards="H51", forks=(OSAKA, AMSTERDAM))
def leading_zeros(block: BlockBuilder) -> None:
    """CLZ of zero is 256, of one 255, and of what has the highest bit zero (EIP-7939)."""
    calculate(block, LEADING_ZEROS, [(5, 2**64, 2**128 - 1), (0, 1, LEAST), (MINUS_ONE, 2**254, 0)])
