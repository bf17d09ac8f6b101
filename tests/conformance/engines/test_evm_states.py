"""Results and states of the compiled EVM in the specification's terms, made when somebody asks for them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, replace
from typing import Any

import pytest

from samestate.conformance.engines.optimized.evm_states import CompiledState
from samestate.conformance.engines.optimized.parts import OptimizedBlocks
from samestate.conformance.generating.evm import generate_block, generate_invalid_block
from samestate.optimized import Configuration
from samestate.spec.evm.chain import CommittedResult, access_list_of, commitments_of, encoded_access_list_of
from samestate.spec.evm.fork import Fork
from samestate.spec.evm.forks import AMSTERDAM, BERLIN, PRAGUE
from samestate.spec.evm.machine import Evm
from samestate.spec.evm.state import FlatState
from samestate.spec.machine import Rejection
from samestate.spec.transition import BlockResult, apply_block


@pytest.fixture(scope="module")
def blocks() -> Iterator[OptimizedBlocks]:
    made = OptimizedBlocks(Configuration(strategy="sequential", workers=1))
    yield made
    made.close()


@pytest.mark.parametrize("fork", [BERLIN, PRAGUE, AMSTERDAM])
@pytest.mark.parametrize("seed", range(4))
def test_a_result_says_what_the_specification_says(blocks: OptimizedBlocks, fork: Fork, seed: int) -> None:
    case = generate_block(fork, seed)
    right = apply_block(Evm(fork), case.payload(), case.state())
    given = blocks.execute(Evm(fork), case.payload(), case.state(), None)
    assert isinstance(given, CommittedResult)
    for part in {part.name for part in fields(BlockResult)} - {"before", "outcomes"}:
        assert getattr(given, part) == getattr(right, part), part
    for one, other in zip(given.outcomes, right.outcomes, strict=True):
        assert one._replace(halt=None) == other._replace(halt=None)
        assert isinstance(other.halt, type(one.halt))  # the specification says more of some: how much gas was lacking
    assert commitments_of(given, True) == commitments_of(right, True)
    if fork.has_access_list:
        assert encoded_access_list_of(given) == encoded_access_list_of(right)


@pytest.mark.parametrize("fork", [BERLIN, AMSTERDAM])
def test_what_was_asked_first_changes_nothing(blocks: OptimizedBlocks, fork: Fork) -> None:
    case = generate_block(fork, 5)
    right = apply_block(Evm(fork), case.payload(), case.state())
    given = blocks.execute(Evm(fork), case.payload(), case.state(), None)
    assert given.state().root() == right.state().root()
    assert given.steps == right.steps  # which speak of the state before the block, though that after it was made


def test_a_result_lasts_whatever_is_executed_after_it(blocks: OptimizedBlocks) -> None:
    cases = [generate_block(PRAGUE, seed) for seed in (6, 7)]
    given = [blocks.execute(Evm(PRAGUE), case.payload(), case.state(), None) for case in cases]
    for case, each in zip(cases, given, strict=True):
        right = apply_block(Evm(PRAGUE), case.payload(), case.state())
        assert (each.steps, each.changes) == (right.steps, right.changes)
        assert each.state().root() == right.state().root()


def test_a_world_goes_along_a_chain_and_back_to_a_branch(blocks: OptimizedBlocks) -> None:
    """Blocks that do nothing but their opening and closing: each changes what system contracts keep of it."""
    case = generate_block(AMSTERDAM, 9)
    first, other = case.payload(), generate_block(AMSTERDAM, 9, conflict=0.9).payload()
    genesis = case.state()

    def both(block: Any, states: tuple[Any, Any]) -> tuple[Any, Any]:
        results = [
            apply_block(Evm(AMSTERDAM), block, states[0]),
            blocks.execute(Evm(AMSTERDAM), block, states[1], None),
        ]
        right, given = (result.state() for result in results)
        assert isinstance(given, CompiledState)
        assert given.root() == right.root()
        return right, given

    def empty(block: Any) -> Any:
        return block.__class__(environment=block.environment, transactions=())

    after = both(first, (genesis, genesis))
    later = both(empty(other), after)
    branch = both(empty(first), after)  # on a state that the world has left behind
    assert later[1].to_alloc() == later[0].to_alloc()
    assert branch[1].to_alloc() == branch[0].to_alloc()
    assert (after[1].accounts, after[1].storage) == (after[0].accounts, after[0].storage)
    assert blocks.root_of(genesis) == FlatState(genesis.accounts, genesis.storage, genesis.empty_accounts).root()


def test_a_rejected_block_leaves_the_world_where_it_was(blocks: OptimizedBlocks) -> None:
    case = generate_invalid_block(PRAGUE, 2)
    state = case.state()
    with pytest.raises(Rejection) as given:
        blocks.execute(Evm(PRAGUE), case.payload(), state, None)
    with pytest.raises(Rejection) as right:
        apply_block(Evm(PRAGUE), case.payload(), state)
    assert (given.value.code, given.value.transaction) == (right.value.code, right.value.transaction)
    assert blocks.root_of(state) == state.root()


def test_a_wrong_access_list_is_told_for_the_same_reason(blocks: OptimizedBlocks) -> None:
    case = generate_block(AMSTERDAM, 11)
    state, right = case.state(), apply_block(Evm(AMSTERDAM), case.payload(), case.state())
    accounts = list(access_list_of(right))
    wrong = next(place for place, account in enumerate(accounts) if account.balance_changes)
    (index, balance), *others = accounts[wrong].balance_changes
    accounts[wrong] = accounts[wrong]._replace(balance_changes=((index, balance + 1), *others))
    payload = replace(case.payload(), access_list=tuple(accounts))
    with pytest.raises(Rejection) as told:
        apply_block(Evm(AMSTERDAM), payload, state)
    with pytest.raises(Rejection) as given:
        blocks.execute(Evm(AMSTERDAM), payload, state, None)
    assert given.value.code == told.value.code
    assert all(f"account 0x{accounts[wrong].address.hex()}" in str(each.value) for each in (given, told))
    few = replace(payload, access_list=None, environment=replace(payload.environment, gas_limit=30_000))
    with pytest.raises(Rejection) as told:
        apply_block(Evm(AMSTERDAM), replace(few, transactions=()), state)
    with pytest.raises(Rejection) as given:
        blocks.execute(Evm(AMSTERDAM), replace(few, transactions=()), state, None)
    assert given.value.code == told.value.code
