"""`samestate fuzz`: random blocks until an engine departs from the specification."""

from __future__ import annotations

import contextlib
import itertools
import os
import random
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from samestate.conformance.checking.selection import selectors_of
from samestate.conformance.commands.no_fallback_option import NoFallbackOption
from samestate.conformance.commands.watching_options import (
    LogFormatOption,
    MetricsAddressOption,
    MetricsPortOption,
    metrics_endpoint,
)
from samestate.conformance.commands.workers_option import parse_workers
from samestate.conformance.engines.command import ANSWER_SECONDS
from samestate.conformance.engines.names import ALIASES, EVERY, REGISTRY, WORKERS, choose_engines, engines_by_name
from samestate.conformance.engines.registry import Engine, find_engine
from samestate.conformance.errors import InputError
from samestate.conformance.fuzzing.campaign import EngineChoice, Wanted
from samestate.conformance.fuzzing.cluster import Cluster
from samestate.conformance.fuzzing.crew import Crew, Here, Processes, panel_of
from samestate.conformance.fuzzing.database import FILE, FOUND, Database
from samestate.conformance.fuzzing.finding import Finding, FindingRow, write_finding
from samestate.conformance.fuzzing.merging import MERGE, merge, settings_of
from samestate.conformance.fuzzing.panel import SearchQuestion, SeedOutcome
from samestate.conformance.fuzzing.quick import GIVEN, SIGNED
from samestate.conformance.fuzzing.report import SearchReport
from samestate.conformance.fuzzing.search import Search, SearchWatch
from samestate.conformance.fuzzing.watching import SearchMetrics
from samestate.conformance.output.json_file import check_json_target, write_json
from samestate.conformance.output.log import LogFormat, Pace, is_json, report_stream, say, tell
from samestate.conformance.output.targets import check_folder, is_stdout
from samestate.conformance.vectors import evm, toy
from samestate.conformance.vectors.fork_names import fork_name
from samestate.conformance.vectors.machines import MACHINES

FAILED: Final = 1
INTERRUPTED: Final = 130
BLOCKS: Final = 200
FOLDER: Final = Path(FOUND)
CORES: Final = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
LINE_SECONDS: Final = 600.0
"""How often a search tells how far it is where nobody watches."""


def fuzz(
    engine: Annotated[
        list[str] | None,
        typer.Option(
            metavar="ID", help="An engine, a pattern, or a client: `command:PATH`, `t8n:evm t8n`; may be given again."
        ),
    ] = None,
    machine: Annotated[
        str, typer.Option(metavar="MACHINE", help="toy, evm, svm, or chains: several of them.")
    ] = toy.NAME,
    fork: Annotated[
        list[str] | None,
        typer.Option(metavar="FORK", help="Only blocks of this fork or ruleset; may be given again."),
    ] = None,
    without: Annotated[
        list[str] | None,
        typer.Option(
            metavar="SELECTOR",
            help="No blocks that need this of an engine; `unreachable` for states that no chain can reach.",
        ),
    ] = None,
    conflict: Annotated[
        float | None,
        typer.Option(
            metavar="SHARE", help="How much transactions conflict, 0 to 1; drawn for each block unless given."
        ),
    ] = None,
    blocks: Annotated[
        int | None, typer.Option(metavar="N", min=1, help=f"How many blocks, {BLOCKS} unless given.")
    ] = None,
    txs: Annotated[int, typer.Option(metavar="N", min=1, max=1000, help="The most transactions of a block.")] = 12,
    seed: Annotated[
        int | None, typer.Option(metavar="N", min=0, help="The first block; the next has the next.")
    ] = None,
    minutes: Annotated[
        float | None, typer.Option(metavar="MINUTES", help="Stop after so long; the last block is finished.")
    ] = None,
    workers: Annotated[
        list[int] | None,
        typer.Option(
            metavar="N",
            parser=parse_workers,
            help="Workers of an engine that runs in parallel, 2 unless given, or auto; may be given again.",
        ),
    ] = None,
    quick: Annotated[
        str | None,
        typer.Option(
            metavar="SENDERS",
            help="Compare compiled strategies with the first, on scenes of many blocks; senders are given or signed.",
        ),
    ] = None,
    jobs: Annotated[
        int | None, typer.Option("--jobs", "-j", metavar="N", min=1, help="Processes; as many as there are cores.")
    ] = None,
    database: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER", help="Keep what is done and remarkable blocks here, and go on from what is here."
        ),
    ] = None,
    dask: Annotated[
        str | None,
        typer.Option(
            metavar="ADDRESS", help="Have a Dask cluster do it, as tcp://HOST:8786; local:N starts N workers here."
        ),
    ] = None,
    all_findings: Annotated[
        bool, typer.Option("--all", help="Ask on who was found wrong: keep every difference, not one of each engine.")
    ] = False,
    timeout: Annotated[
        float, typer.Option(metavar="SECONDS", help="How long an engine that is a program has for an answer.")
    ] = ANSWER_SECONDS,
    no_fallback: NoFallbackOption = False,
    merged: Annotated[
        list[Path] | None,
        typer.Option(
            "--merge",
            metavar="FOLDER",
            help="Search nothing: add what another search has kept there to --database; may be given again.",
        ),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", help="The folder of reproducers: `found`, in the database if there is one."),
    ] = None,
    json: Annotated[
        str | None, typer.Option(metavar="FILE", help="Write what was found to a file, or to stdout for `-`.")
    ] = None,
    metrics_port: MetricsPortOption = None,
    metrics_address: MetricsAddressOption = None,
    log_format: LogFormatOption = LogFormat.TEXT,
) -> None:
    """Compare engines with the specification on random blocks. What one gets wrong is shrunk and written as a vector.

    A block follows from its seed, which is printed: the same seed gives the same block. Exit code 1: something was
    found; 2: bad input, or nothing executed. Each finding is written at once, and again when it has been shrunk, with
    the votes of all engines. Ctrl-C ends the search and keeps what was found; with --database the same command goes on.
    """
    if merged:
        for option, value in {
            "--engine": engine,
            "--fork": fork,
            "--without": without,
            "--conflict": conflict,
            "--blocks": blocks,
            "--seed": seed,
            "--minutes": minutes,
            "--workers": workers,
            "--quick": quick,
            "--jobs": jobs,
            "--dask": dask,
            "--output": output,
            "--json": json,
        }.items():
            if value:
                raise InputError(f"{option}: searches are merged as they are, and none is made: leave it out")
        merge_searches(merged, database)
        return
    if machine not in MACHINES:
        raise InputError(f"--machine {machine}: must be one of {', '.join(MACHINES)}")
    if minutes is not None and not 0 < minutes < 10**6:
        raise InputError(f"--minutes {minutes:g}: must be more than 0")
    if quick is not None and (quick not in (GIVEN, SIGNED) or machine != evm.NAME):
        raise InputError(f"--quick {quick}: must be {GIVEN} or {SIGNED}, with --machine {evm.NAME}")
    if dask is not None and jobs is not None:
        raise InputError("--dask: the cluster has its own processes; leave out --jobs")
    if not 0 < timeout < 10**6:
        raise InputError(f"--timeout {timeout:g}: must be more than 0")
    if fork and machine == toy.NAME and len({*fork}) > 1:
        raise InputError("--fork: blocks of the toy are made under one ruleset at a time: give one")
    if conflict is not None and not 0 <= conflict <= 1:
        raise InputError(f"--conflict {conflict:g}: must be between 0 and 1")
    wanted = Wanted(
        forks=tuple(fork_name(each, machine) for each in fork or ()),
        without=selectors_of("--without", without or ()),
        conflict=conflict,
    )
    if database is not None:
        check_folder("--database", database)
    output = output or (FOLDER if database is None else database / FOUND)
    check_folder("--output", output)
    check_json_target(json)
    names = engine or [EVERY]
    start = time.monotonic()
    with contextlib.ExitStack() as stack:
        endpoint = stack.enter_context(metrics_endpoint("fuzz", metrics_port, metrics_address))
        chosen = with_workers(choose_engines(names), workers or [WORKERS])
        found = {name: stack.enter_context(contextlib.closing(find_engine(choice.id, timeout, choice.workers)))
                 for name, choice in chosen.items()}  # fmt: skip
        named = [name for name, choice in chosen.items() if choice.id in engines_by_name(names)]
        able = able_engines(found, machine, named)
        question = SearchQuestion(
            machine,
            txs,
            {name: chosen[name] for name in able},
            wanted,
            no_fallback=no_fallback,
            seconds=timeout,
            measures=database is not None and not quick,
            meters=endpoint is not None,
            quick=quick or "",
        )
        settings = {
            "machine": machine,
            "txs": txs,
            "fork": [*wanted.forks],
            "without": [*wanted.without],
            "conflict": wanted.conflict,
            "engines": [*able],
            "quick": quick or "",
            "seed": seed,
        }
        record = stack.enter_context(Database(database, settings, {"seed": random.SystemRandom().randrange(10**9)}))
        first: int = record.settings["seed"]
        count = blocks if blocks is not None else (None if minutes is not None else BLOCKS)
        seeds = itertools.count(first) if count is None else iter(range(first, first + count))
        many = jobs if jobs is not None else min(count or CORES, CORES)
        crew = stack.enter_context(contextlib.closing(crew_of(question, able, many, dask)))

        def keep(name: str, finding: Finding) -> FindingRow:
            write_finding(finding, output)
            row = finding.row(name, output)
            tell(
                "found",
                f"{name} differs on seed {finding.seed}: {finding.difference}",
                "error",
                engine=name,
                seed=finding.seed,
                difference=finding.difference,
                id=row.id,
                is_shrunk=finding.is_shrunk,
            )
            return row

        interrupted = False
        with watcher(record, count) as watch:
            if endpoint is not None:
                watch = SearchMetrics(endpoint, watch, crew.room)
            search = Search(question, crew, record, keep, all_findings, watch)
            try:
                search.run(seeds, minutes * 60 if minutes is not None else None)
            except KeyboardInterrupt:
                interrupted = True
        seconds = time.monotonic() - start
        report = SearchReport(question, record, first, seconds, interrupted)
        if json is not None:
            write_json(report.document(), json)
        with contextlib.redirect_stdout(report_stream(is_stdout(json))):
            for line in report.lines():
                print(line)
            for id in found:
                if id not in able:
                    print(f"{id}: has no machine {machine}")
            if interrupted:
                say("interrupted; what was found is above", "interrupted", "warning")
            print(report.ending())
            tell("end", report.ending(), seeds=len(record.done), found=len(record.findings), duration_seconds=seconds)
        idle = report.idle()
    if interrupted:
        raise typer.Exit(INTERRUPTED)
    if record.findings:
        raise typer.Exit(FAILED)
    refuse_idleness([*able], idle, named)


def merge_searches(folders: Sequence[Path], database: Path | None) -> None:
    """Make one search of those in some folders, and tell what each has brought."""
    if database is None:
        raise InputError(f"{MERGE}: say with --database into which folder; it is made where it is not there")
    check_folder("--database", database)
    settings = settings_of(folders[0])
    for folder in folders[1:]:
        settings_of(folder)
    with Database(database, {} if (database / FILE).is_file() else settings) as record:
        for folder in folders:
            print(merge(folder, record).line(folder))
        print(f"{database}: {len(record.done)} seeds, {len(record.findings)} findings, {len(record.marks)} marks")


def crew_of(question: SearchQuestion, engines: Mapping[str, Engine], jobs: int, dask: str | None) -> Crew:
    """Who does the work: a cluster, this process with these engines, or as many others as there are jobs."""
    if dask is not None:
        return Cluster(question, dask)
    return Here(panel_of(question, engines)) if jobs == 1 else Processes(question, jobs)


def with_workers(ids: Sequence[str], workers: Sequence[int]) -> dict[str, EngineChoice]:
    """Each engine with each number of workers, by what it is called; one that has no workers is there once."""
    counts = list(dict.fromkeys(workers))
    chosen: dict[str, EngineChoice] = {}
    for id in ids:
        if len(counts) == 1 or not has_workers(id):
            chosen[id] = EngineChoice(id, counts[0])
        else:
            chosen.update({f"{id}, {count} worker{'s' * (count > 1)}": EngineChoice(id, count) for count in counts})
    return chosen


def has_workers(id: str) -> bool:
    """Whether an engine does anything different with more workers."""
    return ":sequential" not in id and (id in REGISTRY or id in ALIASES) and id != "spec"


def able_engines(found: Mapping[str, Engine], machine: str, named: Sequence[str]) -> dict[str, Engine]:
    """The engines that have the machine. Raises InputError where there are none, or one that is named has it not."""
    able = {id: each for id, each in found.items() if machine in each.capabilities.machines}
    if not able:
        raise InputError(f"--engine: none of {', '.join(found)} has the machine {machine}")
    for id in named:
        if id not in able:
            raise InputError(f"--engine {id}: has no machine {machine}")
    return able


def refuse_idleness(engines: Sequence[str], idle: Sequence[str], named: Sequence[str]) -> None:
    """Raise InputError where nothing was executed, or nothing by an engine of which that was asked by its name."""
    if len(idle) == len(engines):
        raise InputError(
            "nothing was executed, every block was skipped: a run that only skips is no success; "
            "give more blocks, or an engine that can execute these"
        )
    for id in idle:
        if id in named:
            raise InputError(
                f"--engine {id}: executed nothing, every block was skipped: a run that only skips is no success; "
                "give more blocks, or leave it out"
            )


class Lines:
    """Tells on stderr what takes long, a line each, where nobody watches."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._pace = Pace() if is_json() else Pace(LINE_SECONDS)

    def passed(self, outcomes: Sequence[SeedOutcome]) -> None:
        """See :class:`samestate.conformance.fuzzing.search.SearchWatch`, here and below."""
        if self._pace.is_due():
            seeds, found = len(self._database.done), len(self._database.findings)
            say(f"{seeds} seeds, {found} found", "progress", seeds=seeds, found=found)

    def shrinking(self, finding: Finding) -> None:
        say(f"{shrinking(finding)}, for a minute or so", "shrinking", engine=finding.engine, seed=finding.seed)


class SearchBar:
    """Tells of everything in a bar on a terminal."""

    def __init__(self, database: Database, progress: Progress, bar: TaskID) -> None:
        self._database = database
        self._progress = progress
        self._bar = bar

    def passed(self, outcomes: Sequence[SeedOutcome]) -> None:
        """See :class:`samestate.conformance.fuzzing.search.SearchWatch`, here and below."""
        done = self._database
        found = f", [red]{len(done.findings)} found[/red]" if done.findings else ""
        self._progress.update(self._bar, completed=len(done.done), description=f"{len(done.done)} seeds{found}")

    def shrinking(self, finding: Finding) -> None:
        self._progress.update(self._bar, description=escape(shrinking(finding)))


def shrinking(finding: Finding) -> str:
    """What is being done."""
    return f"shrinking what {finding.engine} gets wrong of seed {finding.seed}"


@contextlib.contextmanager
def watcher(database: Database, count: int | None) -> Iterator[SearchWatch]:
    """Whom to tell of what is being done."""
    if is_json() or not sys.stderr.isatty():
        yield Lines(database)
        return
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        yield SearchBar(database, progress, progress.add_task("fuzzing", total=count))
