"""Programs that mislead about files of tests are seen through, each by a stand-in for it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from samestate.conformance.engines.clients import installed
from samestate.conformance.engines.clients.geth.blocktest import results_in
from tests.peers.consumers import Consumed, Fixture, GethFiles, Outcome, RevmeFiles

HEADER = (
    "import json, os, sys\nif '--version' in sys.argv:\n    print('evm version 1.2.3-stable-abc')\n    sys.exit()\n"
)
FILES = "files = sorted(os.path.join(sys.argv[-1], name) for name in os.listdir(sys.argv[-1]))\n"


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "programs"
    folder.mkdir()
    monkeypatch.setattr(installed, "PROGRAMS", folder)
    return folder


def stand_in(folder: Path, name: str, body: str) -> None:
    """A program that does this with its files."""
    (folder / name).write_text(f"#!/usr/bin/env python3\n{HEADER}{FILES}{body}")
    (folder / name).chmod(0o755)


def fixtures(folder: Path, **contents: dict[str, Any]) -> list[Fixture]:
    """Files with a test each."""
    made = []
    for name, content in contents.items():
        path = folder / f"{name}.json"
        path.write_text(json.dumps({name: content}))
        made.append(Fixture(path, name, content))
    return made


def chain(network: str = "Prague", **block: Any) -> dict[str, Any]:
    genesis, header = {"hash": "0x00"}, {"parentHash": "0x00", "hash": "0x01"}
    whole = {"blockHeader": header, "uncleHeaders": [], **block}
    return {"network": network, "genesisBlockHeader": genesis, "blocks": [whole]}


def outcomes(results: list[Consumed]) -> dict[str, tuple[str, str]]:
    return {result.name: (result.outcome.value, result.reason) for result in results}


def test_geth_ends_with_success_whatever_failed(tmp_path: Path, programs: Path) -> None:
    body = (
        "print('noise [1]')\nresults = [{'name': n, 'pass': n == 'good', 'error': 'wrong'} for n in ('good', 'bad')]\n"
    )
    stand_in(programs, "evm", body + "print(json.dumps(results, indent=1))\n")
    given = fixtures(tmp_path, good=chain(), bad=chain(), silent=chain())
    client = GethFiles()
    assert client.version == "1.2.3"
    assert outcomes(list(client.consume(given))) == {
        "good": ("passed", ""),
        "bad": ("failed", "wrong"),
        "silent": ("failed", "it says nothing of the test"),
    }


@pytest.mark.parametrize("text", ["", "no list", "[1, 2", "[]", "{}\n[{}]"])
def test_what_is_no_list_of_results_holds_none(text: str) -> None:
    assert results_in(text) == []


SAYS = """
import sys
for index, path in enumerate(files):
    (name,) = json.load(open(path))
    print(f"  Running: {name}")
    sys.stdout.flush()
    if name == "deadly":
        sys.exit(101)
    if name == "bad":
        print(f"✗ ({index + 1}/{len(files)}) {path} - wrong", file=sys.stderr)
    else:
        print(f"✓ ({index + 1}/{len(files)}) {path} (1 tests)")
"""


def test_what_revme_panics_at_has_failed_and_the_others_are_asked_again(tmp_path: Path, programs: Path) -> None:
    stand_in(programs, "revme", SAYS)
    given = fixtures(tmp_path, good=chain(), deadly=chain(), later=chain(), bad=chain())
    assert outcomes(list(RevmeFiles().consume(given))) == {
        "good": ("passed", ""),
        "deadly": ("failed", "panics"),
        "later": ("passed", ""),
        "bad": ("failed", "wrong"),
    }


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (chain("BPO1"), "does not know BPO1"),
        (chain("CancunToPragueAtTime15k"), "executes no transition"),
        (chain(expectException="BlockException.INVALID_GAS_USED"), "does not look at an invalid block"),
        (chain(uncleHeaders=[{}]), "knows no ommers"),
        (chain(blockHeader={"parentHash": "0x05", "hash": "0x06"}), "has one chain, and no branches"),
    ],
)
def test_what_revme_would_pass_without_a_look_is_not_given_to_it(
    tmp_path: Path, programs: Path, content: dict[str, Any], reason: str
) -> None:
    stand_in(programs, "revme", SAYS)
    (result,) = RevmeFiles().consume(fixtures(tmp_path, skipped=content))
    assert (result.outcome, result.reason) == (Outcome.NOT_EXECUTED, reason)
