"""The adapters to outside clients: what they say without a client, and with one that misbehaves."""

from __future__ import annotations

import importlib.metadata
import json
import re
import shutil
import time
from pathlib import Path

import pytest

from samestate.conformance.generating.evm import generate_block, generate_invalid_block
from samestate.conformance.peers import ethereumjs
from samestate.conformance.peers.eels import Eels
from samestate.conformance.peers.ethereumjs import EthereumJs
from samestate.conformance.peers.line_process import PeerFailed
from samestate.conformance.peers.peer import PeerMissing, ReportedBlock, differences, run_specification
from samestate.spec.evm.forks import AMSTERDAM, PRAGUE


def test_the_specification_answers() -> None:
    summary = run_specification(generate_block(AMSTERDAM, 1))
    assert summary.rejection is None
    assert summary.state_root is not None
    assert summary.access_list is not None
    assert run_specification(generate_block(PRAGUE, 1)).access_list is None
    assert run_specification(generate_invalid_block(PRAGUE, 1)).rejection is not None


def test_differences() -> None:
    full = ReportedBlock(state_root=b"1", receipts_root=b"2", gas_used=3, requests=(), access_list=b"\xc0")
    assert differences(full, full) == ()
    assert differences(full, ReportedBlock(state_root=b"x", gas_used=4)) == ("state_root", "gas_used")
    assert differences(full, ReportedBlock(rejection="no")) == ("rejection",)
    assert differences(ReportedBlock(rejection="no"), ReportedBlock(rejection="never")) == ()


def test_eels_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    def absent(name: str) -> str:
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(importlib.metadata, "version", absent)
    with pytest.raises(PeerMissing, match=r"ethereum-execution is not installed: pip install 'samestate\[peers\]'"):
        Eels()


def test_node_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: None)
    with pytest.raises(PeerMissing, match="node is not installed"):
        EthereumJs()


def test_the_packages_are_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: "/bin/sh")
    with pytest.raises(PeerMissing, match="@ethereumjs/vm is not installed: `make peers` installs it"):
        EthereumJs(tmp_path)


def stand_in(folder: Path, monkeypatch: pytest.MonkeyPatch, script: str, seconds: float = 60) -> EthereumJs:
    """A client that is a shell script."""
    package = folder / "node_modules" / "@ethereumjs" / "vm"
    package.mkdir(parents=True)
    (package / "package.json").write_text(json.dumps({"version": "0.0.1"}))
    (folder / ethereumjs.SCRIPT).write_text(script)
    monkeypatch.setattr(shutil, "which", lambda name: "/bin/sh")
    return EthereumJs(folder, seconds)


def test_a_client_that_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    case = generate_block(PRAGUE, 1, transactions=1)
    with (
        stand_in(tmp_path, monkeypatch, "read line; exit 3") as peer,
        pytest.raises(PeerFailed, match="has ended with status 3"),
    ):
        peer.run(case)


def test_a_client_that_says_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    case = generate_block(PRAGUE, 1, transactions=1)
    with (
        stand_in(tmp_path, monkeypatch, "read line; exec sleep 30", 0.2) as peer,
        pytest.raises(PeerFailed, match="said nothing for 0 s"),
    ):
        peer.run(case)


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        ("{", "answered '{\\n': not JSON: Expecting"),
        ("[1]", "answered '[1]\\n'"),
        ("{}", "gives no proper answer: KeyError: 'stateRoot'"),
        ('{"stateRoot": "0x0g"}', "gives no proper answer: ValueError"),
        ("[" * 100_000, "nested too deeply"),
        ("\\377\\376", "not JSON: "),
    ],
)
def test_a_client_that_answers_nothing_proper(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answer: str, message: str
) -> None:
    (tmp_path / "answer").write_text(answer, encoding="utf-8")
    script = 'read line; printf "$(cat answer)"; echo; read line'
    with (
        stand_in(tmp_path, monkeypatch, script) as peer,
        pytest.raises(PeerFailed, match=f"^@ethereumjs/vm .*{re.escape(message)}"),
    ):
        peer.run(generate_block(PRAGUE, 1, transactions=1))


def test_a_client_that_reads_no_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    case = generate_block(PRAGUE, 1, transactions=1)
    with (
        stand_in(tmp_path, monkeypatch, "exec <&-; sleep 0.3; exit 4") as peer,
        pytest.raises(PeerFailed, match="has ended with status 4"),
    ):
        time.sleep(0.1)
        peer.run(case)


@pytest.mark.parametrize("content", ["", "{}", "[" * 100_000, '{"version": 1}'])
def test_a_damaged_package_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: str) -> None:
    package = tmp_path / "node_modules" / "@ethereumjs" / "vm"
    package.mkdir(parents=True)
    (package / "package.json").write_text(content, encoding="utf-8")
    monkeypatch.setattr(shutil, "which", lambda name: "/bin/sh")
    with pytest.raises(PeerMissing, match=r"package\.json: is damaged: .*; remove it, and `make peers` installs it"):
        EthereumJs(tmp_path)


def test_a_client_that_answers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    case = generate_block(PRAGUE, 1, transactions=1)
    answer = {"stateRoot": "0x01", "receiptsRoot": "0x02", "gasUsed": 3, "requests": ["0x00", "0x0105"]}
    answer |= {"cumulativeGas": [1, 3], "bloom": "0x04"}
    script = f"read line; echo '{json.dumps(answer)}'; read line; echo '{json.dumps({'rejection': 'why'})}'; read line"
    with stand_in(tmp_path, monkeypatch, script) as peer:
        assert peer.version == "0.0.1"
        assert peer.run(case) == ReportedBlock(
            b"\x01", b"\x02", 3, cumulative_gas=(1, 3), bloom=b"\x04", requests=(b"\x01\x05",)
        )
        assert peer.run(case) == ReportedBlock(rejection="why")
