"""The option that says on which state on disk blocks are executed."""

from __future__ import annotations

from typing import Annotated

import typer

StateOption = Annotated[
    str | None,
    typer.Option(
        "--state",
        metavar="PLACE",
        help="Run the blocks on a state on disk, `lmdb:PATH` or `rocksdb:PATH`, and commit each: docs/states.md.",
    ),
]
