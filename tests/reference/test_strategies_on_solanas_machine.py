"""Solana's machine under random schedules of every strategy, and what transactions declare against what they access."""

from __future__ import annotations

import os
import random
from typing import Any

import pytest

from samestate.reference import STRATEGIES, run_block
from samestate.reference.explorer import RandomTurns
from samestate.spec.machine import Key, Rejection
from samestate.spec.svm.block import Block
from samestate.spec.svm.declared import declared_accounts
from samestate.spec.svm.machine import Svm
from samestate.spec.svm.rulesets import MAINNET_2026_07, MAINNET_2026_09
from samestate.spec.svm.state import SvmState
from samestate.spec.transition import apply_block
from tests.reference.blocks import predictions_of
from tests.spec.svm.generated_blocks import generated_blocks
from tests.spec.svm.random_blocks import random_block, random_chain

BLOCKS = 500 if os.environ.get("HYPOTHESIS_PROFILE") == "soak" else 12
MACHINE = Svm(MAINNET_2026_09)


def declared(block: Block, index: int) -> tuple[tuple[Key, ...], tuple[Key, ...]]:
    return declared_accounts(block, block.transactions[index])


def sequentially(block: Block, state: SvmState, machine: Svm = MACHINE) -> Any:
    """The result of a block, or why there is none."""
    try:
        return apply_block(machine, block, state)
    except Rejection as rejection:
        return rejection.code, rejection.transaction


def by(strategy: str, seed: int, block: Block, state: SvmState, machine: Svm = MACHINE) -> Any:
    """The same as a strategy finds it."""
    try:
        return run_block(
            machine,
            block,
            state,
            strategy,
            workers=2 + seed % 3,
            schedule=RandomTurns(seed),
            estimator=declared,
            predictions=predictions_of(machine, block, state),
            check=True,
        ).result
    except Rejection as rejection:
        return rejection.code, rejection.transaction


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_random_blocks_come_out_the_same(strategy: str) -> None:
    valid = 0
    for seed in range(BLOCKS):
        draw = random.Random(seed)
        chain = random_chain(draw)
        block = random_block(draw, chain, 8)
        right = sequentially(block, chain.state)
        assert by(strategy, seed, block, chain.state) == right, seed
        valid += not isinstance(right, tuple)
    assert BLOCKS // 2 <= valid < BLOCKS


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_generated_blocks_come_out_the_same(strategy: str) -> None:
    for seed in range(BLOCKS):
        ruleset = (MAINNET_2026_07, MAINNET_2026_09)[seed % 2]
        for machine, block, state in generated_blocks(seed, ruleset, 10, seed % 5 / 4):
            assert by(strategy, seed, block, state, machine) == sequentially(block, state, machine), seed


def test_nothing_is_accessed_that_was_not_declared() -> None:
    for seed in range(4 * BLOCKS):
        draw = random.Random(seed)
        chain = random_chain(draw)
        block = random_block(draw, chain, 8)
        try:
            result = apply_block(MACHINE, block, chain.state)
        except Rejection:
            continue
        for index, access in enumerate(result.steps[1:-1]):
            reads, writes = declared(block, index)
            assert set(access.reads) == set(reads)
            assert set(access.writes) <= set(writes)
