"""Generated toy blocks: their sizes and conflict ratios, the same for the same seed; and how cases shrink."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, find, given, settings

from samestate.conformance.engines.registry import find_engine
from samestate.conformance.generating.toy import (
    PRESETS,
    KeySpaceTooSmall,
    Workload,
    generate_block,
    generate_preset,
    most_gas,
    right_declaration,
)
from samestate.conformance.generating.toy_case import WAYS, GeneratedToyCase, cold_ratio
from samestate.conformance.generating.toy_strategies import CaseSizes, toy_cases
from samestate.conformance.vectors import toy
from samestate.conformance.vectors.model import VALID, members, text
from samestate.spec.toy.machine import Toy
from samestate.spec.toy.operations import Keccak, Sload, Sstore
from samestate.spec.transition import apply_block

pytestmark = pytest.mark.slow

LIGHT = ["small", "medium", "large"]


@pytest.mark.parametrize("name", PRESETS)
def test_presets_are_as_large_and_as_conflicting_as_they_say(name: str) -> None:
    preset, case = PRESETS[name], generate_preset(name)
    assert len(case.blocks[0].transactions) == preset.transactions
    assert case.conflict_ratio() == pytest.approx(preset.conflict, abs=0.02)


@pytest.mark.parametrize("name", LIGHT)
def test_light_presets_are_as_the_issue_says(name: str) -> None:
    (block,) = generate_preset(name).blocks
    assert cold_ratio(block) == pytest.approx(0.3, abs=0.02)
    for transaction in block.transactions:
        counts = Counter(type(operation) for operation in transaction.operations)
        assert 1 <= counts[Sload] <= 5
        assert 1 <= counts[Sstore] <= 3
        assert counts[Keccak] <= 1
        assert transaction.declared == right_declaration(transaction.operations)
        assert transaction.declared is not None
        assert all(slot < 10_000 for slot in transaction.declared.reads)


def test_heavy_presets_hash() -> None:
    for name in ("heavy", "heavy-one-key"):
        for transaction in generate_preset(name).blocks[0].transactions[:5]:
            assert sum(isinstance(operation, Keccak) for operation in transaction.operations) == 200


@pytest.mark.parametrize("conflict", [0, 0.1, 0.33, 0.5, 0.9, 1])
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_conflict_ratio_is_as_asked(conflict: float, seed: int) -> None:
    assert generate_block(seed, 300, conflict).conflict_ratio() == pytest.approx(conflict, abs=0.02)


def test_no_generated_transaction_fails() -> None:
    (block,), state = generate_block(5, 200, 0.4).blocks, generate_block(5, 200, 0.4).state
    assert all(receipt.succeeded for receipt in apply_block(Toy(), block, state).receipts)
    for transaction in block.transactions:
        assert transaction.gas_limit == sum(map(most_gas, transaction.operations))


def test_the_seed_decides() -> None:
    first, again, other = generate_block(7, 50), generate_block(7, 50), generate_block(8, 50)
    assert (first.blocks, first.state.values) == (again.blocks, again.state.values)
    assert first.blocks != other.blocks


@pytest.mark.parametrize("count", [0, 1, 2])
def test_small_blocks(count: int) -> None:
    for conflict in (0, 1):
        case = generate_block(1, count, conflict)
        assert len(case.blocks[0].transactions) == count
        assert case.conflict_ratio() == (0.5 if count == 2 and conflict else 0)


def test_what_cannot_be_generated() -> None:
    with pytest.raises(KeySpaceTooSmall, match="take more keys"):
        generate_block(1, 100, 0, Workload(keys=20))
    for count, conflict in ((-1, 0.5), (10, 1.5), (10, -0.1)):
        with pytest.raises(ValueError, match="must be 0 to 1 of 0 or more"):
            generate_block(1, count, conflict)
    assert generate_block(1, 100, 1, Workload(keys=20)).conflict_ratio() == 0.99


@given(toy_cases())
def test_cases_are_what_engines_are_given(case: GeneratedToyCase) -> None:
    written = case.case()
    state, blocks = toy.read_case(written)
    assert (state.values, blocks) == (case.state.values, case.blocks)
    assert find_engine("spec").run(written) == case.expected()
    assert not find_engine("spec").capabilities.missing(written)


@given(toy_cases(CaseSizes(is_always_valid=True)))
def test_cases_that_are_always_valid(case: GeneratedToyCase) -> None:
    assert {text(result, "status") for result in case.expected()} == {VALID}


@given(toy_cases(CaseSizes(conflict=0, blocks=1, is_always_valid=True)))
def test_no_conflict_where_none_is_wanted(case: GeneratedToyCase) -> None:
    assert case.conflict_ratio() == 0


def test_cases_cover_what_they_should() -> None:
    seen: Counter[str] = Counter()

    @settings(max_examples=250, database=None, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(toy_cases())
    def look(case: GeneratedToyCase) -> None:
        for block, result in zip(case.blocks, case.expected(), strict=True):
            seen[text(result, "status")] += 1
            seen["withdrawals"] += bool(block.withdrawals)
            seen["declared"] += any(transaction.declared for transaction in block.transactions)
            seen["coinbase sends"] += any(transaction.sender == block.coinbase for transaction in block.transactions)
            seen["list"] += block.access_list is not None and text(result, "status") == VALID
            for receipt in members(result, "receipts"):
                seen[text(receipt, "status")] += 1
            for edge in members(result, "depends"):
                seen[text(edge, "kind") + text(edge, "key").split()[0]] += 1
        seen["several blocks"] += len(case.blocks) > 1

    look()
    statuses = [*toy.rejection_names(), VALID]
    statuses.remove("NONCE_IS_MAX")
    words = "withdrawals declared list success failure RAWslot WARslot WAWslot RAWbalance RAWnonce"
    wanted = [*statuses, *words.split(), "coinbase sends", "several blocks"]
    assert [what for what in wanted if seen[what] < 3] == []
    assert len(WAYS) == 9


def shrunk(condition: Callable[[Any], bool]) -> GeneratedToyCase:
    return find(
        toy_cases(CaseSizes(transactions=5, operations=3, blocks=1)),
        lambda case: any(condition(result) for result in case.expected()),
        settings=settings(max_examples=1000, database=None, derandomize=True, phases=[Phase.generate, Phase.shrink]),
    )


def test_a_conflict_shrinks_to_two_transactions() -> None:
    case = shrunk(
        lambda result: any(
            text(edge, "kind") == "RAW" and text(edge, "key").startswith("slot") for edge in members(result, "depends")
        )
    )
    transactions = [transaction for block in case.blocks for transaction in block.transactions]
    assert len(transactions) <= 3
    assert sum(len(transaction.operations) for transaction in transactions) <= 4
    slots = {op.slot for each in transactions for op in each.operations if isinstance(op, Sload | Sstore)}
    assert len(slots) == 1


def test_a_failure_shrinks_to_one_transaction() -> None:
    case = shrunk(lambda result: any(text(receipt, "status") == "failure" for receipt in members(result, "receipts")))
    assert sum(len(block.transactions) for block in case.blocks) <= 2
