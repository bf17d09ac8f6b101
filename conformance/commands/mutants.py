"""`samestate mutants`: engines with a seeded bug, and what finds each."""

from __future__ import annotations

import difflib
import fnmatch
import sys
from collections.abc import Sequence
from typing import Annotated

import typer
from rich.progress import track

from samestate.conformance.errors import InputError
from samestate.conformance.mutants.report import HuntedMutant, table_of
from samestate.conformance.mutants.suspects import OPTIMIZED, Suspect, all_suspects, is_of, why_none_compiled
from samestate.conformance.output.console import console_for, print_table
from samestate.conformance.output.json_file import check_json_target, write_json
from samestate.conformance.output.targets import is_stdout

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
) -> None:
    """Hunt mutants with the vectors and the explorer: which vector, under which schedule, finds which, and by what.

    A mutant is killed by an output that differs or by a named invariant, never by a crash or by taking too long. Exit
    code 1 where one survives, or passes no vector at all.
    """
    check_json_target(json)
    suspects = chosen(names or ["*"], engine)
    err = console_for()
    findings: list[HuntedMutant] = []
    for suspect in track(suspects, "hunting", console=err, transient=True, disable=not err.is_terminal):
        findings.append(suspect.hunt())
    if json is not None:
        write_json([finding.document() for finding in findings], json)
    if not is_stdout(json):
        print_table(console_for(), table_of(findings))
        killed = sum(finding.kill is not None for finding in findings)
        print(f"{killed} of {len(findings)} killed")
    if not all(finding.is_good for finding in findings):
        raise typer.Exit(SURVIVED)


def chosen(names: Sequence[str], engine: str) -> list[Suspect]:
    """The mutants that names stand for, of engines like that one. Raises InputError for a name that stands for none."""
    suspects = list(all_suspects(engine))
    if is_of(OPTIMIZED, engine) and (reason := why_none_compiled()):
        left_out = f"mutants of the compiled engine are left out: {reason}"
        if not suspects:
            raise InputError(left_out)
        print(f"samestate: {left_out}", file=sys.stderr)
    for name in names:
        if not any(fnmatch.fnmatchcase(suspect.name, name) for suspect in suspects):
            near = difflib.get_close_matches(name, [suspect.name for suspect in suspects], 1)
            meant = f"; did you mean {near[0]!r}?" if near else ""
            raise InputError(f"no mutant is called {name} of an engine {engine!r}{meant}")
    return [suspect for suspect in suspects if any(fnmatch.fnmatchcase(suspect.name, name) for name in names)]
