"""The page about mutants: the score, and what its words say."""

from __future__ import annotations

from dataclasses import replace

from samestate.conformance.mutants.page import page_of
from samestate.conformance.mutants.report import INVARIANT, OUTPUT, HuntedMutant, Kill
from samestate.conformance.mutants.specification.fixtures import FixtureRun, Record

KILLED = HuntedMutant(
    mutant="sender-with-code",
    engine="spec",
    wrong="An account with code | sends.",
    rule="evm.validity.sender-has-code",
    hazards=("H07",),
    kill=Kill("evm/a/b-berlin", "one after another", OUTPUT, "status", "expected a, not b"),
    passed=9,
    ran=10,
    source="https://github.com/owner/client/issues/491",
    shown_by="verdict",
)
ALIVE = replace(KILLED, mutant="still-there", kill=None, shown_by="")
STRATEGY = replace(
    KILLED,
    mutant="dropped-estimate",
    engine="reference:block-stm",
    rule="block-stm.estimate.marks-every-write",
    kill=Kill("toy/a/b", "random, seed 0", INVARIANT, "an estimate is read"),
    source="",
    shown_by="",
)
DIGEST = "0123456789ab"


def row(page: str, name: str) -> str:
    return next(line for line in page.splitlines() if line.startswith(f"| `{name}`"))


def test_a_row_says_what_is_wrong_what_kills_it_and_who_else_sees_it() -> None:
    record = Record(("x.tar.xz",), {"sender-with-code": FixtureRun(DIGEST, "x.tar.xz: test_sender[fork_Osaka]")})
    page = page_of([KILLED, STRATEGY], record)
    assert row(page, "sender-with-code") == (
        "| `sender-with-code` | An account with code \\| sends. `evm.validity.sender-has-code` | H07 | "
        "[owner/client#491](https://github.com/owner/client/issues/491) | `evm/a/b-berlin` | status | "
        "no, but the verdict | yes: `x.tar.xz: test_sender[fork_Osaka]` |"
    )
    assert row(page, "dropped-estimate") == (
        "| `dropped-estimate` | `reference:block-stm` | An account with code \\| sends. "
        "`block-stm.estimate.marks-every-write` | H07 | `toy/a/b` | random, seed 0 | invariant: an estimate is read |"
    )
    assert "Archives: `x.tar.xz`." in page


def test_the_score_counts_survivors_and_fixtures() -> None:
    record = Record(("x.tar.xz",), {"sender-with-code": FixtureRun(DIGEST, "x"), "still-there": FixtureRun(DIGEST)})
    page = page_of([KILLED, replace(KILLED, mutant="by-root", shown_by="state root"), ALIVE, STRATEGY], record)
    assert "| the specification of the EVM | 3 | 2 | 1 | 1 of 2 run |" in page
    assert "| the specification of Solana's machine | 0 | 0 | 0 | — |" in page
    assert "| readable strategies | 1 | 1 | — | — |" in page
    assert "| the compiled engine | 0 | 0 | — | — |" in page
    assert row(page, "still-there").split(" | ")[4:7] == ["**nothing**", "", "—"]


def test_bugs_of_solanas_machine_have_a_table_of_their_own_without_fixtures() -> None:
    other = replace(
        KILLED, mutant="one-age-too-few", rule="svm.age.blockhash", kill=replace(KILLED.kill, vector="svm/a/b")
    )
    page = page_of([KILLED, other], Record(("x.tar.xz",), {}))
    assert row(page, "one-age-too-few").endswith("| `svm/a/b` | status | no, but the verdict |")
    assert page.index("`sender-with-code`") < page.index("Solana's machine\n\nNobody") < page.index("`one-age-too-few`")
    assert "| the specification of Solana's machine | 1 | 1 | 0 | — |" in page


def test_what_fixtures_have_against_a_bug_in_words() -> None:
    def said(run: FixtureRun | None) -> str:
        known = {} if run is None else {"sender-with-code": run}
        return row(page_of([KILLED], Record(("x.tar.xz",), known)), "sender-with-code").split(" | ")[-1]

    assert said(None) == "not run |"
    assert said(FixtureRun(DIGEST, passed=12)) == "**no**: 12 cases pass |"
    assert said(FixtureRun(DIGEST, passed=12, is_sample=True)) == "not those tried: 12 cases pass |"
    assert said(FixtureRun(DIGEST, is_reached=False)) == "**no**: no case reaches the rule |"
