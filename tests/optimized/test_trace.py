"""A trace keeps the rules of the trace event format: what Perfetto needs of each kind of event."""

from __future__ import annotations

import json
import os
import threading
from pathlib import Path
from typing import Any

import pytest

from samestate.optimized.metrics import Latency
from samestate.optimized.trace import TraceEvent, as_json, latencies, write_trace

EVENTS = (
    TraceEvent(0, "execute", 0, 0, 5_000, 9_000, "done"),
    TraceEvent(1, "execute", 1, 0, 5_500, 9_500, "done"),
    TraceEvent(0, "validate", 1, 0, 9_600, 9_700, "aborted", key=b"\x01\xff"),
    TraceEvent(1, "execute", 2, 0, 9_800, 9_900, "suspended", blocking=1, key=b"\x02"),
    TraceEvent(0, "execute", 1, 1, 9_700, 12_000, "done"),
    TraceEvent(1, "execute", 2, 0, 12_100, 13_000, "done"),
)


def check_rules(trace: dict[str, Any]) -> None:
    """The format's rules, by kind of event (Trace Event Format, Google, 2016)."""
    assert trace["displayTimeUnit"] in ("ms", "ns")
    opened: dict[int, float] = {}
    named = set()
    for event in trace["traceEvents"]:
        assert isinstance(event["name"], str)
        assert isinstance(event["pid"], int)
        assert isinstance(event["tid"], int)
        if event["ph"] == "M":
            assert event["name"] in ("process_name", "thread_name")
            assert isinstance(event["args"]["name"], str)
            named.add(event["tid"])
            continue
        assert event["ts"] >= 0
        assert event["tid"] in named
        assert isinstance(event["cat"], str)
        if event["ph"] == "X":
            assert event["dur"] >= 0
        elif event["ph"] == "i":
            assert event["s"] in ("t", "p", "g")
        elif event["ph"] == "s":
            opened[event["id"]] = event["ts"]
        else:
            assert (event["ph"], event["bp"]) == ("f", "e")
            assert opened.pop(event["id"]) <= event["ts"]
    assert opened == {}


def test_a_trace_keeps_the_rules() -> None:
    trace = as_json(EVENTS)
    check_rules(trace)
    assert json.loads(json.dumps(trace)) == trace


def test_each_event_is_a_slice_on_the_track_of_its_worker() -> None:
    slices = [event for event in as_json(EVENTS)["traceEvents"] if event["ph"] == "X"]
    assert [(event["name"], event["tid"], event["ts"], event["dur"]) for event in slices] == [
        ("execute 0.0", 0, 0.0, 4.0),
        ("execute 1.0", 1, 0.5, 4.0),
        ("validate 1.0", 0, 4.6, 0.1),
        ("execute 2.0 (suspended)", 1, 4.8, 0.1),
        ("execute 1.1", 0, 4.7, 2.3),
        ("execute 2.0", 1, 7.1, 0.9),
    ]
    assert slices[3]["args"]["waits for step"] == 1
    assert slices[3]["args"]["key"] == "0x02"


def test_an_abort_is_a_mark_and_a_suspension_an_arrow() -> None:
    events = as_json(EVENTS)["traceEvents"]
    assert [(event["name"], event["ts"]) for event in events if event["ph"] == "i"] == [("abort 1.0", 4.7)]
    assert [(event["ph"], event["tid"], event["ts"]) for event in events if event["ph"] in "sf"] == [
        ("s", 1, 4.9),
        ("f", 0, 7.0),
    ]


def test_a_run_in_which_nothing_happened_has_a_trace() -> None:
    check_rules(as_json(()))


def test_a_trace_is_written_beside_and_renamed(tmp_path: Path) -> None:
    path = tmp_path / "run.trace.json"
    path.write_text("an older trace")
    write_trace(path, EVENTS)
    assert json.loads(path.read_text()) == as_json(EVENTS)
    assert list(tmp_path.iterdir()) == [path]


def test_a_trace_that_cannot_be_written_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    with pytest.raises(OSError, match="folder"):
        write_trace(tmp_path / "folder", EVENTS)
    assert [path.name for path in tmp_path.iterdir()] == ["folder"]


def test_latency_is_from_the_first_beginning_to_the_last_end() -> None:
    assert latencies(EVENTS) == Latency(0.004, 0.0065, 0.0065)
    assert latencies(()) is None


def test_a_pipe_is_written_into_and_stays_a_pipe(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    read: list[str] = []
    reader = threading.Thread(target=lambda: read.append(pipe.read_text(encoding="utf-8")), daemon=True)
    reader.start()
    write_trace(pipe, EVENTS)
    reader.join(60)
    assert json.loads(read[0]) == as_json(EVENTS)
    assert pipe.is_fifo() and list(tmp_path.iterdir()) == [pipe]
