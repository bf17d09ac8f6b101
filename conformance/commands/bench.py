"""`samestate bench`: how fast engines execute a block, against sequential execution and the ceiling of the machine."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Final, TextIO

import typer
from rich.console import Console
from rich.progress import Progress as Bar
from rich.table import Table

from samestate.conformance.benchmarking import plot as plotting
from samestate.conformance.benchmarking.lineup import line_up, make_work
from samestate.conformance.benchmarking.measuring import Progress, measure
from samestate.conformance.benchmarking.report import Report, Setting
from samestate.conformance.engines.optimized.engine import write_schedule
from samestate.conformance.output.console import console_for, print_table
from samestate.conformance.output.json_file import check_json_target, write_json
from samestate.conformance.output.targets import check_apart, check_file, is_stdout

REPEAT: Final = 7
INTERRUPTED: Final = 130


def bench(
    machine: Annotated[
        str, typer.Option(metavar="MACHINE", help="toy, or evm: the specification's own, in processes.")
    ] = "toy",
    preset: Annotated[str, typer.Option(metavar="PRESET", help="small, medium, large or heavy.")] = "medium",
    engine: Annotated[
        list[str] | None, typer.Option(metavar="ID", help="An engine or a pattern; may be given again.")
    ] = None,
    workers: Annotated[
        list[int] | None, typer.Option(metavar="N", min=1, help="A number of workers; may be given again.")
    ] = None,
    conflict: Annotated[
        float | None, typer.Option(metavar="SHARE", help="The share of transactions with a conflict.")
    ] = None,
    hot_key: Annotated[bool, typer.Option("--hot-key", help="Every transaction changes the same slot.")] = False,
    repeat: Annotated[int, typer.Option(metavar="N", min=1, help="Rounds, of which medians are taken.")] = REPEAT,
    seed: Annotated[int, typer.Option(metavar="N", help="What the block is made from.")] = 1,
    record: Annotated[bool, typer.Option(help="Whether engines record access.")] = False,
    read_latency_us: Annotated[
        float, typer.Option(metavar="MICROSECONDS", min=0, help="Delay of each read of the base state.")
    ] = 0.0,
    json: Annotated[
        str | None, typer.Option(metavar="FILE", help="Write the figures to a file, or to stdout for `-`.")
    ] = None,
    plot: Annotated[Path | None, typer.Option(metavar="FILE", help="Draw speed-ups into a .png or .svg file.")] = None,
    trace: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write a schedule of the last engine, for Perfetto.")
    ] = None,
) -> None:
    """Measure engines in turns on one block that a seed makes: medians, each beside the ceiling.

    In each round every engine executes the block for a tenth of a second, once at least. The ceiling is what unrelated
    copies of the sequential engine reach together, in the same rounds. Ctrl-C ends the rounds early, and what was
    measured is shown.
    """
    check_json_target(json)
    if plot is not None:
        plotting.check_target(plot)
    if trace is not None:
        check_file("--trace", trace)
    check_apart(("--json", json), ("--plot", plot), ("--trace", trace))
    work = make_work(machine, preset, conflict, hot_key, seed)
    lineup = line_up(work, tuple(engine or ()), tuple(workers or ()), record, read_latency_us)
    with contextlib.closing(lineup):
        setting = Setting(machine, seed, repeat, record, read_latency_us)
        with progress_bar() as progress:
            comparison = measure(lineup.engines, lineup.make_copies, repeat, progress)
        report = Report(lineup.prepared, setting, comparison, lineup.apart(), lineup.facts())
        if trace is not None:
            write_schedule(trace, lineup.trace(), f"{lineup.optimized[-1].id}, {lineup.prepared.name}")
    if json is not None:
        write_json(report.document(), json)
    if plot is not None:
        plotting.plot(report, plot)
    show(report, sys.stderr if is_stdout(json) else sys.stdout)
    if comparison.interrupted:
        raise typer.Exit(INTERRUPTED)


def show(report: Report, out: TextIO) -> None:
    """Print a report."""
    console = console_for(out)
    for line in report.lines():
        print_table(console, line) if isinstance(line, Table) else console.print(line)


@contextlib.contextmanager
def progress_bar() -> Iterator[Progress | None]:
    """What to tell of rounds, or None where nobody watches."""
    if not sys.stderr.isatty():
        yield None
        return
    with Bar(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("measuring", total=None)

        def progress(done: int, total: int) -> None:
            bar.update(task, completed=done, total=total)

        yield progress
