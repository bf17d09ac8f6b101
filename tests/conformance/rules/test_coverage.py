"""Which rules cases reach, in one process and in several."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from samestate.conformance.rules.anchors import all_anchors, scheduling_rules
from samestate.conformance.vectors.machines import MACHINES
from samestate.conformance.vectors.places import VECTORS
from tests.conformance.checking.cases import RLP_TEST, samestate, state_test, write


@pytest.mark.parametrize("jobs", [2, 1])
def test_the_rules_that_nothing_reached(tmp_path: Path, jobs: int) -> None:
    write(tmp_path / "cases" / "a.json", {"transfer": state_test()})
    write(tmp_path / "cases" / "b.json", {"dog": RLP_TEST})
    result = samestate("rules", tmp_path / "cases", "--jobs", jobs, "--json", tmp_path / "rules.json")
    assert result.exit_code == 0
    reached = {rule["name"] for rule in json.loads((tmp_path / "rules.json").read_text())["rules"] if rule["reached"]}
    assert {"evm.intrinsic.base", "evm.transaction.nonce", "evm.account.leaf", "evm.fees.gas-price"} <= reached
    assert not {"evm.intrinsic.creation", "evm.system.beacon-root", "evm.validity.nonce-too-low"} & reached
    of_the_evm = [anchor for anchor in all_anchors() if anchor.name.split(".")[0] not in MACHINES.keys() - {"evm"}]
    unreached = len(of_the_evm) - len(reached)
    assert f"{len(reached)} of {len(of_the_evm)} rules reached, {unreached} not (" in result.stdout
    assert re.search(r"^evm\.validity\.nonce-too-low +spec/evm/validity\.py:\d+$", result.stdout, re.MULTILINE)
    assert "2 passed, 0 failed, 0 skipped\n" in result.stdout


def test_a_document_that_cannot_be_used_is_told(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_bytes(b"no")
    result = samestate("rules", "frame.*", tmp_path / "a.json")
    assert result.exit_code == 2
    assert re.search(r"^samestate: .*a\.json: not JSON: ", result.stderr)


def test_rules_of_machines_without_a_case_are_left_out_unless_they_are_named(tmp_path: Path) -> None:
    toy = VECTORS / "toy" / "by_hand" / "one_store.yaml"
    result = samestate("rules", toy, "--json", tmp_path / "rules.json")
    of_others = [anchor.name for anchor in all_anchors() if anchor.name.split(".")[0] in MACHINES.keys() - {"toy"}]
    assert result.stdout.endswith(f"\n{len(of_others)} rules of machines that no case is of are left out\n")
    assert "evm." not in result.stdout and "svm." not in result.stdout
    told = {rule["name"]: rule["reached"] for rule in json.loads((tmp_path / "rules.json").read_text())["rules"]}
    assert told["toy.sstore.set"] is True
    assert told["toy.keccak.gas"] is False
    assert {told[name] for name in of_others} == {None}
    assert samestate("rules", "evm.sstore.sentry", toy).stdout.endswith("0 of 1 rules reached, 1 not (100.0%)\n")


def test_all_rules_without_a_case() -> None:
    result = samestate("rules")
    assert result.exit_code == 0
    definition, scheduling = result.stdout.split("\n\n")
    assert definition.endswith(f"\n{len(all_anchors())} rules")
    assert len(definition.splitlines()) == len(all_anchors()) + 1
    assert scheduling.endswith(f"\n{len(scheduling_rules())} rules of scheduling\n")
    line = r"^block-stm\.scheduler\.wakes-all +reference/scheduler\.py:\d+ +optimized/strategies/scheduler\.py:\d+$"
    assert re.search(line, scheduling, re.MULTILINE)


def test_rules_of_scheduling_have_a_source_in_the_json() -> None:
    result = samestate("rules", "--json", "-")
    (found,) = [
        rule for rule in json.loads(result.stdout)["scheduling"] if rule["name"] == "block-stm.scheduler.wakes-all"
    ]
    assert found["source"] == "Block-STM, algorithm 5, resume_dependencies"


def test_a_rule_that_is_named_is_shown_with_place_and_source() -> None:
    result = samestate("rules", "evm.sstore.sentry", "block-stm.scheduler.wakes-*")
    assert result.exit_code == 0
    assert re.fullmatch(
        r"evm\.sstore\.sentry\n"
        r"    spec/evm/instructions/storage\.py:\d+\n"
        r"    EIP-2200, specification\n"
        r"block-stm\.scheduler\.wakes-all\n"
        r"    reference/scheduler\.py:\d+  optimized/strategies/scheduler\.py:\d+\n"
        r"    Block-STM, algorithm 5, resume_dependencies\n",
        result.stdout,
    )


def test_rules_that_a_pattern_fits_in_the_json() -> None:
    written = json.loads(samestate("rules", "evm.sstore.price.*", "--json", "-").stdout)
    assert {rule["name"].rpartition(".")[2] for rule in written["rules"]} == {
        "changed-before",
        "reset",
        "set",
        "unchanged",
    }
    assert all(rule["source"].startswith("EIP-2200, ") for rule in written["rules"])
    assert written["scheduling"] == []


def test_of_rules_that_are_named_those_that_nothing_reached(tmp_path: Path) -> None:
    write(tmp_path / "a.json", {"transfer": state_test()})
    result = samestate("rules", "evm.validity.nonce-*", tmp_path)
    assert result.exit_code == 0
    assert "evm.validity.nonce-too-low\n    spec/evm/validity.py:" in result.stdout
    assert result.stdout.endswith("1 passed, 0 failed, 0 skipped\n0 of 3 rules reached, 3 not (100.0%)\n")


def test_what_is_neither_a_rule_nor_there() -> None:
    result = samestate("rules", "evm.sstore")
    assert result.exit_code == 2
    assert "evm.sstore: no rule has such a name, and there is no such file or folder" in result.stderr
