"""The transaction tests of ethereum/tests: hash, sender and intrinsic gas, or a rejection for the reason they name."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import PurePath

import pytest

from conformance.exceptions import names_of
from conformance.fixtures.cases import Skipped
from conformance.fixtures.transaction_test import TransactionTestCase, transaction_test_cases
from spec.evm.environment import Environment
from spec.evm.rejections import Invalid
from spec.evm.signature import recover_sender
from spec.evm.transaction import decode_transaction, encode_transaction, transaction_hash
from spec.evm.validity import intrinsic_gas
from spec.machine import Rejection, RejectionCode
from tests.data import archive_members

ENVIRONMENT = Environment(chain_id=1, number=1, timestamp=1, coinbase=bytes(20), gas_limit=2**64 - 1)

OTHER_NAMES = {
    # too long an r or s is no well-formed field here, and a bad signature there
    "TRANSCT_rvalue_TooLarge": Invalid.MALFORMED_TRANSACTION,
    "TRANSCT_svalue_TooLarge": Invalid.MALFORMED_TRANSACTION,
    "WrongVRSTestIncorrectSize": Invalid.MALFORMED_TRANSACTION,
    "TransactionWithRvalueOverflow": Invalid.MALFORMED_TRANSACTION,
    "TransactionWithSvalueOverflow": Invalid.MALFORMED_TRANSACTION,
    # bytes that begin with 0x96 or 0xb8 are neither of a type nor a list here, and of an unknown type there
    "aCrashingRLP": Invalid.MALFORMED_TRANSACTION,
    "RLPTransactionGivenAsArray": Invalid.MALFORMED_TRANSACTION,
    # both malformed and of a type that the fork has not: what is read first decides
    "RLP_04_maxFeePerGas32BytesValue": Invalid.MALFORMED_TRANSACTION,
    "maxFeePerGasOverflow": Invalid.MALFORMED_TRANSACTION,
    "maxPriorityFeePerGasOverflow": Invalid.MALFORMED_TRANSACTION,
    # a v that says neither parity nor chain is no signature here, and another chain's there
    "ZeroSigTransaction3": Invalid.INVALID_SIGNATURE,
    "ZeroSigTransaction4": Invalid.INVALID_SIGNATURE,
    "ZeroSigTransaction5": Invalid.INVALID_SIGNATURE,
    "ZeroSigTransaction6": Invalid.INVALID_SIGNATURE,
    "WrongVRSTestVEqual26": Invalid.INVALID_SIGNATURE,
    "WrongVRSTestVEqual29": Invalid.INVALID_SIGNATURE,
    "WrongVRSTestVEqual31": Invalid.INVALID_SIGNATURE,
}
"""Files that name a rejection in a way that none of our codes means, and the code that is right there."""


def broken_rules(case: TransactionTestCase) -> set[RejectionCode]:
    """All that is wrong with the bytes: the fixtures do not say which of several rules is to be checked first."""
    try:
        transaction = decode_transaction(case.transaction)
    except Rejection as rejected:
        return {rejected.code}
    codes: set[RejectionCode] = set()
    for rule in case.fork.transaction_rules:
        try:
            rule(case.fork, ENVIRONMENT, transaction)
        except Rejection as rejected:
            codes.add(rejected.code)
    try:
        recover_sender(transaction)
    except Rejection as rejected:
        codes.add(rejected.code)
    return codes


def check_valid(case: TransactionTestCase) -> None:
    transaction = decode_transaction(case.transaction)
    assert encode_transaction(transaction) == case.transaction, case.id
    assert transaction_hash(transaction) == case.hash, case.id
    assert recover_sender(transaction) == case.sender, case.id
    assert intrinsic_gas(case.fork, transaction) == case.intrinsic_gas, case.id


@pytest.mark.fixtures
def test_official_tests() -> None:
    counted: Counter[str] = Counter()
    used: set[str] = set()
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
                if any(not names_of(code).isdisjoint(case.exceptions) for code in codes):
                    counted["rejected"] += 1
                    continue
                stem = PurePath(path).stem
                assert codes == {OTHER_NAMES.get(stem)}, f"{case.id}: {codes}, expected {case.exceptions}"
                used.add(stem)
                counted["rejected by another name"] += 1
    assert used == OTHER_NAMES.keys()
    assert counted == {
        "valid": 255,
        "rejected": 658,
        "rejected by another name": 72,
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
