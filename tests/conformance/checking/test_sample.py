"""The fixed sample: its size, its fairness, and that it is the same everywhere."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from samestate.conformance.checking.sample import Listed, choose, stratify
from tests.conformance.checking.cases import RLP_TEST, samestate, state_test, write


def listed(sizes: dict[str, int], root: str = "/data") -> list[Listed]:
    return [
        Listed(f"{root}/{folder}/{number}.json", f"{root}/{folder}/{number}.json::x", folder, f"{folder}/{number}")
        for folder, size in sizes.items()
        for number in range(size)
    ]


@pytest.mark.parametrize("size", [3, 4, 7, 10, 50, 109, 110, 111])
def test_every_folder_has_its_share(size: int) -> None:
    sizes = {"a": 100, "b/c": 9, "b/d": 1}
    counts = Counter(case.folder for case in stratify(listed(sizes), size))
    assert sum(counts.values()) == min(size, 110)
    assert counts.keys() == sizes.keys()
    assert counts["a"] >= size * 100 // 110 - 2


def test_more_folders_than_cases_are_taken_together() -> None:
    sizes = {f"{top}/{sub}": 5 for top in "abcd" for sub in range(10)}
    counts = Counter(case.folder[0] for case in stratify(listed(sizes), 8))
    assert counts == {"a": 2, "b": 2, "c": 2, "d": 2}
    assert len(stratify(listed(sizes), 2)) == 2


def test_the_sample_does_not_depend_on_where_the_data_lies() -> None:
    sizes = {"a": 50, "b": 50}
    here, there = (stratify(listed(sizes, root), 20) for root in ("/data", "/elsewhere"))
    assert [case.name for case in here] == [case.name for case in there]
    larger = {case.name for case in stratify(listed(sizes), 40)}
    assert {case.name for case in here} <= larger


def test_only_cases_that_can_be_run_are_chosen(tmp_path: Path) -> None:
    test = state_test()
    test["post"]["Istanbul"] = test["post"]["London"]
    write(tmp_path / "a" / "state.json", {"transfer": test})
    for number in range(9):
        write(tmp_path / "b" / f"{number}.json", {"dog": RLP_TEST})
    sample = choose([tmp_path], 4)
    assert (sample.size, sample.available) == (4, 10)
    assert [name for names in sample.wanted.values() for name in names if "state" in name] == [
        f"{tmp_path}/a/state.json::transfer[London-d0g0v0]"
    ]
    assert sample.skipped == {"unsupported fork Istanbul": 1}
    result = samestate("check", tmp_path, "--sample", 4)
    assert "outside the sample      1  unsupported fork Istanbul\n" in result.stdout
    assert "a sample of 4 of 10 cases\n" in result.stdout
    assert result.stdout.endswith("\n4 passed, 0 failed, 0 skipped\n")


def test_a_sample_of_nothing_that_can_be_run_says_why(tmp_path: Path) -> None:
    test = state_test()
    test["post"]["Istanbul"] = test["post"].pop("London")
    path = write(tmp_path / "state.json", {"transfer": test})
    result = samestate("check", path, "--sample", 4)
    assert result.exit_code == 2
    assert result.stderr == f"samestate: {path}: no case that can be run: 1 unsupported fork Istanbul\n"
