"""The option ``--chain`` of the commands that take blocks."""

from __future__ import annotations

from typing import Annotated, TypeAlias

import typer

from samestate.conformance.fixtures.chain_file import choose_chain, network_chosen
from samestate.conformance.fixtures.networks import NAMES, Network

ChainOption: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--chain",
        metavar="FILE",
        help="The chain of blocks that name none, or one that is not public: a genesis or its config, as geth writes "
        f"them, or one of {', '.join(NAMES)}.",
    ),
]


def network_of_option(option: str | None) -> Network | None:
    """The rules of the chain that ``--chain`` names. Raises InputError as :func:`choose_chain` does."""
    return network_chosen(choose_chain(option))
