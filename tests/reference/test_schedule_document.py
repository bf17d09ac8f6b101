"""A schedule as a file: written, read back, and refused with the field that is wrong."""

from __future__ import annotations

import pytest

from samestate.reference.explorer import ScheduleDocument, Switch, read_schedule

DOCUMENT = ScheduleDocument(
    case="toy/hot/two_writers",
    engine="reference:block-stm",
    workers=2,
    switches=(Switch(4, 1), Switch(17, 0)),
    block=1,
    shows="result: expected 'this', and it is #that",
)


def test_what_is_written_is_read() -> None:
    assert read_schedule(DOCUMENT.write()) == DOCUMENT
    none = ScheduleDocument("case", "reference:locks", 1, ())
    assert read_schedule(none.write()) == none


def test_it_looks_like_this() -> None:
    assert DOCUMENT.write().splitlines() == [
        "format: samestate-schedule/1",
        "case: toy/hot/two_writers",
        "block: 1",
        "engine: reference:block-stm",
        "workers: 2",
        "shows: 'result: expected ''this'', and it is #that'",
        "switches:",
        "- {at: 4, to: 1}",
        "- {at: 17, to: 0}",
    ]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("format: samestate-schedule/1", "format: samestate-schedule/2"), "format: must be samestate-schedule/1"),
        (("workers: 2", "workers: 0"), "workers: must be from 1 to 256"),
        (("workers: 2", "workers: 100000000"), "workers: must be from 1 to 256"),
        (("workers: 2", "workers: two"), "workers: must be a number"),
        (("workers: 2", "workers: true"), "workers: must be a number"),
        (("workers: 2", "wokers: 2"), "wokers: no such field; there are format, case"),
        (("workers: 2\n", ""), "workers: is missing"),
        (("block: 1", "block: -1"), "block: must be at least 0"),
        (("to: 1}", "to: 2}"), r"switches\[0\]: to: worker 2 of 2, which are counted from 0"),
        (("at: 17", "at: 4"), r"switches\[1\]: at: must be more than 4, which comes before it"),
        (("at: 17", "at: x"), r"switches\[1\]: at and to must be numbers from 0"),
        (("at: 17, ", ""), r"switches\[1\]: must be a map of at and to"),
        (("switches:", "switches: ["), "not YAML: "),
        (("workers: 2", "workers: 257"), "workers: must be from 1 to 256"),
        (("workers: 2", "workers: 2\nworkers: 3"), "not YAML: workers stands there twice .*line 1"),
        (("at: 17", "at: 17, at: 18"), "not YAML: at stands there twice .*line 9"),
        (("block: 1", f"block: {'[' * 100_000}"), "not YAML: lists in lists, too many deep .*line 3"),
        (("workers: 2", '"workers": !!int ""'), "not YAML: there is a value that is not what its tag"),
        (("block: 1", "block: !!timestamp x"), "not YAML: there is a value that is not what its tag"),
        (("block: 1", "block: !!bool x"), "not YAML: there is a value that is not what its tag"),
        (("block: 1", "block: 2026-05-40"), "not YAML: there is a value that is not what its tag"),
        (("block: 1", f"block: {'9' * 5000}"), "not YAML: there is a value that is not what its tag"),
        (("block: 1", "block: !!python/name:os.system x"), "not YAML: could not determine a constructor"),
        (("block: 1", "? [block]\n: 1"), "not YAML: while constructing a mapping"),
    ],
)
def test_what_is_no_schedule_is_refused(change: tuple[str, str], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        read_schedule(DOCUMENT.write().replace(*change))
    with pytest.raises(ValueError, match="must be a map"):
        read_schedule("- 1")
