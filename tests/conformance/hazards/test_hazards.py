"""The list of hazards: whole, told on its page, and shown by vectors or said why not."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from samestate.conformance import command
from samestate.conformance.hazards.evm import EVM_HAZARDS
from samestate.conformance.hazards.known import BY_SCHEDULES, HAZARDS, SHOWN_ELSEWHERE
from samestate.conformance.scenarios.hazard_table import PAGE_COMMAND, hazard_page, hazard_rows
from samestate.conformance.vectors.places import VECTORS

PAGE = Path(__file__).parents[3] / "docs" / "hazards.md"
FUNDED = VECTORS / "evm" / "funding" / "funded_by_an_earlier_transaction-berlin.yaml"


def call(*arguments: object) -> Result:
    return CliRunner().invoke(command.application, [str(argument) for argument in arguments])


def test_ids_are_all_numbers_from_the_first() -> None:
    assert list(HAZARDS) == [f"H{number:02}" for number in range(1, len(HAZARDS) + 1)]


@pytest.mark.parametrize("hazard", HAZARDS.values(), ids=list(HAZARDS))
def test_every_hazard_is_a_sentence_with_a_source(hazard: object) -> None:
    assert re.fullmatch(r"[A-Z].*\.", getattr(hazard, "sentence", ""))
    assert getattr(hazard, "source", "")


def test_every_hazard_has_a_vector_or_a_reason() -> None:
    without = {row.hazard.id for row in hazard_rows() if not row.vectors}
    assert without == set(SHOWN_ELSEWHERE)


def test_every_hazard_of_the_evm_has_a_vector_of_the_evm() -> None:
    shown = {row.hazard.id for row in hazard_rows() if any(vector.startswith("evm/") for vector in row.vectors)}
    assert {hazard.id for hazard in EVM_HAZARDS} - shown == {"H140"}
    assert set(BY_SCHEDULES) <= shown


def test_the_page_is_what_the_command_says() -> None:
    assert PAGE.read_text(encoding="utf-8") == hazard_page(), f"run `{PAGE_COMMAND}`"


def test_the_command_lists_all_and_tells_of_one(tmp_path: Path) -> None:
    assert call("hazards").output.count("\n") == len(HAZARDS) + 1
    told = call("hazards", "H04").output
    assert told.startswith(f"H04 {HAZARDS['H04'].sentence}\n")
    assert "evm/funding/funded_by_an_earlier_transaction-berlin\n" in told
    assert call("hazards", "H140").output.count("no vector") == 1
    page = tmp_path / "page.md"
    assert call("hazards", "--page", page).exit_code == 0
    assert page.read_text(encoding="utf-8") == hazard_page()


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [(["H999"], "H999: no hazard has this id; they are H01 to H151"), (["H04", "--page", "out"], "name none")],
)
def test_the_command_has_bad_input(arguments: list[str], complaint: str) -> None:
    result = call("hazards", *arguments)
    assert result.exit_code == 2
    assert complaint in result.stderr


def test_a_failure_says_what_its_vector_is_about(tmp_path: Path) -> None:
    wrong = tmp_path / FUNDED.name
    text = FUNDED.read_text(encoding="utf-8")
    wrong.write_text(re.sub(r'state_root: "0x[0-9a-f]{4}', 'state_root: "0x0000', text), encoding="utf-8")
    result = call("check", wrong)
    assert result.exit_code == 1
    assert f"  H04: {HAZARDS['H04'].sentence}\n" in result.output
