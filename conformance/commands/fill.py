"""`samestate fill`: write vectors from scenarios."""

from __future__ import annotations

import difflib
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from itertools import repeat
from multiprocessing import get_context
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.console import Console
from rich.progress import Progress

from samestate.conformance.errors import InputError
from samestate.conformance.fixtures.input_files import read_input
from samestate.conformance.output.targets import check_folder, remove, write_whole
from samestate.conformance.scenarios.block_builder import Unexpected
from samestate.conformance.scenarios.filling import Filled
from samestate.conformance.scenarios.filling import fill as fill_scenario
from samestate.conformance.scenarios.scenario import SCENARIOS, Scenario, all_scenarios
from samestate.conformance.vectors.places import SUFFIX, VECTORS

DIFFERENT: Final = 1
LINES_SHOWN: Final = 40
CHUNK: Final = 8
"""How many vectors a process is given at once."""


def fill(
    scenarios: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="SCENARIO", help="Machines, suites, scenarios (suite.name) or ids; all if none.", show_default=False
        ),
    ] = None,
    update: Annotated[bool, typer.Option("--update", help="Write vectors anew that have changed.")] = False,
    check: Annotated[bool, typer.Option("--check", help="Write nothing; exit 1 where a vector would change.")] = False,
    output: Annotated[
        Path,
        typer.Option(metavar="FOLDER", help="The folder of the vectors, `vectors` unless given.", show_default=False),
    ] = VECTORS,
    jobs: Annotated[int, typer.Option(metavar="N", min=1, help="Processes that share the scenarios.")] = 1,
) -> None:
    """Execute scenarios on the specification and write what came out as vectors.

    Without --update a vector that would change stays as it is, and the difference is shown. A vector that has no
    scenario any more is removed by --update where everything is filled. Exit code 1: something is different.
    """
    if update and check:
        raise InputError("--update writes and --check does not: only one of them can be given")
    if not check:
        if is_installed(output):
            raise InputError(
                f"--output {output}: is the folder of installed vectors, which is never written to: "
                "give another folder, or --check"
            )
        check_folder("--output", output)
    work = [(scenario.title, place) for scenario in choose(scenarios or []) for place in range(len(scenario.forks))]
    same = written = 0
    different: list[str] = []
    with Progress(console=Console(stderr=True), transient=True, disable=not sys.stderr.isatty()) as progress:
        task = progress.add_task("filling", total=len(work))
        filled: set[Path] = set()
        for vector in fill_all(work, output, jobs):
            path = output / f"{vector.id}{SUFFIX}"
            filled.add(path)
            before = text_of(path)
            if before == vector.text:
                same += 1
            elif not check and (before is None or update):
                write_whole("--output", path, vector.text, make_folders=True)
                written += 1
            else:
                different.append(vector.id)
                print(difference(vector, before))
            progress.advance(task)
    if not scenarios:
        for path in sorted(set(output.rglob(f"*{SUFFIX}")) - filled):
            if update:
                remove("--output", path)
                written += 1
            else:
                different.append(str(path))
                print(f"{path}: no scenario fills it")
    print(f"{same} the same, {written} written, {len(different)} different")
    if different:
        raise typer.Exit(DIFFERENT)


def text_of(path: Path) -> str | None:
    """The vector that is there, or None. What is no text there differs from every vector. Raises InputError."""
    return read_input(f"--output {path}", path).decode("utf-8", "replace") if path.exists() else None


def fill_all(work: Sequence[tuple[str, int]], output: Path, jobs: int) -> Iterator[Filled]:
    """The vectors of scenarios by title, each under the fork at a place of its forks, in that order.

    Raises InputError where a scenario is not about what it says.
    """
    try:
        if jobs == 1:
            yield from map(fill_one, work, repeat(output))
            return
        with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
            try:
                yield from pool.map(fill_one, work, repeat(output), chunksize=CHUNK)
            finally:
                pool.shutdown(cancel_futures=True)
    except Unexpected as unexpected:
        raise InputError(str(unexpected)) from unexpected


def fill_one(piece: tuple[str, int], output: Path) -> Filled:
    """The vector of one scenario under one fork, for a folder."""
    title, place = piece
    if title not in SCENARIOS:
        all_scenarios()
    scenario = SCENARIOS[title]
    fork = scenario.forks[place]
    return fill_scenario(scenario, fork, known=text_of(output / f"{scenario.id(fork)}{SUFFIX}"))


def is_installed(folder: Path) -> bool:
    """Whether vectors there belong to an installation, and not to a source checkout."""
    place = folder.resolve()
    return not {"site-packages", "dist-packages"}.isdisjoint(place.parts)


def choose(titles: list[str]) -> list[Scenario]:
    """The scenarios of these machines, suites, titles or ids, or all. Raises InputError for one that is none."""
    scenarios = all_scenarios()
    if not titles:
        return scenarios
    chosen: dict[str, Scenario] = {}
    for title in titles:
        found = [
            scenario
            for scenario in scenarios
            if title in (scenario.machine, f"{scenario.machine}.{scenario.suite}")
            or title in (scenario.suite, scenario.title, scenario.name)
            or title.removesuffix(SUFFIX) in [scenario.id(fork) for fork in scenario.forks]
        ]
        if not found:
            suites = ", ".join(dict.fromkeys(f"{scenario.machine}.{scenario.suite}" for scenario in scenarios))
            raise InputError(f"no scenario is called {title!r}; the suites are {suites}")
        chosen.update((scenario.title, scenario) for scenario in found)
    return list(chosen.values())


def difference(vector: Filled, before: str | None) -> str:
    """How a vector would change, for people."""
    if before is None:
        return f"{vector.id}: is not there yet"
    lines = list(
        difflib.unified_diff(
            before.splitlines(), vector.text.splitlines(), f"{vector.id} as it is", "as it would be", n=1, lineterm=""
        )
    )
    more = [f"… {len(lines) - LINES_SHOWN} more lines"] if len(lines) > LINES_SHOWN else []
    return "\n".join([*lines[:LINES_SHOWN], *more])
