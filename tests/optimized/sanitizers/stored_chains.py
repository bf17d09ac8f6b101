"""Chains of blocks in plain terms, as `stored_stress.py` takes them: token transfers, and blocks that wipe storage."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from samestate.conformance.benchmarking.token_chain import FORK, TokenChain
from samestate.conformance.engines.optimized.evm import page_of
from samestate.conformance.fixtures.named_forks import name_fork
from samestate.conformance.vectors.loading import load_vector_file
from samestate.conformance.vectors.places import VECTORS
from tests.optimized.sanitizers.evm_blocks import blocks_of

WIPING = "evm/self_destruct"

PlainChain = tuple[Any, dict[bytes, bytes], list[tuple[Any, ...]]]
"""A fork, the state before the first block, and of each block its environment and the rest of it."""


def token_chain(accounts: int, transfers: int, blocks: int) -> PlainChain:
    """Blocks of transfers between accounts that are drawn from all, so that a block changes all parts of the tries."""
    chain = TokenChain(accounts, transfers)
    fork = page_of(name_fork(FORK))
    parts = [chain.parts() for _ in range(blocks)]
    return (
        (fork.name, dict(fork.numbers), dict(fork.instructions)),
        dict(chain.in_memory().items()),
        [(tuple(environment), (raw,)) for environment, raw, _ in parts],
    )


def wiping_chains() -> Iterator[PlainChain]:
    """Single blocks of vectors whose accounts end, with all that is below them."""
    for path in sorted((VECTORS / WIPING).rglob("*.yaml")):
        for fork, environment, rest, values in blocks_of(load_vector_file(path).case):
            yield fork, values, [(environment, rest)]
