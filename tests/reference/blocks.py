"""Blocks that the tests of strategies share, and what an access list would say of any block."""

from __future__ import annotations

from typing import Any

from samestate.reference import Predictions
from samestate.spec.machine import Key, Rejection, Value
from samestate.spec.toy.block import Block, Transaction
from samestate.spec.toy.keys import balance_key, nonce_key, slot_key
from samestate.spec.toy.operations import Add, Operation, Sload, Sstore
from samestate.spec.toy.state import ToyState, toy_state
from samestate.spec.transition import apply_block

COINBASE = b"\xcc" * 20
SENDERS = tuple(bytes([number]) * 20 for number in range(1, 9))
RICH = toy_state(balances=dict.fromkeys(SENDERS, 10**9))

Program = tuple[Operation, ...]

INCREMENT = (Sload(1), Add(1), Sstore(1, None))
COPY = (Sload(1), Sstore(2, None))


def block_of(*programs: Program) -> Block:
    """A block with a transaction of its own sender for each program."""
    return Block(COINBASE, 10**9, tuple(transaction(number, program) for number, program in enumerate(programs)))


def transaction(sender: int, program: Program, nonce: int = 0) -> Transaction:
    return Transaction(SENDERS[sender], nonce, 100_000, 1, program)


CONFLICTING = block_of(INCREMENT, INCREMENT, COPY)
"""Three transactions, each of which reads what the one before writes."""


def independent(count: int, transactions_of_each: int = 1) -> tuple[Block, ToyState]:
    """A block of transactions without conflicts but for their fees, each with slots of its own."""
    senders = [number.to_bytes(20, "big") for number in range(1, count + 1)]
    transactions = []
    for number, sender in enumerate(senders):
        program = (Sload(10 * number), Sload(10 * number + 1), Sstore(10 * number + 2, 7), Sstore(10 * number, 9))
        transactions.append(Transaction(sender, 0, 100_000, 1, program))
    return Block(COINBASE, 10**12, tuple(transactions)), toy_state(balances=dict.fromkeys(senders, 10**9))


def all_keys(block: Any, index: int) -> tuple[list[Key], list[Key]]:
    """The estimator that looks at the operations of a toy transaction."""
    transaction = block.transactions[index]
    own = [nonce_key(transaction.sender), balance_key(transaction.sender)]
    slots = [operation for operation in transaction.operations if isinstance(operation, Sload | Sstore)]
    written = [slot_key(operation.slot) for operation in slots if isinstance(operation, Sstore)]
    return own + [slot_key(operation.slot) for operation in slots], own + written


def predictions_of(machine: Any, block: Any, state: Any) -> Predictions:
    """What the steps of a block leave, as an access list says it; nothing for an invalid block."""
    found: dict[Key, list[tuple[int, Value]]] = {}
    values: dict[Key, Value] = {}
    try:
        result = apply_block(machine, block, state)
    except Rejection:
        return {}
    for access in result.steps:
        changes = dict(access.writes)
        for key, amount in access.credits.items():
            changes[key] = machine.merge(key, values[key] if key in values else state.get(key), amount)
        values.update(changes)
        for key, value in changes.items():
            found.setdefault(key, []).append((access.step, value))
    return found
