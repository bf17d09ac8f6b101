"""What is said on stderr: lines for people, or for each event a line of JSON with the documented fields."""

from __future__ import annotations

import datetime
import json
import re
import sys
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from samestate.conformance.command import application
from samestate.conformance.output.log import LogFormat, Pace, say, tell, use_format
from samestate.conformance.vectors.places import VECTORS

DOCUMENT = (Path(__file__).parents[3] / "docs" / "metrics.md").read_text(encoding="utf-8")
COMMON = {"time", "level", "event", "message"}
CLIENT = f"command:{sys.executable} {Path(__file__).parents[3] / 'docs' / 'examples' / 'client.py'}"
"""An engine with a fault: it has no KECCAK."""

CHAIN = str(VECTORS / "toy/conflicts/long_chain.yaml")


def documented() -> dict[str, set[str]]:
    """The fields of each event, from the page."""
    rows = re.findall(r"^\| `(\w+)` \| ([^|]*) \|", DOCUMENT[DOCUMENT.index("## Lines of JSON") :], re.MULTILINE)
    return {event: set(re.findall(r"`(\w+)`", fields)) for event, fields in rows}


def lines_of(*arguments: str) -> tuple[list[dict[str, Any]], Any]:
    result = CliRunner().invoke(application, [*arguments, "--log-format", "json"])
    return [json.loads(line) for line in result.stderr.splitlines()], result


@pytest.fixture(autouse=True)
def text_afterwards() -> Any:
    yield
    use_format(LogFormat.TEXT)


def test_people_are_told_the_message_alone(capsys: pytest.CaptureFixture[str]) -> None:
    say("so it is", "event", seeds=3)
    tell("event", "only for programs")
    assert capsys.readouterr().err == "samestate: so it is\n"


def test_programs_are_told_the_event(capsys: pytest.CaptureFixture[str]) -> None:
    use_format(LogFormat.JSON)
    say("two\nlines", "found", "error", seed=3)
    line = json.loads(capsys.readouterr().err)
    time = datetime.datetime.fromisoformat(line.pop("time"))
    assert time.utcoffset() == datetime.timedelta(0)
    assert line == {"level": "error", "event": "found", "message": "two\nlines", "seed": 3}


def test_it_is_due_now_and_then() -> None:
    assert not Pace(1000).is_due()
    assert Pace(0).is_due()


def test_every_event_has_the_fields_that_are_documented(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Pace, "is_due", lambda pace: True)
    quick = str(VECTORS / "toy/conflicts/later_one_is_quick.yaml")
    lines, result = lines_of("check", CHAIN, quick, "--engine", CLIENT, "--metrics-port", "0")
    assert result.exit_code == 1
    assert [line["event"] for line in lines] == ["metrics", "progress", "failed", "progress", "end"]
    lines += lines_of("check", str(tmp_path / "nothing"))[0]
    lines += lines_of("fuzz", "--blocks", "2", "--engine", "optimized:locks", "--jobs", "1")[0]
    lines += lines_of("bench", "--preset", "small", "--repeat", "1", "--engine", "optimized:locks")[0]
    fields = documented()
    seen = {line["event"] for line in lines}
    assert {"metrics", "progress", "failed", "end", "error"} <= seen
    for line in lines:
        assert line.keys() >= COMMON
        assert line.keys() - COMMON <= fields[line["event"]], line


def test_bad_input_is_a_line_of_json_too(tmp_path: Path) -> None:
    lines, result = lines_of("check", str(tmp_path / "nothing"))
    assert result.exit_code == 2
    (line,) = lines
    assert (line["event"], line["level"]) == ("error", "error")
    assert line["message"].endswith("there is no such file or folder")


@pytest.mark.parametrize(
    "command",
    [
        ["check", CHAIN, "--json", "-"],
        ["check", CHAIN, "--list"],
        ["fuzz", "--blocks", "1", "--engine", "optimized:locks", "--jobs", "1", "--json", "-"],
        ["bench", "--preset", "small", "--repeat", "1", "--engine", "optimized:locks", "--json", "-"],
    ],
)
def test_nothing_else_is_on_stderr(command: list[str]) -> None:
    lines, result = lines_of(*command)
    assert result.exit_code == 0
    assert all(line.keys() >= COMMON for line in lines)
    assert all(line.keys() - COMMON <= documented()[line["event"]] for line in lines)


def test_the_next_command_speaks_to_people_again(tmp_path: Path) -> None:
    lines_of("check", CHAIN)
    result = CliRunner().invoke(application, ["check", str(tmp_path / "nothing")])
    assert result.stderr.startswith("samestate: ")


def test_a_finding_is_an_event(tmp_path: Path) -> None:
    search = ("fuzz", "--engine", CLIENT, "--blocks", "40", "--seed", "1", "--jobs", "1")
    lines, result = lines_of(*search, "--output", str(tmp_path))
    found = [line for line in lines if line["event"] == "found"]
    assert result.exit_code == 1 and found
    assert found[0].keys() - COMMON <= documented()["found"]
