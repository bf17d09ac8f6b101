"""Running the transaction tests of ethereum/tests: bytes that are a valid transaction, or not, before any state."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from samestate.conformance.checking.comparing import Disagreement, compare
from samestate.conformance.checking.verdict import Result, Verdict
from samestate.conformance.fixtures.exceptions import satisfies
from samestate.conformance.fixtures.transaction_test import TransactionTestCase
from samestate.spec.evm.environment import Environment
from samestate.spec.evm.rejections import Invalid
from samestate.spec.evm.signature import recover_sender
from samestate.spec.evm.transaction import FIRST_BYTE_OF_LIST, decode_transaction, encode_transaction, transaction_hash
from samestate.spec.evm.validity import intrinsic_gas
from samestate.spec.machine import Rejection

KIND: Final = "transaction_test"

ANY_BLOCK: Final = Environment(chain_id=1, number=1, timestamp=1, coinbase=bytes(20), gas_limit=2**64 - 1)
"""A block of mainnet that has room for everything and asks for no fee."""

NOBODY: Final = bytes(20)
"""The sender of a transaction whose signature is none, for the rules that ask for one."""


def run_transaction_test(case: TransactionTestCase) -> Verdict:
    """Decode and check a transaction, and compare what is known of it.

    Fixtures do not say which of several broken rules is to be named: any of them will do.
    """
    checks: list[str] = []
    try:
        _transaction_test(case, checks)
    except Disagreement as difference:
        return Verdict(case.id, Result.FAILED, str(difference), case.fork.name, tuple(checks), KIND)
    return Verdict(case.id, Result.PASSED, "", case.fork.name, tuple(checks), KIND)


def _transaction_test(case: TransactionTestCase, checks: list[str]) -> None:
    rejections = list(_rejections(case))
    if case.exceptions:
        if not rejections:
            raise Disagreement(f"the transaction is valid, expected {' or '.join(case.exceptions)}")
        if not any(satisfies(rejection.code, case.exceptions) for rejection in rejections):
            names = " or ".join(case.exceptions)
            raise Disagreement(f"rejected, expected {names}: {', '.join(str(rejection) for rejection in rejections)}")
        checks.append("rejection")
        return
    if rejections:
        raise Disagreement(f"rejected, expected valid: {rejections[0]}")
    transaction = decode_transaction(case.transaction)
    compare("encoding", case.transaction, encode_transaction(transaction))
    compare("hash", case.hash, transaction_hash(transaction))
    sender = recover_sender(transaction)
    compare("sender", case.sender, sender)
    compare("intrinsic gas", case.intrinsic_gas, intrinsic_gas(case.fork, transaction, sender))
    checks += ["encoding", "hash", "sender", "intrinsic gas"]


def _rejections(case: TransactionTestCase) -> Iterator[Rejection]:
    """All that is wrong with the bytes."""
    kind = case.transaction[:1]
    if kind and kind[0] < FIRST_BYTE_OF_LIST and kind[0] not in case.fork.transaction_types:
        yield Rejection(Invalid.TYPE_NOT_SUPPORTED, f"type 0x{kind.hex()} in {case.fork.name}")
    try:
        transaction = decode_transaction(case.transaction)
    except Rejection as rejection:
        yield rejection
        return
    sender = NOBODY
    try:
        sender = recover_sender(transaction)
    except Rejection as rejection:
        yield rejection
    for unsigned_rule in case.fork.unsigned_rules:
        try:
            unsigned_rule(case.fork, ANY_BLOCK, transaction)
        except Rejection as rejection:
            yield rejection
    for rule in (*case.fork.transaction_rules, *case.fork.inclusion_rules):
        try:
            rule(case.fork, ANY_BLOCK, transaction, sender)
        except Rejection as rejection:
            yield rejection
