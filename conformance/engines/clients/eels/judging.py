"""EELS as a judge of chains."""

from __future__ import annotations

import json

from samestate.conformance.engines.clients.eels.chains import FORKS
from samestate.conformance.engines.clients.exported import ExportedCase
from samestate.conformance.engines.clients.line_judge import LineClient
from samestate.conformance.engines.clients.revm.btest import is_one_chain
from samestate.conformance.engines.protocol import EngineFailure


class EelsChains:
    """See :class:`samestate.conformance.engines.clients.judge.Judge`."""

    def __init__(self, arguments: list[str], seconds: float) -> None:
        self._client = LineClient(arguments, seconds)

    def refuse(self, exported: ExportedCase) -> str:
        """It has forks, and no transitions; and one chain. Raises Inexpressible."""
        if exported.network not in FORKS:
            return f"EELS does not know {exported.network}"
        return "" if is_one_chain(exported.test()) else "EELS has one chain, and no branches"

    def judge(self, exported: ExportedCase) -> str:
        """What it finds wrong."""
        answer = self._client.ask(json.dumps(exported.test()))
        passed, reason = answer.get("passed"), answer.get("reason")
        if not isinstance(passed, bool) or not isinstance(reason, str):
            raise EngineFailure(f"gives no verdict on the test: {json.dumps(answer)[:200]}")
        return "" if passed else reason or "it says no more"

    def close(self) -> None:
        """End the process."""
        self._client.close()
