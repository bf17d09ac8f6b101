"""Between the specification's types and the plain ones of `optimized`: states and blocks there, results back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from optimized.record import Step
from optimized.result import Rejection as PlainRejection
from optimized.toy.packing import PackedBlock, pack
from spec.access import Read, StepAccess
from spec.evm.keys import balance_key, code_key, empty_account_key, nonce_key, slot_key
from spec.evm.rejections import Invalid as EvmInvalid
from spec.evm.state import FlatState
from spec.machine import Key, Rejection, RejectionCode, State
from spec.toy.block import Block, Transaction
from spec.toy.machine import Outcome, Totals, ToyResult
from spec.toy.operations import Add, Keccak, Noop, Operation, Sload, Sstore, Sub
from spec.toy.receipt import Error, Receipt
from spec.toy.rejections import Invalid as ToyInvalid
from spec.toy.state import ToyState
from spec.transition import BlockResult

TOY_CODES: dict[str, RejectionCode] = {code.name: code for code in ToyInvalid}
EVM_CODES: dict[str, RejectionCode] = {code.name: code for code in EvmInvalid}


# States


def plain_state(state: State) -> Mapping[Key, bytes]:
    """All that a state holds, by key."""
    if isinstance(state, ToyState):
        return state.values
    if not isinstance(state, FlatState):
        raise TypeError(f"{type(state).__name__} is no whole state")
    keys = [make(address) for address in state.accounts for make in (nonce_key, balance_key, code_key)]
    keys += [slot_key(address, slot) for address, slots in state.storage.items() for slot in slots]
    keys += [empty_account_key(address) for address in state.empty_accounts]
    values = {key: state.get(key) for key in keys}
    return {key: value for key, value in values.items() if value is not None}


def orphan_storage(state: State) -> set[bytes]:
    """The addresses that have storage, but neither nonce nor code (EIP-7610)."""
    if not isinstance(state, FlatState):
        return set()
    return {address for address in state.storage if state.has_storage(address)}


# The toy machine


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
    )


def packed_block(block: Block, state: ToyState, with_access_list: bool = True) -> PackedBlock:
    """A toy block as the compiled machine takes it."""
    access_list = None
    if with_access_list and block.access_list is not None:
        access_list = [(entry.reads, entry.changes) for entry in block.access_list]
    return pack(
        [plain_transaction(transaction) for transaction in block.transactions],
        (block.coinbase, block.gas_limit),
        [(withdrawal.address, withdrawal.amount) for withdrawal in block.withdrawals],
        access_list,
        state.values,
    )


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


# Machines in Python


def python_result(result: Any, codes: Mapping[str, RejectionCode], state: State) -> BlockResult[Any, Any, Any, Any]:
    """The specification's result of a block, from that of a machine that is the specification's own. Raises Rejection."""
    raise_rejection(result.rejection, codes)
    return BlockResult(
        outcomes=result.outcomes,
        receipts=result.receipts,
        totals=result.totals,
        closing=result.closing,
        steps=access_record(result.steps),
        changes=dict(result.changes),
        wipes=tuple(result.wipes),
        before=state,
    )


def raise_rejection(rejection: PlainRejection | None, codes: Mapping[str, RejectionCode]) -> None:
    """Raise the specification's Rejection where a block was rejected."""
    if rejection is not None:
        raise Rejection(codes[rejection.code], rejection.detail, rejection.transaction)


def access_record(steps: Sequence[Step]) -> tuple[StepAccess, ...]:
    """The access record in the specification's terms."""
    return tuple(
        StepAccess(
            step=step.step,
            reads={key: Read(read.value, tuple(read.source)) for key, read in step.reads.items()},
            writes=dict(step.writes),
            before=dict(step.before),
            credits=dict(step.credits),
            wipes=tuple(step.wipes),
            touches=tuple(step.touches),
        )
        for step in steps
    )
