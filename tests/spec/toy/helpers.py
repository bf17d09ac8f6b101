"""Toy blocks in few words."""

from __future__ import annotations

from typing import Any

from samestate.spec.toy.block import Block, Transaction
from samestate.spec.toy.machine import Toy, ToyResult
from samestate.spec.toy.operations import Operation
from samestate.spec.toy.state import ToyState, toy_state
from samestate.spec.transition import apply_block

ALICE, BOB, MINER = b"\xa1" * 20, b"\xb0" * 20, b"\xcc" * 20
RICH = 10**9


def rich(slots: dict[int, int] | None = None) -> ToyState:
    return toy_state({ALICE: RICH, BOB: RICH}, slots=slots)


def sent(*operations: Operation, **fields: Any) -> Transaction:
    return Transaction(
        **{"sender": ALICE, "nonce": 0, "gas_limit": 100_000, "gas_price": 1, "operations": operations, **fields}
    )


def block_of(*transactions: Transaction, **fields: Any) -> Block:
    return Block(**{"coinbase": MINER, "gas_limit": 10**7, "transactions": transactions, **fields})


def run(*operations: Operation, state: ToyState | None = None, **fields: Any) -> ToyResult:
    """The result of a block of one transaction."""
    return apply_block(Toy(), block_of(sent(*operations, **fields)), state or rich())
