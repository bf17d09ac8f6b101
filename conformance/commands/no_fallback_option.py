"""The option ``--no-fallback`` of the commands that take engines."""

from __future__ import annotations

import os
from typing import Annotated, TypeAlias

import typer

from samestate.conformance.engines.optimized import NO_FALLBACK


def refuse_fallback(context: typer.Context, given: bool) -> bool:
    """Have all engines refuse it until the command ends, those in processes that it starts too."""
    if given:
        os.environ[NO_FALLBACK] = "yes"
        context.call_on_close(lambda: os.environ.pop(NO_FALLBACK, None))
    return given


def no_fallback_option(panel: str | None = None) -> typer.models.OptionInfo:
    """The option, in a panel of the command's help."""
    found: typer.models.OptionInfo = typer.Option(
        "--no-fallback",
        callback=refuse_fallback,
        help="Where a strategy of `optimized` would have to give way to another, that is an error.",
        rich_help_panel=panel,
    )
    return found


NoFallbackOption: TypeAlias = Annotated[bool, no_fallback_option()]
