"""`samestate fuzz`: random blocks until an engine departs from the specification."""

from __future__ import annotations

import contextlib
import itertools
import random
import shlex
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
from samestate.conformance.engines.in_process import WORKERS
from samestate.conformance.engines.registry import (
    ALIASES,
    EVERY,
    REGISTRY,
    Engine,
    choose_engines,
    engines_by_name,
    find_engine,
)
from samestate.conformance.errors import InputError
from samestate.conformance.fuzzing.campaign import Campaign, CampaignWatch, EngineChoice, Wanted, size_of
from samestate.conformance.fuzzing.finding import Finding, write_finding
from samestate.conformance.output.json_file import check_json_target, write_json
from samestate.conformance.output.targets import check_folder, is_stdout
from samestate.conformance.vectors import evm, toy
from samestate.conformance.vectors.fork_names import fork_name

FAILED: Final = 1
INTERRUPTED: Final = 130
BLOCKS: Final = 200
FOLDER: Final = Path("found")


def fuzz(
    engine: Annotated[
        list[str] | None,
        typer.Option(
            metavar="ID", help="An engine, a pattern, or a client: `command:PATH`, `t8n:evm t8n`; may be given again."
        ),
    ] = None,
    machine: Annotated[str, typer.Option(metavar="MACHINE", help="toy or evm.")] = toy.NAME,
    fork: Annotated[
        list[str] | None, typer.Option(metavar="FORK", help="Only EVM blocks of this fork; may be given again.")
    ] = None,
    without: Annotated[
        list[str] | None,
        typer.Option(
            metavar="SELECTOR",
            help="No blocks that need this of an engine; `unreachable` for states that no chain can reach.",
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
            metavar="N", min=1, help="Workers of an engine that runs in parallel, 2 unless given; may be given again."
        ),
    ] = None,
    no_fallback: NoFallbackOption = False,
    output: Annotated[Path, typer.Option(metavar="FOLDER", help="The folder of reproducers.")] = FOLDER,
    json: Annotated[
        str | None, typer.Option(metavar="FILE", help="Write what was found to a file, or to stdout for `-`.")
    ] = None,
) -> None:
    """Compare engines with the specification on random blocks. What one gets wrong is shrunk and written as a vector.

    A block follows from its seed, which is printed: the same seed gives the same block. Exit code 1: something was
    found; 2: bad input, or nothing executed. Each finding is written at once, and again when it has been shrunk. Ctrl-C
    ends the search and keeps what was found.
    """
    if machine not in (toy.NAME, evm.NAME):
        raise InputError(f"--machine {machine}: must be {toy.NAME} or {evm.NAME}")
    if minutes is not None and not 0 < minutes < 10**6:
        raise InputError(f"--minutes {minutes:g}: must be more than 0")
    if fork and machine != evm.NAME:
        raise InputError(f"--fork {fork[0]}: only blocks of the {evm.NAME} have one; say --machine {evm.NAME}")
    wanted = Wanted(
        forks=tuple(fork_name(each, evm.NAME) for each in fork or ()),
        without=selectors_of("--without", without or ()),
    )
    first = random.SystemRandom().randrange(10**9) if seed is None else seed
    count = blocks if blocks is not None else (None if minutes is not None else BLOCKS)
    seeds = itertools.count(first) if count is None else iter(range(first, first + count))
    check_folder("--output", output)
    check_json_target(json)
    names = engine or [EVERY]
    interrupted = False
    start = time.monotonic()
    with contextlib.ExitStack() as stack:
        chosen = with_workers(choose_engines(names), workers or [WORKERS])
        found = {name: stack.enter_context(contextlib.closing(find_engine(choice.id, workers=choice.workers)))
                 for name, choice in chosen.items()}  # fmt: skip
        named = [name for name, choice in chosen.items() if choice.id in engines_by_name(names)]
        able = able_engines(found, machine, named)
        campaign = Campaign(able, machine, txs, chosen=chosen, wanted=wanted,
                            keep=lambda finding: write_finding(finding, output))  # fmt: skip
        with watcher(campaign, count, first) as watch:
            try:
                campaign.run(seeds, minutes * 60 if minutes is not None else None, watch)
            except KeyboardInterrupt:
                interrupted = True
    seconds = time.monotonic() - start
    if json is not None:
        write_json(document(campaign, output, first, seconds, interrupted), json)
    with contextlib.redirect_stdout(sys.stderr if is_stdout(json) else sys.stdout):
        tell(campaign, output)
        for id in found:
            if id not in able:
                print(f"{id}: has no machine {machine}")
        if interrupted:
            print("samestate: interrupted; what was found is above", file=sys.stderr)
        options = shlex.join(["--machine", machine, "--txs", str(txs), "--seed", str(first), *wanted.options()])
        print(f"seed {first}: {options} gives the same blocks again; "
              f"{seconds:.1f} s, {len(campaign.findings)} found")  # fmt: skip
    if interrupted:
        raise typer.Exit(INTERRUPTED)
    if campaign.findings:
        raise typer.Exit(FAILED)
    refuse_idleness(campaign, named)


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


def document(campaign: Campaign, output: Path, first: int, seconds: float, interrupted: bool) -> dict[str, object]:
    """What was done and found, for programs."""
    return {
        "machine": campaign.machine,
        "txs": campaign.transactions,
        "seed": first,
        "forks": [*campaign.wanted.forks],
        "without": [*campaign.wanted.without],
        "seconds": round(seconds, 3),
        "interrupted": interrupted,
        "engines": {
            id: {"executed": campaign.executed.get(id, 0), "skipped": campaign.skipped.get(id, 0)}
            for id in campaign.engines
        },
        "findings": [
            {
                "engine": finding.engine,
                "seed": finding.seed,
                "file": str(finding.target(output)),
                "difference": finding.difference,
                "command": finding.command,
                "transactions": size_of(finding.case),
                "shrunk_from": finding.shrunk_from,
                "is_shrunk": finding.is_shrunk,
                "repeats": finding.repeats,
                "attempts": finding.attempts,
            }
            for finding in campaign.findings
        ],
    }


def tell(campaign: Campaign, output: Path) -> None:
    """Print what was found, and what each engine has done."""
    for finding in campaign.findings:
        size = f"{finding.shrunk_from} transactions made {size_of(finding.case)}"
        if not finding.is_shrunk:
            size = f"{finding.shrunk_from} transactions, not shrunk"
        print(f"FOUND {finding.engine}, seed {finding.seed}: {finding.target(output)} ({size})")
        for line in finding.difference.splitlines():
            print(f"  {line}")
    for id in campaign.engines:
        skipped = campaign.skipped.get(id, 0)
        print(f"{id}: {campaign.executed.get(id, 0)} blocks" + (f", {skipped} skipped" if skipped else ""))


def refuse_idleness(campaign: Campaign, named: Sequence[str]) -> None:
    """Raise InputError where nothing was executed, or nothing by an engine of which that was asked by its name."""
    idle = [id for id in campaign.engines if not campaign.executed.get(id)]
    if len(idle) == len(campaign.engines):
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

    def __init__(self) -> None:
        self.told: Finding | None = None

    def passed(self, seed: int) -> None:
        """See :class:`samestate.conformance.fuzzing.campaign.CampaignWatch`."""

    def shrinking(self, finding: Finding, tried: int) -> None:
        """See :class:`samestate.conformance.fuzzing.campaign.CampaignWatch`."""
        if self.told is not finding:
            self.told = finding
            print(f"samestate: {shrinking(finding)}, for a minute or so", file=sys.stderr, flush=True)


class CampaignBar:
    """Tells of everything in a bar on a terminal."""

    def __init__(self, campaign: Campaign, first: int, progress: Progress, bar: TaskID) -> None:
        self.campaign = campaign
        self.first = first
        self.progress = progress
        self.bar = bar

    def passed(self, seed: int) -> None:
        """See :class:`samestate.conformance.fuzzing.campaign.CampaignWatch`."""
        found = f", [red]{len(self.campaign.findings)} found[/red]" if self.campaign.findings else ""
        self.progress.update(self.bar, completed=seed - self.first + 1, description=f"seed {seed}{found}")

    def shrinking(self, finding: Finding, tried: int) -> None:
        """See :class:`samestate.conformance.fuzzing.campaign.CampaignWatch`."""
        self.progress.update(self.bar, description=escape(f"{shrinking(finding)}, {tried} smaller blocks tried"))


def shrinking(finding: Finding) -> str:
    """What is being done."""
    return f"shrinking what {finding.engine} gets wrong of seed {finding.seed}"


@contextlib.contextmanager
def watcher(campaign: Campaign, count: int | None, first: int) -> Iterator[CampaignWatch]:
    """Whom to tell of what is being done."""
    if not sys.stderr.isatty():
        yield Lines()
        return
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        yield CampaignBar(campaign, first, progress, progress.add_task("fuzzing", total=count))
