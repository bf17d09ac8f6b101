"""What counts as a kill, and what does not; and how the table and the command tell of it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest
from typer.testing import CliRunner

from samestate.conformance.command import application
from samestate.conformance.mutants import suspects
from samestate.conformance.mutants.catalogue import all_mutants
from samestate.conformance.mutants.hunting import SMALLEST, NoVerdict, at_random, hunt, search, smallest, vectors_for
from samestate.conformance.mutants.mutant import Mutant, mutant, unmutated
from samestate.conformance.mutants.report import OUTPUT, HuntedMutant, Kill, table_of
from samestate.reference.memory import Observation, VersionedMemory
from samestate.reference.scheduler import Scheduler, Task
from samestate.reference.strategies.block_stm import BlockStm
from samestate.spec.machine import Key, Rejection
from samestate.spec.toy.rejections import Invalid
from samestate.spec.transition import BlockResult


class Crashing(VersionedMemory):
    """Dies of the first check."""

    def validate(self, step: int, reads: Mapping[Key, Observation]) -> bool:
        raise ZeroDivisionError


class CrashingAtTheEnd(BlockStm):
    """Executes everything, and dies where the result is put together."""

    def close(self) -> BlockResult[Any, Any, Any, Any]:
        raise ZeroDivisionError("at the end")


class CrashingAtTheStart(BlockStm):
    """Dies before there is a worker."""

    def open(self) -> None:
        raise ZeroDivisionError("at the start")


class NeverDone(Scheduler):
    """Validates for ever."""

    def finish_validation(self, step: int, aborted: bool) -> Task | None:
        self.lower_validation_index(0)
        return super().finish_validation(step, aborted)


class Useless(BlockStm):
    """Rejects every block."""

    def close(self) -> BlockResult[Any, Any, Any, Any]:
        raise Rejection(Invalid.NONCE_TOO_LOW)


def made(wrong: type, machine: str = "toy") -> Mutant:
    return Mutant("made", "Something is wrong.", "block-stm", "", (), wrong, machine)


@pytest.fixture
def few_vectors(monkeypatch: pytest.MonkeyPatch) -> None:
    found = vectors_for(unmutated("block-stm"))
    few = [vector for vector in found if vector.case.id.split("/")[1] == "nonces"][:2]
    few += [vector for vector in found if vector.case.id.split("/")[1] == SMALLEST][:1]
    monkeypatch.setattr("samestate.conformance.mutants.hunting.vectors_of", lambda machine: tuple(few))
    monkeypatch.setattr("samestate.conformance.mutants.hunting.POINTS", 5_000)


@pytest.mark.usefixtures("few_vectors")
@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        (Crashing, "crash"),
        (CrashingAtTheEnd, "ZeroDivisionError: at the end"),
        (CrashingAtTheStart, "ZeroDivisionError: at the start"),
        (NeverDone, "out of points"),
    ],
)
def test_a_crash_is_no_kill_nor_is_a_run_without_end(wrong: type, reason: str) -> None:
    finding = hunt(made(wrong))
    assert finding.kill is None
    assert finding.passed == 0
    found = next(search(made(wrong), set()))
    assert isinstance(found, NoVerdict)
    assert found.reason.startswith(reason)


@pytest.mark.usefixtures("few_vectors")
@pytest.mark.parametrize("wrong", [CrashingAtTheEnd, CrashingAtTheStart])
def test_a_crash_outside_of_workers_is_none_of_their_results(wrong: type) -> None:
    (vector,) = smallest(made(wrong))
    found = list(at_random(made(wrong), vector, range(3)))
    assert len(found) == 3
    for each in found:
        assert isinstance(each, NoVerdict)
        assert each.reason.startswith("crash: expected a valid block, and it is ZeroDivisionError: at the ")


@pytest.mark.usefixtures("few_vectors")
def test_a_mutant_that_passes_nothing_is_no_good_one() -> None:
    finding = hunt(made(Useless))
    assert finding.passed == 0
    assert finding.kill is not None and finding.kill.kind == OUTPUT
    assert not finding.is_good


def test_what_replaces_nothing_is_no_mutant() -> None:
    with pytest.raises(TypeError, match="replaces no part"):
        mutant("block-stm", "block-stm.validation.every-read")(NoVerdict)
    with pytest.raises(ValueError, match="two mutants skipped-validation"):
        mutant("block-stm", "block-stm.validation.every-read")(
            next(each.wrong for each in all_mutants() if each.name == "skipped-validation")
        )


def test_the_table_says_where_nothing_has_killed_a_mutant() -> None:
    kill = Kill("toy/a/b", "random, seed 3", OUTPUT, "step 1: reads: slot 0x1")
    findings = [
        HuntedMutant("one", "e", "w", "a.rule", ("H01",), kill, 1, 2),
        HuntedMutant("two", "e", "w", "", (), None, 2, 2),
    ]
    columns = [list(column.cells) for column in table_of(findings).columns]
    assert columns[1] == ["w (H01)\na.rule", "w\n"]
    assert columns[2] == ["toy/a/b", "nothing"]
    assert columns[-1] == ["1 of 2", "2 of 2"]


def test_the_command_prints_what_kills_a_mutant() -> None:
    result = CliRunner().invoke(application, ["mutants", "fees-not-*", "--engine", "reference:*", "--json", "-"])
    assert result.exit_code == 0, result.output
    (found,) = json.loads(result.stdout)
    assert found["mutant"] == "fees-not-seen"
    assert found["engine"] == "reference:block-stm"
    assert found["rule"] == "block-stm.credit.merged-when-read"
    assert found["kill"]["kind"] == OUTPUT
    assert 0 < found["passed"] < found["ran"]


def test_the_command_refuses_a_mutant_that_there_is_not() -> None:
    result = CliRunner().invoke(application, ["mutants", "flawless", "--engine", "reference:*"])
    assert result.exit_code == 2
    assert "no mutant is called flawless" in result.output


def unwanted(mutant: Mutant) -> HuntedMutant:
    raise AssertionError(f"{mutant.name} is hunted")


@pytest.mark.parametrize("names", [("skipped-validation", "flawless"), ("skiped-validation",), ("wave-*", "no-*-such")])
def test_every_name_must_be_that_of_a_mutant(names: tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    """Before anything is hunted: "1 of 1 killed" would be no answer to two names."""
    monkeypatch.setattr("samestate.conformance.mutants.suspects.hunt", unwanted)
    result = CliRunner().invoke(application, ["mutants", *names, "--engine", "reference:*"])
    assert result.exit_code == 2
    assert f"no mutant is called {names[-1]} of an engine 'reference:*'" in result.output
    assert ("did you mean 'skipped-validation'?" in result.output) == (len(names) == 1)


@pytest.mark.parametrize("target", ["/nowhere/killed.json", "/"])
def test_where_nothing_can_be_written_nothing_is_hunted(target: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("samestate.conformance.mutants.suspects.hunt", unwanted)
    result = CliRunner().invoke(application, ["mutants", "--engine", "reference:*", "--json", target])
    assert result.exit_code == 2
    assert f"--json {target}: " in result.output


def test_without_the_compiled_engine_its_mutants_are_left_out_and_that_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(suspects, "has_engine", lambda: False)
    result = CliRunner().invoke(application, ["mutants", "--engine", "optimized:*"])
    reason = "mutants of the compiled engine are left out: this installation was made with SAMESTATE_PURE and has none"
    assert (result.exit_code, result.stdout, result.stderr) == (2, "", f"samestate: {reason}\n")
    result = CliRunner().invoke(application, ["mutants", "wave-begins-too-early"])
    assert result.exit_code == 0
    assert result.stderr.startswith(f"samestate: {reason}\n")
    assert "1 of 1 killed" in result.stdout
