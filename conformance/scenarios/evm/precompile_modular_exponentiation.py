"""MODEXP, asked by several transactions: lengths and values at which its price or its answer turns over."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from samestate.conformance.scenarios.block_builder import BlockBuilder
from samestate.conformance.scenarios.curve_points import word
from samestate.conformance.scenarios.precompile_questions import Question, ask
from samestate.conformance.scenarios.scenario import scenario
from samestate.spec.evm.forks import AMSTERDAM, BERLIN, FORKS, OSAKA, PRAGUE
from samestate.spec.evm.precompiles import MODULAR_EXPONENTIATION

LONGEST: Final = 1024
"""The most bytes that a number may have since Osaka (EIP-7823)."""
MODULUS: Final = 2**255 - 19


@dataclass(frozen=True, slots=True)
class Power:
    """``base ** exponent % modulus``, each in so many bytes."""

    base: bytes
    exponent: bytes
    modulus: bytes

    @property
    def data(self) -> bytes:
        """As the precompile takes it."""
        sizes = (len(self.base), len(self.exponent), len(self.modulus))
        return b"".join(map(word, sizes)) + self.base + self.exponent + self.modulus

    @property
    def answer(self) -> bytes:
        """Worked out by Python; modulo zero everything is zero."""
        base, exponent, modulus = (int.from_bytes(number, "big") for number in (self.base, self.exponent, self.modulus))
        return (pow(base, exponent, modulus) if modulus else 0).to_bytes(len(self.modulus), "big")

    def gas(self, block: BlockBuilder) -> int:
        """The price in the block's fork (EIP-2565, EIP-7883)."""
        return price(block, len(self.base), len(self.exponent), len(self.modulus), self.exponent)

    def asked(self, block: BlockBuilder, what: str) -> Question:
        """The question, for just its price."""
        return Question(what, self.data, self.answer, self.gas(block))


def price(block: BlockBuilder, base: int, exponent: int, modulus: int, digits: bytes) -> int:
    """What numbers of these lengths cost, where the exponent begins with these digits."""
    head = int.from_bytes(digits[:32].ljust(min(exponent, 32), b"\x00"), "big")
    longest = max(base, modulus)
    words = (longest + 7) // 8
    since_osaka = FORKS.index(block.fork) >= FORKS.index(OSAKA)
    if exponent <= 32:
        rounds = max(0, head.bit_length() - 1)
    else:
        rounds = (16 if since_osaka else 8) * (exponent - 32) + max(0, head.bit_length() - 1)
    if not since_osaka:
        return max(200, words**2 * max(1, rounds) // 3)
    return max(500, (16 if longest <= 32 else 2 * words**2) * max(1, rounds))


def power(base: int, exponent: int, modulus: int, *, sizes: tuple[int, int, int] = (32, 32, 32)) -> Power:
    """A power of numbers, in 32 bytes each unless ``sizes`` says otherwise."""
    numbers = (number.to_bytes(size, "big") for number, size in zip((base, exponent, modulus), sizes, strict=True))
    return Power(*numbers)


@scenario(hazards="H51 H65", forks=(BERLIN, OSAKA))
def powers_of_small_numbers(block: BlockBuilder) -> None:
    """Zero and one in each of the three places, and lengths of zero: answers of their length, at the least price."""
    cases = {
        "0^0 mod 1": power(0, 0, 1),
        "0^0 mod 7": power(0, 0, 7),
        "3^0 mod 7": power(3, 0, 7),
        "3^1 mod 7": power(3, 1, 7),
        "modulo zero": power(3, 5, 0),
        "modulo one": power(3, 5, 1),
        "even modulus": power(3, 5, 2**255),
        "no base": power(0, 5, 7, sizes=(0, 1, 1)),
        "no exponent": power(3, 0, 7, sizes=(1, 0, 1)),
        "no modulus": Power(b"\x03", b"\x05", b""),
        "neither base nor modulus": Power(b"", b"\x05", b""),
    }
    ask(block, MODULAR_EXPONENTIATION, [number.asked(block, what) for what, number in cases.items()])


@scenario(hazards="H51", forks=(BERLIN, OSAKA, AMSTERDAM))
def prices_turn_over(block: BlockBuilder) -> None:
    """Numbers of 32 and of 33 bytes, exponents whose first word is zero or not: each for its price, and for less."""
    long = b"\x00" * 32 + b"\xff"
    cases = {
        "exponent 2^255": power(3, 2**255, MODULUS),
        "exponent 2^256-1": power(3, 2**256 - 1, MODULUS),
        "33 bytes of base": Power(b"\x00" * 32 + b"\x03", word(2**255), word(MODULUS)),
        "33 bytes of modulus": Power(word(3), word(2**255), b"\x00" + word(MODULUS)),
        "33 bytes of exponent, of which the last counts": Power(word(3), long, word(MODULUS)),
        "33 bytes of exponent, of which all count": Power(word(3), b"\x80" + bytes(32), word(MODULUS)),
        "64 bytes each": Power(b"\xff" * 64, b"\xff" * 64, b"\xff" * 63 + b"\x01"),
    }
    questions = [number.asked(block, what) for what, number in cases.items()]
    ask(block, MODULAR_EXPONENTIATION, [*questions, *(question.with_gas(less=1) for question in questions[::2])])


@scenario(hazards="H63 H65", forks=(BERLIN, OSAKA))
def input_that_ends_early(block: BlockBuilder) -> None:
    """The input ends within a length, the base, the exponent or the modulus: zeros follow, as far as is asked for."""
    whole = power(3, 5, 2**256 - 1).data

    def cut(length: int, answer: bytes, base: int, exponent: int, modulus: int, digits: bytes = b"") -> Question:
        return Question(
            f"the first {length} bytes", whole[:length], answer, price(block, base, exponent, modulus, digits)
        )

    seen = whole[:190]
    modulus = int.from_bytes(seen[160:].ljust(32, b"\x00"), "big")
    ask(
        block,
        MODULAR_EXPONENTIATION,
        [
            cut(0, b"", 0, 0, 0),
            cut(31, b"", 0, 0, 0),
            cut(32, b"", 32, 0, 0),
            cut(64, b"", 32, 32, 0),
            cut(96, bytes(32), 32, 32, 32),
            cut(127, bytes(32), 32, 32, 32),
            cut(160, bytes(32), 32, 32, 32, word(5)),
            cut(190, (3**5 % modulus).to_bytes(32, "big"), 32, 32, 32, word(5)),
        ],
    )


@scenario(hazards="H63 H65", forks=(BERLIN, PRAGUE))
def lengths_beyond_all_measure(block: BlockBuilder) -> None:
    """Lengths up to 2^256-1: where they cost nothing they are answered, and elsewhere nobody can pay (EIP-2565)."""
    huge = 2**256 - 1
    unpaid = 1_000_000
    ask(
        block,
        MODULAR_EXPONENTIATION,
        [
            Question("base too long to pay", word(huge) + word(0) + word(0), None, unpaid),
            Question("modulus too long to pay", word(0) + word(0) + word(huge), None, unpaid),
            Question("exponent too long to pay", word(1) + word(huge) + word(1), None, unpaid),
            Question("a long exponent without base and modulus", word(0) + word(huge) + word(0), b"", 200),
            Question("length 2^64", word(2**64) + word(0) + word(2**64), None, unpaid),
        ],
    )


@scenario(hazards="H63 H65", forks=(OSAKA, AMSTERDAM))
def longest_numbers(block: BlockBuilder) -> None:
    """Numbers of 1024 bytes are taken, of 1025 not, and all the gas is gone, whatever it would have cost (EIP-7823)."""
    longest, too_long, gas = LONGEST, LONGEST + 1, 100_000
    exponent = word(0) + word(longest) + word(0) + b"\x01" + bytes(longest - 1)
    ask(
        block,
        MODULAR_EXPONENTIATION,
        [
            Power(b"\x03" * longest, b"\x01", b"\x05" * longest).asked(block, "1024 bytes of base and modulus"),
            Question("1024 bytes of exponent", exponent, b"", price(block, 0, longest, 0, b"\x01" + bytes(31))),
            Question("1025 bytes of base", word(too_long) + word(0) + word(0), None, gas),
            Question("1025 bytes of exponent", word(0) + word(too_long) + word(0), None, gas),
            Question("1025 bytes of modulus", word(0) + word(0) + word(too_long), None, gas),
            Question("2^64 bytes of exponent", word(0) + word(2**64) + word(0), None, gas),
            Question("2^256-1 bytes of base", word(2**256 - 1) + word(0) + word(0), None, gas),
        ],
    )
