"""Between the specification's types and the plain ones of `optimized`: states there, results back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from samestate.optimized.record import Step
from samestate.optimized.result import Rejection as PlainRejection
from samestate.spec.access import Read, StepAccess
from samestate.spec.evm.keys import balance_key, code_key, empty_account_key, nonce_key, slot_key
from samestate.spec.evm.rejections import Invalid as EvmInvalid
from samestate.spec.evm.state import FlatState
from samestate.spec.machine import Key, Rejection, RejectionCode, State
from samestate.spec.toy.rejections import Invalid as ToyInvalid
from samestate.spec.toy.state import ToyState
from samestate.spec.transition import BlockResult

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
    keys += [empty_account_key(address) for address in (*state.empty_accounts, *state.storage)]
    values = {key: state.get(key) for key in keys}
    return {key: value for key, value in values.items() if value is not None}


def orphan_storage(state: State) -> set[bytes]:
    """The addresses that have storage, but neither nonce nor code (EIP-7610)."""
    if not isinstance(state, FlatState):
        return set()
    return {address for address in state.storage if state.has_storage(address)}


# Machines in Python


def python_result(result: Any, codes: Mapping[str, RejectionCode], state: State) -> BlockResult[Any, Any, Any, Any]:
    """The specification's result of a block, from that of one of its own machines. Raises Rejection."""
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
