"""Blocks of Solana's machine, on the specification and on the compiled machine: what differs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from samestate.conformance.engines.optimized.svm import packed_block, svm_result, world_of
from samestate.optimized import Configuration
from samestate.optimized.svm.engine import SvmEngine, SvmOptions
from samestate.spec.machine import Rejection
from samestate.spec.svm.bank_hash import bank_hash
from samestate.spec.svm.block import Block
from samestate.spec.svm.machine import Svm, SvmResult
from samestate.spec.svm.ruleset import SvmRuleset
from samestate.spec.svm.state import SvmState
from samestate.spec.transition import execute_block

WAYS = [
    ("sequential", 1, False),
    ("locks", 2, False),
    ("locks", 4, False),
    ("waves", 2, False),
    ("waves", 4, False),
    ("adaptive", 3, False),
    ("block-stm", 1, False),
    ("block-stm", 4, False),
    ("locks", 2, True),
    ("waves", 2, True),
]
"""Strategy, workers, and whether versioned memory takes the place of accounts in place."""


def engines(signatures: bool = False, ways: Sequence[tuple[str, int, bool]] = WAYS) -> dict[str, SvmEngine]:
    """An engine for each way to execute a block."""
    return {
        f"{strategy} on {workers}{', versions' if versions else ''}{'' if pieces else ', no pieces'}": SvmEngine(
            Configuration(strategy=strategy, workers=workers, memory_limit=64 << 20, record=True),
            SvmOptions(signatures=signatures, versions=versions, pieces=pieces),
        )
        for strategy, workers, versions in ways
        for pieces in ((True, False) if strategy == "locks" and not versions else (True,))
    }


def specified(ruleset: SvmRuleset, block: Block, state: SvmState, signatures: bool = False) -> SvmResult | Rejection:
    """What the specification says."""
    try:
        return execute_block(Svm(ruleset, signatures), block, state)
    except Rejection as rejection:
        return rejection


def differences(
    engine: SvmEngine, ruleset: SvmRuleset, block: Block, state: SvmState, expected: SvmResult | Rejection
) -> list[str]:
    """Where the compiled machine says something else than the specification."""
    machine = Svm(ruleset, False)
    result = engine.execute(packed_block(machine, block), world_of(block, state))
    if isinstance(expected, Rejection):
        found = result.rejection
        wanted = (expected.code.name, expected.transaction)
        got = None if found is None else (found.code, found.transaction)
        return [] if got == wanted else [f"{got} for {wanted} ({expected})"]
    if result.rejection is not None:
        return [f"rejected: {result.rejection}"]
    made = svm_result(result, machine, block, state)
    lines = [
        f"receipt {index}: {ours} for {theirs}"
        for index, (ours, theirs) in enumerate(zip(made.receipts, expected.receipts, strict=True))
        if ours != theirs
    ]
    lines += [
        f"step {ours.step}: {ours} for {theirs}"
        for ours, theirs in zip(made.steps, expected.steps, strict=True)
        if ours != theirs
    ]
    pairs: list[tuple[str, Any, Any]] = [
        ("changes", dict(made.changes), expected.changes),
        ("closing", made.closing, expected.closing),
        ("totals", made.totals, expected.totals),
    ]
    after = expected.state()
    pairs += [
        ("state root", result.state_root, after.root()),
        ("bank hash", result.bank_hash, bank_hash(block, expected.closing.signatures, after.lattice)),
    ]
    lines += [f"{name}: {ours!r} for {theirs!r}" for name, ours, theirs in pairs if ours != theirs]
    return lines
