"""The history of the benchmarks: what `benchmarks/scaling.sh` kept, run by run, as a curve and a table a workload."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any, Final

from samestate.conformance.errors import InputError
from samestate.conformance.fixtures.input_files import read_input
from samestate.conformance.fixtures.strict_json import parse_json
from samestate.conformance.site.checkout import checkout

KEPT: Final = "benchmarks/results/*/blocks.json"
WIDTH, HEIGHT, MARGIN = 640, 180, 32


@dataclass(frozen=True, slots=True)
class KeptRun:
    """A workload on an engine in one run: when, at which commit, on what, and how many milliseconds a block took."""

    date: str
    commit: str
    processor: str
    workload: str
    engine: str
    milliseconds: float
    peer: str
    times_as_fast: float | None


def runs() -> Sequence[KeptRun]:
    """Every run that is kept, the oldest first. Raises InputError for a file that is none of `bench --json`."""
    found: list[KeptRun] = []
    for path in sorted(checkout().glob(KEPT)):
        try:
            written: Any = parse_json(read_input(str(path), path))
            found += runs_of(written)
        except (ValueError, KeyError, TypeError) as error:
            raise InputError(f"{path}: is not what `samestate bench --json` writes ({error!r})") from error
    return sorted(found, key=lambda run: run.date)


def runs_of(document: dict[str, Any]) -> Iterator[KeptRun]:
    """The runs of one file."""
    where = f"{document['processor']}, {document['processors']} processors"
    for measured in document["workloads"]:
        for result in measured["results"]:
            yield KeptRun(
                date=str(document["date"]),
                commit=str(document["commit"]),
                processor=where,
                workload=str(measured["workload"]),
                engine=f"{result['engine']}, {result['workers']} worker{'s' if result['workers'] != 1 else ''}",
                milliseconds=float(result["ms"]),
                peer=str(result["peer"] or ""),
                times_as_fast=result["times_as_fast_as_peer"],
            )


def history_page() -> str:
    """The page."""
    return "\n".join(lines_of(runs())) + "\n"


def lines_of(kept: Sequence[KeptRun]) -> Iterator[str]:
    """Its lines, workload by workload."""
    yield "# History of the benchmarks"
    yield ""
    yield "What `benchmarks/scaling.sh` kept in `benchmarks/results`, with the commit and the processor of each run."
    yield "Only runs on one processor can be compared; how things are measured stands in [benchmarks](README.md)."
    yield ""
    if not kept:
        yield "Nothing is kept yet."
        return
    workloads: dict[str, list[KeptRun]] = defaultdict(list)
    for run in kept:
        workloads[run.workload].append(run)
    for workload, those in workloads.items():
        yield f"## {workload}"
        yield ""
        yield f'<div class="drawn">{curve(those)}</div>'
        yield ""
        yield "| date | commit | processor | engine | ms a block | beside |"
        yield "|---|---|---|---|--:|---|"
        for run in reversed(those):
            beside = f"{run.times_as_fast:.2f} times {run.peer}" if run.times_as_fast is not None else ""
            yield (
                f"| {run.date[:10]} | `{run.commit[:10]}` | {run.processor} | {run.engine} | "
                f"{run.milliseconds:.3f} | {beside} |"
            )
        yield ""


def curve(those: Sequence[KeptRun]) -> str:
    """Milliseconds of each engine over the runs, from zero; what a point is shows when it is pointed at."""
    dates = sorted({run.date for run in those})
    engines = list(dict.fromkeys(run.engine for run in those))
    most = max(run.milliseconds for run in those)
    step = (WIDTH - 2 * MARGIN) / max(1, len(dates) - 1)

    def place(run: KeptRun) -> tuple[float, float]:
        height = run.milliseconds / most * (HEIGHT - 2 * MARGIN)
        return MARGIN + dates.index(run.date) * step, HEIGHT - MARGIN - height

    parts = [
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}" role="img" '
        'aria-label="Milliseconds of a block, run by run">',
        f'<text x="{MARGIN}" y="14">{most:.2f} ms</text>',
        f'<line class="edge" x1="{MARGIN}" y1="{HEIGHT - MARGIN}" x2="{WIDTH - MARGIN}" y2="{HEIGHT - MARGIN}"/>',
    ]
    for engine in engines:
        points = [(*place(run), run) for run in those if run.engine == engine]
        parts.append(f'<polyline class="curve" points="{" ".join(f"{x:.1f},{y:.1f}" for x, y, _ in points)}"/>')
        for x, y, run in points:
            words = escape(f"{run.date[:10]} {engine}: {run.milliseconds:.3f} ms")
            parts.append(f'<circle class="point" cx="{x:.1f}" cy="{y:.1f}" r="4"><title>{words}</title></circle>')
    return "".join([*parts, "</svg>"])
