"""Agave's Bank as an engine: a chain a line, asked of a program that is kept running."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from samestate.conformance.engines.clients.agave.question import question, unable
from samestate.conformance.engines.clients.agave.results import results_of
from samestate.conformance.engines.clients.line_judge import LineClient
from samestate.conformance.engines.protocol import Capabilities, EngineFailure
from samestate.conformance.fixtures.solana.features import FEATURES
from samestate.conformance.vectors.comparing import Granularity
from samestate.conformance.vectors.document import Object
from samestate.conformance.vectors.model import POST_STATE, SELECTORS, Case

MACHINE: Final = "svm"
OUTPUTS: Final = frozenset(
    {
        "state_root",
        "bank_hash",
        "blockhash",
        "signature_count",
        "block_cost",
        "receipts",
        "rejection_code",
        POST_STATE,
    }
)


@dataclass(frozen=True, slots=True)
class BankCapabilities(Capabilities):
    """What the Bank can do, which is seen of some cases only when they are looked at."""

    def missing(self, case: Case) -> str:
        """See :meth:`Capabilities.missing`."""
        return Capabilities.missing(self, case) or unable(case)


class AgaveBank:
    """The engine around the program at that path, which has so many seconds for an answer."""

    def __init__(self, id: str, version: str, program: Sequence[str], seconds: float) -> None:
        self.id = id
        self.version = version
        self.capabilities: Capabilities = BankCapabilities(
            machines={MACHINE: frozenset(FEATURES)},
            selectors=frozenset(SELECTORS),
            outputs=OUTPUTS,
            access=Granularity.NONE,
        )
        self._client = LineClient(program, seconds)

    def run(self, case: Case) -> Sequence[Object]:
        """See :meth:`samestate.conformance.engines.protocol.Engine.run`."""
        answer = self._client.ask(json.dumps(question(case)))
        if "error" in answer:
            self.close()
            raise EngineFailure(f"does not take the question: {answer['error']}")
        try:
            return results_of(case, answer)
        except EngineFailure:
            self.close()
            raise

    def close(self) -> None:
        """End the program."""
        self._client.close()
