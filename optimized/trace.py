"""The schedule of a run in the trace event format, which Perfetto (ui.perfetto.dev) and Chrome open.

One track a worker; a slice for each execution and each validation, named after its transaction and incarnation, and a
mark where a validation threw an execution away. An arrow leads from a suspended execution to the execution that wrote
what it was waiting for.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from samestate.optimized.metrics import Latency, latency

Kind = Literal["execute", "validate"]
Ending = Literal["done", "suspended", "stopped", "valid", "aborted"]

PROCESS = 1
"""Perfetto groups tracks by process; a run is one."""


@dataclass(frozen=True, slots=True)
class TraceEvent:
    """Something that a worker did. Times are nanoseconds of one monotonic clock.

    ``blocking``: the step that a suspended execution waits for, and ``key`` the key by which it came to that (or by
    which a validation failed), where the engine knows.
    """

    worker: int
    kind: Kind
    transaction: int
    incarnation: int
    begin: int
    end: int
    ending: Ending
    blocking: int | None = None
    key: bytes | None = None


def latencies(events: Iterable[TraceEvent]) -> Latency | None:
    """How long transactions took from the beginning of the first execution to the end of the last."""
    spans: dict[int, tuple[int, int]] = {}
    for event in events:
        if event.kind == "execute":
            begin, end = spans.get(event.transaction, (event.begin, event.end))
            spans[event.transaction] = min(begin, event.begin), max(end, event.end)
    return latency((end - begin) / 1e6 for begin, end in spans.values())


def as_json(events: Sequence[TraceEvent], title: str = "samestate") -> dict[str, Any]:
    """The trace as a JSON object. Time 0 is the beginning of the first event."""
    start = min((event.begin for event in events), default=0)
    workers = sorted({event.worker for event in events})
    return {
        "displayTimeUnit": "ms",
        "traceEvents": [
            _metadata("process_name", 0, title),
            *(_metadata("thread_name", worker, f"worker {worker}") for worker in workers),
            *(entry for event in events for entry in _entries(event, start)),
            *_arrows(events, start),
        ],
    }


def write_trace(path: str | os.PathLike[str], events: Sequence[TraceEvent], title: str = "samestate") -> None:
    """Write the trace beside the file and rename it, so that nobody opens half a trace; or into a device or a pipe."""
    target, text = Path(path), json.dumps(as_json(events, title))
    if target.exists() and not target.is_file() and not target.is_dir():
        with target.open("w", encoding="utf-8") as special:
            special.write(text)
        return
    beside = target.with_name(f"{target.name}.{os.getpid()}.tmp")
    try:
        beside.write_text(text, encoding="utf-8")
        beside.replace(target)
    finally:
        beside.unlink(missing_ok=True)


def _metadata(name: str, worker: int, value: str) -> dict[str, Any]:
    return {"name": name, "ph": "M", "pid": PROCESS, "tid": worker, "args": {"name": value}}


def _entries(event: TraceEvent, start: int) -> Iterator[dict[str, Any]]:
    """The slice of an event, and a mark at its end if it threw an execution away."""
    arguments: dict[str, Any] = {
        "transaction": event.transaction,
        "incarnation": event.incarnation,
        "ending": event.ending,
    }
    if event.blocking is not None:
        arguments["waits for step"] = event.blocking
    if event.key is not None:
        arguments["key"] = "0x" + event.key.hex()
    track = {"pid": PROCESS, "tid": event.worker}
    name = f"{event.kind} {event.transaction}.{event.incarnation}"
    yield {
        "name": f"{name} (suspended)" if event.ending == "suspended" else name,
        "cat": event.kind,
        "ph": "X",
        "ts": _microseconds(event.begin, start),
        "dur": (event.end - event.begin) / 1000,
        **track,
        "args": arguments,
    }
    if event.ending == "aborted":
        mark = {"name": f"abort {event.transaction}.{event.incarnation}", "cat": "abort", "ph": "i", "s": "t"}
        yield {**mark, "ts": _microseconds(event.end, start), **track, "args": arguments}


def _arrows(events: Sequence[TraceEvent], start: int) -> Iterator[dict[str, Any]]:
    """From the end of each suspended execution to the execution that it waited for and that ended first after it."""
    executions: dict[int, list[TraceEvent]] = {}
    for event in events:
        if event.kind == "execute" and event.ending == "done":
            executions.setdefault(event.transaction, []).append(event)
    for number, event in enumerate(events):
        if event.ending != "suspended" or event.blocking is None:
            continue
        later = [other for other in executions.get(event.blocking, ()) if other.end >= event.end]
        if later:
            awaited = min(later, key=lambda other: other.end)
            arrow = {"name": "waits for", "cat": "dependency", "id": number, "pid": PROCESS}
            yield {**arrow, "ph": "s", "tid": event.worker, "ts": _microseconds(event.end, start)}
            yield {**arrow, "ph": "f", "bp": "e", "tid": awaited.worker, "ts": _microseconds(awaited.end, start)}


def _microseconds(time: int, start: int) -> float:
    return (time - start) / 1000
