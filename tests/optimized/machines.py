"""The specification's machines by name, and what an engine is to give for a block of one: the state transition."""

from __future__ import annotations

from typing import Any

from optimized.python_machine import PythonResult
from spec.evm.forks import FORKS
from spec.evm.keys import balance_key, code_key, empty_account_key, nonce_key, slot_key
from spec.evm.machine import Evm
from spec.evm.state import FlatState
from spec.machine import Rejection, State
from spec.transition import apply_block


def evm(fork: str) -> Evm:
    return Evm(next(each for each in FORKS if each.name == fork))


def evm_base(state: FlatState) -> dict[bytes, bytes]:
    """All that the state holds, by key."""
    keys = [make(address) for address in state.accounts for make in (nonce_key, balance_key, code_key)]
    keys += [slot_key(address, slot) for address, slots in state.storage.items() for slot in slots]
    keys += [empty_account_key(address) for address in state.empty_accounts]
    values = {key: state.get(key) for key in keys}
    return {key: value for key, value in values.items() if value is not None}


def evm_storage(state: FlatState) -> set[bytes]:
    return {address for address in state.storage if state.has_storage(address)}


def check_against_specification(machine: Any, block: Any, state: State, result: PythonResult) -> None:
    """The result is what executing the block one transaction at a time gives, the access record included."""
    try:
        expected = apply_block(machine, block, state)
    except Rejection as rejection:
        assert result.rejection is not None, f"the specification rejects the block: {rejection}"
        assert (result.rejection.code, result.rejection.transaction) == (rejection.code.name, rejection.transaction)
        assert result.rejection.detail == rejection.detail
        assert (result.receipts, result.steps, result.changes) == ((), (), {})
        return
    assert result.rejection is None
    assert repr(result.outcomes) == repr(expected.outcomes)  # an exception in one of them equals only itself
    assert result.receipts == expected.receipts
    assert result.totals == expected.totals
    assert result.closing == expected.closing
    for ours, theirs in zip(result.steps, expected.steps, strict=True):
        for name in ("step", "reads", "writes", "before", "credits", "wipes", "touches"):
            assert getattr(ours, name) == getattr(theirs, name), (theirs.step, name)
    assert state.apply(result.changes, result.wipes).root() == expected.state().root()
