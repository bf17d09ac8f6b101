"""Blocks of a scene are what others are, drawn from a pool: valid, of every type, and quickly made."""

from __future__ import annotations

import time
from collections import Counter

import pytest

from samestate.conformance.generating.evm_scene import BLOCKS_OF_A_SCENE, Scene, scene_of
from samestate.spec.access import dependencies
from samestate.spec.evm.fork import Fork
from samestate.spec.evm.forks import AMSTERDAM, FORKS, PRAGUE
from samestate.spec.evm.machine import Evm
from samestate.spec.machine import Rejection
from samestate.spec.transition import apply_block

LARGEST = 24
PER_SECOND = 5_000
"""Less than a tenth of what one core makes, so that a machine with other work to do passes too."""

forks = pytest.mark.parametrize("fork", FORKS, ids=lambda fork: fork.name)


@pytest.mark.slow
@forks
def test_nearly_all_blocks_are_valid_and_every_type_occurs(fork: Fork) -> None:
    scene, types, ends, valid = Scene(fork, 1, LARGEST), set[int](), Counter[bool](), 0
    for seed in range(8):
        case = scene.block(seed, LARGEST, seed % 5 / 4)
        try:
            result = apply_block(Evm(fork), case.payload(), case.state())
        except Rejection:
            continue
        valid += 1
        assert tuple(outcome.sender for outcome in result.outcomes) == case.senders
        types |= {receipt.type for receipt in result.receipts}
        ends.update(receipt.succeeded for receipt in result.receipts)
    assert valid >= 7
    assert types == fork.transaction_types
    assert min(ends.values()) > 10


def test_a_seed_gives_the_same_block_whatever_came_before_it() -> None:
    first = scene_of(PRAGUE, 700, LARGEST).block(700, 10, 0.5)
    scene_of.cache_clear()
    scene = scene_of(PRAGUE, 701, LARGEST)
    others = [scene.block(seed, 10, 0.5) for seed in (699, 701)]
    assert scene.block(700, 10, 0.5) == first
    assert all(other.transactions != first.transactions for other in others)
    assert scene_of(PRAGUE, 700 + BLOCKS_OF_A_SCENE, LARGEST) is not scene


def test_the_blocks_of_a_scene_share_their_state() -> None:
    scene = scene_of(AMSTERDAM, 3, LARGEST)
    assert scene.block(3, 5, 0).pre is scene.block(4, LARGEST, 1).pre


def test_a_block_has_as_many_transactions_as_it_is_to_have() -> None:
    scene = scene_of(PRAGUE, 3, LARGEST)
    for count in (0, 1, LARGEST):
        for conflict in (0.0, 0.5, 1.0):
            assert len(scene.block(count, count, conflict).transactions) == count
    assert len(scene.block(0, LARGEST + 1, 0.5).transactions) == LARGEST


@pytest.mark.slow
@pytest.mark.parametrize("fork", [PRAGUE, AMSTERDAM], ids=lambda fork: fork.name)
def test_without_conflict_nothing_depends_on_anything(fork: Fork) -> None:
    def edges(conflict: float) -> int:
        scene, count = Scene(fork, 2, LARGEST), 0
        for seed in range(3):
            case = scene.block(seed, LARGEST, conflict)
            result = apply_block(Evm(fork), case.payload(), case.state())
            inside = range(LARGEST)
            count += sum(edge.earlier in inside and edge.later in inside for edge in dependencies(result.steps))
        return count

    assert edges(0) == 0
    assert 0 < edges(0.5) < edges(1)


def test_making_blocks_takes_next_to_no_time() -> None:
    start, count = time.process_time(), 0
    for number, fork in enumerate(FORKS):
        scene = Scene(fork, number, 64)
        for seed in range(BLOCKS_OF_A_SCENE):
            count += len(scene.block(seed, 64, seed % 5 / 4).transactions)
    assert count / (time.process_time() - start) > PER_SECOND
