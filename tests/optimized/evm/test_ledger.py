"""What blocks change: the compiled ledger beside the readable one, states and roots beside the specification's."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from samestate.conformance.engines.optimized.evm import packed_block
from samestate.conformance.engines.optimized.evm_states import world_of
from samestate.conformance.engines.optimized.plain import plain_state
from samestate.conformance.generating.case import GeneratedCase
from samestate.conformance.generating.evm import generate_block, generate_invalid_block
from samestate.conformance.generating.evm_chain import generate_chain
from samestate.conformance.vectors.loading import load_vector_file
from samestate.conformance.vectors.machines import execute
from samestate.conformance.vectors.places import SUFFIX, VECTORS
from samestate.optimized.configuration import Configuration
from samestate.optimized.evm.engine import EvmEngine
from samestate.optimized.evm.ledger import BlockLedger
from samestate.optimized.evm.result import EvmResult, merge, storage_owner
from samestate.optimized.evm.trie import MissingNode, StateTrie, pack_account
from samestate.optimized.evm.world import World
from samestate.optimized.processes.ledger import Ledger
from samestate.optimized.record import OPEN
from samestate.spec.evm.fork import Fork
from samestate.spec.evm.forks import AMSTERDAM, BPO2, FORKS, PRAGUE, SHANGHAI
from samestate.spec.evm.machine import Evm
from samestate.spec.evm.payload import Payload
from samestate.spec.evm.state import FlatState
from samestate.spec.machine import Rejection
from samestate.spec.transition import apply_block

SUITES = sorted(path for path in (VECTORS / "evm").iterdir() if path.is_dir())


@pytest.fixture(scope="module")
def engine() -> Iterator[EvmEngine]:
    with EvmEngine(Configuration(strategy="sequential", record=True)) as engine:
        yield engine


def readable(result: EvmResult, world: World) -> Ledger:
    """The ledger of Python objects, with all steps of a block entered. ``world``: the state before it."""
    ledger = Ledger(world.get, merge, storage_owner)
    if result.rejection is None:
        for step in range(len(result.records)):
            ledger.enter(step + OPEN, result.records.effect(step))
    return ledger


class Chain:
    """Executes blocks on one world, and compares everything with the specification's states."""

    def __init__(self, engine: EvmEngine, may_branch: bool = False) -> None:
        self.engine = engine
        self.may_branch = may_branch
        self.world: World | None = None
        self.blocks = 0

    def apply(self, machine: Any, block: Payload, state: Any) -> Any:
        """The specification's result of a block. Raises Rejection."""
        assert isinstance(state, FlatState)
        if self.world is None or (self.may_branch and self.world.items() != plain_state(state)):
            self.world = world_of(state)
        assert self.world.items() == plain_state(state)
        version = self.world.version
        result = self.engine.execute(packed_block(machine, block, None), self.world)
        expected = readable(result, self.world)
        assert result.changes == expected.changes()
        assert tuple(result.wipes) == expected.wipes()
        self.blocks += 1
        try:
            right = apply_block(machine, block, state)
        except Rejection:
            if result.rejection is not None:
                assert result.ledger.root() == self.world.root() == state.root()
            else:  # for its access list: the block went into the trie, and goes out of it
                assert result.ledger.root() != b""
                assert self.world.root() == state.root()
            raise
        after = right.state()
        assert isinstance(after, FlatState)
        if self.blocks % 3:
            assert result.ledger.root() == after.root()
            assert result.ledger.root(2) == after.root()
        if self.blocks % 2:
            assert self.world.root() == state.root()
        assert self.world.items() == plain_state(state)
        assert self.world.version == version
        result.ledger.apply(1 + self.blocks % 2)
        assert self.world.items() == plain_state(after)
        assert self.world.root() == after.root()
        return right


@pytest.mark.parametrize("suite", SUITES, ids=lambda path: path.name)
def test_every_vector_changes_what_the_readable_ledger_and_the_specification_say(suite: Any, engine: EvmEngine) -> None:
    blocks = 0
    for path in sorted(suite.rglob(f"*{SUFFIX}")):
        case = load_vector_file(path).case
        chain = Chain(engine, may_branch="chain" in case.selectors)
        execute(case, chain.apply)
        blocks += chain.blocks
    assert blocks or suite.name in ("block_encodings", "encodings")  # where nothing is executed


def run(chain: Chain, case: GeneratedCase) -> None:
    """Execute a generated block on the world of the chain."""
    chain.apply(Evm(case.fork), case.payload(), case.state())


@pytest.mark.parametrize("fork", FORKS, ids=lambda fork: fork.name)
def test_generated_blocks_change_what_the_readable_ledger_and_the_specification_say(
    fork: Fork, engine: EvmEngine
) -> None:
    for seed in range(6):
        run(Chain(engine), generate_block(fork, 7000 + seed, transactions=12))


@pytest.mark.parametrize(
    "forks",
    [(SHANGHAI,) * 3, (SHANGHAI, PRAGUE, PRAGUE, BPO2), (BPO2, AMSTERDAM, AMSTERDAM, AMSTERDAM)],
    ids=lambda forks: "-".join(fork.name for fork in forks),
)
def test_one_world_goes_with_a_chain(forks: tuple[Fork, ...], engine: EvmEngine) -> None:
    for seed in range(3):
        chain = Chain(engine)
        for case in generate_chain(forks, 300 + seed):
            run(chain, case)


def test_an_invalid_block_changes_nothing(engine: EvmEngine) -> None:
    case = generate_invalid_block(PRAGUE, 11)
    with pytest.raises(Rejection):
        run(Chain(engine), case)


# A state that goes its own way


def executed(engine: EvmEngine) -> tuple[GeneratedCase, World, EvmResult]:
    """A block that was executed, and the state before it."""
    case = generate_block(PRAGUE, 12)
    world = world_of(case.state())
    return case, world, engine.execute(packed_block(Evm(case.fork), case.payload(), None), world)


def test_of_two_blocks_on_one_state_each_has_its_own_root(engine: EvmEngine) -> None:
    case, world, result = executed(engine)
    other = BlockLedger(result.records, result.block, False)
    right = apply_block(Evm(case.fork), case.payload(), case.state()).state()
    assert isinstance(right, FlatState)
    for _ in range(2):
        assert result.ledger.root() == right.root()
        assert other.root() == world.root() == case.state().root()


def test_a_ledger_is_of_the_state_before_its_block(engine: EvmEngine) -> None:
    _, world, result = executed(engine)
    late = result.ledger
    late.apply()
    for use in (late.apply, late.root, lambda: BlockLedger(result.records, result.block, True)):
        with pytest.raises(ValueError, match="the state has changed since the block was executed on it"):
            use()
    assert world.version == result.records.version + 1


def test_changes_by_key_take_the_trie_along(engine: EvmEngine) -> None:
    case, world, result = executed(engine)
    right = apply_block(Evm(case.fork), case.payload(), case.state()).state()
    assert isinstance(right, FlatState)
    assert world.root() == case.state().root()
    result.ledger.root()
    world.apply(result.changes, result.wipes)
    assert world.root() == right.root()


def test_wipes_by_address_take_the_trie_along() -> None:
    owner = bytes(19) + b"\x77"
    world = World()
    world.apply({b"\x01" + owner: b"\x05", b"\x04" + owner + bytes(31) + b"\x01": b"\x09"})
    before = world.root()
    world.apply({b"\x04" + owner + bytes(31) + b"\x02": b"\x08"}, [owner])
    fresh = World()
    fresh.apply(world.items())
    assert world.root() == fresh.root() != before


def test_a_witness_that_lacks_a_node_is_named_and_not_used_again(engine: EvmEngine) -> None:
    case, world, result = executed(engine)
    world.commit_to(StateTrie(case.state().root()))
    assert world.root() == case.state().root()
    with pytest.raises(MissingNode, match="on the path to account"):
        result.ledger.root()
    with pytest.raises(ValueError, match="an update of this state failed"):
        world.root()


def test_a_trie_that_was_given_is_used(engine: EvmEngine) -> None:
    trie = StateTrie()
    trie.update(pack_account(bytes(20), nonce=1))
    world = World()
    world.commit_to(trie)
    assert world.root() == trie.root()


def test_a_state_changed_in_part_loses_the_trie_of_a_witness() -> None:
    world = World()
    world.commit_to(StateTrie())
    with pytest.raises(ValueError, match="no key"):
        world.apply({b"\x09": b"\x01"})
    with pytest.raises(ValueError, match="its trie is lost"):
        world.root()


def test_a_state_changed_in_part_has_the_root_of_what_it_holds() -> None:
    world, right = World(), World()
    assert world.root() == right.root()
    with pytest.raises(ValueError, match="no key"):
        world.apply({b"\x02" + bytes(20): b"\x01", b"\x09": b"\x01"})
    right.apply(world.items())
    assert right.items()
    assert world.root() == right.root()
