"""`samestate fuzz`: random blocks until an engine departs from the specification."""

from __future__ import annotations

import contextlib
import itertools
import random
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from conformance.engines import EVERY, choose_engines, find_engine
from conformance.errors import InputError
from conformance.fuzzing.campaign import Campaign, write_finding
from conformance.vectors import evm, toy

FAILED: Final = 1
INTERRUPTED: Final = 130
BLOCKS: Final = 200
FOLDER: Final = Path("found")


def fuzz(
    engine: Annotated[list[str] | None, typer.Option(help="An engine or a pattern; may be given again.")] = None,
    machine: Annotated[str, typer.Option(help="toy or evm.")] = toy.NAME,
    blocks: Annotated[int | None, typer.Option(min=1, help="How many blocks.", show_default=str(BLOCKS))] = None,
    txs: Annotated[int, typer.Option(min=1, max=1000, help="The most transactions of a block.")] = 12,
    seed: Annotated[int | None, typer.Option(min=0, help="The first block; the next has the next.")] = None,
    minutes: Annotated[float | None, typer.Option(help="Stop after so long; the last block is finished.")] = None,
    workers: Annotated[int, typer.Option(min=1, help="Workers of an engine that runs in parallel.")] = 2,
    output: Annotated[Path, typer.Option(help="The folder of reproducers.")] = FOLDER,
) -> None:
    """Compare engines with the specification on random blocks. What one gets wrong is shrunk and written as a vector.

    A block follows from its seed, which is printed: the same seed gives the same block. Exit code 1: something was
    found. Ctrl-C ends the search and keeps what was found.
    """
    if machine not in (toy.NAME, evm.NAME):
        raise InputError(f"--machine {machine}: must be {toy.NAME} or {evm.NAME}")
    if minutes is not None and not 0 < minutes < 10**6:
        raise InputError(f"--minutes {minutes:g}: must be more than 0")
    first = random.SystemRandom().randrange(10**9) if seed is None else seed
    count = blocks if blocks is not None else (None if minutes is not None else BLOCKS)
    seeds = itertools.count(first) if count is None else iter(range(first, first + count))
    interrupted = False
    start = time.monotonic()
    with contextlib.ExitStack() as stack:
        found = [find_engine(id, workers=workers) for id in choose_engines(engine or [EVERY])]
        for each in found:
            stack.callback(each.close)
        able = [each for each in found if machine in each.capabilities.machines]
        if not able:
            raise InputError(f"--engine: none of {', '.join(each.id for each in found)} has the machine {machine}")
        campaign = Campaign(able, machine, txs)
        with progress_bar(campaign, count, first) as watch:
            try:
                campaign.run(seeds, minutes * 60 if minutes is not None else None, watch)
            except KeyboardInterrupt:
                interrupted = True
    for finding in campaign.findings:
        target = write_finding(finding, output / machine)
        print(f"FOUND {finding.engine}, seed {finding.seed}: {target} ({finding.shrunk_from} transactions made "
              f"{len(finding.case.blocks[0]['txs'])})")  # fmt: skip
        for line in finding.difference.splitlines():
            print(f"  {line}")
    for id in (each.id for each in able):
        skipped = campaign.skipped.get(id, 0)
        print(f"{id}: {campaign.executed.get(id, 0)} blocks" + (f", {skipped} skipped" if skipped else ""))
    if interrupted:
        print("samestate: interrupted; what was found is above", file=sys.stderr)
    print(f"seed {first}: --machine {machine} --txs {txs} --seed {first} gives the same blocks again; "
          f"{time.monotonic() - start:.1f} s, {len(campaign.findings)} found")  # fmt: skip
    if interrupted:
        raise typer.Exit(INTERRUPTED)
    if campaign.findings:
        raise typer.Exit(FAILED)


@contextlib.contextmanager
def progress_bar(campaign: Campaign, count: int | None, first: int) -> Iterator[Callable[[int], None] | None]:
    """What to tell of seeds, or None where nobody watches."""
    if not sys.stderr.isatty():
        yield None
        return
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        bar = progress.add_task("fuzzing", total=count)

        def watch(seed: int) -> None:
            found = f", [red]{len(campaign.findings)} found[/red]" if campaign.findings else ""
            progress.update(bar, completed=seed - first + 1, description=f"seed {seed}{found}")

        yield watch
