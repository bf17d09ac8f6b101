"""A client that says of a chain whether it is right, as an engine.

The specification fills the chain with the case's blocks, with a header each, and the client imports it: it has executed
each block, and come to the roots, gas and lists that the headers commit to, or has refused it. So where it agrees, it
gives what the specification gives of the case; where not, it says what it stumbled over.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from samestate.conformance.engines.clients.exported import ExportedCase, Exporter
from samestate.conformance.engines.protocol import Capabilities, EngineFailure
from samestate.conformance.exporting.inexpressible import Inexpressible
from samestate.conformance.vectors import evm
from samestate.conformance.vectors.comparing import Granularity
from samestate.conformance.vectors.document import Object
from samestate.conformance.vectors.model import SELECTOR_GROUPS, SELECTORS, Case

COMMITTED: Final = frozenset(
    {
        "state_root",
        "receipts_root",
        "gas_used",
        "blob_gas_used",
        "logs_bloom",
        "requests_hash",
        "block_access_list_hash",
    }
)
"""What headers commit to, which an importing client has come to by itself."""

SELECTORS_OF_CHAINS: Final = frozenset(SELECTORS) - frozenset(SELECTOR_GROUPS["unreachable"]) - {"opening"}
"""What a client of the chain can do, for all that is known of it beforehand."""

EXPORTER: Final = Exporter()
"""Engines that are asked about one case, one after another, are given one chain."""


class Judge(Protocol):
    """A client that takes chains."""

    def refuse(self, exported: ExportedCase) -> str:
        """What it does not do of a chain, though it might call it right; nothing where it does all.

        Raises Inexpressible where its form cannot say the chain.
        """

    def judge(self, exported: ExportedCase) -> str:
        """What it finds wrong with a chain; nothing where all is right. Raises EngineFailure where it does not say."""

    def close(self) -> None:
        """End what it has started."""


@dataclass(frozen=True, slots=True)
class JudgeCapabilities(Capabilities):
    """What a judge can do, which is seen of a case only when it is exported."""

    exporter: Exporter | None = None
    judging: Judge | None = None

    def missing(self, case: Case) -> str:
        """See :meth:`Capabilities.missing`."""
        lacking = Capabilities.missing(self, case)
        if lacking or self.exporter is None or self.judging is None:
            return lacking
        try:
            return self.judging.refuse(self.exporter.export(case))
        except Inexpressible as inexpressible:
            return f"cannot be exported to it: {inexpressible.reason}"


class JudgeEngine:
    """The engine of that id around a judge, which has these forks and selectors."""

    def __init__(
        self,
        id: str,
        version: str,
        judge: Judge,
        forks: frozenset[str],
        selectors: frozenset[str] = SELECTORS_OF_CHAINS,
        outputs: frozenset[str] = COMMITTED,
        strategy: str = "",
    ) -> None:
        self.id = id
        self.version = version
        self.close = judge.close
        self._judge = judge
        self._exporter = EXPORTER
        self.capabilities: Capabilities = JudgeCapabilities(
            machines={evm.NAME: forks},
            selectors=selectors,
            outputs=outputs,
            access=Granularity.NONE,
            strategy=strategy,
            exporter=self._exporter,
            judging=judge,
        )

    def run(self, case: Case) -> Sequence[Object]:
        """See :meth:`samestate.conformance.engines.protocol.Engine.run`."""
        try:
            exported = self._exporter.export(case)
            wrong = self._judge.judge(exported)
        except Inexpressible as inexpressible:
            raise EngineFailure(f"cannot be exported to it: {inexpressible}") from inexpressible
        except BaseException:
            self.close()
            raise
        if wrong:
            raise EngineFailure(f"{self.id} does not agree with the block as the specification has it: {wrong}")
        return exported.results
