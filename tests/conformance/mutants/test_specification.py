"""Bugs of the specification: what each is, that it takes its place, and what becomes of one that goes wrong."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from samestate.conformance.command import application
from samestate.conformance.commands import mutants as command
from samestate.conformance.errors import InputError
from samestate.conformance.mutants.specification import fixtures, hunting
from samestate.conformance.mutants.specification.bug import Change, bug
from samestate.conformance.mutants.specification.catalogue import all_bugs
from samestate.conformance.mutants.specification.judgement import DIFFERS, ENDS, PASSES, Judgement
from samestate.conformance.rules.anchors import all_anchors
from samestate.conformance.vectors.loading import HAZARDS, load_vector_file
from samestate.conformance.vectors.places import SUFFIX, VECTORS

BUGS = list(all_bugs().values())
MINIMUM = {"evm": 80, "svm": 30}
RULES = {anchor.name for anchor in all_anchors("spec")}
TRANSFER = load_vector_file(VECTORS / f"evm/transfers/strangers-paris{SUFFIX}")
OVERFULL = load_vector_file(VECTORS / f"evm/gas_limits/declared_gas_that_does_not_fit-london{SUFFIX}")


def test_there_are_enough() -> None:
    for machine, minimum in MINIMUM.items():
        assert sum(each.machine == machine for each in BUGS) >= minimum
    assert len({each.changes for each in BUGS}) == len(BUGS)


@pytest.mark.parametrize("each", BUGS, ids=[each.name for each in BUGS])
def test_a_bug_has_its_place(each: Any) -> None:
    """It changes what stands there once, into something that Python reads, and breaks a rule that there is."""
    texts: dict[Path, str] = {}
    for change in each.changes:
        text = change.apply(texts.get(change.file) or change.file.read_text(encoding="utf-8"))
        compile(text, str(change.file), "exec")
        texts[change.file] = text
    assert each.rule in RULES
    assert set(each.hazards) <= set(HAZARDS)
    assert re.fullmatch(r"[\w.-]+/[\w.-]+#[0-9]+", each.source)
    assert each.wrong.endswith(".")


def test_a_change_without_a_place_is_told() -> None:
    change = Change("evm.gas", "no such line", "")
    with pytest.raises(ValueError, match=r"gas\.py: 'no such line' must be there once, and is there 0 times"):
        change.apply(change.file.read_text(encoding="utf-8"))
    with pytest.raises(ValueError, match="is there 2 times"):
        change.apply("no such line\nno such line\n")


def run_python(program: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", program], capture_output=True, encoding="utf-8", check=False)


INSTALL = (
    "from samestate.conformance.mutants.specification.bug import Change\n"
    "from samestate.conformance.mutants.specification.importing import install\n"
    "install([Change('evm.gas', 'CALL_STIPEND = 2300', 'CALL_STIPEND = 9')])\n"
)


def test_only_the_module_is_changed_and_no_cache_is_written() -> None:
    """A change is in the process that asked for it, and in no other after it."""
    say = "from samestate.spec.evm import gas, frame; print(gas.CALL_STIPEND, frame.CALL_DEPTH_LIMIT)"
    assert run_python(INSTALL + say).stdout == "9 1024\n"
    assert run_python(say).stdout == "2300 1024\n"


def test_a_change_that_comes_too_late_is_refused() -> None:
    ended = run_python("import samestate.spec\n" + INSTALL)
    assert "RuntimeError: the specification was imported before it could be changed" in ended.stderr


def test_a_command_runs_on_the_specification_with_the_bug(tmp_path: Path) -> None:
    target = tmp_path / "verdicts.json"
    command = [sys.executable, "-m", hunting.PROGRAM, "room-for-what-is-used", "check", "--json", str(target)]
    ended = subprocess.run(
        [*command, OVERFULL.place, TRANSFER.place], capture_output=True, encoding="utf-8", check=False
    )
    assert ended.returncode == 1
    results = [verdict["result"] for verdict in json.loads(target.read_text(encoding="utf-8"))["verdicts"]]
    assert results == ["failed", "passed"]


def test_a_bug_is_there_when_the_rules_that_are_reached_are_watched() -> None:
    command = [sys.executable, "-m", hunting.PROGRAM, "room-for-what-is-used", "fill", "--check"]
    for scenario, code in (("gas_limits.declared_gas_that_does_not_fit", 2), ("transfers.strangers", 0)):
        ended = subprocess.run([*command, scenario], capture_output=True, encoding="utf-8", check=False)
        assert ended.returncode == code, ended.stdout + ended.stderr


def test_a_vector_judges_a_bug() -> None:
    judged = list(hunting.judge(all_bugs()["room-for-what-is-used"], [TRANSFER, OVERFULL]))
    assert [each.outcome for each in judged] == [PASSES, DIFFERS]
    assert (judged[1].vector, judged[1].where, judged[1].seen) == (OVERFULL.case.id, "status", "verdict")


def test_a_vector_judges_a_bug_of_solanas_machine() -> None:
    given = [
        load_vector_file(VECTORS / f"svm/{name}-mainnet-2026-09{SUFFIX}") for name in ("ages/age_149", "ages/age_150")
    ]
    judged = list(hunting.judge(all_bugs()["one-age-too-few"], given))
    assert [each.outcome for each in judged] == [PASSES, DIFFERS]
    assert (judged[1].where, judged[1].seen) == ("status", "verdict")


def test_a_bug_is_hunted_with_the_vectors_of_its_machine() -> None:
    found = hunting.vectors_for(all_bugs()["one-age-too-few"])
    assert {vector.case.id.partition("/")[0] for vector in found} == {"svm"}


def test_fixtures_are_run_for_bugs_of_the_evm_alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    asked: list[str] = []
    monkeypatch.setattr(command, "reached_rules", lambda archives: frozenset())
    monkeypatch.setattr(command, "runs", lambda bugs, archives, reached: asked.extend(bug.name for bug in bugs) or [])
    record = str(tmp_path / "record.json")
    names = ["one-age-too-few", "sender-with-code"]
    result = CliRunner().invoke(
        application, ["mutants", *names, "--engine", "spec", "--fixtures", "x.tar.xz", "--record", record]
    )
    assert (result.exit_code, asked) == (0, ["sender-with-code"]), result.output


@pytest.mark.parametrize(
    ("new", "outcomes"),
    [
        ("        raise RuntimeError", [ENDS, ENDS]),
        ("        import os; os._exit(7)", [ENDS, ENDS]),
    ],
)
def test_what_ends_the_process_or_the_run_is_no_kill(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, new: str, outcomes: list[str]
) -> None:
    """Nor is it a pass; and the vectors after it are judged all the same."""
    use(monkeypatch, tmp_path, Change("evm.totals", "    gas_left = environment.gas_limit - totals.paid_gas", new[4:]))
    judged = list(hunting.judge(all_bugs()["room-for-what-is-used"], [TRANSFER, OVERFULL]))
    assert [each.outcome for each in judged] == outcomes


def test_a_bug_that_cannot_be_imported_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    use(monkeypatch, tmp_path, Change("evm.totals", "no such line", ""))
    with pytest.raises(InputError, match=r"room-for-what-is-used does not start: (.|\n)*'no such line' must be there"):
        list(hunting.judge(all_bugs()["room-for-what-is-used"], [TRANSFER]))


def use(monkeypatch: pytest.MonkeyPatch, folder: Path, change: Change) -> None:
    """Have the process run another change than its name says."""
    program = folder / "otherwise.py"
    program.write_text(
        "from samestate.conformance.mutants.specification.bug import Change\n"
        "from samestate.conformance.mutants.specification.importing import install\n"
        f"install([{change!r}])\n"
        "from samestate.conformance.mutants.specification.judging import judge_stdin\n"
        "judge_stdin()\n",
        encoding="utf-8",
    )
    monkeypatch.setattr(hunting, "COMMAND", (sys.executable, str(program)))


def test_the_smallest_sign_is_the_state_root() -> None:
    def seen(*words: str) -> list[Judgement]:
        return [Judgement("evm/a/b-berlin", DIFFERS, seen=word) for word in words]

    assert hunting.shown_by(seen("neither", "verdict", "state root")) == "state root"
    assert hunting.shown_by(seen("neither", "verdict")) == "verdict"
    assert hunting.shown_by(seen("neither")) == "neither"
    assert hunting.shown_by([]) == ""


# Fixtures


def test_fixtures_need_a_record_to_keep_what_is_found() -> None:
    result = CliRunner().invoke(application, ["mutants", "sender-with-code", "--fixtures", "some.tar.xz"])
    assert (result.exit_code, result.stderr) == (
        2,
        "samestate: --fixtures: say with --record where to keep what is found\n",
    )


def test_fixtures_kill_by_what_comes_out_and_not_by_a_crash(monkeypatch: pytest.MonkeyPatch) -> None:
    crash = {"id": "a::first", "result": "failed", "reason": "the specification crashed: KeyError: 1"}
    passes = {"id": "a::second", "result": "passed", "reason": ""}
    differs = {"id": "a::third", "result": "failed", "reason": "the state root does not match"}
    unusable = {"id": "a::fourth", "result": "error", "reason": "receipts[0]: rlp: must be that of the fields"}
    each = all_bugs()["sender-with-code"]
    for verdicts, found in (
        ([passes, unusable], fixtures.FixtureRun(each.digest, "some.tar.xz: fourth")),
        ([crash, passes], fixtures.FixtureRun(each.digest, passed=1)),
        ([crash, passes, differs], fixtures.FixtureRun(each.digest, "some.tar.xz: third")),
    ):
        monkeypatch.setattr(fixtures, "check", lambda bug, archive, verdicts=verdicts: verdicts)
        assert fixtures.run(each, [Path("some.tar.xz")]) == found


def test_what_fixtures_do_not_reach_is_not_run() -> None:
    each = all_bugs()["sender-with-code"]
    assert list(fixtures.runs([each], [], frozenset())) == [
        (each.name, fixtures.FixtureRun(each.digest, is_reached=False))
    ]


def test_a_record_is_of_bugs_as_they_are(tmp_path: Path) -> None:
    """What is known of a bug that was changed since, or that is gone, is known no more."""
    one, other = bug("one", "One.", ("evm.gas", "a", "b"), rule="r", source="a/b#1"), all_bugs()["sender-with-code"]
    changed = bug("one", "One.", ("evm.gas", "a", "c"), rule="r", source="a/b#1")
    record = fixtures.Record(("x.tar.xz",), {"one": fixtures.FixtureRun(one.digest, passed=3)})
    path = tmp_path / "record.json"
    path.write_text(json.dumps(record.document()), encoding="utf-8")
    assert fixtures.read_record(path) == record
    assert fixtures.read_record(path).of({"one": one}).bugs == record.bugs
    assert fixtures.read_record(path).of({"one": changed, "other": other}).bugs == {}
    assert fixtures.read_record(tmp_path / "none.json") == fixtures.Record()
    path.write_text("[]", encoding="utf-8")
    with pytest.raises(InputError, match="is no record of runs of fixtures"):
        fixtures.read_record(path)
