"""Which rules cases reach, in one process and in several."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from samestate.conformance.rules.anchors import all_anchors
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
    unreached = len(all_anchors()) - len(reached)
    assert f"{len(reached)} of {len(all_anchors())} rules reached, {unreached} not (" in result.stdout
    assert re.search(r"^evm\.validity\.nonce-too-low +spec/evm/validity\.py:\d+$", result.stdout, re.MULTILINE)
    assert "2 passed, 0 failed, 0 skipped\n" in result.stdout


def test_all_rules_without_a_case() -> None:
    result = samestate("rules")
    assert result.exit_code == 0
    assert result.stdout.endswith(f"\n{len(all_anchors())} rules\n")
    assert len(result.stdout.splitlines()) == len(all_anchors()) + 1
