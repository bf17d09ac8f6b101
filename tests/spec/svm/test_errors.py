"""Errors: every one of the runtime's, in its order, with its text, and as Rust prints it."""

from __future__ import annotations

import re
from enum import Enum

import pytest

from samestate.spec.svm.errors import (
    InstructionError,
    InstructionErrorKind,
    TransactionError,
    TransactionErrorKind,
    custom,
)
from tests.spec.svm.real_blocks import facts

PLACEHOLDERS = {"{idx}": "{index}", "{err}": "{error}", "{account_index}": "{index}", "{num:#x}": "{code:#x}"}


@pytest.mark.fixtures
@pytest.mark.parametrize(
    ("kind", "key"), [(InstructionErrorKind, "instruction_error"), (TransactionErrorKind, "transaction_error")]
)
def test_every_error_of_the_runtime_is_here(kind: type[Enum], key: str) -> None:
    for member, (name, text) in zip(kind, facts("errors")[key], strict=True):
        for theirs, ours in PLACEHOLDERS.items():
            text = text.replace(theirs, ours)
        assert re.sub(r"(?<!^)(?=[A-Z])", "_", re.split(r"[({]", name)[0]).upper() == member.name
        assert text == member.value


@pytest.mark.parametrize(
    ("error", "shown", "text"),
    [
        (InstructionError(InstructionErrorKind.INVALID_REALLOC), "InvalidRealloc", "Failed to reallocate account data"),
        (custom(0), "Custom(0)", "custom program error: 0x0"),
        (custom(2**32 - 1), "Custom(4294967295)", "custom program error: 0xffffffff"),
        (TransactionError(TransactionErrorKind.ACCOUNT_IN_USE), "AccountInUse", "Account in use"),
        (
            TransactionError(TransactionErrorKind.INSTRUCTION_ERROR, 3, custom(26)),
            "InstructionError(3, Custom(26))",
            "Error processing Instruction 3: custom program error: 0x1a",
        ),
        (
            TransactionError(TransactionErrorKind.INSUFFICIENT_FUNDS_FOR_RENT, 7),
            "InsufficientFundsForRent { account_index: 7 }",
            "Transaction results in an account (7) with insufficient funds for rent",
        ),
        (
            TransactionError(TransactionErrorKind.DUPLICATE_INSTRUCTION, 2),
            "DuplicateInstruction(2)",
            "Transaction contains a duplicate instruction (2) that is not allowed",
        ),
    ],
)
def test_an_error_as_rust_prints_it(error: InstructionError | TransactionError, shown: str, text: str) -> None:
    assert (str(error), error.text) == (shown, text)


def test_errors_are_values() -> None:
    assert custom(1) == custom(1) and custom(1) != custom(2) and len({custom(1), custom(1)}) == 1
    assert InstructionError(InstructionErrorKind.IMMUTABLE) != TransactionErrorKind.ACCOUNT_IN_USE
