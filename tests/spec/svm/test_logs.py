"""The log: what is kept, and where it is cut."""

from __future__ import annotations

from samestate.spec.svm.logs import LogCollector


def test_lines_together_stay_below_ten_thousand_bytes() -> None:
    log = LogCollector()
    log.log("x" * 9_998)
    log.log("y")
    assert log.lines == ["x" * 9_998, "y"]
    log.log("z")
    log.log("z")
    assert log.lines[2:] == ["Log truncated"]


def test_a_shorter_line_may_fit_after_one_that_did_not() -> None:
    log = LogCollector()
    log.log("x" * 9_000)
    log.log("y" * 1_000)
    log.log("z" * 999)
    assert log.lines == ["x" * 9_000, "Log truncated", "z" * 999]


def test_bytes_count_and_not_letters() -> None:
    log = LogCollector()
    log.log("ä" * 5_000)
    assert log.lines == ["Log truncated"]
