"""`samestate explain`: where a difference of an engine begins, and on what it rests."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from samestate.conformance.commands.chain_option import ChainOption, network_of_option
from samestate.conformance.commands.ruleset_option import RulesetOption, rulesets_of_option
from samestate.conformance.disputing.parties import PlayedCase
from samestate.conformance.explaining.cases import find_explained
from samestate.conformance.explaining.engines import explained_engine
from samestate.conformance.explaining.explanation import explain as explain_difference
from samestate.conformance.explaining.page import page_of
from samestate.conformance.explaining.words import tell
from samestate.conformance.generating.vector import vector_text
from samestate.conformance.output.console import console_for, print_line
from samestate.conformance.output.targets import check_apart, check_file, check_spares, is_stdout, write_whole
from samestate.conformance.vectors.machines import execute

NOTHING = 1


def explain(
    path: Annotated[
        Path,
        typer.Argument(
            metavar="CASE",
            help="Where a case is that an engine gets wrong: a vector, a fixture, a block file, an archive.",
        ),
    ],
    engine: Annotated[
        str,
        typer.Option(
            "--engine",
            metavar="ID",
            help="The engine, as for `samestate check`, or bug:NAME, a bug that `samestate mutants` seeds in the "
            "specification.",
        ),
    ],
    case: Annotated[
        str | None,
        typer.Option("--case", metavar="NAME", help="Part of the name of the case, where there are several."),
    ] = None,
    chain: ChainOption = None,
    ruleset: RulesetOption = None,
    html: Annotated[
        Path | None, typer.Option("--html", metavar="FILE", help="Write a page that needs nothing else.")
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="Write the shrunk case as a vector.")
    ] = None,
    seconds: Annotated[
        float, typer.Option("--seconds", metavar="N", min=0, help="How long to shrink; 0: not at all.")
    ] = 10.0,
) -> None:
    """Say where an engine parts from the specification: the transaction, the key, the read, and the instruction.

    What it should have read and who wrote that is from the access record; the traces of both are compared where the
    engine traces: spec, optimized, and bug:NAME. The vector is shrunk while the engine still gets it wrong.

    Exit code 1 where there is nothing to explain.
    """
    for option, target in (("--html", html), ("--output", output)):
        if target is not None:
            check_file(option, target, make_folders=True)
    check_apart(("--html", html), ("--output", output))
    check_spares((path,), ("--html", html), ("--output", output))
    judged = explained_engine(engine)
    explanation = None
    try:
        found = find_explained(path, case, judged, network_of_option(chain), rulesets_of_option(ruleset))
        if found is not None:
            played = PlayedCase(path, case, found.first_block)
            explanation = explain_difference(found.vector, judged, played, seconds)
    finally:
        judged.close()
    console = console_for()
    is_silent = is_stdout(html) or is_stdout(output)
    if explanation is None:
        if not is_silent:
            called = path if found is None else found.vector.case.id
            print_line(console, f"{called} on {judged.id}: everything is right: there is nothing to explain")
        raise typer.Exit(NOTHING)
    if html is not None:
        write_whole("--html", html, page_of(explanation), make_folders=True)
    if output is not None:
        smaller = explanation.shrunk or explanation.vector.case
        header = f"Shrunk from {explanation.vector.case.id}, which {judged.id} gets wrong.\n{explanation.difference}"
        written = vector_text(smaller, tuple(execute(smaller)), "explain.shrunk", header)
        write_whole("--output", output, written, make_folders=True)
    if not is_silent:
        for line in tell(explanation):
            print_line(console, line)
