"""States are measured in turns, each in a process of its own, and give the same roots."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from samestate.conformance.command import application
from samestate.conformance.metering.stored import COUNTED, LASTED, QUESTIONS
from tests.conformance.metering.scraping import Scraped, samples_of


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
    assert in_memory["advice"] == [] and {advice["bottleneck"] for advice in on_disk["advice"]} <= {"base reads"}


def test_metrics_of_states_are_those_that_json_has(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each process counts for itself, and the one that leads adds up: the same kind of state may be there twice."""
    pytest.importorskip("lmdb")
    arguments = ["bench", "--state", "memory", "--state", "lmdb?sync=off", "--state", "lmdb?sync=off", "--json", "-"]
    arguments += ["--state-size", "50", "--state-size", "60", "--blocks", "11", "--metrics-port", "0"]
    with Scraped(monkeypatch) as scraped:
        result = CliRunner().invoke(application, arguments)
    assert result.exit_code == 0, result.output
    on_disk = [state for state in json.loads(result.stdout)["states"] if state["state"] != "memory"]
    samples = samples_of(scraped.pages[0])
    label = ("state", "lmdb?sync=off")
    for metric, name in COUNTED.items():
        assert samples[metric, (label,)] == sum(state["counts"][name] for state in on_disk), metric
    for metric, name in LASTED.items():
        seconds = sum(state["counts"][name] for state in on_disk) / 1e9
        assert samples[metric, (label,)] == pytest.approx(seconds), metric
    for kind, name in QUESTIONS.items():
        expected = sum(state["counts"][name] for state in on_disk)
        assert samples["samestate_state_reads_total", (("kind", kind), label)] == expected
    assert samples["samestate_state_commits_total", (label,)] == 4 * 11
    assert samples["samestate_state_block_duration_seconds_count", (label,)] == 4 * 11
    assert samples["samestate_state_block_duration_seconds_count", (("state", "memory"),)] == 2 * 11
    assert samples["samestate_rounds_total", ()] == samples["samestate_rounds_planned", ()] == 4


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--state", "paper"], "--state paper: must be memory, lmdb, rocksdb"),
        (["--state-size", "5"], "--state-size 5: goes with --state alone"),
        (["--blocks", "5"], "--blocks 5: goes with --state alone"),
        (
            ["--state", "lmdb", "--workers", "3"],
            "--state goes with --state-size, --blocks, --json and metrics alone",
        ),
        (
            ["--state", "lmdb", "--machine", "evm"],
            "--state goes with --state-size, --blocks, --json and metrics alone",
        ),
        (["--state", "lmdb", "--hot-key"], "--state goes with --state-size, --blocks, --json and metrics alone"),
    ],
)
def test_what_does_not_go_together(arguments: list[str], said: str) -> None:
    result = CliRunner().invoke(application, ["bench", *arguments])
    assert result.exit_code == 2 and said in result.output
