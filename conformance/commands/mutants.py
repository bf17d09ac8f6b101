"""`samestate mutants`: engines with a seeded bug, and what finds each."""

from __future__ import annotations

import difflib
import fnmatch
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import track

from samestate.conformance.errors import InputError
from samestate.conformance.mutants.page import fixtures_words, page_of
from samestate.conformance.mutants.report import HuntedMutant, table_of
from samestate.conformance.mutants.specification.catalogue import all_bugs
from samestate.conformance.mutants.specification.fixtures import Record, reached_rules, read_record, runs
from samestate.conformance.mutants.suspects import (
    OPTIMIZED,
    Suspect,
    all_suspects,
    is_of,
    why_none_compiled,
)
from samestate.conformance.output.console import console_for, print_table
from samestate.conformance.output.json_file import check_json_target, write_json
from samestate.conformance.output.targets import check_file, is_stdout, write_whole
from samestate.conformance.vectors import evm

SURVIVED = 1


def mutants(
    names: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="MUTANT", help="Mutants, or patterns such as 'wave-*'; all if none.", show_default=False
        ),
    ] = None,
    engine: Annotated[
        str, typer.Option(metavar="PATTERN", help="Only mutants of engines like this one, such as 'reference:*'.")
    ] = "*",
    json: Annotated[
        str | None, typer.Option(metavar="FILE", help="Write what was found to a file, or to stdout for `-`.")
    ] = None,
    page: Annotated[
        str | None, typer.Option(metavar="FILE", help="Write a page about all that were hunted, as docs/mutants.md.")
    ] = None,
    fixtures: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="ARCHIVE",
            help="Hunt nothing: run bugs of the specification on fixtures, and keep which of them these kill in the "
            "record. Again for each archive.",
        ),
    ] = None,
    record: Annotated[
        Path | None, typer.Option(metavar="FILE", help="What --fixtures has found, for --page: docs/mutants.json.")
    ] = None,
) -> None:
    """Hunt mutants with the vectors and the explorer: which vector, under which schedule, finds which, and by what.

    A mutant is killed by an output that differs or by a named invariant, never by a crash or by taking too long. Exit
    code 1 where one survives, or passes no vector at all.

    A page is about all mutants that were hunted, so for the whole of it name none.
    """
    check_json_target(json)
    if page is not None:
        check_file("--page", page)
    if fixtures and record is None:
        raise InputError("--fixtures: say with --record where to keep what is found")
    suspects = chosen(names or ["*"], engine)
    err = console_for()
    known = Record() if record is None else read_record(record).of(all_bugs())
    if fixtures and record is not None:
        names = [name for name in (suspect.name for suspect in suspects) if is_bug_of_evm(name)]
        run_fixtures(names, fixtures, record, known, err)
        return
    findings: list[HuntedMutant] = []
    for suspect in track(suspects, "hunting", console=err, transient=True, disable=not err.is_terminal):
        findings.append(suspect.hunt())
    if json is not None:
        write_json([finding.document() for finding in findings], json)
    if page is not None:
        write_whole("--page", page, page_of(findings, known))
    if not is_stdout(json):
        print_table(console_for(), table_of(findings))
        killed = sum(finding.kill is not None for finding in findings)
        print(f"{killed} of {len(findings)} killed")
    if not all(finding.is_good for finding in findings):
        raise typer.Exit(SURVIVED)


def is_bug_of_evm(name: str) -> bool:
    """Whether that is a bug which official fixtures can show: they are all of the EVM."""
    return name in all_bugs() and all_bugs()[name].machine == evm.NAME


def run_fixtures(names: Sequence[str], archives: Sequence[Path], record: Path, known: Record, err: Console) -> None:
    """Run these bugs on the archives, and keep what is known after each: the run may be stopped, and goes on later."""
    bugs = [all_bugs()[name] for name in names]
    found = dict(known.bugs)
    names_of_archives = tuple(dict.fromkeys([*known.archives, *(archive.name for archive in archives)]))
    ran = runs(bugs, archives, reached_rules(archives))
    for name, run in track(ran, "checking", total=len(bugs), console=err, transient=True, disable=not err.is_terminal):
        found[name] = run
        write_json(Record(names_of_archives, found).document(), str(record))
        print(f"{name}: {fixtures_words(run)}", flush=True)


def chosen(names: Sequence[str], engine: str) -> list[Suspect]:
    """The mutants that names stand for, of engines like that one. Raises InputError for a name that stands for none."""
    suspects = list(all_suspects(engine))
    if is_of(OPTIMIZED, engine) and (reason := why_none_compiled()):
        left_out = f"mutants of the compiled engine are left out: {reason}"
        if not suspects:
            raise InputError(left_out)
        print(f"samestate: {left_out}", file=sys.stderr)
    if not suspects:
        known = dict.fromkeys(suspect.engine for suspect in all_suspects())
        raise InputError(f"--engine {engine}: no engine with mutants is called so; known are {', '.join(known)}")
    for name in names:
        if not any(fnmatch.fnmatchcase(suspect.name, name) for suspect in suspects):
            near = difflib.get_close_matches(name, [suspect.name for suspect in suspects], 1)
            meant = f"; did you mean {near[0]!r}?" if near else ""
            raise InputError(f"no mutant is called {name} of an engine {engine!r}{meant}")
    return [suspect for suspect in suspects if any(fnmatch.fnmatchcase(suspect.name, name) for name in names)]
