"""anvil as a judge of chains: a node for each."""

from __future__ import annotations

from samestate.conformance.engines.clients.anvil.node import chain_test, unable_to
from samestate.conformance.engines.clients.exported import ExportedCase


class AnvilChains:
    """See :class:`samestate.conformance.engines.clients.judge.Judge`."""

    def __init__(self, program: str, seconds: float) -> None:
        self._program = program
        self._seconds = seconds

    def refuse(self, exported: ExportedCase) -> str:
        """What it cannot be given. Raises Inexpressible."""
        unable = unable_to(exported.network, exported.test())
        return f"anvil {unable}" if unable else ""

    def judge(self, exported: ExportedCase) -> str:
        """What it does otherwise."""
        return chain_test(self._program, exported.test(), self._seconds)

    def close(self) -> None:
        """Every node has ended."""
