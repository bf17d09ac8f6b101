"""The small inputs that lie in ``cases`` beside the data: each comes to the verdict that its page states.

Each is written by hand about one fault. The transition tool's have a test of their own, in conformance/transition_tool.
"""

from __future__ import annotations

import json
import shutil
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.conformance.checking.cases import samestate, write
from tests.data import small_case

pytestmark = pytest.mark.fixtures

CLAIMED = "0xc86fe3beb47251646d9f26f5aaa2a5aa5f3bcb92bfc091c46fd8588a002a3d33"
RECOMPUTED = "0x961fb8d525155b23aeb2c4306d9582ad51a8a2f79e46fec756a792405f4268c4"
WRONG_HASH = f"the hash of the payload is not that of its block: the payload says {CLAIMED}, and it is {RECOMPUTED}"
"""Cases 01 and 02 have a payload without transactions that claims the hash of a block with one: none may take it."""
NO_GENESIS = "a pre-allocation group without the header of its genesis block"


def verdicts(*arguments: object, code: int = 0) -> list[dict[str, Any]]:
    """What `samestate check` says of each case, of which something was executed. It ends with ``code``."""
    result = samestate("check", *arguments, "--json", "-")
    assert result.exit_code == code, result.output
    found: list[dict[str, Any]] = json.loads(result.stdout)["verdicts"]
    return found


def results(*arguments: object, code: int = 0) -> Counter[tuple[str, str]]:
    """How many cases of each kind came to which verdict."""
    return Counter((verdict["kind"], verdict["result"]) for verdict in verdicts(*arguments, code=code))


def test_a_witness_whose_headers_are_no_chain_is_bad_input() -> None:
    result = samestate("check", small_case("witness-forged-ancestor.json"))
    assert result.exit_code == 2
    assert "is no ancestor: the headers must be a chain up to the block's parent" in result.stderr
    assert "0 passed, 0 failed, 0 skipped, 1 unusable" in result.stdout


@pytest.mark.parametrize("name", ["deposit-on-sepolia.json", "deposit-on-mainnet-control.json"])
def test_each_chain_has_its_own_deposit_contract(name: str) -> None:
    (verdict,) = verdicts(small_case(name))
    assert verdict["result"] == "passed"
    assert {"requests hash", "receipts root", "gas used"} <= {*verdict["checks"]}


def test_a_block_that_names_no_chain_is_taken_for_no_chain() -> None:
    path = small_case("rpc-empty-holesky-block.json")
    result = samestate("check", path)
    assert result.exit_code == 2
    assert "say what its rules are with --chain" in result.stderr
    (verdict,) = verdicts(path, "--chain", "holesky")
    assert verdict["result"] == "passed"


def test_transaction_tests_of_set_code_transactions() -> None:
    path = small_case("eest-transaction-tests-7702.json")
    assert results(path) == {("transaction_test", "passed"): 14}


def test_a_payload_whose_hash_is_not_its_blocks_is_a_difference_that_names_both() -> None:
    (verdict,) = verdicts(small_case("formats/01_engine.json"), code=1)
    assert (verdict["kind"], verdict["result"]) == ("blockchain_test_engine", "failed")
    assert verdict["reason"] == f"block 0: rejected, expected valid: {WRONG_HASH}"


def release_with_group(folder: Path, group: object) -> Path:
    """A release that holds case 02 and a group, by the name that the case knows it by."""
    path = small_case("formats/02_engine_x.json")
    (digest,) = {test["preHash"] for test in json.loads(path.read_bytes()).values()}
    write(folder / "blockchain_tests_engine_x" / "pre_alloc" / f"{digest}.json", group)
    shutil.copyfile(path, folder / "blockchain_tests_engine_x" / path.name)
    return folder


def test_a_group_without_its_genesis_is_a_reason_to_skip(tmp_path: Path) -> None:
    """Group 03 has the accounts, and an empty object for the header on which the first payload builds."""
    group = json.loads(small_case("formats/03_pre_alloc_group.json").read_bytes())
    assert group["genesis"] == {}
    folder = release_with_group(tmp_path, group)
    found = verdicts(folder, code=2)
    assert {verdict["reason"] for verdict in found} == {NO_GENESIS}
    assert {verdict["result"] for verdict in found} == {"skipped"}


def test_with_the_genesis_of_its_twin_the_group_is_used_and_the_same_is_found(tmp_path: Path) -> None:
    """Case 02 is case 01 on a group: the same accounts and the same payload, which claims the hash of another block."""
    group = json.loads(small_case("formats/03_pre_alloc_group.json").read_bytes())
    (twin,) = json.loads(small_case("formats/01_engine.json").read_bytes()).values()
    assert twin["pre"] == group["pre"]
    folder = release_with_group(tmp_path, {**group, "genesis": twin["genesisBlockHeader"]})
    found = {verdict["kind"]: verdict for verdict in verdicts(folder, code=1) if verdict["result"] != "skipped"}
    assert found["blockchain_test_engine_x"]["reason"] == f"block 0: rejected, expected valid: {WRONG_HASH}"


def test_a_test_whose_group_is_missing_is_skipped() -> None:
    (verdict,) = verdicts(small_case("formats/02_engine_x.json"), code=2)
    assert verdict["result"] == "skipped"
    assert verdict["reason"] == "the pre-allocation group that the test names does not lie beside it"


def test_what_comes_before_an_unknown_fork_runs_from_the_configuration(tmp_path: Path) -> None:
    """The switch of case 05 to BPO3 is at 15,000 and its only block at 12: BPO2 rules it, and no schedule has BPO3."""
    path = small_case("formats/05_bpo3.json")
    (verdict,) = verdicts(path)
    assert (verdict["fork"], verdict["result"]) == ("BPO2", "passed")
    tests = json.loads(path.read_bytes())
    (test,) = tests.values()
    schedules = test["config"]["blobSchedule"]
    schedules["BPO3"] = {**schedules["Osaka"], "target": "0x05"}
    (verdict,) = verdicts(write(tmp_path / "with_schedule.json", tests))
    assert (verdict["fork"], verdict["result"]) == ("BPO2 to BPO3", "passed")


def test_a_state_test_without_bytes_is_signed_and_executed() -> None:
    (verdict,) = verdicts(small_case("formats/11_state_goevmlab_no_txbytes.json"))
    assert (verdict["kind"], verdict["result"]) == ("state_test", "passed")
    assert "state root" in verdict["checks"]


def test_a_valid_transaction_where_a_rejection_is_expected_is_a_difference() -> None:
    (verdict,) = verdicts(small_case("formats/12_state_valid_but_expected_invalid.json"), code=1)
    assert verdict["result"] == "failed"
    assert verdict["reason"] == "the transaction is valid, expected TransactionException.NONCE_MISMATCH_TOO_HIGH"


def test_a_block_that_takes_too_long_is_stopped_and_named() -> None:
    (verdict,) = verdicts(small_case("robustness/jumps.json"), "--timeout", "10", "--memory", "1G", code=1)
    assert verdict["result"] == "failed"
    assert verdict["reason"] in (
        "took more than 10 s and was stopped (--timeout)",
        "took more than 1 GiB of memory and was stopped (--memory)",
    )


def test_what_is_stopped_by_time_has_not_taken_the_memory_either() -> None:
    """What is remembered of code is bounded: without a limit of memory, far less than a gibibyte is taken."""
    (verdict,) = verdicts(small_case("robustness/jumps.json"), "--timeout", "4", "--memory", "400M", code=1)
    assert "--timeout" in verdict["reason"]
