"""Every engine in process takes fixtures and block files: what is right passes, and what is wrong fails, on each."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from samestate.conformance.engines import registry as engines
from samestate.conformance.engines.in_process import BlockEngine, capabilities
from samestate.conformance.engines.protocol import EngineFailure
from samestate.conformance.vectors import evm
from samestate.spec.transition import apply_block
from tests.conformance.checking.cases import (
    RLP_TEST,
    alloc,
    block_file,
    blockchain_test,
    hexed,
    samestate,
    state_test,
    write,
)

IN_PROCESS = ("spec", "reference:sequential", "reference:block-stm", "reference:locks", "reference:waves",
              "optimized:sequential", "optimized:block-stm", "optimized:block-stm@processes")  # fmt: skip
FORMS = {
    "state test": lambda: {"case": state_test()},
    "blockchain test": lambda: {"case": blockchain_test()},
    "block file": lambda: block_file()[0],
}


def forgets_a_write(machine: Any, block: Any, state: Any, predictions: Any) -> Any:
    """Executes as is right, and loses the last change."""
    result = apply_block(machine, block, state)
    changes = dict(result.changes)
    changes.popitem()
    receipts = tuple(replace(receipt, cumulative_gas_used=1) for receipt in result.receipts)
    return replace(result, changes=changes, receipts=receipts)


def gives_up(machine: Any, block: Any, state: Any, predictions: Any) -> Any:
    raise EngineFailure("has had enough")


@pytest.fixture
def wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two engines that are wrong about every block."""
    for id, execute in (("forgetful", forgets_a_write), ("weary", gives_up)):
        made = BlockEngine(id, capabilities((evm.NAME,), "", ""), execute)
        monkeypatch.setitem(engines.REGISTRY, id, lambda workers, made=made: made)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("id", IN_PROCESS)
def test_every_form_passes_on_every_engine(id: str, form: str, tmp_path: Path) -> None:
    result = samestate("check", write(tmp_path / "a.json", FORMS[form]()), "--engine", id)
    assert result.exit_code == 0, result.output
    assert result.stdout.endswith("\n1 passed, 0 failed, 0 skipped\n")


@pytest.mark.usefixtures("wrong")
@pytest.mark.parametrize("form", FORMS)
def test_every_form_fails_on_an_engine_that_is_wrong(form: str, tmp_path: Path) -> None:
    path = write(tmp_path / "a.json", FORMS[form]())
    result = samestate("check", path, "--engine", "forgetful")
    assert result.exit_code == 1
    assert result.stdout.endswith("\n0 passed, 1 failed, 0 skipped\n")
    assert "the specification gives" not in result.stdout
    weary = samestate("check", path, "--engine", "weary")
    assert weary.exit_code == 1
    assert "  has had enough\n" in weary.stdout


@pytest.mark.usefixtures("wrong")
def test_a_case_of_which_an_engine_executes_nothing_is_skipped(tmp_path: Path) -> None:
    """A transaction that does not decode, and a block that no header rule lets pass: the harness finds both."""
    undecodable = state_test()
    (post,) = undecodable["post"]["London"]
    post |= {"txbytes": "0x05", "expectException": "TransactionException.TYPE_NOT_SUPPORTED", "hash": root_of(alloc())}
    headers = blockchain_test(exception="BlockException.INVALID_BLOCK_NUMBER", number=77)
    headers["blocks"] = headers["blocks"][1:2]
    headers["blocks"][0] |= {"expectException": "BlockException.UNKNOWN_PARENT"}
    headers |= {"lastblockhash": headers["genesisBlockHeader"]["hash"], "postState": headers["pre"]}
    path = write(tmp_path / "a.json", {"state": undecodable, "chain": headers})
    assert samestate("check", path).stdout.endswith("\n2 passed, 0 failed, 0 skipped\n")
    result = samestate("check", path, "--engine", "weary")
    assert result.exit_code == 2, "an engine that executed nothing has shown nothing"
    reason = "no block of the case gets as far as being executed: what is wrong is found before"
    assert f"skipped      2  {reason}\n" in result.stdout


def test_a_block_that_is_wrong_is_refused_whoever_executes(tmp_path: Path) -> None:
    right = blockchain_test(exception="BlockException.INVALID_STATE_ROOT", state_root=bytes(32))
    other = blockchain_test(exception="BlockException.INVALID_GAS_USED", state_root=bytes(32))
    path = write(tmp_path / "a.json", {"right": right, "other": other})
    result = samestate("check", path, "--engine", "reference:block-stm")
    assert result.stdout.endswith("\n1 passed, 1 failed, 0 skipped\n")
    assert "rejected as INVALID_STATE_ROOT, expected BlockException.INVALID_GAS_USED" in result.stdout


def test_other_engines_skip_what_they_cannot_execute(tmp_path: Path) -> None:
    path = write(tmp_path / "a.json", {"dog": RLP_TEST, "case": state_test()})
    threads = samestate("check", path, "--engine", "spec", "--engine", "optimized:block-stm")
    assert "skipped      1  the case holds no block, and so nothing for an engine to execute\n" in threads.stdout
    listed = samestate("check", path, "--engine", "spec", "--engine", "reference:access-list")
    assert "the engine executes from access lists, and a block comes without one\n" in listed.stdout


def root_of(accounts: dict[str, Any]) -> str:
    from samestate.spec.evm.state import FlatState

    return hexed(FlatState.from_alloc(accounts).root())
