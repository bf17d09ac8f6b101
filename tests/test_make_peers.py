"""`make peers` installs each outside client with its program, says which program is missing, and does nothing twice."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from samestate.conformance.engines.clients import installed
from samestate.conformance.engines.clients.installed import ROOT, find_program
from samestate.conformance.peers.peer import PeerMissing

TOOLS = (
    "sh",
    "env",
    "mkdir",
    "touch",
    "rm",
    "cksum",
    "cut",
    "find",
    "sort",
    "cat",
    "echo",
    "cp",
    "chmod",
    "ln",
    "tr",
    "uname",
)
CLIENTS = {
    "evm": "go",
    "revme": "cargo",
    "ethereumjs": "npm",
    "samestate-revm": "cargo",
    "samestate-geth-import": "go",
    "samestate-geth-engine": "go",
    "pyrevm": "python",
    "anvil": "npm",
    "samestate-bank": "cargo",
    "solders": "python",
    "litesvm": "npm",
}
"""By what installs each; the Python is that of the virtual environment."""

pytestmark = pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")


def programs(folder: Path, *installers: str) -> str:
    """A PATH with what the Makefile takes and these installers, each of which notes that it was called."""
    folder.mkdir(exist_ok=True)
    for name in (*TOOLS, "make"):
        found = shutil.which(name)
        if found is not None and not (folder / name).exists():
            (folder / name).symlink_to(found)
    for name in installers:
        script = folder / name
        script.write_text(f'#!/bin/sh\necho "{name} $*" >> "$NOTES"\n')
        script.chmod(0o755)
    return str(folder)


def make_peers(folder: Path, path: str) -> tuple[str, list[str]]:
    """What `make peers` says and which installers it calls, where clients go to ``folder``."""
    notes = folder / "notes"
    notes.write_text("")
    ended = subprocess.run(
        ["make", "--no-print-directory", "peers", f"PEERS={folder / 'peers'}", "PYTHON=python3", f"VENV={folder}"],
        cwd=ROOT,
        env={**os.environ, "PATH": path, "NOTES": str(notes)},
        capture_output=True,
        text=True,
        check=True,
    )
    return ended.stdout, notes.read_text().splitlines()


def test_what_is_missing_is_said_and_the_others_are_installed_once(tmp_path: Path) -> None:
    said, called = make_peers(tmp_path, programs(tmp_path / "bin"))
    assert said.splitlines() == [
        f"{client} is not installed: there is no {tmp_path / 'bin' / tool if tool == 'python' else tool} on the PATH"
        for client, tool in CLIENTS.items()
    ]
    assert called == []
    said, called = make_peers(tmp_path, programs(tmp_path / "bin", "go", "npm"))
    assert "revme is not installed: there is no cargo on the PATH" in said
    assert [line.split()[0] for line in called] == ["go", "npm", "go", "go", "npm", "npm"]
    assert "cmd/evm@v1.17.10" in called[0]
    assert "-C benchmarks/peers/gethimport" in called[2]
    assert "-C conformance/engines/clients/geth/importer" in called[3]
    assert called[4].endswith("@1.7.1") and "@foundry-rs/anvil-" in called[4]
    assert called[5].startswith("npm install --prefix ") and called[5].endswith(" litesvm@1.5.0")
    said, called = make_peers(tmp_path, programs(tmp_path / "bin", "cargo"))
    assert [line.split()[0] for line in called] == ["cargo", "cargo", "cargo"]
    assert "revme --version 43.0.3" in called[0] and "--locked" in called[0]
    assert "--path benchmarks/peers/revm" in called[1] and "--locked" in called[1]
    assert "--path conformance/engines/clients/agave/bank" in called[2] and "--locked" in called[2]
    said, called = make_peers(tmp_path, programs(tmp_path / "bin", "python"))
    assert [line.split()[0] for line in called] == ["python", "python"]
    assert "pyrevm==0.3.7" in called[0] and "solders==0.29.0" in called[1]
    assert make_peers(tmp_path, programs(tmp_path / "bin"))[1] == []


def test_a_program_that_was_installed_comes_before_one_on_the_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours, theirs = tmp_path / "ours", tmp_path / "theirs"
    monkeypatch.setattr(installed, "PROGRAMS", ours)
    monkeypatch.setenv("PATH", str(theirs))
    with pytest.raises(PeerMissing, match="tool is neither installed by `make peers` nor on PATH"):
        find_program("tool")
    for folder in (theirs, ours):
        folder.mkdir()
        (folder / "tool").write_text("#!/bin/sh\n")
        (folder / "tool").chmod(0o755)
        assert find_program("tool") == str(folder / "tool")
