"""A case as clients take it that read official fixtures: a chain from its genesis, filled by the specification."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from samestate.conformance.exporting.blockchain_test import blockchain_test
from samestate.conformance.exporting.chain import ExportedChain
from samestate.conformance.exporting.exporter import NO_CLIENT, chain_of
from samestate.conformance.exporting.inexpressible import Inexpressible
from samestate.conformance.exporting.networks import network_of
from samestate.conformance.vectors import evm
from samestate.conformance.vectors.document import Object
from samestate.conformance.vectors.machines import execute
from samestate.conformance.vectors.model import Case, Vector

NAME: Final = "samestate"
"""What the test in a file is called: no client skips it for its name."""


@dataclass(frozen=True, slots=True)
class ExportedCase:
    """A case as a chain, and what the specification gives of its blocks in the form of vectors."""

    chain: ExportedChain
    network: str
    results: Sequence[Object]

    def test(self) -> dict[str, Any]:
        """The `blockchain_test`. Raises Inexpressible."""
        return blockchain_test(self.chain)

    def text(self) -> str:
        """A file with that test alone. Raises Inexpressible."""
        return json.dumps({NAME: self.test()})


class Exporter:
    """Exports cases, and remembers the last, which is asked for twice: whether it can be taken, and to be taken."""

    def __init__(self) -> None:
        self._last: tuple[Case, ExportedCase | Inexpressible] | None = None

    def export(self, case: Case) -> ExportedCase:
        """The case as a chain. Raises Inexpressible."""
        if self._last is None or self._last[0] is not case:
            self._last = case, exported_or_not(case)
        found = self._last[1]
        if isinstance(found, Inexpressible):
            raise Inexpressible(found.reason, found.detail)
        return found


def exported_or_not(case: Case) -> ExportedCase | Inexpressible:
    """The case as a chain, or why it is none."""
    try:
        if case.machine != evm.NAME:
            raise Inexpressible(NO_CLIENT)
        results = tuple(execute(case))
        chain = chain_of(Vector(place=case.id, case=case, rules=(), hazards=(), expected=results))
        if isinstance(chain, Inexpressible):
            return chain
        return ExportedCase(chain, network_of(chain.schedule), results)
    except Inexpressible as inexpressible:
        return inexpressible
