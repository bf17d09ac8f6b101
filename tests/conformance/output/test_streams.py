"""A stream that takes no more is one line and exit code 2, in every command, and never "a difference"."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from samestate.conformance.vectors.places import VECTORS

ROOT = Path(__file__).parents[3]
MAIN = "from samestate.conformance.command import main; main()"
CASE = str(VECTORS / "toy/conflicts/long_chain.yaml")
EVM_CASE = next(str(path) for path in sorted((VECTORS / "evm").rglob("*.yaml")))

COMMANDS = {
    "help": ["--help"],
    "version": ["--version"],
    "help of a command": ["check", "-h"],
    "check": ["check", CASE],
    "check, all on stdout": ["check", CASE, "--json", "-"],
    "run": ["run", CASE],
    "engines": ["engines"],
    "rules": ["rules"],
    "trace": ["trace", EVM_CASE],
    "fill": ["fill", "--check", "toy.block_gas"],
    "fuzz": ["fuzz", "--engine", "spec", "--blocks", "2"],
}


def samestate(arguments: list[str], redirection: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Call the command from a shell, which knows how to close a stream."""
    return subprocess.run(
        ["bash", "-c", f'"$@" {redirection}', "bash", sys.executable, "-c", MAIN, *arguments],
        env={**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "80"},
        capture_output=True,
        text=True,
        cwd=cwd,
        timeout=60,
    )


@pytest.mark.parametrize("arguments", COMMANDS.values(), ids=COMMANDS)
def test_a_full_disk(arguments: list[str], tmp_path: Path) -> None:
    result = samestate(arguments, "> /dev/full", tmp_path)
    assert result.returncode == 2
    assert result.stderr.splitlines()[-1] == "samestate: stdout: cannot be written: No space left on device"
    assert "Traceback" not in result.stderr
    assert "Exception ignored" not in result.stderr


@pytest.mark.parametrize("name", ["help", "check", "run", "trace", "fuzz"])
def test_a_closed_stream(name: str, tmp_path: Path) -> None:
    result = samestate(COMMANDS[name], ">&-", tmp_path)
    assert result.returncode == 2
    assert result.stderr.splitlines()[-1] == "samestate: stdout: cannot be written: it is closed"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["help", "rules", "trace"])
def test_a_pipe_that_nobody_reads(name: str, tmp_path: Path) -> None:
    result = samestate(COMMANDS[name], '| true; exit "${PIPESTATUS[0]}"', tmp_path)
    assert result.returncode == 2
    assert result.stderr == "samestate: stdout: cannot be written: Broken pipe\n"


def test_messages_that_cannot_be_delivered_stop_nothing(tmp_path: Path) -> None:
    for redirection in ("2>&-", "2>/dev/full"):
        result = samestate(["check", CASE, "--json", "-"], redirection, tmp_path)
        assert result.returncode == 0
        assert result.stdout.startswith("{")
        result = samestate(["check", "nowhere"], redirection, tmp_path)
        assert (result.returncode, result.stdout) == (2, "")


def test_files_do_not_get_the_number_of_a_closed_stream(tmp_path: Path) -> None:
    result = samestate(["check", CASE, "--json", "v.json"], ">&- 2>&- <&-", tmp_path)
    assert result.returncode == 2
    assert (tmp_path / "v.json").read_text().startswith("{")


def test_a_file_is_written_before_a_closed_pipe_ends_the_command(tmp_path: Path) -> None:
    result = samestate(["check", CASE, "--json", "v.json"], '| true; exit "${PIPESTATUS[0]}"', tmp_path)
    assert result.returncode in (0, 2)
    assert '"passed": 1' in (tmp_path / "v.json").read_text()
    result = samestate(["check", CASE, "--json", "w.json"], "> /dev/full", tmp_path)
    assert result.returncode == 2
    assert '"passed": 1' in (tmp_path / "w.json").read_text()


def test_dev_stdout_of_a_redirection_is_written_on(tmp_path: Path) -> None:
    result = samestate(["check", CASE, "--json", "/dev/stdout"], "> out.txt", tmp_path)
    assert result.returncode == 0
    content = (tmp_path / "out.txt").read_text()
    assert content.startswith("{")
    assert '"passed": 1' in content
