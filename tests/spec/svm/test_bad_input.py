"""Bytes that are almost a transaction: every prefix, every changed byte. Each comes to a code, or to a block."""

from __future__ import annotations

from collections import Counter

import pytest

from samestate.spec.machine import Rejection
from samestate.spec.svm.account import Account
from samestate.spec.svm.addresses import COMPUTE_BUDGET, NATIVE_LOADER, SYSTEM
from samestate.spec.svm.machine import Svm
from samestate.spec.svm.rejections import Invalid
from samestate.spec.svm.transaction import SignedTransaction, decode_transaction, encode_transaction
from samestate.spec.transition import apply_block
from tests.spec.svm.small import (
    RICH,
    SOL,
    SmallChain,
    key,
    message_of,
    signed,
    table,
    transfer_data,
)

TABLE = bytes([0x7A]) * 32
BUDGET_PROGRAM = {COMPUTE_BUDGET: Account(1, NATIVE_LOADER, True, b"compute_budget_program")}


def chain() -> SmallChain:
    return SmallChain({**RICH, **BUDGET_PROGRAM, TABLE: table([key(2), key(3), key(4)])})


def of_version(version: object) -> SignedTransaction:
    """A transfer with a budget of its own, over a lookup table where the version has them."""
    keys = (key(1), key(2), SYSTEM, COMPUTE_BUDGET)
    instructions = [(3, (), b"\x02" + (9_000).to_bytes(4, "little")), (2, (0, 1), transfer_data(SOL))]
    lookups = [(TABLE, (1,), (2,))] if version == 0 else []
    message = message_of(keys, instructions, (1, 0, 2), version=version, lookups=lookups)  # type: ignore[arg-type]
    return signed(message, 1)


def comes_to(wire: bytes, machine: Svm, on: SmallChain) -> str:
    """The name of the code, or what the receipt says."""
    try:
        result = apply_block(machine, on.block([decode_transaction(wire)]), on.state)
    except Rejection as rejection:
        assert isinstance(rejection.code, Invalid)
        return rejection.code.name
    return result.receipts[0].status.value


@pytest.mark.parametrize("version", ["legacy", 0, 1])
def test_every_prefix(version: object) -> None:
    wire, on, machine = encode_transaction(of_version(version)), chain(), Svm(chain().ruleset)
    assert {comes_to(wire[:length], machine, on) for length in range(len(wire))} == {"MALFORMED_TRANSACTION"}
    assert comes_to(wire, machine, on) == "success"


def changes(wire: bytes, values: range) -> Counter[str]:
    """What the transaction with each byte changed comes to; its signatures count as valid."""
    on, machine = chain(), Svm(chain().ruleset, verifies_signatures=False)
    return Counter(
        comes_to(wire[:place] + bytes([byte ^ value]) + wire[place + 1 :], machine, on)
        for place, byte in enumerate(wire)
        for value in values
    )


@pytest.mark.parametrize("version", ["legacy", 0, 1])
def test_every_byte_with_some_changes(version: object) -> None:
    found = changes(encode_transaction(of_version(version)), range(1, 256, 50))
    assert set(found) >= {
        "MALFORMED_TRANSACTION",
        "SANITIZE_FAILURE",
        "BLOCKHASH_NOT_FOUND",
        "success",
        "failed",
        "fees-only",
    }
    # In version 1 instructions of the compute budget say nothing, whatever they are.
    assert ("INSTRUCTION_ERROR_INVALID_INSTRUCTION_DATA" in found) == (version != 1)


@pytest.mark.soak
@pytest.mark.parametrize("version", ["legacy", 0, 1])
def test_every_byte_with_every_change(version: object) -> None:
    wire = encode_transaction(of_version(version))
    assert sum(changes(wire, range(1, 256)).values()) == 255 * len(wire)


@pytest.mark.parametrize("version", ["legacy", 0, 1])
def test_no_changed_byte_goes_unnoticed(version: object) -> None:
    """Whatever byte is another, signatures included: the transaction is in no block."""
    wire, on, machine = encode_transaction(of_version(version)), chain(), Svm(chain().ruleset)
    for place, byte in enumerate(wire):
        changed = wire[:place] + bytes([byte ^ 0x10]) + wire[place + 1 :]
        assert comes_to(changed, machine, on).isupper()
