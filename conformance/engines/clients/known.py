"""The outside clients that are known by name. What makes their engines is imported when one is asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

from samestate.conformance.engines.clients.installed import PeerMissing
from samestate.conformance.errors import InputError

if TYPE_CHECKING:
    from samestate.conformance.engines.protocol import Engine

MAKING: Final = "samestate.conformance.engines.clients.making"


@dataclass(frozen=True, slots=True)
class Client:
    """A client by name. ``about`` says what is asked of it; the others are functions of :mod:`.making`."""

    id: str
    about: str
    name_of_version: str
    name_of_engine: str

    def version(self) -> str:
        """Which is here. Raises PeerMissing where none is."""
        return str(self._function(self.name_of_version)())

    def make(self, seconds: float) -> Engine:
        """Its engine, with so many seconds for an answer. Raises PeerMissing where it is not here."""
        engine: Engine = self._function(self.name_of_engine)(seconds)
        return engine

    @staticmethod
    def _function(name: str) -> Any:
        return getattr(import_module(MAKING), name)


CLIENTS: Final[Mapping[str, Client]] = {
    client.id: client
    for client in (
        Client("geth", "its transition tool, evm t8n", "evm_version", "geth"),
        Client("geth:blocktest", "evm blocktest on the exported case", "evm_version", "geth_blocktest"),
        Client(
            "geth:sequential",
            "import of the exported blocks, one transaction after another",
            "geth_import_version",
            "geth_sequential",
        ),
        Client(
            "geth:parallel", "import in parallel from the block access list", "geth_import_version", "geth_parallel"
        ),
        Client("revm", "revme btest on the exported case", "revm_version", "revm"),
        Client("eels", "state transition of each fork on the exported case", "eels_version", "eels"),
        Client("anvil", "the transactions, over JSON-RPC: receipts and accounts", "anvil_version", "anvil"),
        Client("ethereumjs", "import of the exported blocks", "ethereumjs_version", "ethereumjs"),
        Client("agave", "the validator's Bank on whole chains of slots", "agave_version", "agave"),
        Client(
            "litesvm:solders",
            "transactions one by one, with the accounts that each leaves",
            "litesvm_solders_version",
            "litesvm_solders",
        ),
        Client("litesvm:npm", "the same, of a newer ruleset", "litesvm_npm_version", "litesvm_npm"),
    )
}
"""Outside clients by the id of their engine."""


def make_client(id: str, seconds: float) -> Engine:
    """The engine of a client. Raises InputError where it is not here, or does not even say its version."""
    from samestate.conformance.engines.protocol import EngineFailure  # which takes a while to import

    try:
        return CLIENTS[id].make(seconds)
    except (PeerMissing, EngineFailure) as missing:
        raise InputError(f"--engine {id}: {missing}") from missing
