"""`samestate bench`: how fast engines execute a block, against sequential execution and the ceiling of the machine."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Final, TextIO

import typer
from rich.console import Console
from rich.progress import Progress as Bar
from rich.table import Table

from samestate.conformance.benchmarking import plot as plotting
from samestate.conformance.benchmarking.beside_peers import PeerReport, choose, measure_workload, setting
from samestate.conformance.benchmarking.evm_workloads import choose_workloads
from samestate.conformance.benchmarking.lineup import line_up, make_work
from samestate.conformance.benchmarking.measuring import Progress, measure
from samestate.conformance.benchmarking.peer_programs import choose_peers
from samestate.conformance.benchmarking.report import Report, Setting
from samestate.conformance.benchmarking.states import (
    KINDS,
    advice_on,
    differences,
    folder_for_states,
    measure_states,
    planned,
    table_of,
)
from samestate.conformance.commands.no_fallback_option import NoFallbackOption
from samestate.conformance.commands.watching_options import (
    LogFormatOption,
    MetricsAddressOption,
    MetricsPortOption,
    metrics_endpoint,
)
from samestate.conformance.commands.workers_option import parse_workers
from samestate.conformance.engines.optimized.engine import write_schedule
from samestate.conformance.errors import InputError
from samestate.conformance.metering import meter
from samestate.conformance.metering.endpoint import MetricsEndpoint
from samestate.conformance.metering.tally import MetricTally
from samestate.conformance.output.console import console_for, print_table
from samestate.conformance.output.json_file import check_json_target, write_json
from samestate.conformance.output.log import LogFormat, is_json, report_stream, tell
from samestate.conformance.output.targets import check_apart, check_file, check_folder, is_stdout
from samestate.conformance.peers.line_process import PeerFailed
from samestate.conformance.vectors import evm

REPEAT: Final = 7
DIFFERENT: Final = 1
INTERRUPTED: Final = 130
MACHINE: Final = "toy"
WORKLOADS: Final = Path(".samestate") / "workloads"
PRESET: Final = "medium"
SIZES: Final = (100_000,)
BLOCKS: Final = 20


def bench(
    machine: Annotated[str, typer.Option(metavar="MACHINE", help="toy, evm or svm.")] = MACHINE,
    preset: Annotated[str, typer.Option(metavar="PRESET", help="small, medium, large or heavy.")] = PRESET,
    workload: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME", help="In place of a preset: a block of the EVM that peers execute too, or a pattern."
        ),
    ] = None,
    peer: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="An outside client to be measured beside: revm, pyrevm, geth, or a pattern."),
    ] = None,
    workloads: Annotated[
        Path,
        typer.Option(
            metavar="FOLDER",
            help="Where workloads are written for peers to read, in .samestate unless given.",
            show_default=False,
        ),
    ] = WORKLOADS,
    engine: Annotated[
        list[str] | None, typer.Option(metavar="ID", help="An engine or a pattern; may be given again.")
    ] = None,
    workers: Annotated[
        list[int] | None,
        typer.Option(
            metavar="N",
            parser=parse_workers,
            help="A number of workers, or auto: what suits each block; may be given again.",
        ),
    ] = None,
    no_fallback: NoFallbackOption = False,
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
    state: Annotated[
        list[str] | None,
        typer.Option(
            metavar="KIND",
            help="Measure states of the EVM in place of engines: memory, lmdb, rocksdb; may be given again.",
        ),
    ] = None,
    state_size: Annotated[
        list[int] | None,
        typer.Option(metavar="N", min=1, help="With --state: accounts, each with a slot; may be given again."),
    ] = None,
    blocks: Annotated[
        int, typer.Option(metavar="N", min=1, help="With --state: blocks of 1,000 token transfers.")
    ] = BLOCKS,
    metrics_port: MetricsPortOption = None,
    metrics_address: MetricsAddressOption = None,
    log_format: LogFormatOption = LogFormat.TEXT,
) -> None:
    """Measure engines in turns on one block that a seed makes: medians, each beside the ceiling.

    In each round every engine executes the block for a tenth of a second, once at least. The ceiling is what unrelated
    copies of the sequential engine reach together, in the same rounds. Ctrl-C ends the rounds early, and what was
    measured is shown.

    With --peer or --workload engines and outside clients take turns on blocks that are always the same, all of them
    where none is named. Their results are compared: exit code 1 where they differ.

    With --state a chain runs on states in memory and on disk, by turns, each in a process of its own. Their roots are
    compared.
    """
    check_json_target(json)
    if state:
        given = (machine, preset, repeat, seed, read_latency_us, workloads)
        others = any((hot_key, record, plot, trace, peer, workload, engine, workers)) or conflict is not None
        if others or given != (MACHINE, PRESET, REPEAT, 1, 0.0, WORKLOADS):
            raise InputError("--state goes with --state-size, --blocks, --json and metrics alone")
        with metrics_endpoint("bench", metrics_port, metrics_address) as endpoint:
            bench_states(state, state_size or SIZES, blocks, json, endpoint)
        return
    if state_size:
        raise InputError(f"--state-size {state_size[0]}: goes with --state alone")
    if blocks != BLOCKS:
        raise InputError(f"--blocks {blocks}: goes with --state alone")
    if peer or workload:
        others = any((hot_key, record, plot, trace)) or conflict is not None
        if others or (machine, preset, seed, read_latency_us) != (evm.NAME, PRESET, 1, 0.0):
            raise InputError(
                "--workload and --peer go with --machine evm, and with --engine, --workers, --repeat, --json and "
                "--workloads alone"
            )
        with metrics_endpoint("bench", metrics_port, metrics_address) as endpoint:
            bench_workloads(
                tuple(workload or ()), engine or (), workers or (), peer or (), repeat, workloads, json, endpoint
            )
        return
    if workloads != WORKLOADS:
        raise InputError(f"--workloads {workloads}: goes with --workload and --peer alone")
    if plot is not None:
        plotting.check_target(plot)
    if trace is not None:
        check_file("--trace", trace)
    check_apart(("--json", json), ("--plot", plot), ("--trace", trace))
    work = make_work(machine, preset, conflict, hot_key, seed)
    lineup = line_up(work, tuple(engine or ()), tuple(workers or ()), record, read_latency_us)
    with contextlib.closing(lineup), metrics_endpoint("bench", metrics_port, metrics_address) as endpoint:
        made = Setting(machine, seed, repeat, record, read_latency_us)
        with watched_rounds(endpoint) as progress:
            comparison = measure(lineup.engines, lineup.make_copies, repeat, progress)
        report = Report(lineup.prepared, made, comparison, lineup.apart(), lineup.facts(), lineup.advice())
        if trace is not None:
            write_schedule(trace, lineup.trace(), f"{lineup.optimized[-1].id}, {lineup.prepared.name}")
    if json is not None:
        write_json(report.document(), json)
    if plot is not None:
        plotting.plot(report, plot)
    show(report, report_stream(is_stdout(json)))
    if comparison.interrupted:
        raise typer.Exit(INTERRUPTED)


def bench_states(
    kinds: Sequence[str],
    sizes: Sequence[int],
    blocks: int,
    json: str | None,
    endpoint: MetricsEndpoint | None = None,
) -> None:
    """Measure states in turns, each size shown as soon as it is measured."""
    for kind in kinds:
        if kind.partition("?")[0] not in KINDS:
            raise InputError(f"--state {kind}: must be {', '.join(KINDS)}, with settings behind a question mark")
    console = console_for(sys.stderr if is_stdout(json) else sys.stdout)
    documents: list[object] = []
    different: list[str] = []

    def note(tally: MetricTally) -> None:
        if endpoint is not None:
            endpoint.take(tally)

    note(planned(len(sizes), blocks))
    for size in sizes:
        with folder_for_states() as folder, Console(stderr=True).status("measuring") as status:
            measured = measure_states(kinds, size, blocks, folder, status.update, note)
        documents += [state.document() for state in measured]
        print_table(console, table_of(measured))
        for line in advice_on(measured):
            console.print(line, markup=False, soft_wrap=True)
        different += differences(measured)
    for difference in different:
        console.print(difference)
    if json is not None:
        write_json({"states": documents}, json)
    if different:
        raise typer.Exit(DIFFERENT)


def bench_workloads(
    names: tuple[str, ...],
    engines: Sequence[str],
    workers: Sequence[int],
    peers: Sequence[str],
    repeat: int,
    folder: Path,
    json: str | None,
    endpoint: MetricsEndpoint | None = None,
) -> None:
    """Measure engines beside peers on workloads, each shown as soon as it is measured."""
    chosen = list(choose_workloads(names))
    choice = choose(engines, workers, choose_peers(peers))
    check_folder("--workloads", folder)
    console = console_for(report_stream(is_stdout(json)))
    if choice.note:
        console.print(choice.note)
    reports: list[PeerReport] = []
    for name in chosen:
        with watched_rounds(endpoint) as progress:
            try:
                report = measure_workload(name, choice, folder, repeat, progress)
            except PeerFailed as failure:
                raise InputError(f"--workload {name}: {failure}") from failure
        if report is None:
            console.print(f"{name}: nobody who was chosen takes it")
            continue
        reports.append(report)
        print_table(console, report.table())
        for difference in report.differences():
            console.print(difference)
        if report.interrupted:
            console.print(f"interrupted: medians of the {len(report.rows[0].measured.turns)} rounds before")
            break
    if json is not None:
        write_json({**setting(repeat), "workloads": [report.document() for report in reports]}, json)
    if any(report.interrupted for report in reports):
        raise typer.Exit(INTERRUPTED)
    if any(any(report.differences()) for report in reports):
        raise typer.Exit(DIFFERENT)


def show(report: Report, out: TextIO) -> None:
    """Print a report."""
    console = console_for(out)
    for line in report.lines():
        print_table(console, line) if isinstance(line, Table) else console.print(line)


@contextlib.contextmanager
def watched_rounds(endpoint: MetricsEndpoint | None) -> Iterator[Progress]:
    """Whom to tell of rounds: a bar, an endpoint, a log, so far as there are any."""
    told = 0
    with progress_bar() as bar:

        def progress(done: int, total: int) -> None:
            nonlocal told
            if endpoint is not None:
                tally = meter.take() or MetricTally()
                tally.set("samestate_run_processes", 1)
                tally.set("samestate_rounds_planned", total)
                tally.add("samestate_rounds_total", done - told)
                endpoint.take(tally)
            told = done
            tell("progress", f"round {done} of {total}", rounds=done, rounds_planned=total)
            if bar is not None:
                bar(done, total)

        yield progress


@contextlib.contextmanager
def progress_bar() -> Iterator[Progress | None]:
    """What to tell of rounds, or None where nobody watches."""
    if is_json() or not sys.stderr.isatty():
        yield None
        return
    with Bar(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("measuring", total=None)

        def progress(done: int, total: int) -> None:
            bar.update(task, completed=done, total=total)

        yield progress
