"""Which cases are run: by fork, by words, by name, by what they take of an engine."""

from __future__ import annotations

import gzip
import json
import os
import re
import shutil
from pathlib import Path
from xml.etree import ElementTree

import pytest

from samestate.conformance.checking.selection import Selection, compile_keyword, split_argument
from samestate.conformance.errors import InputError
from samestate.conformance.vectors.places import SUFFIX, VECTORS
from tests.conformance.checking.cases import RLP_TEST, WRONG_RLP_TEST, samestate, state_test, write

CHAIN = "toy/conflicts/long_chain"


@pytest.mark.parametrize(
    ("expression", "holds"),
    [
        ("transfer", True),
        ("TRANSFER", True),
        ("not transfer", False),
        ("transfer and not london", False),
        ("transfer and (berlin or london)", True),
        ("berlin or transfer and london", True),
        ("not (berlin or prague)", True),
        ("not not transfer", True),
        ('"a.json::transfer"', True),
        ('"and"', False),
        ("a.json::trans", True),
    ],
)
def test_words(expression: str, holds: bool) -> None:
    assert compile_keyword(expression)("a.json::transfer London") is holds


@pytest.mark.parametrize(
    ("expression", "reason"),
    [
        ("a b", "'b' is not expected there: write 'and' or 'or' between words"),
        ("a and", "a word is missing at the end"),
        ("or a", "a word is missing before 'or'"),
        ("(a", "a parenthesis is not closed"),
        ("a)", "')' is not expected there"),
        ('"a', "a quote is not closed"),
        ("", "a word is missing at the end"),
    ],
)
def test_words_that_make_no_sense(expression: str, reason: str) -> None:
    with pytest.raises(InputError, match=re.escape(f"-k {expression!r}: {reason}")):
        compile_keyword(expression)


def test_words_are_looked_for_below_the_path_alone() -> None:
    assert not Selection(keyword="tmp").takes("/tmp/x/a.json::dog", "/tmp/x", frozenset())
    assert Selection(keyword="x/a").takes("/tmp/x/a.json::dog", "/tmp/x", frozenset())


def test_a_case_may_follow_its_path(tmp_path: Path) -> None:
    path = write(tmp_path / "a.json", {"b::c": RLP_TEST})
    assert split_argument(path) == (path, None)
    assert split_argument(Path(f"{path}::b::c")) == (path, f"{path}::b::c")
    assert split_argument(Path(f"{path}:member.json::b")) == (path, f"{path}:member.json::b")
    assert split_argument(tmp_path / "nothing") == (tmp_path / "nothing", None)


def counts(*arguments: object) -> str:
    result = samestate("check", *arguments)
    assert result.exit_code in (0, 1), result.output
    return result.stdout.splitlines()[-1]


def test_several_forks_in_any_spelling(tmp_path: Path) -> None:
    test = state_test()
    test["post"] |= dict.fromkeys(("Berlin", "Paris"), test["post"]["London"])
    path = write(tmp_path / "a.json", {"transfer": test, "dog": RLP_TEST})
    assert counts(path, "--fork", "LONDON", "--fork", "par is") == "2 passed, 0 failed, 0 skipped"
    assert counts(VECTORS / "toy" / "sizes", "--fork", "toy").endswith(" 0 failed, 0 skipped")


def test_by_words_and_by_name(tmp_path: Path) -> None:
    path = write(tmp_path / "a.json", {"dog": RLP_TEST, "cat": RLP_TEST, "transfer": state_test()})
    assert counts(path, "-k", "dog or london") == "2 passed, 0 failed, 0 skipped"
    assert counts(path, "--case", "dog", "--case", f"{path}::cat") == "2 passed, 0 failed, 0 skipped"
    assert counts(f"{path}::dog") == "1 passed, 0 failed, 0 skipped"
    other = write(tmp_path / "b.json", {"hog": RLP_TEST, "log": RLP_TEST})
    assert counts(f"{path}::dog", other) == "3 passed, 0 failed, 0 skipped"
    assert counts(f"{path}::dog", path) == counts(path)
    vector = VECTORS / f"{CHAIN}{SUFFIX}"
    assert counts(f"{vector}::{CHAIN}") == "1 passed, 0 failed, 0 skipped"
    assert counts(f"{VECTORS / 'toy/conflicts'}::{CHAIN}") == "1 passed, 0 failed, 0 skipped"
    result = samestate("check", path, "-k", "dog")
    assert "2 cases deselected by -k dog\n" in result.stdout
    for arguments, reason in (
        ((path, "--case", "frog"), "no case to check with --case frog"),
        ((path, "--case", "dog", "--case", "frog"), "no case is called frog; --list shows what cases are called"),
        ((path, "-k", "frog"), "no case to check with -k frog"),
        ((path, "-k", "frog and"), "-k 'frog and': a word is missing at the end"),
    ):
        result = samestate("check", *arguments)
        assert result.exit_code == 2
        assert reason in result.stderr


def test_by_what_vectors_need() -> None:
    folder = VECTORS / "evm" / "empty_accounts"
    every = len(list(folder.glob(f"*{SUFFIX}")))
    needing = len(samestate("check", folder, "--list", "--selector", "unreachable").stdout.splitlines())
    assert needing > 0
    assert counts(folder, "--selector", "unreachable") == f"{needing} passed, 0 failed, 0 skipped"
    without = samestate("check", folder, "--without", "unreachable", "--list").stdout.splitlines()
    assert len(without) == every - needing
    result = samestate("check", folder, "--without", "emptiness")
    assert result.exit_code == 2
    assert "--without emptiness: no selector is called so; known are access-list, blobs" in result.stderr


def test_a_list_runs_nothing(tmp_path: Path) -> None:
    long = "a name that is longer than a line of a terminal, " * 4
    path = write(tmp_path / "a.json", {long: RLP_TEST, "hog": WRONG_RLP_TEST})
    result = samestate("check", path, VECTORS / f"{CHAIN}{SUFFIX}", "--list")
    assert (result.exit_code, result.stderr) == (0, "3 cases\n")
    assert result.stdout == f"{path}::{long}\n{path}::hog\n{CHAIN}\n"
    for option in ("--json", "--junitxml"):
        result = samestate("check", path, "--list", option, tmp_path / "out")
        assert result.exit_code == 2
        assert result.stderr.endswith("out: cannot be given with --list, which runs nothing\n")
        assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("jobs", [1, 2])
def test_it_stops_after_so_many_failures(tmp_path: Path, jobs: int) -> None:
    for number in range(3):
        write(tmp_path / f"{number}.json", {"dog": RLP_TEST, "hog": WRONG_RLP_TEST, "log": WRONG_RLP_TEST})
    target = tmp_path / "out"
    result = samestate("check", tmp_path, "-x", "--jobs", jobs, "--json", target)
    assert result.exit_code == 1
    assert "stopped after 1 failure\n" in result.stdout
    assert result.stdout.endswith("\n1 passed, 1 failed, 0 skipped\n")
    told = json.loads(target.read_text())
    assert (told["complete"], told["ended"], len(told["verdicts"])) == (False, "stopped after 1 failure", 2)
    result = samestate("check", tmp_path, "--maxfail", "3", "--jobs", jobs)
    assert result.stdout.endswith("\n2 passed, 3 failed, 0 skipped\n")
    assert result.stdout.count("FAILED ") == 3
    assert samestate("check", tmp_path, "--maxfail", "7").stdout.endswith("\n3 passed, 6 failed, 0 skipped\n")


def test_xml_for_ci(tmp_path: Path) -> None:
    test = state_test()
    test["post"]["Istanbul"] = test["post"]["London"]
    path = write(tmp_path / "a.json", {"dog": RLP_TEST, "hog \x01<&": WRONG_RLP_TEST, "transfer": test})
    target = tmp_path / "deep.xml"
    assert samestate("check", path, "--junitxml", target).exit_code == 1
    root = ElementTree.fromstring(target.read_bytes())
    assert {name: root.attrib[name] for name in ("tests", "failures", "skipped")} == {
        "tests": "4",
        "failures": "1",
        "skipped": "1",
    }
    (told, *cases) = suite = root[0]
    assert suite.attrib["name"] == "spec"
    assert [(each.tag, each.attrib["name"]) for each in told] == [("property", "version")]
    assert [(case.attrib["name"].partition("::")[2], [part.tag for part in case]) for case in cases] == [
        ("dog", []),
        ("hog \\x01<&", ["failure"]),
        ("transfer/London/0 (London)", [])
        if "/London" in cases[2].attrib["name"]
        else (cases[2].attrib["name"].partition("::")[2], []),
        (cases[3].attrib["name"].partition("::")[2], ["skipped"]),
    ]
    assert "expected 0x83646f68" in cases[1][0].attrib["message"]


def test_without_a_path_it_means_our_vectors(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert counts("--case", CHAIN) == "1 passed, 0 failed, 0 skipped"


def test_a_vector_that_was_copied_is_run_and_told(tmp_path: Path) -> None:
    shutil.copy(VECTORS / f"{CHAIN}{SUFFIX}", tmp_path / "mine.yaml")
    result = samestate("check", tmp_path)
    assert result.exit_code == 0
    assert f"note: {tmp_path}/mine.yaml: is not where its id says, and is called by that: {CHAIN}\n" in result.stdout
    os.makedirs(tmp_path / "copy" / "toy" / "conflicts")  # noqa: PTH103
    (tmp_path / "mine.yaml").rename(tmp_path / "copy" / f"{CHAIN}{SUFFIX}")
    assert "note: " not in samestate("check", tmp_path / "copy").stdout


@pytest.mark.parametrize("name", ["a.txt", "a", "a.yaml.gz", "a.yml"])
def test_a_vector_is_one_whatever_its_file_is_called(name: str, tmp_path: Path) -> None:
    content = (VECTORS / f"{CHAIN}{SUFFIX}").read_bytes()
    (tmp_path / name).write_bytes(gzip.compress(content) if name.endswith(".gz") else content)
    assert counts(tmp_path / name) == "1 passed, 0 failed, 0 skipped"
    assert counts(tmp_path / name, "--sample", "1") == "1 passed, 0 failed, 0 skipped"
