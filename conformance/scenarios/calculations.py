"""Blocks in which one sender sets operands and the next calculates with them: a stale read gives other results."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from samestate.conformance.scenarios.assembler import argument, code, load, store, when, words
from samestate.conformance.scenarios.block_builder import ETHER, BlockBuilder
from samestate.spec.evm.hashing import keccak256

RESULT: Final = 0
"""The slot in which the digest of all results is kept."""
OPERANDS: Final = (1, 2, 3)
"""The slots of the operands A, B and C."""
WORD: Final = 2**256

Operands = tuple[int, int, int]
Calculation = Callable[[int, int, int], int]


def signed(number: int) -> int:
    """A word as a signed number."""
    return number - WORD if number >> 255 else number


def calculator(expressions: Sequence[str]) -> bytes:
    """Code that keeps its data as operands; without data it logs what all expressions of A, B and C give.

    Slot 0 becomes the digest of the log.
    """
    places = {name: load(slot) for name, slot in zip("ABC", OPERANDS, strict=True)}
    results = [
        " ".join([*(places.get(word, word) for word in expression.split()), f"PUSH {32 * index} MSTORE"])
        for index, expression in enumerate(expressions)
    ]
    size = 32 * len(expressions)
    return code(
        when("CALLDATASIZE", "set"),
        *results,
        f"PUSH {size} PUSH 0 LOG0",
        store(RESULT, f"PUSH {size} PUSH 0 KECCAK256"),
        "STOP",
        "set:",
        *(store(slot, argument(index)) for index, slot in enumerate(OPERANDS)),
    )


def calculate(block: BlockBuilder, expressions: Mapping[str, Calculation], rounds: Sequence[Operands]) -> None:
    """For each of the operands let alice set them and bob calculate, and say what must come out in the end."""
    alice, bob = block.accounts(alice=ETHER, bob=ETHER)
    contract = block.contract("calculator", calculator(list(expressions)))
    gas = 200_000 + 4 * block.prices.new_slot + 2_000 * len(expressions)
    for operands in rounds:
        block.call(alice, contract, data=words(*operands), gas=gas, comment="alice sets the operands")
        block.call(bob, contract, gas=gas, comment="bob calculates with them")
    results = [calculation(*rounds[-1]) % WORD for calculation in expressions.values()]
    block.expect_success()
    block.expect_slot(contract, RESULT, int.from_bytes(keccak256(words(*results)), "big"))
