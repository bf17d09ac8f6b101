"""`samestate state`: a state on disk: what it is, what is in it, whether it is whole, and how it comes there."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import Progress

from samestate.conformance.errors import InputError
from samestate.conformance.output.json_file import check_json_target, write_json
from samestate.conformance.output.targets import is_stdout
from samestate.conformance.states.importing import fill, find_source, fork_of
from samestate.conformance.states.opening import OpenState, find_location
from samestate.conformance.states.showing import account_lines, document_of
from samestate.conformance.states.verifying import verify
from samestate.optimized.stores.description import Description

DAMAGED = 1


def state(
    place: Annotated[str, typer.Argument(metavar="PLACE", help="lmdb:PATH or rocksdb:PATH.", show_default=False)],
    import_: Annotated[
        Path | None,
        typer.Option(
            "--import",
            metavar="FILE",
            help="Put a state there: an allocation, a genesis, or that of a vector, a fixture or a whole witness.",
        ),
    ] = None,
    case: Annotated[
        str | None, typer.Option(metavar="NAME", help="With --import: a part of the name of the case.")
    ] = None,
    fork: Annotated[
        str | None, typer.Option(metavar="FORK", help="With --import: whose state it is, where the file does not say.")
    ] = None,
    verify_: Annotated[
        bool, typer.Option("--verify", help="Compute all roots and nodes from the values, and compare them.")
    ] = False,
    account: Annotated[
        list[str] | None, typer.Option(metavar="ADDRESS", help="Show an account; may be given again.")
    ] = None,
    slot: Annotated[
        list[str] | None, typer.Option(metavar="SLOT", help="Show a slot of each of them; may be given again.")
    ] = None,
    json: Annotated[
        str | None, typer.Option(metavar="FILE", help="Write what is shown as JSON; to stdout for `-`.")
    ] = None,
) -> None:
    """Show a state on disk: its machine, fork, height, root, and how much there is of it.

    `samestate run BLOCKS --state PLACE` executes blocks on it. Exit code 1: --verify has found it damaged.
    """
    check_json_target(json)
    for option, value in {"--case": case, "--fork": fork}.items():
        if value is not None and import_ is None:
            raise InputError(f"{option} {value}: goes with --import alone")
    if slot and not account:
        raise InputError(f"--slot {slot[0]}: must be given with the --account whose it is")
    location = find_location(place)
    source = None if import_ is None else find_source(import_, case)
    if source is not None:
        fork = fork_of(source, fork)  # before a folder is made
    with OpenState(location, writable=source is not None) as opened:
        if source is not None:
            fill(opened, source, fork)
        description = opened.described()
        document: dict[str, Any] = document_of(opened)
        lines = lines_of(document)
        if account:
            accounts, more = account_lines(opened, account, slot or ())
            document["accounts"] = accounts
            lines += more
        damage = None
        if verify_:
            with Progress(console=Console(stderr=True), transient=True, disable=not sys.stderr.isatty()) as bar:
                task = bar.add_task("values checked", total=None)
                damage, contents = verify(opened, lambda done: bar.update(task, completed=done))
            document["damage"] = damage
            if contents is not None:
                document["contents"] = contents._asdict()
                lines += [f"whole: {', '.join(f'{count} {name}' for name, count in contents._asdict().items())}"]
            else:
                lines += [f"damaged: {damage}"]
    if json is not None:
        write_json(document, json)
    if not is_stdout(json):
        print("\n".join(lines))
    if damage is not None:
        raise typer.Exit(DAMAGED)
    assert isinstance(description, Description)


def lines_of(document: dict[str, Any]) -> list[str]:
    """What a state says of itself, for people."""
    return [f"{name.replace('_', ' ')}: {value}" for name, value in document.items() if value not in (None, "")]
