"""Blocks of the specification in packed form, and results of the two side by side."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from samestate.optimized.toy.packing import PackedBlock, pack
from samestate.spec.machine import Rejection
from samestate.spec.toy.access_list import access_list_of
from samestate.spec.toy.block import Block, Transaction
from samestate.spec.toy.machine import Toy
from samestate.spec.toy.operations import Add, Keccak, Operation, Sload, Sstore, Sub
from samestate.spec.toy.receipt import receipts_root
from samestate.spec.toy.state import ToyState
from samestate.spec.transition import apply_block


def plain_operation(operation: Operation) -> tuple[Any, ...]:
    match operation:
        case Sload(slot):
            return ("SLOAD", slot)
        case Sstore(slot, value):
            return ("SSTORE", slot, value)
        case Add(value):
            return ("ADD", value)
        case Sub(value):
            return ("SUB", value)
        case Keccak(data):
            return ("KECCAK", data)
        case _:
            return ("NOOP",)


def plain_transaction(transaction: Transaction) -> tuple[Any, ...]:
    declared = transaction.declared
    return (
        transaction.sender,
        transaction.nonce,
        transaction.gas_limit,
        transaction.gas_price,
        tuple(plain_operation(operation) for operation in transaction.operations),
        None if declared is None else (declared.reads, declared.writes),
    )


def packed(block: Block, state: ToyState) -> PackedBlock:
    listed = block.access_list
    return pack(
        [plain_transaction(transaction) for transaction in block.transactions],
        (block.coinbase, block.gas_limit),
        [(withdrawal.address, withdrawal.amount) for withdrawal in block.withdrawals],
        None if listed is None else [(entry.reads, entry.changes) for entry in listed],
        base_of(state),
        block.opening,
    )


def base_of(state: ToyState) -> Mapping[bytes, bytes]:
    return state.values


def expected(block: Block, state: ToyState) -> dict[str, Any]:
    """What the specification says of a block, in plain values."""
    try:
        result = apply_block(Toy(), block, state)
    except Rejection as rejection:
        return {"rejection": (rejection.code.name, rejection.transaction)}
    return {
        "rejection": None,
        "receipts": [
            (r.error is None, r.gas_used, r.cumulative_gas_used, r.first_log, r.logs, r.error and r.error.name)
            for r in result.receipts
        ],
        "changes": result.changes,
        "state_root": result.state().root(),
        "receipts_root": receipts_root(result.receipts),
        "steps": [
            (
                step.step,
                {key: tuple(read) for key, read in step.reads.items()},
                dict(step.writes),
                dict(step.before),
                dict(step.credits),
                step.touches,
            )
            for step in result.steps
        ],
    }


def actual(result: Any, state: ToyState) -> dict[str, Any]:
    """What the compiled engine says, in the same form."""
    from samestate.optimized.toy.merkle import state_root

    if result.rejection is not None:
        assert not result.receipts and not result.changes and not result.steps
        return {"rejection": (result.rejection.code, result.rejection.transaction)}
    return {
        "rejection": None,
        "receipts": [tuple(receipt) for receipt in result.receipts],
        "changes": dict(result.changes),
        "state_root": state_root(base_of(state), result.changes),
        "receipts_root": result.receipts_root(),
        "steps": [
            (
                step.step,
                {key: tuple(read) for key, read in step.reads.items()},
                dict(step.writes),
                dict(step.before),
                dict(step.credits),
                step.touches,
            )
            for step in result.steps
        ],
    }


def assert_same(result: Any, block: Block, state: ToyState) -> None:
    want, got = expected(block, state), actual(result, state)
    if "steps" in want and "steps" in got and not got["steps"]:
        want["steps"] = []
    assert got == want


def with_its_list(block: Block, state: ToyState) -> Block:
    """The block with the access list that follows from it. It must be valid."""
    from dataclasses import replace

    steps = apply_block(Toy(), block, state).steps
    return replace(block, access_list=access_list_of(steps, state))
