"""Workloads are what they say: the share of conflicts and of cold accesses, from the record of the specification."""

from __future__ import annotations

import pytest

from conformance.benchmarking.workloads import PRESETS, Workload, make_block, preset
from conformance.errors import InputError
from spec.toy.block import Block
from spec.toy.keys import SLOT
from spec.toy.machine import apply_toy_block
from spec.toy.operations import Keccak, Sload, Sstore


def conflicts(workload: Workload, seed: int) -> int:
    block, state = make_block(workload, seed)
    steps = apply_toy_block(block, state).steps
    return sum(any(read.source for key, read in step.reads.items() if key[:1] == SLOT) for step in steps)


def counts(block: Block, kind: type) -> list[int]:
    return [sum(isinstance(operation, kind) for operation in each.operations) for each in block.transactions]


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("conflict", [0.0, 0.2, 0.5, 1.0])
def test_the_share_of_conflicts_is_exact(conflict: float, seed: int) -> None:
    workload = Workload("trial", 200, slots=1000, conflict=conflict)
    assert conflicts(workload, seed) == min(199, round(200 * conflict))


def test_presets_are_those_of_the_issue() -> None:
    assert {name: workload.transactions for name, workload in PRESETS.items()} == {
        "small": 100,
        "medium": 1000,
        "large": 5000,
        "heavy": 1000,
    }
    block, state = make_block(PRESETS["medium"], 1)
    assert (min(counts(block, Sload)), max(counts(block, Sload))) == (1, 5)
    assert (min(counts(block, Sstore)), max(counts(block, Sstore))) == (1, 3)
    assert (min(counts(block, Keccak)), max(counts(block, Keccak))) == (0, 1)
    assert sum(key[:1] == SLOT for key in state.values) == 10_000
    assert conflicts(PRESETS["medium"], 1) == 200
    assert all(receipt.succeeded for receipt in apply_toy_block(block, state).receipts)


def test_three_accesses_in_ten_are_cold() -> None:
    block, _ = make_block(PRESETS["medium"], 1)
    slots = [
        [operation.slot for operation in each.operations if isinstance(operation, Sload | Sstore)]
        for each in block.transactions
    ]
    assert sum(len(set(used)) for used in slots) / sum(map(len, slots)) == pytest.approx(0.3, abs=0.002)


def test_heavy_is_two_hundred_digests_each() -> None:
    block, _ = make_block(PRESETS["heavy"], 1)
    assert set(counts(block, Keccak)) == {200}
    assert conflicts(PRESETS["heavy"], 1) == 0


def test_on_a_hot_key_everybody_waits_for_everybody() -> None:
    assert conflicts(preset("heavy", on_hot_slot=True), 1) == 999


def test_declarations_are_right() -> None:
    block, state = make_block(PRESETS["small"], 3)
    for transaction, step in zip(block.transactions, apply_toy_block(block, state).steps[1:], strict=False):
        assert transaction.declared is not None
        slots = {key for key in step.reads if key[:1] == SLOT}
        assert {SLOT + slot.to_bytes(32, "big") for slot in transaction.declared.reads} == slots


def test_a_seed_gives_the_same_block_again() -> None:
    assert make_block(PRESETS["small"], 5)[0] == make_block(PRESETS["small"], 5)[0]
    assert make_block(PRESETS["small"], 5)[0] != make_block(PRESETS["small"], 6)[0]


def test_what_cannot_be_made_is_bad_input() -> None:
    with pytest.raises(InputError, match="no preset is called so; known are small, medium, large, heavy"):
        preset("enormous")
    with pytest.raises(InputError, match=r"--conflict 1\.5: must be between 0 and 1"):
        preset("small", 1.5)
    with pytest.raises(InputError, match="--conflict cannot be given with it"):
        preset("small", 0.5, on_hot_slot=True)
    with pytest.raises(InputError, match="10 slots are not enough for 50 transactions"):
        make_block(Workload("narrow", 50, slots=10), 1)
