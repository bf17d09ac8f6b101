"""Blocks on a state of which a witness proves a part: what is needed is read, and what is lacking is named."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from samestate.conformance.engines.optimized.evm import packed_block
from samestate.conformance.engines.optimized.parts import OptimizedBlocks
from samestate.conformance.fixtures.known_hashes import KnownHashes
from samestate.conformance.generating.case import GeneratedCase
from samestate.conformance.generating.evm import generate_block, generate_invalid_block
from samestate.optimized.configuration import Configuration
from samestate.optimized.errors import MissingState
from samestate.optimized.evm.engine import EvmEngine
from samestate.optimized.evm.trie import MalformedNode, MissingNode
from samestate.optimized.evm.witness import WitnessWorld
from samestate.spec.evm.block import Withdrawal
from samestate.spec.evm.chain import encoded_access_list_of
from samestate.spec.evm.fork import Fork
from samestate.spec.evm.forks import AMSTERDAM, FORKS, PRAGUE, SHANGHAI
from samestate.spec.evm.hashing import keccak256
from samestate.spec.evm.keys import balance_key, code_key, slot_key
from samestate.spec.evm.machine import Evm
from samestate.spec.evm.state import Account, FlatState, MissingWitness, WitnessState
from samestate.spec.machine import Rejection
from samestate.spec.transition import apply_block
from tests.spec.evm.test_state import witness_of

ENGINES = {
    "sequential": Configuration(strategy="sequential", workers=1),
    "block-stm": Configuration(strategy="block-stm", workers=2),
    "block-stm, 4 workers": Configuration(strategy="block-stm", workers=4),
    "locks": Configuration(strategy="locks", workers=2),
    "waves": Configuration(strategy="waves", workers=2),
    "adaptive": Configuration(strategy="adaptive", workers=2),
}


@pytest.fixture(scope="module", params=ENGINES)
def blocks(request: pytest.FixtureRequest) -> Iterator[OptimizedBlocks]:
    made = OptimizedBlocks(ENGINES[request.param])
    yield made
    made.close()


def witness(state: FlatState, without: bytes | None = None) -> WitnessState:
    """The state as a witness, but for one node or code."""
    nodes = [node for node in witness_of(state) if node != without]
    codes = [account.code for account in state.accounts.values() if account.code and account.code != without]
    return WitnessState(state.root(), nodes, codes)


def ending(execute: Any) -> tuple[str, str]:
    """How it ends: with a root, a rejection, or something that is missing; that in whole."""
    try:
        return "root", execute().state().root().hex()
    except Rejection as rejection:
        return "rejection", f"{rejection.code.name} {rejection.transaction}"
    except MissingWitness as missing:
        return type(missing).__name__, str(missing)


@pytest.mark.parametrize("fork", FORKS, ids=lambda fork: fork.name)
@pytest.mark.parametrize("generate", [generate_block, generate_invalid_block])
def test_what_is_needed_is_read_from_the_witness(blocks: OptimizedBlocks, fork: Fork, generate: Any) -> None:
    case: GeneratedCase = generate(fork, 21)
    state = case.state()

    def by_engine() -> Any:
        return blocks.execute(Evm(fork), case.payload(), witness(state), None)

    assert ending(by_engine) == ending(lambda: apply_block(Evm(fork), case.payload(), state))
    if generate is generate_block:
        assert by_engine().steps == apply_block(Evm(fork), case.payload(), state).steps


@pytest.mark.parametrize("generate", [generate_block, generate_invalid_block])
@pytest.mark.parametrize("seed", [3, 4])
def test_whatever_is_lacking_it_ends_as_the_specification_does(
    blocks: OptimizedBlocks, generate: Any, seed: int
) -> None:
    """Each node and each code taken away in turn: it is needed by both, or by neither.

    But for a code of which the engine needs no more than its hash, and for what is wrong with a block by then: there it
    comes to what comes of the whole.
    """
    case: GeneratedCase = generate(PRAGUE, seed, transactions=4)
    state = case.state()
    taken = [*witness_of(state), *{account.code for account in state.accounts.values() if account.code}]
    whole = ending(lambda: apply_block(Evm(PRAGUE), case.payload(), state))
    ends = set()
    for each in taken:
        right = ending(lambda each=each: apply_block(Evm(PRAGUE), case.payload(), witness(state, each)))
        given = ending(lambda each=each: blocks.execute(Evm(PRAGUE), case.payload(), witness(state, each), None))
        ends.add(right[0])
        if given == whole and (right[0] == "MissingCode" or whole[0] == "rejection"):
            continue
        assert given[0] == right[0], (right, given)
        if right[0].startswith("Missing"):
            assert keccak256(each).hex() in given[1]
        else:
            assert given == right
    assert len(ends) > 2, "some are needed, and some are not"


def test_what_a_step_only_touches_is_named_where_it_is_lacking(blocks: OptimizedBlocks) -> None:
    """A withdrawal of nothing reads nothing, but whether the account is there decides what becomes of it."""
    case = generate_block(PRAGUE, 3, transactions=1)
    state = case.state()
    address = next(holder for holder, account in state.accounts.items() if account.code)
    payload = replace(case.payload(), transactions=(), withdrawals=(Withdrawal(0, 0, address, 0),))
    ends = set()
    for each in witness_of(state):
        right = ending(lambda each=each: apply_block(Evm(PRAGUE), payload, witness(state, each)))
        assert ending(lambda each=each: blocks.execute(Evm(PRAGUE), payload, witness(state, each), None)) == right
        ends.add(right[0])
    assert ends == {"root", "MissingWitness"}


def test_a_hash_of_a_block_that_is_not_known_is_named(blocks: OptimizedBlocks) -> None:
    """The recipient has PUSH1 7 BLOCKHASH PUSH1 0 SSTORE."""
    case = generate_block(PRAGUE, 1, transactions=1)
    sender = case.payload().transactions[0]
    contract = sender.to or b""
    state = case.state()
    code = bytes.fromhex("600740600055")
    state = FlatState({**state.accounts, contract: Account(1, 0, code)}, state.storage, state.empty_accounts)
    environment = replace(case.payload().environment, number=9, block_hashes=KnownHashes({8: bytes(32)}))
    payload = replace(case.payload(), environment=environment)
    with pytest.raises(MissingWitness, match="the hash of block 7 is missing"):
        apply_block(Evm(PRAGUE), payload, state)
    with pytest.raises(MissingWitness, match="the hash of block 7 is missing"):
        blocks.execute(Evm(PRAGUE), payload, state, None)


ALICE, BOB = bytes([1]) * 20, bytes([2]) * 20


@pytest.fixture
def engine() -> Iterator[EvmEngine]:
    with EvmEngine(Configuration(strategy="block-stm", workers=2)) as made:
        yield made


def test_the_error_names_the_transaction_and_the_account(engine: EvmEngine) -> None:
    case = generate_block(SHANGHAI, 6)
    state = case.state()
    proof = witness(state).proof
    assert proof is not None
    root, nodes, codes = proof
    packed = packed_block(Evm(SHANGHAI), case.payload(), None)
    engine.execute(packed, WitnessWorld(root, nodes, codes))
    with pytest.raises(MissingState) as caught:
        engine.execute(packed, WitnessWorld(root, (), codes))
    assert caught.value.step == "0"
    assert f"transaction 0 needs what the witness does not have: node 0x{root.hex()} on the path to" in str(
        caught.value
    )
    assert isinstance(caught.value.__cause__, MissingNode)
    assert caught.value.__cause__.hash == root


def test_a_world_answers_for_what_it_knows_alone() -> None:
    state = FlatState({ALICE: Account(1, 5, b"\x60\x00"), BOB: Account(0, 7, b"\x61")}, {ALICE: {3: 4}})
    root, nodes, codes = state.root(), witness_of(state), [b"\x60\x00"]
    world = WitnessWorld(root, nodes, codes)
    assert world.get(balance_key(ALICE)) == b"\x05"
    assert world.get(code_key(ALICE)) == b"\x60\x00"
    assert world.get(slot_key(ALICE, 3)) == b"\x04"
    assert world.get(slot_key(ALICE, 4)) is None
    assert world.get(balance_key(bytes(20))) is None
    assert world.get(balance_key(BOB)) == b"\x07"
    with pytest.raises(MissingNode, match=f"code 0x{keccak256(b'a').hex()} of account 0x{BOB.hex()} is missing"):
        world.get(code_key(BOB))
    assert world.root() == root
    leaf = next(node for node in nodes if b"\x60\x00" not in node and keccak256(node) == root)
    with pytest.raises(MissingNode, match="on the path to account"):
        WitnessWorld(root, [node for node in nodes if node != leaf], codes).get(balance_key(ALICE))


def test_bytes_that_are_no_node_are_told_so() -> None:
    nothing = b"\xc2\x80\x80\x80"
    with pytest.raises(MalformedNode, match=f"node 0x{keccak256(nothing).hex()}"):
        WitnessWorld(keccak256(nothing), [nothing], []).get(balance_key(ALICE))


def test_a_list_from_a_witness_is_judged(blocks: OptimizedBlocks) -> None:
    case = generate_block(AMSTERDAM, 8)
    right = apply_block(Evm(AMSTERDAM), case.payload(), case.state())
    given = blocks.execute(Evm(AMSTERDAM), case.payload(), witness(case.state()), None)
    assert encoded_access_list_of(given) == encoded_access_list_of(right)


class LackingWorld(WitnessWorld):
    """One that was asked for something that it does not have."""

    asked_in_vain: tuple[bytes, ...] = ()

    def lacking(self) -> list[bytes]:
        return list(self.asked_in_vain)


@pytest.mark.parametrize("strategy", ["block-stm", "locks", "waves"])
def test_what_no_step_needs_in_the_end_costs_no_second_execution(
    strategy: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whether a step has read it is known without a record of the block, too."""
    case = generate_block(PRAGUE, 21)
    state = case.state()
    block = packed_block(Evm(PRAGUE), case.payload(), None)
    codes = [account.code for account in state.accounts.values() if account.code]
    world = LackingWorld(state.root(), witness_of(state), codes)
    again: list[bytes] = []
    monkeypatch.setattr(EvmEngine, "_name_what_is_missing", lambda *_: again.append(b""))
    with EvmEngine(Configuration(strategy=strategy, workers=2, record=False)) as engine:
        world.asked_in_vain = (balance_key(b"\x99" * 20), slot_key(b"\x99" * 20, 1), bytes(1) + b"\x98" * 20)
        sender = engine.execute(block, world).outcomes[0].sender
        assert not again
        for count, key in enumerate((balance_key(sender), bytes(1) + sender), 1):
            world.asked_in_vain = (key,)
            engine.execute(block, world)
            assert len(again) == count
