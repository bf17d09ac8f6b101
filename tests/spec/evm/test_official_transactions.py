"""The transaction tests of ethereum/tests: hash, sender and intrinsic gas, or a rejection for the reason they name."""

from __future__ import annotations

import json
from collections import Counter

import pytest

from samestate.conformance.fixtures.cases import Skipped
from samestate.conformance.fixtures.exceptions import names_of
from samestate.conformance.fixtures.transaction_test import TransactionTestCase, transaction_test_cases
from samestate.spec.evm.environment import Environment
from samestate.spec.evm.rejections import Invalid
from samestate.spec.evm.signature import recover_sender
from samestate.spec.evm.transaction import FIRST_BYTE_OF_LIST, decode_transaction, encode_transaction, transaction_hash
from samestate.spec.evm.validity import intrinsic_gas
from samestate.spec.machine import Rejection, RejectionCode
from tests.data import archive_members

ENVIRONMENT = Environment(chain_id=1, number=1, timestamp=1, coinbase=bytes(20), gas_limit=2**64 - 1)


def broken_rules(case: TransactionTestCase) -> set[RejectionCode]:
    """All that is wrong with the bytes: the fixtures do not say which of several rules is to be checked first."""
    codes: set[RejectionCode] = set()
    kind = case.transaction[:1]
    if kind and kind[0] < FIRST_BYTE_OF_LIST and kind[0] not in case.fork.transaction_types:
        codes.add(Invalid.TYPE_NOT_SUPPORTED)
    try:
        transaction = decode_transaction(case.transaction)
    except Rejection as rejected:
        return {rejected.code, *codes}
    sender = bytes(20)
    try:
        sender = recover_sender(transaction)
    except Rejection as rejected:
        codes.add(rejected.code)
    for unsigned_rule in case.fork.unsigned_rules:
        try:
            unsigned_rule(case.fork, ENVIRONMENT, transaction)
        except Rejection as rejected:
            codes.add(rejected.code)
    for rule in case.fork.transaction_rules:
        try:
            rule(case.fork, ENVIRONMENT, transaction, sender)
        except Rejection as rejected:
            codes.add(rejected.code)
    return codes


def check_valid(case: TransactionTestCase) -> None:
    transaction = decode_transaction(case.transaction)
    assert encode_transaction(transaction) == case.transaction, case.id
    assert transaction_hash(transaction) == case.hash, case.id
    assert recover_sender(transaction) == case.sender, case.id
    assert intrinsic_gas(case.fork, transaction, recover_sender(transaction)) == case.intrinsic_gas, case.id


@pytest.mark.fixtures
def test_official_tests() -> None:
    counted: Counter[str] = Counter()
    for path, content in archive_members("ethereum-tests", "TransactionTests/"):
        for name, value in json.loads(content).items():
            for case in transaction_test_cases(path, name, value):
                if isinstance(case, Skipped):
                    counted[case.reason] += 1
                    continue
                codes = broken_rules(case)
                if not case.exceptions:
                    assert not codes, case.id
                    check_valid(case)
                    counted["valid"] += 1
                    continue
                assert codes, f"{case.id}: accepted, expected {case.exceptions}"
                named = any(not names_of(code).isdisjoint(case.exceptions) for code in codes)
                assert named, f"{case.id}: {codes}, expected {case.exceptions}"
                counted["rejected"] += 1
    assert counted == {
        "valid": 255,
        "rejected": 730,
        **{
            f"unsupported fork {fork}": 210
            for fork in (
                "Frontier",
                "Homestead",
                "EIP150",
                "EIP158",
                "Byzantium",
                "Constantinople",
                "ConstantinopleFix",
                "Istanbul",
            )
        },
    }
