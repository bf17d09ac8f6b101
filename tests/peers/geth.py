"""geth's transition tool on generated blocks."""

from __future__ import annotations

import shlex
from collections.abc import Iterable

import pytest

from samestate.conformance.engines.clients.installed import find_program
from samestate.conformance.engines.transition_tool.engine import TransitionToolEngine
from samestate.conformance.fuzzing.campaign import wrong_about
from samestate.conformance.generating.case import GeneratedCase
from samestate.conformance.generating.vector import evm_case, with_selectors
from samestate.conformance.peers.peer import PeerMissing
from samestate.conformance.vectors.machines import execute


def find_geth() -> TransitionToolEngine:
    """The engine. Skips the test where geth's ``evm`` is not installed."""
    try:
        program = find_program("evm")
    except PeerMissing as missing:
        pytest.skip(str(missing))
    return TransitionToolEngine(f"{shlex.quote(program)} t8n")


def disagreements(geth: TransitionToolEngine, blocks: Iterable[GeneratedCase]) -> list[str]:
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
