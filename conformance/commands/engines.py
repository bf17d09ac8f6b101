"""`samestate engines`: what is registered, and what each can do."""

from __future__ import annotations

import json as json_module
from typing import Annotated

import typer

from conformance.engines import all_engines, find_engine


def engines(
    engine: Annotated[list[str] | None, typer.Option(help="Only this one, or an outside one: command:PATH.")] = None,
    json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
) -> None:
    """List the engines that `--engine` can name. An outside engine is named by `command:` and its command line."""
    found = [find_engine(name) for name in engine] if engine else list(all_engines())
    documents = {each.id: each.capabilities.document() for each in found}
    for each in found:
        each.close()
    if json:
        print(json_module.dumps(documents, indent=2))
        return
    for id, document in documents.items():
        print(id)
        for name, forks in document["machines"].items():
            print(f"  machine {name}: {', '.join(forks)}")
        print(f"  access record: {document['access']}")
        print(f"  outputs: {', '.join(document['outputs'])}")
        print(f"  can do besides: {', '.join(document['selectors']) or 'nothing'}")
