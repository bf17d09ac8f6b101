"""geth's transition tool on generated blocks, and the specification with the rule that geth has no more left out."""

from __future__ import annotations

import shutil
from collections.abc import Sequence

import pytest

from samestate.conformance.engines.transition_tool.engine import TransitionToolEngine
from samestate.conformance.fuzzing.campaign import wrong_about
from samestate.conformance.generating.case import GeneratedCase
from samestate.conformance.generating.vector import evm_case, with_selectors
from samestate.conformance.vectors.machines import execute
from samestate.spec.evm import interpreter, transaction_execution
from samestate.spec.evm.instructions import creation
from samestate.spec.evm.world import World

WHERE_CREATIONS_COLLIDE = (interpreter, transaction_execution, creation)


def find_geth() -> TransitionToolEngine:
    """The engine. Skips the test where geth's ``evm`` is not installed."""
    if shutil.which("evm") is None:
        pytest.skip("no evm on PATH: go install github.com/ethereum/go-ethereum/cmd/evm@v1.17.10")
    return TransitionToolEngine("evm t8n")


def disagreements(geth: TransitionToolEngine, blocks: Sequence[GeneratedCase]) -> list[str]:
    """Where geth and the specification differ, for people."""
    found = []
    for block in blocks:
        case = evm_case("block", block)
        expected = tuple(execute(case))
        case = with_selectors(case, expected)
        wrong = wrong_about(geth, case, expected)
        if wrong is not None:
            found.append(f"{block.name}: {wrong.text}")
    return found


def without_eip_7610(patch: pytest.MonkeyPatch) -> None:
    """Let a creation collide with nonce and code (EIP-684), and no more with storage alone."""

    def is_taken(world: World, address: bytes) -> bool:
        return world.nonce(address) != 0 or world.code(address) != b""

    for module in WHERE_CREATIONS_COLLIDE:
        patch.setattr(module, "is_taken", is_taken)
