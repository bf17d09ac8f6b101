"""Votes beside the specification's: who agrees, who is alone, and what nobody else could execute is not right."""

from __future__ import annotations

import json
import shlex
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

from samestate.conformance.checking.quorum import Tally, ballot, voice_of, voices_of
from samestate.conformance.checking.verdict import Result, Verdict
from samestate.conformance.vectors.places import VECTORS
from tests.conformance.checking.cases import samestate

STAND_IN = Path(__file__).with_name("outside_engine.py")
TRANSFERS = VECTORS / "evm" / "transfers"


def outside(*words: str) -> str:
    return f"command:{shlex.join([sys.executable, str(STAND_IN), *words])}"


RIGHT = outside()
WRONG = outside("gas_used")
ALSO_WRONG = outside("gas_used", "--outputs", "gas_used")


def vote(engine: str, result: Result, reason: str = "") -> Verdict:
    return Verdict("evm/a", result, reason, "Osaka", engine=engine)


def said(*verdicts: Verdict, wanted: int = 1) -> str:
    made = ballot("a.yaml", verdicts, wanted)
    return f"{made.tally.value}: {made.sentence()}"


PASSED, FAILED, SKIPPED = Result.PASSED, Result.FAILED, Result.SKIPPED


def test_who_is_alone_and_who_agrees() -> None:
    spec, geth, revm = vote("spec", PASSED), vote("geth", PASSED), vote("revm", PASSED)
    assert said(spec, geth, revm, wanted=2) == "right: the specification, geth and revm agree"
    wrong = vote("eels", FAILED, "gas")
    assert said(geth, revm, wrong) == "disputed: eels stands alone against the specification, geth and revm"
    also, other = vote("ethereumjs", FAILED, "gas"), vote("revm", FAILED, "root")
    assert said(geth, wrong, also) == "disputed: the specification and geth, against eels and ethereumjs alike"
    assert said(wrong, also) == "alone: the specification stands alone against eels and ethereumjs alike"
    assert said(wrong, other) == "alone: the specification stands alone against eels and revm"


def test_what_the_specification_alone_holds_is_not_right() -> None:
    lacking = vote("geth", SKIPPED, "no fork")
    assert said(vote("spec", PASSED), lacking) == "alone: the specification alone: nobody else could execute it"
    assert said(vote("reference:waves", PASSED)) == "alone: the specification alone: nobody else could execute it"
    two = said(vote("revm", PASSED), lacking, wanted=2)
    assert two == "too few: the specification and revm agree, 2 were asked for"


def test_engines_of_one_client_have_one_voice() -> None:
    assert voices_of(["spec", "geth:parallel", "geth", "optimized:waves@processes", "reference:locks", "t8n:a b"]) == [
        "geth",
        "optimized",
        "t8n:a b",
    ]
    assert voice_of("command:python3 a:b") == "command:python3 a:b"
    assert ballot("a", [vote("geth", PASSED), vote("geth:parallel", PASSED)], 2).tally is Tally.TOO_FEW
    both = ballot("a", [vote("geth", PASSED), vote("geth:parallel", FAILED, "list"), vote("revm", PASSED)], 1)
    assert both.agree == ("revm",)
    assert both.differ == (("geth", "list"),)
    assert ballot("a", [vote("geth", SKIPPED), vote("geth:parallel", PASSED)], 1).unable == ()


def test_a_quorum_is_told_and_ends_well() -> None:
    result = samestate("check", TRANSFERS, "--quorum", "1", "--engine", RIGHT)
    assert result.exit_code == 0, result.output
    assert "a quorum of 1 beside the specification: 10 right, 0 disputed, 0 too few, 0 alone" in result.stdout


def test_a_dispute_names_the_parties(tmp_path: Path) -> None:
    file, junit = tmp_path / "out.json", tmp_path / "out.xml"
    words = [word for each in (RIGHT, WRONG, ALSO_WRONG) for word in ("--engine", each)]
    result = samestate("check", TRANSFERS, "-k", "paris", "--quorum", "1", *words, "--json", file, "--junitxml", junit)
    assert result.exit_code == 1
    assert "NO QUORUM evm/transfers/all_but_the_fee-paris (Paris)" in result.stdout
    assert f"the specification and {RIGHT}, against {WRONG} and {ALSO_WRONG} alike" in result.stdout
    written = json.loads(file.read_text(encoding="utf-8"))
    assert written["quorum"]["wanted"] == 1
    assert written["quorum"]["voices"] == [RIGHT, WRONG, ALSO_WRONG]
    case = written["quorum"]["cases"][0]
    assert (case["outcome"], case["agree"], case["differ"][0]["engines"]) == (
        "disputed",
        [RIGHT],
        [WRONG, ALSO_WRONG],
    )
    assert set(written["versions"]) == {RIGHT, WRONG, ALSO_WRONG}
    suites = {suite.get("name"): suite for suite in ElementTree.parse(junit).getroot()}
    assert int(suites["quorum"].get("failures") or 0) == len(written["quorum"]["cases"]) > 0


def test_a_run_that_nobody_else_can_execute_has_no_quorum(tmp_path: Path) -> None:
    result = samestate("check", VECTORS / "evm" / "withdrawals", "-k", "shanghai", "--quorum", "1", "--engine", "spec",
                       "--engine", outside("--lacks", "withdrawals"))  # fmt: skip
    assert result.exit_code == 1
    assert "the specification alone: nobody else could execute it" in result.stdout
    assert "was not asked: the engine cannot do: withdrawals" in result.stdout


@pytest.mark.parametrize(
    ("engines", "complaint"),
    [
        (["spec"], "--quorum 2: of the engines named none has a voice beside the specification's"),
        (["optimized:waves", "optimized:locks"], "--quorum 2: of the engines named only optimized has a voice"),
        (["reference:*", RIGHT], f"--quorum 2: of the engines named only {RIGHT} has a voice"),
    ],
)
def test_more_votes_than_voices_are_refused(engines: list[str], complaint: str) -> None:
    words = [word for each in engines for word in ("--engine", each)]
    result = samestate("check", TRANSFERS, "--quorum", "2", *words)
    assert result.exit_code == 2
    assert complaint in result.output


def test_versions_stand_in_every_report(tmp_path: Path) -> None:
    program = tmp_path / "engine.py"
    program.write_text(
        "import json, sys\nfor line in sys.stdin:\n    print(json.dumps({'protocol': 'samestate-engine/1', "
        "'version': 'mine 7.1', 'capabilities': {'machines': {'toy': ['toy']}, 'selectors': [], 'outputs': [], "
        "'access': 'none'}, 'error': 'nothing yet'}), flush=True)\n",
        encoding="utf-8",
    )
    engine, file, junit = f"command:{sys.executable} {program}", tmp_path / "out.json", tmp_path / "out.xml"
    result = samestate("check", VECTORS / "toy" / "conflicts", "--engine", engine, "--json", file, "--junitxml", junit)
    assert f"{engine}: mine 7.1" in result.stdout
    assert json.loads(file.read_text(encoding="utf-8"))["versions"] == {engine: "mine 7.1"}
    assert "mine 7.1" in junit.read_text(encoding="utf-8")
