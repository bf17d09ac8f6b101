"""The option ``--chain`` of the commands that take blocks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, TypeAlias

import typer

from samestate.conformance.fixtures.choices import PUBLIC_CHAINS, ChainChoice, network_chosen

if TYPE_CHECKING:
    from samestate.conformance.fixtures.networks import Network

ChainOption: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--chain",
        metavar="FILE",
        help="The chain of blocks that name none, or one that is not public: a genesis or its config, as geth writes "
        f"them, or one of {', '.join(PUBLIC_CHAINS)}.",
    ),
]


def chain_of_option(option: str | None) -> ChainChoice | None:
    """The chain that ``--chain`` names. Raises InputError as :func:`choose_chain` does."""
    if option is None:
        return None
    from samestate.conformance.fixtures.chain_file import choose_chain  # with the forks that a chain may have

    return choose_chain(option)


def network_of_option(option: str | None) -> Network | None:
    """The rules of the chain that ``--chain`` names. Raises InputError as :func:`choose_chain` does."""
    return network_chosen(chain_of_option(option))
