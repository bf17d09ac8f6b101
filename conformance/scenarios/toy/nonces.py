"""Nonces: chains of one sender, gaps and repetitions."""

from __future__ import annotations

from conformance.scenarios.scenario import toy_scenario
from conformance.scenarios.toy_block_builder import ToyBlockBuilder
from conformance.scenarios.toy_draft import store


@toy_scenario(hazards="H01")
def chain_of_one_sender(block: ToyBlockBuilder) -> None:
    """Six transactions of one sender are valid only in their order, although they have nothing else in common."""
    alice = block.account("alice")
    for slot in range(6):
        block.send(alice, store(slot, 1))
    block.expect_success()
    block.expect_nonce(alice, 6)
    block.expect_critical_path(6)
