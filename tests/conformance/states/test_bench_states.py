"""States are measured in turns, each in a process of its own, and give the same roots."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from samestate.conformance.command import application


def test_states_in_memory_and_on_disk_are_measured_and_agree() -> None:
    pytest.importorskip("lmdb")
    arguments = ["bench", "--state", "memory", "--state", "lmdb?sync=off", "--state-size", "300", "--blocks", "2"]
    result = CliRunner().invoke(application, [*arguments, "--json", "-"])
    assert result.exit_code == 0, result.output
    in_memory, on_disk = json.loads(result.stdout)["states"]
    assert in_memory["root"] == on_disk["root"]
    assert in_memory["blocks"] == on_disk["blocks"] == 2
    assert on_disk["bytes_on_disk"] > 0 and on_disk["memory"]["peak"] > 0
    assert on_disk["counts"]["on_demand"] > 0 and on_disk["counts"]["scans"] > 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--state", "paper"], "--state paper: must be memory, lmdb, rocksdb"),
        (["--state-size", "5"], "--state-size 5: goes with --state alone"),
        (["--blocks", "5"], "--blocks 5: goes with --state alone"),
        (["--state", "lmdb", "--metrics-port", "0"], "--metrics-port 0: states are measured in processes of their own"),
        (["--state", "lmdb", "--workers", "3"], "--state goes with --state-size, --blocks and --json alone"),
        (["--state", "lmdb", "--machine", "evm"], "--state goes with --state-size, --blocks and --json alone"),
        (["--state", "lmdb", "--hot-key"], "--state goes with --state-size, --blocks and --json alone"),
    ],
)
def test_what_does_not_go_together(arguments: list[str], said: str) -> None:
    result = CliRunner().invoke(application, ["bench", *arguments])
    assert result.exit_code == 2 and said in result.output
