"""Between the toy's types in the specification and those of the compiled toy machine: blocks there, results back."""

from __future__ import annotations

from typing import Any

from samestate.conformance.engines.optimized.plain import TOY_CODES, access_record, raise_rejection
from samestate.conformance.vectors.toy import FinishedResult
from samestate.optimized.toy.merkle import state_root
from samestate.optimized.toy.packing import PackedBlock, pack
from samestate.spec.toy.block import Block, Transaction
from samestate.spec.toy.machine import Outcome, Totals, ToyResult
from samestate.spec.toy.operations import Add, Keccak, Noop, Operation, Sload, Sstore, Sub
from samestate.spec.toy.receipt import Error, Receipt
from samestate.spec.toy.state import ToyState
from samestate.spec.transition import BlockResult


def plain_operation(operation: Operation) -> tuple[Any, ...]:
    """A toy operation as a tuple."""
    match operation:
        case Sload(slot):
            return "SLOAD", slot
        case Sstore(slot, value):
            return "SSTORE", slot, value
        case Add(value):
            return "ADD", value
        case Sub(value):
            return "SUB", value
        case Keccak(data):
            return "KECCAK", data
        case Noop():
            return ("NOOP",)


def plain_transaction(transaction: Transaction) -> tuple[Any, ...]:
    """A toy transaction as a tuple."""
    declared = transaction.declared
    return (
        transaction.sender,
        transaction.nonce,
        transaction.gas_limit,
        transaction.gas_price,
        tuple(map(plain_operation, transaction.operations)),
        None if declared is None else (declared.reads, declared.writes),
        *plain_signature(transaction),
    )


def plain_signature(transaction: Transaction) -> tuple[Any, ...]:
    """Signature and registration of a transaction as tuples, under the ruleset `signed`; else nothing."""
    signature, registration = transaction.signature, transaction.registration
    if signature is None:
        return ()
    return (
        (signature.key, signature.scheme.value, signature.content),
        None
        if registration is None
        else (
            registration.account,
            registration.key,
            registration.scheme.value,
            registration.public_key,
            registration.possession,
        ),
    )


def plain_block(block: Block, state: ToyState, with_access_list: bool = True) -> tuple[Any, ...]:
    """A toy block as the arguments of :func:`samestate.optimized.toy.packing.pack`."""
    access_list = None
    if with_access_list and block.access_list is not None:
        access_list = [(entry.reads, entry.changes) for entry in block.access_list]
    return (
        [plain_transaction(transaction) for transaction in block.transactions],
        (block.coinbase, block.gas_limit),
        [(withdrawal.address, withdrawal.amount) for withdrawal in block.withdrawals],
        access_list,
        state.values,
        block.opening,
        block.chain_id,
    )


def packed_block(block: Block, state: ToyState, with_access_list: bool = True) -> PackedBlock:
    """A toy block as the compiled machine takes it."""
    return pack(*plain_block(block, state, with_access_list))


def toy_result(result: Any, block: Block, state: ToyState) -> ToyResult:
    """The specification's result of a toy block, from that of the compiled engine. Raises Rejection."""
    raise_rejection(result.rejection, TOY_CODES)
    receipts = tuple(
        Receipt(
            gas_used=receipt.gas_used,
            cumulative_gas_used=receipt.cumulative_gas_used,
            first_log=receipt.first_log,
            logs=tuple(receipt.logs),
            error=None if receipt.error is None else Error[receipt.error],
        )
        for receipt in result.receipts
    )
    outcomes = tuple(
        Outcome(transaction.gas_limit, receipt.gas_used, receipt.logs, receipt.error)
        for transaction, receipt in zip(block.transactions, receipts, strict=True)
    )
    return BlockResult(
        outcomes=outcomes,
        receipts=receipts,
        totals=Totals(result.gas_used, sum(len(receipt.logs) for receipt in receipts)),
        closing=None,
        steps=access_record(result.steps),
        changes=dict(result.changes),
        wipes=tuple(result.wipes),
        before=state,
    )


def finished_result(result: Any, block: Block, state: ToyState) -> FinishedResult:
    """As :func:`toy_result`, with the roots that the compiled code computes; it has judged the access list, too."""
    made = toy_result(result, block, state)
    return FinishedResult(
        made.outcomes,
        made.receipts,
        made.totals,
        made.closing,
        made.steps,
        made.changes,
        made.wipes,
        made.before,
        state_root(state.values, result.changes),
        result.receipts_root(),
    )
