"""`samestate engines`: what is registered, and what each can do."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from typing import Annotated, Any

import typer
from rich.table import Table

from samestate.conformance.engines.registry import ALIASES, EVERY, choose_engines, find_engine
from samestate.conformance.output.console import console_for, print_line, print_table
from samestate.conformance.output.json_file import check_json_target, write_json
from samestate.conformance.output.targets import is_stdout
from samestate.conformance.vectors.machines import MACHINES


def engines(
    engine: Annotated[
        list[str] | None,
        typer.Option(
            metavar="ID", help="Only these, in detail: ids, patterns, or an outside one: command:PATH, t8n:COMMAND."
        ),
    ] = None,
    json: Annotated[
        str | None, typer.Option(metavar="FILE", help="Write JSON to a file, or to stdout for `-`.")
    ] = None,
) -> None:
    """List the engines that `--engine` can name: machine × strategy × kind of workers.

    `--workers` says how many workers an engine has. An outside engine is named by `command:` and its command line, a
    client's transition tool by `t8n:` and its own, as in `t8n:evm t8n`.
    """
    check_json_target(json)
    documents = {}
    for id in choose_engines(engine or [EVERY]):
        with contextlib.closing(find_engine(id)) as each:
            documents[each.id] = each.capabilities.document()
    if json is not None:
        write_json(documents, json)
    if is_stdout(json):
        return
    if engine:
        for id, document in documents.items():
            print_details(id, document)
    else:
        console = console_for()
        print_table(console, table(documents))
        for line in notes(list(documents)):
            print_line(console, line)


def table(documents: dict[str, dict[str, Any]]) -> Table:
    """An engine a line: what its workers are, and for each machine the forks that it executes."""
    made = Table("engine", "strategy", "workers", *MACHINES, "access record", "cannot execute")
    for id, document in documents.items():
        forks = [span(name, document["machines"].get(name, ())) for name in MACHINES]
        without = "blocks without an access list" if document["needs_access_list"] else ""
        made.add_row(
            id, document["strategy"] or "-", document["workers"] or "one", *forks, document["access"], without
        )  # fmt: skip
    return made


def span(machine: str, forks: Sequence[str]) -> str:
    """The forks of a machine in a few words."""
    known = MACHINES[machine].forks
    if not forks:
        return "-"
    if tuple(forks) == known:
        return "yes" if len(known) == 1 else f"{known[0]} to {known[-1]}"
    return ", ".join(forks)


def notes(ids: Sequence[str]) -> list[str]:
    """How else engines can be named."""
    aliases = ", ".join(f"{short} = {whole}" for short, whole in ALIASES.items() if whole in ids)
    return [
        f"--engine takes ids, patterns such as 'reference:*', {EVERY}, 'command:PATH ARGUMENTS', and "
        "'t8n:evm t8n' for a client's transition tool" + (f"; {aliases}" if aliases else "")
    ]


def print_details(id: str, document: dict[str, Any]) -> None:
    """All that an engine can do."""
    print(id)
    for name, forks in document["machines"].items():
        print(f"  machine {name}: {', '.join(forks)}")
    if document["strategy"]:
        print(f"  strategy: {document['strategy']}, workers: {document['workers']}")
    if document["needs_access_list"]:
        print("  executes only blocks that come with an access list")
    print(f"  access record: {document['access']}")
    print(f"  outputs: {', '.join(document['outputs'])}")
    print(f"  can do besides: {', '.join(document['selectors']) or 'nothing'}")
