"""Inputs on which geth 1.17.10, EELS and ethereumjs agree, about accounts that are empty or no more than storage."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import Any

import pytest

from tests.conformance.transition_tool.tool import call
from tests.data import data_folder

GAS_AND_ROOT = {
    "A-authority-absent-control": ("0xb3b0", "0xd4340bd4"),
    "A-authority-empty": ("0x8fc0", "0x846949c2"),
    "A-authority-rich-control": ("0x8fc0", "0xf07c51aa"),
    "H-system-contract-is-a-delegation": ("0x5208", "0xf07d13fa"),
    "I-storage-only-account-touched": ("0x5208", "0x"),
}
TOUCHED = "0x2222222222222222222222222222222222222222"


def given_case(name: str) -> Path:
    """The folder of a case. Skips the test where there is none."""
    folder = data_folder().parent / "cases" / "t8n" / name
    if not folder.is_dir():
        pytest.skip(f"there is no cases/t8n/{name} beside the data")
    return folder


def answer_to(name: str, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What the command of a case's README gives."""
    folder = given_case(name)
    monkeypatch.chdir(folder)
    command = next(line for line in (folder / "README").read_text("utf-8").splitlines() if "samestate t8n" in line)
    return call(*shlex.split(command)[2:]).json


@pytest.mark.parametrize("name", GAS_AND_ROOT)
def test_gas_and_root(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    gas, root = GAS_AND_ROOT[name]
    result = answer_to(name, monkeypatch)["result"]
    assert result["gasUsed"] == gas
    assert result["stateRoot"].startswith(root)
    assert result["rejected"] == []
    assert "blockException" not in result
    assert not result.get("requests")


def test_the_touched_account_is_gone_and_nothing_else_is(monkeypatch: pytest.MonkeyPatch) -> None:
    name = "I-storage-only-account-touched"
    alloc = answer_to(name, monkeypatch)["alloc"]
    before = json.loads((given_case(name) / "alloc.json").read_bytes())
    assert TOUCHED in before
    assert TOUCHED not in alloc
    assert set(before) - set(alloc) == {TOUCHED}
