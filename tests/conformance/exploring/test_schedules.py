"""`samestate run --schedule FILE`: what a failure printed, seen again."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from samestate.conformance.command import application
from samestate.conformance.errors import InputError
from samestate.conformance.exploring import schedules
from samestate.conformance.exploring.schedules import REFERENCE, replay
from samestate.reference import BlockProgram, Parts
from samestate.reference.explorer import Program, ScheduleDocument, Switch, explore
from samestate.reference.invariants import DONE_VALIDATED
from samestate.reference.memory import VersionedMemory

CASE = "evm/funding/funded_by_an_earlier_transaction-amsterdam"


class BelievesEverything(VersionedMemory):
    def validate(self, step: int, reads: object) -> bool:
        return True


def broken(name: str, machine: object, block: object, state: object, workers: int, predictions: object) -> Program:
    return BlockProgram(machine, block, state, name, workers, parts=Parts(memory=BelievesEverything))  # type: ignore[arg-type]


def written(folder: Path, document: ScheduleDocument) -> Path:
    path = folder / "schedule.yaml"
    path.write_text(document.write(), encoding="utf-8")
    return path


def run(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(application, ["run", *arguments])
    return result.exit_code, result.output


@pytest.mark.parametrize("strategy", ["sequential", "block-stm", "locks", "waves"])
def test_a_right_strategy_shows_nothing_wrong(tmp_path: Path, strategy: str) -> None:
    switches = () if strategy == "sequential" else (Switch(5, 1),)
    path = written(tmp_path, ScheduleDocument(CASE, f"{REFERENCE}{strategy}", 2, switches))
    code, output = run("--schedule", str(path))
    assert code == 0
    assert "nothing is wrong" in output


def test_what_was_found_is_shown_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A failure that the explorer found is written down, and the command gives the same violation at the same point."""
    monkeypatch.setitem(schedules.PROGRAMS, "broken:", broken)
    programs: list[Program] = []

    def remember(*arguments: object) -> Program:
        programs.append(broken(*arguments))  # type: ignore[arg-type]
        return programs[-1]

    monkeypatch.setitem(schedules.PROGRAMS, "remembered:", remember)
    replay(written(tmp_path, ScheduleDocument(CASE, "remembered:block-stm", 2, ())))
    report = explore(programs[0], 2).first
    assert report is not None
    path = written(tmp_path, report.document(CASE, "broken:block-stm", 2))
    again = replay(path)
    assert str(again.report.violation) == str(report.violation)
    assert again.report.trace == report.trace
    code, output = run("--schedule", str(path))
    assert code == 1
    assert DONE_VALIDATED in output
    assert f"what the schedule shows is seen again: {report.violation}" in output
    code, output = run("--schedule", str(path), "--json", "-")
    assert code == 1
    content = json.loads(output)
    assert (content["shows"], content["seen_again"]) == (str(report.violation), True)
    assert content["violation"]["name"] == DONE_VALIDATED
    assert len(content["points"]) == report.points


def test_what_is_not_seen_again_is_said_to_be_not(tmp_path: Path) -> None:
    """A right engine, and a schedule under which another one was wrong."""
    document = ScheduleDocument(CASE, f"{REFERENCE}block-stm", 2, (Switch(5, 1),), shows=f"{DONE_VALIDATED}: step 1")
    path = written(tmp_path, document)
    code, output = run("--schedule", str(path))
    assert code == 0
    assert "nothing is wrong" in output
    assert f"what the schedule shows is not seen again: {DONE_VALIDATED}: step 1" in output
    assert json.loads(run("--schedule", str(path), "--json", "-")[1])["seen_again"] is False


def test_the_case_may_stand_beside_the_schedule_or_be_given(tmp_path: Path) -> None:
    vector = schedules.find_vector(CASE, tmp_path)
    (tmp_path / "evm" / "funding").mkdir(parents=True)
    copy = tmp_path / f"{CASE}.yaml"
    copy.write_bytes(vector.read_bytes())
    path = written(tmp_path, ScheduleDocument(f"{CASE}.yaml", "reference:locks", 2, ()))
    assert schedules.find_vector(f"{CASE}.yaml", tmp_path) == copy
    assert run("--schedule", str(path))[0] == 0
    nowhere = written(tmp_path, ScheduleDocument("nowhere", "reference:locks", 2, ()))
    assert run(str(vector), "--schedule", str(nowhere))[0] == 0


@pytest.mark.parametrize(
    ("document", "message"),
    [
        (ScheduleDocument("nowhere", "reference:locks", 2, ()), "case: there is no vector nowhere"),
        (ScheduleDocument(CASE, "spec", 2, ()), "engine: 'spec' cannot be scheduled; reference:…, optimized:… can"),
        (ScheduleDocument(CASE, "reference:lock", 2, ()), "engine: no strategy is called 'lock'"),
        (ScheduleDocument(CASE, "reference:access-list", 2, ()), "the strategy access-list executes from access lists"),
        (ScheduleDocument(CASE, "reference:locks", 2, (), block=1), "block: 1, and the case has 1"),
        (ScheduleDocument(CASE, "reference:locks", 2, (Switch(0, 1), Switch(9000, 1))), "gives point 9000 to worker 1"),
        (ScheduleDocument(CASE, "reference:sequential", 2, (Switch(3, 1),)), "gives point 3 to worker 1, and only"),
    ],
)
def test_a_schedule_that_does_not_fit_is_bad_input(tmp_path: Path, document: ScheduleDocument, message: str) -> None:
    path = written(tmp_path, document)
    with pytest.raises(InputError, match=r"schedule\.yaml: ") as caught:
        replay(path)
    assert message in str(caught.value)
    assert run("--schedule", str(path))[0] == 2


@pytest.mark.parametrize(
    "options",
    [("--trace", "t.json"), ("--engine", "spec"), ("--engine", "optimized"), ("--workers", "3"), ("--case", "funded")],
)
def test_what_a_schedule_says_itself_cannot_be_given(tmp_path: Path, options: tuple[str, str]) -> None:
    path = written(tmp_path, ScheduleDocument(CASE, "reference:locks", 2, ()))
    code, output = run("--schedule", str(path), *options)
    assert code == 2
    assert f"{' '.join(options)}: cannot be given with --schedule" in output


def test_too_many_workers_are_bad_input(tmp_path: Path) -> None:
    path = written(tmp_path, ScheduleDocument(CASE, "reference:locks", 100_000_000, ()))
    with pytest.raises(InputError, match=r"schedule\.yaml: workers: must be from 1 to 256"):
        replay(path)


def test_files_that_are_no_schedule_are_bad_input(tmp_path: Path) -> None:
    path = tmp_path / "schedule.yaml"
    assert run("--schedule", str(path))[0] == 2
    path.write_text("format: other\n")
    assert run("--schedule", str(path))[0] == 2
    assert run()[0] == 2
