"""`samestate bench`: a table, JSON, a plot and a trace; what cannot be measured is told before anything is."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from samestate.conformance import command

pytestmark = pytest.mark.slow

SHORT = ("bench", "--preset", "small", "--repeat", "2")


def samestate(*arguments: str) -> Any:
    return CliRunner().invoke(command.application, list(arguments))


def test_everything_at_once(tmp_path: Path) -> None:
    figures, picture, schedule = tmp_path / "figures.json", tmp_path / "speed.svg", tmp_path / "trace.json"
    result = samestate(
        *SHORT, "--engine", "optimized:block-stm", "--engine", "optimized:waves", "--workers", "1", "--workers", "2",
        "--json", str(figures), "--plot", str(picture), "--trace", str(schedule), "--record", "--conflict", "0.5",
    )  # fmt: skip
    assert result.exit_code == 0, result.output
    assert "small, conflict 0.5: 100 transactions" in result.stdout
    assert "medians of 2 interleaved rounds, recording of access on" in result.stdout
    assert "times as long as sequential" in result.stdout
    document = json.loads(figures.read_text())
    told = [(each["strategy"], each["workers"]) for each in document["results"]]
    assert told == [("sequential", 1), ("block-stm", 1), ("block-stm", 2), ("waves", 1), ("waves", 2), ("spec", 1)]
    assert document["results"][2]["conflict_rate"] == 0.5
    assert document["results"][2]["ceiling"] is not None
    assert list(document["advice"]) == [
        f"optimized:{strategy}, {workers}"
        for strategy in ("block-stm", "waves")
        for workers in ("1 worker", "2 workers")
    ]
    assert document["record"] is True
    assert picture.read_bytes().startswith(b"<?xml")
    names = {event["name"] for event in json.loads(schedule.read_text())["traceEvents"]}
    assert any(name.startswith("execute ") for name in names)


def test_json_on_stdout_is_nothing_but_json() -> None:
    result = samestate(*SHORT, "--engine", "optimized", "--json", "-", "--no-record")
    assert json.loads(result.stdout)["record"] is False
    assert "recording of access off" in result.stderr


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        (("--preset", "huge"), "--preset huge: no preset is called so; known are small, medium, large, heavy"),
        (("--machine", "evm", "--preset", "huge"), "no preset is called so; known are small, medium, large, heavy"),
        (("--machine", "avm"), "--machine avm: must be one of evm, svm, toy"),
        (("--conflict", "1.01"), "--conflict 1.01: must be between 0 and 1"),
        (("--conflict", "-0.1"), "--conflict -0.1: must be between 0 and 1"),
        (("--conflict", "0.5", "--hot-key"), "--conflict cannot be given with it"),
        (("--workers", "0"), "--workers"),
        (("--workers", "100000"), "workers"),
        (("--repeat", "0"), "--repeat"),
        (("--read-latency-us", "-1"), "--read-latency-us"),
        (("--engine", "nobody"), "no engine is called 'nobody'"),
        (("--engine", "spec"), "only engines of `optimized` are measured"),
        (("--plot", "speed.gif"), "must end with .png or .svg"),
        (("--plot", "nowhere/speed.png"), "--plot nowhere/speed.png: cannot be written: there is no folder nowhere"),
        (("--json", "nowhere/speed.json"), "--json nowhere/speed.json: cannot be written: there is no folder nowhere"),
        (("--json", "/proc/speed.json"), "--json /proc/speed.json: cannot be written: "),
        (("--json", "/tmp"), "--json /tmp: must be a file, and is a folder"),
        (("--peer", "revm"), "--workload and --peer go with --machine evm"),
        (("--workloads", "here"), "--workloads here: goes with --workload and --peer alone"),
        (("--machine", "evm", "--workload", "erc20"), "--workload and --peer go with --machine evm"),
        (("--trace", "nowhere/trace.json"), "--trace nowhere/trace.json: cannot be written: there is no folder"),
    ],
)
def test_bad_input_is_told_at_once(options: tuple[str, ...], complaint: str) -> None:
    result = samestate(*SHORT, *options)
    assert result.exit_code == 2, result.output
    assert complaint in " ".join(result.stderr.replace("│", " ").split())
    assert "Traceback" not in result.output
    assert result.stdout == ""


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        (("--workload", "nothing"), "--workload nothing: no workload is called so; known are loop-arithmetic, "),
        (("--peer", "nobody"), "--peer nobody: no peer is called so; known are revm, "),
        (
            ("--workload", "erc20", "--engine", "reference"),
            "--engine reference: is not measured on workloads",
        ),
        (("--workload", "erc20", "--conflict", "0.5"), "--workload and --peer go with --machine evm"),
        (("--workload", "erc20", "--seed", "2"), "--workload and --peer go with --machine evm"),
        (("--peer", "revm", "--read-latency-us", "5"), "--workload and --peer go with --machine evm"),
        (("--workload", "erc20", "--workloads", "/proc/a"), "--workloads /proc/a: cannot be written: "),
    ],
)
def test_bad_input_beside_peers_is_told_at_once(options: tuple[str, ...], complaint: str) -> None:
    result = samestate("bench", "--machine", "evm", *options)
    assert result.exit_code == 2, result.output
    assert complaint in " ".join(result.stderr.split())
    assert result.stdout == ""


def test_a_workload_on_the_specification_alone(tmp_path: Path) -> None:
    figures = tmp_path / "figures.json"
    result = samestate(
        *("bench", "--machine", "evm", "--workload", "transfers", "--engine", "spec", "--repeat", "1"),
        *("--json", str(figures), "--workloads", str(tmp_path / "workloads")),
    )
    assert result.exit_code == 0, result.output
    assert "transfers: 1,000 transactions, 21,000,000 gas, Osaka" in result.stdout
    document = json.loads(figures.read_text())
    assert document["repeat"] == 1
    assert document["processor"] and document["date"].startswith("20")
    assert set(document) == {"date", "commit", "repeat", "processor", "processors", "system", "workloads"}
    (workload,) = document["workloads"]
    assert (workload["workload"], workload["gas"]) == ("transfers", 21_000_000)
    assert [each["engine"] for each in workload["results"]] == ["spec"]
    assert not (tmp_path / "workloads").exists()


def test_help_says_what_the_ceiling_is() -> None:
    output = " ".join(samestate("bench", "--help").output.split())
    assert "ceiling" in output
    for option in (
        "--preset",
        "--engine",
        "--workers",
        "--json",
        "--plot",
        "--read-latency-us",
        "--hot-key",
        "--trace",
        "--workload",
        "--peer",
    ):
        assert option in output


def test_solanas_machine(tmp_path: Path) -> None:
    figures = tmp_path / "figures.json"
    result = samestate(
        "bench", "--machine", "svm", "--preset", "small", "--repeat", "2", "--hot-key", "--json", str(figures)
    )  # fmt: skip
    assert result.exit_code == 0, result.output
    assert "small, hot key: 500 transactions" in result.stdout
    told = {each["strategy"] for each in json.loads(figures.read_text())["results"]}
    assert {"sequential", "locks", "waves", "block-stm", "adaptive", "spec"} == told
    refused = samestate("bench", "--machine", "svm", "--engine", "optimized:access-list")
    assert "has no machine svm" in " ".join(refused.stderr.split())
