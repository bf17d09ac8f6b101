"""`samestate engines`: what is registered, and what each can do."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from typing import Annotated, Any

import typer
from rich.table import Table

from samestate.conformance.engines.clients.known import CLIENTS
from samestate.conformance.engines.names import ALIASES, EVERY, choose_engines, installed_engines
from samestate.conformance.engines.protocol import Engine
from samestate.conformance.engines.registry import find_engine, version_of_engine
from samestate.conformance.errors import InputError
from samestate.conformance.output.console import console_for, print_line, print_table
from samestate.conformance.output.json_file import check_json_target, write_json
from samestate.conformance.output.targets import is_stdout
from samestate.conformance.vectors.machines import MACHINES
from samestate.conformance.vectors.model import PLAN


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

    `--workers` says how many workers an engine has. Outside clients follow, each with its version, or with what it
    lacks where it is not here, and then it is not in the JSON. An outside engine is named by `command:` and its command
    line, a client's transition tool by `t8n:` and its own, as in `t8n:evm t8n`.
    """
    check_json_target(json)
    documents = {}
    for id in choose_engines(engine or [EVERY]):
        with contextlib.closing(find_engine(id)) as each:
            documents[each.id] = document_of(each)
    outside, missing = ({}, {}) if engine else clients_here()
    if json is not None:
        write_json({**documents, **outside}, json)
    if is_stdout(json):
        return
    if engine:
        for id, document in documents.items():
            print_details(id, document)
    else:
        console = console_for()
        print_table(console, table(documents))
        print_table(console, clients_table(outside, missing))
        for line in notes(list(documents)):
            print_line(console, line)


def document_of(engine: Engine) -> dict[str, Any]:
    """What an engine can do, and which version it is."""
    return {**engine.capabilities.document(), "version": version_of_engine(engine)}


def clients_here() -> tuple[dict[str, dict[str, Any]], dict[str, str]]:
    """What each outside client can do that is here, and why another one is not."""
    here, missing = {}, {}
    for id in (*CLIENTS, *installed_engines()):
        try:
            with contextlib.closing(find_engine(id)) as each:
                here[id] = document_of(each)
        except InputError as error:
            missing[id] = str(error).removeprefix(f"--engine {id}: ")
    return here, missing


def clients_table(documents: dict[str, dict[str, Any]], missing: dict[str, str]) -> Table:
    """An outside client a line: what it is asked to do, its version, and the forks of the EVM that it executes."""
    made = Table("outside client", "what it does", "version, or what it lacks", "evm")
    for id in (*CLIENTS, *installed_engines()):
        about = CLIENTS[id].about if id in CLIENTS else f"offered by {installed_engines()[id].value}"
        if id in documents:
            forks = span("evm", documents[id]["machines"].get("evm", ()))
            made.add_row(id, about, documents[id]["version"] or "it says none", forks)
        else:
            made.add_row(id, about, missing[id], "-")
    return made


def table(documents: dict[str, dict[str, Any]]) -> Table:
    """An engine a line: what its workers are, and for each machine the forks that it executes."""
    machines = [name for name in MACHINES if name != PLAN]  # who has the machines of its chains has a plan
    made = Table("engine", "strategy", "workers", *machines, "access record", "cannot execute")
    for id, document in documents.items():
        forks = [span(name, document["machines"].get(name, ())) for name in machines]
        without = "blocks without an access list" if document["needs_access_list"] else ""
        made.add_row(
            id, document["strategy"] or "-", document["workers"] or "one", *forks, document["access"], without
        )  # fmt: skip
    return made


def span(machine: str, forks: Sequence[str]) -> str:
    """The forks of a machine in a few words."""
    known = MACHINES[machine]
    if not forks:
        return "-"
    if tuple(forks) == known:
        return "yes" if len(known) == 1 else f"{known[0]} to {known[-1]}"
    left_out = [fork for fork in known[known.index(forks[0]) : known.index(forks[-1]) + 1] if fork not in forks]
    if len(forks) > 2 and len(left_out) < len(forks):
        without = f" without {', '.join(left_out)}" if left_out else ""
        return f"{forks[0]} to {forks[-1]}{without}"
    return ", ".join(forks)


def notes(ids: Sequence[str]) -> list[str]:
    """How else engines can be named."""
    aliases = ", ".join(f"{short} = {whole}" for short, whole in ALIASES.items() if whole in ids)
    return [
        f"--engine takes ids, patterns such as 'reference:*', {EVERY} (those that are no outside clients), "
        "'command:PATH ARGUMENTS', and 't8n:evm t8n' for a client's transition tool"
        + (f"; {aliases}" if aliases else "")
    ]


def print_details(id: str, document: dict[str, Any]) -> None:
    """All that an engine can do."""
    print(id)
    if document["version"]:
        print(f"  version: {document['version']}")
    for name, forks in document["machines"].items():
        print(f"  machine {name}: {', '.join(forks)}")
    if document["strategy"]:
        print(f"  strategy: {document['strategy']}, workers: {document['workers']}")
    if document["needs_access_list"]:
        print("  executes only blocks that come with an access list")
    print(f"  access record: {document['access']}")
    print(f"  outputs: {', '.join(document['outputs'])}")
    print(f"  can do besides: {', '.join(document['selectors']) or 'nothing'}")
