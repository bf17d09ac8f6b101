"""The specification's machines by name, and what an engine is to give for a block of one: the state transition."""

from __future__ import annotations

from typing import Any

from samestate.optimized.processes.python_machine import Predictions, PythonResult
from samestate.spec.evm.forks import FORKS
from samestate.spec.evm.keys import balance_key, code_key, empty_account_key, nonce_key, slot_key
from samestate.spec.evm.machine import Evm
from samestate.spec.evm.state import FlatState
from samestate.spec.machine import Rejection, State
from samestate.spec.transition import apply_block


def evm(fork: str) -> Evm:
    return Evm(next(each for each in FORKS if each.name == fork))


def evm_base(state: FlatState) -> dict[bytes, bytes]:
    """All that the state holds, by key."""
    keys = [make(address) for address in state.accounts for make in (nonce_key, balance_key, code_key)]
    keys += [slot_key(address, slot) for address, slots in state.storage.items() for slot in slots]
    keys += [empty_account_key(address) for address in (*state.empty_accounts, *state.storage)]
    values = {key: state.get(key) for key in keys}
    return {key: value for key, value in values.items() if value is not None}


def evm_storage(state: FlatState) -> set[bytes]:
    return {address for address in state.storage if state.has_storage(address)}


def right_list(machine: Any, block: Any, state: State, base: dict[bytes, bytes]) -> Predictions:
    """What a right access list would say of the block: the value of each key after each step that changed it."""
    try:
        steps = apply_block(machine, block, state).steps
    except Rejection:
        return {}
    now: dict[bytes, bytes | None] = dict(base)
    predictions: dict[bytes, list[tuple[int, bytes | None]]] = {}
    for step in steps:
        for key in [key for key in now if machine.storage_owner(key) in step.wipes]:
            now[key] = None
        after = dict(step.writes)
        after |= {key: machine.merge(key, now.get(key), amount) for key, amount in step.credits.items()}
        for key, value in after.items():
            predictions.setdefault(key, []).append((step.step, value))
        now |= after
    return predictions


def wrong_list(right: Predictions) -> Predictions:
    """The list with faults of each kind: changes that never were, changes left out, wrong values."""
    wrong = {key: list(values) for key, values in right.items()}
    for number, values in enumerate(wrong.values()):
        step, value = values[-1]
        if number % 3 == 0:
            values.append((step + 1, b"\x2a"))
        elif number % 3 == 1:
            values[-1] = (step, (value or b"") + b"\x01")
        else:
            values.pop()
    wrong.setdefault(b"b", [(0, b"\x07")])
    return wrong


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
    assert result.outcomes == expected.outcomes
    assert result.receipts == expected.receipts
    assert result.totals == expected.totals
    assert result.closing == expected.closing
    for ours, theirs in zip(result.steps, expected.steps, strict=True):
        for name in ("step", "reads", "writes", "before", "credits", "wipes", "touches"):
            assert getattr(ours, name) == getattr(theirs, name), (theirs.step, name)
    assert result.wipes == expected.wipes
    assert state.apply(result.changes, result.wipes).root() == expected.state().root()
