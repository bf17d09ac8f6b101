"""Blocks that hypothesis draws: valid mostly, led to conflicts by its targets, and shrunk to what a bug needs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import pytest
from hypothesis import HealthCheck, Phase, find, given, settings, target

from samestate.conformance.generating.case import GeneratedCase
from samestate.conformance.generating.evm_strategies import conflicts_of, depth_of, evm_cases
from samestate.spec.evm.chain import EvmResult
from samestate.spec.evm.fork import Fork
from samestate.spec.evm.forks import CANCUN, FORKS, PRAGUE
from samestate.spec.evm.keys import SLOT
from samestate.spec.evm.machine import Evm
from samestate.spec.machine import Rejection
from samestate.spec.transition import apply_block

pytestmark = pytest.mark.slow

QUIET: Final = settings(
    deadline=None, database=None, suppress_health_check=list(HealthCheck), derandomize=True, max_examples=400
)


def run(case: GeneratedCase) -> EvmResult:
    return apply_block(Evm(case.fork), case.payload(), case.state())


@pytest.mark.parametrize("fork", FORKS, ids=lambda fork: fork.name)
def test_drawn_blocks_are_valid_mostly(fork: Fork) -> None:
    valid = rejected = deepest = 0

    @settings(QUIET, max_examples=40, phases=(Phase.generate,))
    @given(case=evm_cases(fork))
    def check(case: GeneratedCase) -> None:
        nonlocal valid, rejected, deepest
        try:
            deepest = max(deepest, depth_of(run(case)))
            valid += 1
        except Rejection:
            rejected += 1

    check()
    assert valid > 10 * rejected
    assert deepest >= 3


def slots_from_earlier(result: EvmResult) -> set[int]:
    """The transactions that read a slot which an earlier one wrote."""
    inside = range(len(result.receipts))
    return {
        step.step
        for step in result.steps
        if step.step in inside
        and any(key[0] == SLOT and any(by in inside for by in read.source) for key, read in step.reads.items())
    }


def loses_a_log(result: EvmResult) -> bool:
    return any(index and receipt.logs for index, receipt in enumerate(result.receipts))


def loses_an_update(result: EvmResult) -> bool:
    writes = [key for step in result.steps for key in step.writes if key[0] == SLOT and step.step in range(999)]
    return any(writes.count(key) > 1 for key in writes)


def misses_a_read(result: EvmResult) -> bool:
    return bool(slots_from_earlier(result))


def takes_a_nonce_for_wrong(result: EvmResult) -> bool:
    senders = [outcome.sender for outcome in result.outcomes]
    return any(senders.count(sender) >= 3 for sender in senders)


BUGS: Final[dict[str, tuple[Callable[[EvmResult], bool], int]]] = {
    "receipt": (loses_a_log, 2),
    "state": (loses_an_update, 2),
    "record": (misses_a_read, 2),
    "status": (takes_a_nonce_for_wrong, 3),
}
"""When a bug of each kind of difference shows, and how many transactions that takes."""


@pytest.mark.parametrize("kind", BUGS)
def test_hypothesis_shrinks_to_what_a_bug_needs(kind: str) -> None:
    shows, needed = BUGS[kind]

    def is_wrong(case: GeneratedCase) -> bool:
        try:
            return shows(run(case))
        except Rejection:
            return False

    found = find(
        evm_cases(PRAGUE, transactions=5, statements=2),
        is_wrong,
        settings=settings(QUIET, phases=(Phase.generate, Phase.shrink)),
    )
    assert len(found.transactions) == needed


def test_targets_lead_to_depth_and_conflicts() -> None:
    """With targets hypothesis finds blocks in which more waits than it does without."""

    def most(has_targets: bool) -> tuple[int, int]:
        depth = conflicts = 0

        @settings(QUIET, max_examples=60, phases=(Phase.generate, Phase.target))
        @given(case=evm_cases(CANCUN, transactions=8))
        def look(case: GeneratedCase) -> None:
            nonlocal depth, conflicts
            try:
                deep, often = depth_of(run(case)), conflicts_of(case)
            except Rejection:
                return
            depth, conflicts = max(depth, deep), max(conflicts, often)
            if has_targets:
                target(float(deep), label="depth")
                target(float(often), label="conflicts")

        look()
        return depth, conflicts

    without, with_targets = most(has_targets=False), most(has_targets=True)
    assert with_targets[0] >= without[0] and with_targets[1] >= without[1]
    assert with_targets[0] >= 5
