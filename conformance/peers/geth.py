"""geth's transition tool, ``evm t8n``, as a peer: one run for each block."""

from __future__ import annotations

import shlex

from samestate.conformance.engines.clients.installed import find_program
from samestate.conformance.engines.transition_tool.engine import TransitionToolEngine
from samestate.conformance.generating.case import GeneratedCase
from samestate.conformance.generating.vector import evm_case
from samestate.conformance.peers.peer import ReportedBlock
from samestate.conformance.vectors import evm
from samestate.conformance.vectors.document import Object
from samestate.conformance.vectors.hexadecimal import unhexed
from samestate.conformance.vectors.model import VALID, members, text, texts


class Geth:
    """geth as a peer. Nothing of it runs between two blocks."""

    name = "geth"

    def __init__(self) -> None:
        """Raises PeerMissing."""
        self._engine = TransitionToolEngine(f"{shlex.quote(find_program('evm'))} t8n")
        self.version = self._engine.version

    def supports(self, fork: str) -> bool:
        """Whether the client has the fork."""
        return fork.replace(" ", "") in self._engine.capabilities.machines[evm.NAME]

    def run(self, case: GeneratedCase) -> ReportedBlock:
        """Execute the block. Raises EngineFailure."""
        (result,) = self._engine.run(evm_case("block", case))
        if text(result, "status") != VALID:
            return ReportedBlock(rejection=text(result, "status"))
        return ReportedBlock(
            state_root=given(result, "state_root"),
            receipts_root=given(result, "receipts_root"),
            gas_used=int(text(result, "gas_used")),
            cumulative_gas=tuple(int(text(receipt, "cumulative_gas_used")) for receipt in members(result, "receipts")),
            bloom=given(result, "logs_bloom"),
            blob_gas_used=int(text(result, "blob_gas_used")) if "blob_gas_used" in result else None,
            requests=tuple(map(unhexed, texts(result, "requests"))) if "requests" in result else None,
            access_list=given(result, "block_access_list"),
        )


def given(result: Object, name: str) -> bytes | None:
    """Some bytes of a result, where it has them."""
    return unhexed(text(result, name)) if name in result else None
