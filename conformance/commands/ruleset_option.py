"""The option ``--ruleset`` of the commands that take fixtures."""

from __future__ import annotations

from typing import Annotated, TypeAlias

import typer

RulesetOption: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        "--ruleset",
        metavar="NAME=FORK",
        help="What fixtures mean by the name of a fork where they show nothing else, or the rules of an obsolete "
        "devnet: a fork by its name, or one of your own as FILE.py:ATTRIBUTE. May be given again.",
    ),
]
