"""BLAKE2F, asked by several transactions: its rounds are its price, and its last byte says what it does (EIP-152)."""

from __future__ import annotations

import hashlib
from typing import Final

from samestate.conformance.scenarios.block_builder import BlockBuilder
from samestate.conformance.scenarios.precompile_questions import Question, ask
from samestate.conformance.scenarios.scenario import scenario
from samestate.spec.evm.forks import AMSTERDAM, BERLIN
from samestate.spec.evm.precompiles import BLAKE2F

ROUNDS: Final = 12
"""As many as the hash function takes."""
IV: Final = (
    0x6A09E667F3BCC908, 0xBB67AE8584CAA73B, 0x3C6EF372FE94F82B, 0xA54FF53A5F1D36F1,
    0x510E527FADE682D1, 0x9B05688C2B3E6C1F, 0x1F83D9ABFB41BD6B, 0x5BE0CD19137E2179,
)  # fmt: skip
"""What BLAKE2b begins with (RFC 7693)."""


def compression(rounds: int, message: bytes, final: int) -> bytes:
    """The input that compresses the only block of a message, after the parameters of a digest of 64 bytes."""
    state = (IV[0] ^ 0x01010040, *IV[1:])
    return (
        rounds.to_bytes(4, "big")
        + b"".join(word.to_bytes(8, "little") for word in state)
        + message.ljust(128, b"\x00")
        + len(message).to_bytes(8, "little")
        + bytes(8)
        + bytes([final])
    )


@scenario(hazards="H51 H65", forks=(BERLIN, AMSTERDAM))
def blake2b_in_one_block(block: BlockBuilder) -> None:
    """Twelve rounds make the digest that everybody has for it; each round costs a unit of gas."""
    messages = (b"", b"abc", bytes(range(128)))
    questions = [
        Question(f"{len(message)} bytes", compression(ROUNDS, message, 1), hashlib.blake2b(message).digest(), ROUNDS)
        for message in messages
    ]
    ask(block, BLAKE2F, [*questions, questions[1].with_gas(less=1)])


NOT_FINAL: Final = bytes.fromhex(
    "75ab69d3190a562c51aef8d88f1c2775876944407270c42c9844252c26d28752"
    "98743e7f6d5ea2f2d3e8d226039cd31b4e426ac4f2d3d666a610c2116fde4735"
)
NO_ROUNDS: Final = bytes.fromhex(
    "08c9bcf367e6096a3ba7ca8485ae67bb2bf894fe72f36e3cf1361d5f3af54fa5"
    "d282e6ad7f520e511f6c3e2b8c68059b9442be0454267ce079217e1319cde05b"
)
"""The answers that EIP-152 gives for "abc": in a block that is not the last, and after no round at all."""


@scenario(hazards="H51 H63", forks=(BERLIN, AMSTERDAM))
def blake2f_at_its_edges(block: BlockBuilder) -> None:
    """No round, a block that is not the last, and rounds that nobody can pay."""
    ask(
        block,
        BLAKE2F,
        [
            Question("no round, for no gas", compression(0, b"abc", 1), NO_ROUNDS, 0),
            Question("not the last block", compression(ROUNDS, b"abc", 0), NOT_FINAL, ROUNDS),
            Question("2^32-1 rounds", compression(2**32 - 1, b"abc", 1), None, 1_000_000),
            Question("after that no round", compression(0, b"abc", 1), NO_ROUNDS, 0),
        ],
    )


@scenario(hazards="H65", forks=(BERLIN,))
def blake2f_input_that_is_none(block: BlockBuilder) -> None:
    """Lengths other than 213 and last bytes other than 0 and 1 fail, and burn all that the call had."""
    right = compression(0, b"abc", 1)
    ask(
        block,
        BLAKE2F,
        [
            Question("no input", b"", None, 5_000),
            Question("a byte too few", right[:-1], None, 5_000),
            Question("a byte too many", right + b"\x00", None, 5_000),
            Question("last byte 2", right[:-1] + b"\x02", None, 5_000),
            Question("last byte 255", right[:-1] + b"\xff", None, 5_000),
        ],
    )
