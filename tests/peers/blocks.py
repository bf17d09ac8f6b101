"""How outside clients are compared: the same blocks for each, as many as the profile of hypothesis is long.

``SAMESTATE_PEER_BLOCKS`` names another number.
"""

from __future__ import annotations

import os

from samestate.conformance.generating.case import GeneratedCase
from samestate.conformance.generating.evm import generate_block, generate_invalid_block
from samestate.conformance.peers.peer import Peer, differences, run_specification
from samestate.spec.evm.fork import Fork

BLOCKS = {"quick": 3, "ci": 20, "soak": 200}
"""Valid blocks for each client and fork, by profile."""
VALID_FOR_EACH_INVALID = 4


def block_count() -> int:
    """How many valid blocks each client executes under each fork."""
    profile = os.environ.get("HYPOTHESIS_PROFILE", "quick")
    return int(os.environ.get("SAMESTATE_PEER_BLOCKS", BLOCKS[profile]))


def valid_blocks(fork: Fork) -> list[GeneratedCase]:
    """Blocks with few to many conflicts."""
    return [generate_block(fork, seed, conflict=seed % 5 / 4) for seed in range(block_count())]


def invalid_blocks(fork: Fork) -> list[GeneratedCase]:
    """Blocks whose last transaction may not be in them."""
    return [generate_invalid_block(fork, seed) for seed in range(block_count() // VALID_FOR_EACH_INVALID + 1)]


def disagreements(peer: Peer, cases: list[GeneratedCase]) -> list[str]:
    """Where the client and the specification differ, for people."""
    found = []
    for case in cases:
        ours, theirs = run_specification(case), peer.run(case)
        for name in differences(ours, theirs):
            found.append(
                f"{case.name}: {name}: {getattr(ours, name)!r} here, "
                f"{peer.name} {peer.version} says {getattr(theirs, name)!r}"
            )
    return found
