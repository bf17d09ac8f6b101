"""How outside clients are compared: the same blocks for each, as many as the profile of hypothesis is long.

``SAMESTATE_PEER_BLOCKS`` names another number, and ``SAMESTATE_PEER_SEED`` the first seed, 0 if not said.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping

from samestate.conformance.generating.case import GeneratedCase
from samestate.conformance.generating.evm import generate_block, generate_invalid_block
from samestate.conformance.generating.evm_chain import generate_chain
from samestate.conformance.generating.evm_full import generate_full_block, generate_overfull_block
from samestate.conformance.generating.evm_sweep import generate_sweep
from samestate.conformance.peers.peer import Peer, differences, run_specification
from samestate.spec.evm.fork import Fork
from samestate.spec.evm.forks import AMSTERDAM, BPO2

BLOCKS = {"quick": 3, "ci": 20, "soak": 200}
"""Valid blocks for each client and fork, by profile."""
VALID_FOR_EACH_INVALID = 4

TRANSACTIONS = 14
"""Transactions of a block of Amsterdam: many, since starting a client takes longer than executing one."""
MAKERS: Mapping[str, Callable[[int], list[GeneratedCase]]] = {
    "any": lambda seed: [generate_block(AMSTERDAM, seed, TRANSACTIONS, conflict=seed % 5 / 4)],
    "sweeps of gas": lambda seed: [generate_sweep(AMSTERDAM, seed, TRANSACTIONS)],
    "full": lambda seed: [generate_full_block(AMSTERDAM, seed, TRANSACTIONS)],
    "overfull": lambda seed: [generate_overfull_block(AMSTERDAM, seed, TRANSACTIONS)],
    "invalid": lambda seed: [generate_invalid_block(AMSTERDAM, seed)],
    "chains": lambda seed: generate_chain((AMSTERDAM,) * 4, seed, TRANSACTIONS),
    "across the fork": lambda seed: generate_chain((BPO2, AMSTERDAM, AMSTERDAM), seed, TRANSACTIONS),
}
"""What makes blocks of Amsterdam of a seed, by the name of the kind."""


def amsterdam_blocks(kind: str) -> Iterator[GeneratedCase]:
    """So many blocks of Amsterdam of that kind, and those of the fork before that they follow."""
    left, seed = block_count(), int(os.environ.get("SAMESTATE_PEER_SEED", "0"))
    while left > 0:
        chain = MAKERS[kind](seed)
        yield from chain
        left -= sum(case.fork is AMSTERDAM for case in chain)
        seed += 1


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


def disagreements(peer: Peer, cases: Iterable[GeneratedCase]) -> list[str]:
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
