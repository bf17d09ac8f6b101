"""The report of a fixture: what it says was compared was expected and compared, up to the first difference."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest

from samestate.conformance.checking.comparing import Disagreement, compare_access_list
from samestate.conformance.checking.executor import Executor
from samestate.conformance.checking.state_and_chain import run_state_test
from samestate.conformance.checking.verdict import Result
from samestate.conformance.engines.names import SPEC
from samestate.conformance.engines.registry import SpecEngine
from samestate.conformance.fixtures.state_test import StateTestCase, state_test_cases
from samestate.spec.evm.block import decode_block
from samestate.spec.evm.block_access_list import AccountAccess, encode_access_list
from samestate.spec.evm.receipt import Receipt, encode_receipt
from tests.conformance.checking.cases import blockchain_test, hexed, samestate, write
from tests.data import archive_members

SPECIFICATION = Executor(SPEC, SpecEngine())


def osaka(rejected: bool) -> StateTestCase:
    """A state test of Osaka, one that expects a rejection or one that expects none."""
    for place, content in archive_members("eest-osaka", "state_tests"):
        for name, member in json.loads(content).items():
            for case in state_test_cases(place, name, member):
                if isinstance(case, StateTestCase) and bool(case.exceptions) is rejected:
                    return case
    raise LookupError(rejected)


@pytest.mark.fixtures
def test_of_a_state_test_what_was_compared_is_reported() -> None:
    case = osaka(rejected=False)
    whole = ["logs hash", *(["receipt"] if case.receipt is not None else []), "state root"]
    assert list(run_state_test(case, SPECIFICATION).checks) == whole

    wrong_logs = run_state_test(dataclasses.replace(case, logs_hash=bytes(32)), SPECIFICATION)
    assert (wrong_logs.result, wrong_logs.checks) == (Result.FAILED, ("logs hash",))

    wrong_root = run_state_test(dataclasses.replace(case, state_root=bytes(32), post=None), SPECIFICATION)
    assert (wrong_root.result, list(wrong_root.checks)) == (Result.FAILED, whole)

    taken = run_state_test(dataclasses.replace(case, exceptions=("TransactionException.NONCE_TOO_LOW",)), SPECIFICATION)
    assert (taken.result, taken.checks) == (Result.FAILED, ("rejection",))


@pytest.mark.fixtures
def test_of_a_rejection_what_was_compared_is_reported() -> None:
    case = osaka(rejected=True)
    assert run_state_test(case, SPECIFICATION).checks == ("rejection", "state root")
    unexpected = run_state_test(dataclasses.replace(case, exceptions=()), SPECIFICATION)
    assert (unexpected.result, unexpected.checks) == (Result.FAILED, ("rejection",))


@pytest.mark.parametrize("is_right", [True, False])
def test_receipts_that_contradict_their_header_are_not_compared_and_a_note_says_so(
    is_right: bool, tmp_path: Path
) -> None:
    value = blockchain_test()
    block = decode_block(bytes.fromhex(value["blocks"][0]["rlp"][2:]))
    receipt = Receipt(block.transactions[0].type, is_right, 21_000, ())
    value["blocks"][0]["receipts"] = [{"rlp": hexed(encode_receipt(receipt))}]
    path, said = write(tmp_path / "chain.json", {"case": value}), tmp_path / "said.json"
    result = samestate("check", path, "--json", said)
    assert result.exit_code == 0, result.output
    assert ("note: " in result.output) is not is_right
    report = json.loads(said.read_text(encoding="utf-8"))
    assert ("receipts" in report["verdicts"][0]["checks"]) is is_right
    assert [str(path) in note and "block 0: its receipts" in note for note in report["notes"]] == [True] * (
        not is_right
    )


def test_a_difference_of_access_lists_names_account_and_index() -> None:
    def balance(value: int) -> bytes:
        return encode_access_list((AccountAccess(bytes(19) + b"\x07", (), (), ((2, value),), (), ()),))

    compare_access_list("block 0", balance(5), balance(5), "spec")
    with pytest.raises(Disagreement) as raised:
        compare_access_list("block 0", balance(5), balance(6), "spec")
    place = "block 0: block access list: account 0x" + "00" * 19 + "07: balance: index 2 (transaction 1)"
    assert str(raised.value) == f"{place}: expected 0x5, spec gives 0x6"
