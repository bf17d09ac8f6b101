"""SHA-256, RIPEMD-160 and identity, asked by several transactions: input of every length at which a price changes."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

from Crypto.Hash import RIPEMD160 as RIPEMD160_HASH

from samestate.conformance.scenarios.block_builder import BlockBuilder
from samestate.conformance.scenarios.precompile_questions import Question, ask
from samestate.conformance.scenarios.scenario import scenario
from samestate.spec.evm.forks import AMSTERDAM, BERLIN
from samestate.spec.evm.precompiles import IDENTITY, RIPEMD160, SHA256

LENGTHS = (0, 1, 31, 32, 33, 64, 65)
"""Around the borders of words, in which prices are counted."""


def in_every_length(base: int, per_word: int, hashing: Callable[[bytes], bytes]) -> list[Question]:
    """A question of each length, the first and the last of them for too little gas as well."""
    questions = []
    for length in LENGTHS:
        data = bytes(range(1, length + 1))
        gas = base + per_word * ((length + 31) // 32)
        questions.append(Question(f"{length} bytes", data, hashing(data), gas))
    return [questions[0].with_gas(less=1), *questions, questions[-1].with_gas(less=1)]


def ripemd160(data: bytes) -> bytes:
    """The digest with zeros in front, as the precompile gives it. OpenSSL may come without this function."""
    return RIPEMD160_HASH.new(data).digest().rjust(32, b"\x00")


@scenario(hazards="H51 H65", forks=(BERLIN, AMSTERDAM))
def sha256_of_every_length(block: BlockBuilder) -> None:
    """SHA-256 of inputs around the border of a word, each for its price and two for a unit of gas less."""
    ask(block, SHA256, in_every_length(60, 12, lambda data: hashlib.sha256(data).digest()))


@scenario(hazards="H51 H65 H71", forks=(BERLIN, AMSTERDAM))
def ripemd160_of_every_length(block: BlockBuilder) -> None:
    """RIPEMD-160 of inputs around the border of a word, each for its price and two for a unit of gas less."""
    ask(block, RIPEMD160, in_every_length(600, 120, ripemd160))


@scenario(hazards="H51 H65", forks=(BERLIN, AMSTERDAM))
def identity_of_every_length(block: BlockBuilder) -> None:
    """The identity of inputs around the border of a word, each for its price and two for a unit of gas less."""
    ask(block, IDENTITY, in_every_length(15, 3, lambda data: data))
