"""The options of commands that work for long: a Prometheus endpoint, and how they say what they do."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Annotated, TypeAlias

import typer

from samestate.conformance.errors import InputError
from samestate.conformance.metering.endpoint import ADDRESS_OPTION, LOCALHOST, PORT_OPTION, MetricsEndpoint
from samestate.conformance.output.log import LogFormat, say, use_format

PANEL = "Watching it work"


def choose_format(chosen: LogFormat) -> LogFormat:
    """Have the command say what it does in that form."""
    use_format(chosen)
    return chosen


LogFormatOption: TypeAlias = Annotated[
    LogFormat,
    typer.Option(
        "--log-format",
        metavar="FORMAT",
        show_default=False,
        callback=choose_format,
        is_eager=True,
        help="How stderr says what is done: text, or json, a line for each event.",
        rich_help_panel=PANEL,
    ),
]

MetricsPortOption: TypeAlias = Annotated[
    int | None,
    typer.Option(
        PORT_OPTION, metavar="PORT", help="Serve metrics for Prometheus here; 0: any free port.", rich_help_panel=PANEL
    ),
]

MetricsAddressOption: TypeAlias = Annotated[
    str | None,
    typer.Option(
        ADDRESS_OPTION,
        metavar="ADDRESS",
        help=f"The address of the endpoint, {LOCALHOST} unless given.",
        rich_help_panel=PANEL,
    ),
]


@contextlib.contextmanager
def metrics_endpoint(command: str, port: int | None, address: str | None) -> Iterator[MetricsEndpoint | None]:
    """The endpoint that was asked for, if any. Raises InputError, before any work."""
    if port is None:
        if address is not None:
            raise InputError(f"{ADDRESS_OPTION} {address}: goes with {PORT_OPTION} alone")
        yield None
        return
    with MetricsEndpoint(command, port, LOCALHOST if address is None else address) as endpoint:
        say(f"metrics at {endpoint.url}", "metrics", url=endpoint.url)
        yield endpoint
