"""A schedule in a file gives the same run of the compiled workers again."""

from __future__ import annotations

from pathlib import Path

import pytest

from samestate.conformance.exploring.schedules import replay
from samestate.conformance.exploring.variants import unavailable
from samestate.reference.explorer import ScheduleDocument, Switch

pytestmark = [
    pytest.mark.soak,  # the build for the explorer takes minutes
    pytest.mark.skipif(unavailable() is not None, reason=str(unavailable())),
]


def test_compiled_workers_follow_a_schedule(tmp_path: Path) -> None:
    document = ScheduleDocument(
        "toy/interleavings/three_increments", "optimized:block-stm", 2, (Switch(4, 1), Switch(30, 0))
    )
    path = tmp_path / "schedule.yaml"
    path.write_text(document.write())
    report = replay(path).report
    assert report.violation is None
    assert report.schedule == document.switches
    assert {passed.worker for passed in report.trace[4:31]} == {0, 1}
