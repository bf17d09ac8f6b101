"""What is shown of a measurement: every figure of it, the ceiling beside each ratio, and a plot."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from matplotlib.figure import Figure
from rich.console import Console

from samestate.conformance.benchmarking.measured_engine import Figures, Prepared
from samestate.conformance.benchmarking.measuring import Comparison, Measured
from samestate.conformance.benchmarking.plot import check_target, plot
from samestate.conformance.benchmarking.report import Apart, Report, Setting
from samestate.conformance.errors import InputError
from tests.conformance.benchmarking import fakes


def report(record: bool = False, interrupted: bool = False) -> Report:
    engines = [*fakes.lineup(), fakes.Fake("spec", 1, [1.0])]
    measured = [Measured(each, [each.turn() for _ in range(3)]) for each in engines]
    return Report(
        Prepared("medium", 100, 123_456),
        Setting("toy", 1, 3, record, 5.0),
        Comparison(measured, {2: 1.8}, interrupted),
        Apart(encode_ms=2.0, root_ms=3.0),
        {"block-stm": Figures(precision=0.9, recall=0.8, conflict_rate=0.7)},
    )


def test_the_json_has_every_figure() -> None:
    document = json.loads(json.dumps(report().document()))
    found = document["results"][1]
    assert {
        "scenario", "n_tx", "speedup", "sequential_ms", "parallel_ms", "waves", "avg_wave_size", "conflict_rate",
        "runtime_conflicts", "precision", "recall", "latency_p50_us", "latency_p95_us", "latency_p99_us", "tx_per_s",
        "total_gas", "ceiling", "record",
    } <= set(found)  # fmt: skip
    assert found["strategy"] == "block-stm"
    assert (found["speedup"], found["ceiling"], found["sequential_ms"], found["parallel_ms"]) == (1.6667, 1.8, 10, 6)
    assert (found["latency_p95_us"], found["runtime_conflicts"], found["tx_per_s"]) == (20, 25, 16667)
    assert (found["conflict_rate"], found["precision"], found["recall"]) == (0.2, 0.9, 0.8)
    assert document["spec_over_sequential"] == 100
    assert document["record"] is False
    assert [each["strategy"] for each in document["results"]].count("sequential") == 1


def test_the_tables_say_it_too() -> None:
    console = Console(width=140, record=True, file=open("/dev/null", "w"))  # noqa: PTH123, SIM115
    for line in report(record=True).lines():
        console.print(line)
    text = console.export_text()
    assert "recording of access on" in text
    assert "5 µs for each read of the base state" in text
    assert "the specification: 1000.0 ms, 100.0 times as long as sequential" in text
    assert "encoding the block 2.0 ms, state root 3.0 ms" in text
    row = next(line for line in text.splitlines() if "optimized:block-stm " in line)
    for figure in ("6.00", "1.67", "1.80", "93%", "16,667", "10.0", "20.0", "30.0"):
        assert figure in row
    assert "58% 42%" in text


def test_an_interruption_is_said() -> None:
    assert any("interrupted: medians of the 3 rounds before" in str(line) for line in report(interrupted=True).lines())


@pytest.mark.parametrize("suffix", [".png", ".svg"])
def test_a_plot_is_drawn(tmp_path: Path, suffix: str) -> None:
    target = tmp_path / f"speed{suffix}"
    check_target(target)
    plot(report(), target)
    content = target.read_bytes()
    assert content.startswith(b"\x89PNG" if suffix == ".png" else b"<?xml")
    if suffix == ".svg":
        assert len(content) > 5000


def test_a_plot_that_is_interrupted_leaves_what_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(figure: Figure, target: Any, **_: Any) -> None:
        if isinstance(target, Path):
            target.write_bytes(b"half")
        raise KeyboardInterrupt

    target = tmp_path / "speed.png"
    target.write_bytes(b"older")
    monkeypatch.setattr(Figure, "savefig", interrupted)
    with pytest.raises(KeyboardInterrupt):
        plot(report(), target)
    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [("speed.png", b"older")]


def test_a_plot_of_another_kind_or_nowhere_is_bad_input(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"must end with \.png or \.svg"):
        check_target(tmp_path / "speed.jpg")
    with pytest.raises(InputError, match="there is no folder"):
        check_target(tmp_path / "nowhere" / "speed.png")
    (tmp_path / "taken.png").mkdir()
    with pytest.raises(InputError, match="cannot be written"):
        plot(report(), tmp_path / "taken.png")
