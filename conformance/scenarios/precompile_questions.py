"""Blocks in which several senders ask one precompile, each for exactly the gas that its answer costs, or for less.

The answers make a chain: each is hashed with the one before, so that a transaction that saw a stale state, or that a
precompile answered wrongly, spoils all that follow.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from samestate.conformance.scenarios.assembler import argument, code, words
from samestate.conformance.scenarios.block_builder import ETHER, BlockBuilder, NamedAccount
from samestate.spec.evm.hashing import keccak256

WORDS_IN_FRONT: Final = 2
"""Of a call's data: the slot for the answer, and the gas that the precompile is called with."""
ENOUGH_BESIDE: Final = 250_000
"""For all but the precompile: the transaction and a new slot."""
FLOOR_PER_BYTE: Final = 64
"""The most that a byte of data costs in any fork (EIP-7976)."""


@dataclass(frozen=True, slots=True)
class Question:
    """What a precompile is asked, and what it must answer: None where it fails, and burns its gas.

    ``gas`` is its price, and what it is called with.
    """

    what: str
    data: bytes
    answer: bytes | None
    gas: int

    def with_gas(self, less: int) -> Question:
        """The same for so much less than it costs: that fails."""
        return replace(self, what=f"{self.what}, for too little gas", answer=None, gas=self.gas - less)


def asker(precompile: bytes) -> bytes:
    """Code that asks a precompile for the rest of its data, and keeps a digest of the answer and the one before it.

    The digest is of three words or more: what the slot before holds, whether the precompile succeeded, its output.
    """
    front = 32 * WORDS_IN_FRONT
    size = f"PUSH {front} CALLDATASIZE SUB"
    return code(
        f"{size} PUSH {front} PUSH 0 CALLDATACOPY",
        f"PUSH 0 PUSH 0 {size} PUSH 0 PUSH20 0x{precompile.hex()} {argument(1)} STATICCALL",
        f"PUSH 1 {argument(0)} SUB SLOAD PUSH 0 MSTORE",
        "PUSH 32 MSTORE",
        "RETURNDATASIZE PUSH 0 PUSH 64 RETURNDATACOPY",
        "PUSH 64 RETURNDATASIZE ADD PUSH 0 KECCAK256",
        f"{argument(0)} SSTORE",
    )


def digest_of_answer(before: int, answer: bytes | None) -> int:
    """What the asker keeps of an answer, after the digest ``before``."""
    success = words(int(answer is not None))
    return int.from_bytes(keccak256(before.to_bytes(32, "big") + success + (answer or b"")), "big")


def ask(block: BlockBuilder, precompile: bytes, questions: Sequence[Question]) -> NamedAccount:
    """Let a sender for each question ask one contract, and say what must come out. The contract is given back."""
    contract = block.contract("asker", asker(precompile))
    digest = 0
    for index, question in enumerate(questions, start=1):
        sender = block.account(f"sender {index}", ETHER)
        data = words(index, question.gas) + question.data
        block.call(
            sender,
            contract,
            data=data,
            gas=ENOUGH_BESIDE + FLOOR_PER_BYTE * len(data) + question.gas * 64 // 63,
            comment=f"{sender.name} asks: {question.what}",
        )
        digest = digest_of_answer(digest, question.answer)
        block.expect_slot(contract, index, digest)
    block.expect_success()
    return contract
