"""`samestate mutants`: engines with a seeded bug, and what finds each."""

from __future__ import annotations

import fnmatch
from collections.abc import Iterator
from typing import Annotated

import typer
from rich.progress import track

from conformance.checking.printing import write_json
from conformance.console import console_for
from conformance.errors import InputError
from conformance.mutants.report import Finding, table_of
from conformance.mutants.suspects import Suspect, all_suspects

SURVIVED = 1


def mutants(
    names: Annotated[
        list[str] | None, typer.Argument(help="Mutants, or patterns such as 'wave-*'; all if none.", show_default=False)
    ] = None,
    engine: Annotated[str, typer.Option(help="Only mutants of engines like this one, such as 'reference:*'.")] = "*",
    json: Annotated[str | None, typer.Option(help="Write what was found to a file, or to stdout for `-`.")] = None,
) -> None:
    """Hunt mutants with the vectors and the explorer: which vector, under which schedule, finds which, and by what.

    A mutant is killed by an output that differs or by a named invariant, never by a crash or by taking too long. Exit
    code 1 where one survives, or passes no vector at all.
    """
    suspects = list(chosen(names or ["*"], engine))
    if not suspects:
        raise InputError(f"no mutant is called {' or '.join(names or ['*'])} of an engine {engine!r}")
    err = console_for()
    findings: list[Finding] = []
    for suspect in track(suspects, "hunting", console=err, transient=True, disable=not err.is_terminal):
        findings.append(suspect.hunt())
    if json is not None:
        write_json([finding.document() for finding in findings], json)
    if json != "-":
        console_for().print(table_of(findings))
        killed = sum(finding.kill is not None for finding in findings)
        print(f"{killed} of {len(findings)} killed")
    if not all(finding.is_good for finding in findings):
        raise typer.Exit(SURVIVED)


def chosen(names: list[str], engine: str) -> Iterator[Suspect]:
    """The mutants that names stand for, of engines like that one."""
    for suspect in all_suspects(engine):
        if any(fnmatch.fnmatchcase(suspect.name, name) for name in names):
            yield suspect
