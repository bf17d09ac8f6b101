"""Blocks of Solana's machine in plain terms, as `stress.py` takes them: those of random chains."""

from __future__ import annotations

from typing import Any

from samestate.conformance.engines.optimized.svm import plain_bank, plain_block
from samestate.spec.svm.block import Block
from samestate.spec.svm.machine import Svm
from samestate.spec.svm.ruleset import SvmRuleset
from samestate.spec.svm.rulesets import MAINNET_2026_07, MAINNET_2026_09
from samestate.spec.svm.state import SvmState
from tests.optimized.svm.random_blocks import random_chain


def svm_blocks(seeds: range, blocks: int, size: int) -> list[tuple[Any, ...]]:
    """Those of so many chains."""
    made = []
    for seed in seeds:
        ruleset = (MAINNET_2026_07, MAINNET_2026_09)[seed % 2]
        made += [plain(ruleset, drawn.block, drawn.state) for drawn in random_chain(seed, ruleset, blocks, size)]
    return made


def plain(ruleset: SvmRuleset, block: Block, state: SvmState) -> tuple[Any, ...]:
    """A block and the state before it, without any class of ours."""
    rules, slot, leader, entries, blockhash, timestamp, limits, price = plain_block(Svm(ruleset), block)
    own = (
        (rules.name, rules.has_version_1, rules.keeps_exempt),
        slot,
        leader,
        [tuple(entry) for entry in entries],
        blockhash,
        timestamp,
        (limits.account, limits.block, limits.allocation),
        price,
    )
    return own, plain_bank(block, state), dict(state.values)
