"""What calls are expected to access: by well-known functions, and by what earlier calls were seen to do."""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable
from dataclasses import replace

import pytest

from samestate.conformance.benchmarking import evm_contracts as contracts
from samestate.conformance.benchmarking.evm_workloads import (
    EvmWorkload,
    contended_token_transfers,
    swaps,
    token_transfers,
)
from samestate.conformance.engines.optimized.evm import packed_block
from samestate.conformance.engines.optimized.evm_states import world_of
from samestate.optimized import Configuration, Engine
from samestate.optimized.errors import ConfigurationError
from samestate.optimized.evm.engine import EvmEngine
from samestate.optimized.evm.expecting import EvmExpectations, accessed_block
from samestate.optimized.evm.packing import PackedBlock
from samestate.optimized.evm.result import EvmResult
from samestate.optimized.evm.world import World
from samestate.spec.evm.forks import OSAKA
from samestate.spec.evm.hashing import keccak256
from samestate.spec.evm.keys import balance_key, code_key, slot_key
from samestate.spec.evm.machine import Evm
from tests.optimized.evm.blocks import CONTRACTS, SENDERS, STOP, call, packed, world

COUNT = 32
ESTIMATORS = ("pattern", "learned", "rehearsed")
WORKLOADS = {
    "token": lambda: token_transfers("token", OSAKA, COUNT),
    "token pair": lambda: contended_token_transfers("token pair", OSAKA, COUNT),
    "one pool": lambda: swaps("one pool", OSAKA, COUNT, 1),
    "eight pools": lambda: swaps("eight pools", OSAKA, COUNT, 8),
}
TOKEN, OTHER, SOMEBODY = b"\x70" * 20, b"\x71" * 20, b"\xab" * 20
ME = SENDERS[0]


@functools.lru_cache(maxsize=8)
def workload_of(name: str) -> EvmWorkload:
    return WORKLOADS[name]()


def halves(name: str) -> tuple[tuple[PackedBlock, World], tuple[PackedBlock, World]]:
    """A workload as two blocks, each with the state before it."""
    workload = workload_of(name)
    machine, payload = Evm(OSAKA), workload.case.payload()
    states = [world_of(workload.case.state()) for _ in range(2)]
    blocks = [
        packed_block(machine, replace(payload, transactions=payload.transactions[part]), None, workload.senders[part])
        for part in (slice(None, COUNT // 2), slice(COUNT // 2, None))
    ]
    one_at_a_time(blocks[0], states[1]).ledger.apply()
    return (blocks[0], states[0]), (blocks[1], states[1])


def one_at_a_time(block: PackedBlock, state: World) -> EvmResult:
    with EvmEngine(Configuration(strategy="sequential", workers=1)) as engine:
        return engine.execute(block, state)


def assert_same(result: EvmResult, expected: EvmResult) -> None:
    assert result.rejection is None
    assert result.steps == expected.steps
    assert result.outcomes == expected.outcomes
    assert result.changes == expected.changes
    assert result.totals == expected.totals


@pytest.mark.parametrize("strategy", ["locks", "waves"])
@pytest.mark.parametrize("estimator", ESTIMATORS)
@pytest.mark.parametrize("name", WORKLOADS)
def test_nearly_all_is_expected_of_the_second_block(name: str, estimator: str, strategy: str) -> None:
    first, second = halves(name)
    with EvmEngine(Configuration(strategy=strategy, workers=2, estimator=estimator)) as engine:
        assert_same(engine.execute(*first), one_at_a_time(*first))
        result = engine.execute(*second)
        assert_same(result, one_at_a_time(*second))
        assert result.metrics.recall is not None
        assert result.metrics.recall >= 0.95
        assert result.metrics.precision is not None
        assert result.metrics.precision >= 0.75
        assert result.metrics.executions == COUNT // 2


@pytest.mark.parametrize("name", WORKLOADS)
def test_rehearsed_needs_no_block_before(name: str) -> None:
    first, _ = halves(name)
    with EvmEngine(Configuration(strategy="locks", workers=2, estimator="rehearsed")) as engine:
        result = engine.execute(*first)
    assert_same(result, one_at_a_time(*first))
    assert result.metrics.recall is not None
    assert result.metrics.recall >= 0.95


@pytest.mark.parametrize("strategy", ["locks", "waves"])
@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_what_was_learned_of_other_contracts_changes_no_result(estimator: str, strategy: str) -> None:
    """The same engine takes states in which the same addresses have other codes, and the same codes other storage."""
    with EvmEngine(Configuration(strategy=strategy, workers=3, estimator=estimator)) as engine:
        for name in (*WORKLOADS, *WORKLOADS):
            for block, state in halves(name):
                assert_same(engine.execute(block, state), one_at_a_time(block, state))


def expected_keys(
    data: bytes,
    code: bytes,
    storage: dict[int, int],
    to: bytes = TOKEN,
    value: int = 0,
    more: dict[bytes, bytes] | None = None,
) -> set[bytes]:
    """What the estimator `pattern` expects of a call, but for what every call accesses."""
    state = world({**CONTRACTS, **(more or {})})
    state.put(to, 1, 0, code, storage)
    block = packed([(0, call(0, 0, to, data=data, value=value))])
    found = set(EvmExpectations("pattern", 1).expect(block, state, named=True).names(0))
    return {key for key in found if key[1:21] != ME and key != code_key(to)}


def transfer(to: bytes, amount: int) -> bytes:
    return contracts.call_data(contracts.TRANSFER, to, amount)


def word(value: int | bytes) -> bytes:
    return (value if isinstance(value, bytes) else value.to_bytes(32, "big")).rjust(32, b"\x00")


def hashed(first: int | bytes, second: int | bytes) -> int:
    return int.from_bytes(keccak256(word(first) + word(second)), "big")


NAMED = (
    int.from_bytes(keccak256(word(int.from_bytes(keccak256(b"openzeppelin.storage.ERC20"), "big") - 1)), "big") & ~0xFF
)


@pytest.mark.parametrize("place", [0, 3, 9, 23, 51, 101, NAMED])
def test_balances_are_found_by_what_the_sender_has(place: int) -> None:
    mine, theirs = hashed(ME, place), hashed(SOMEBODY, place)
    assert expected_keys(transfer(SOMEBODY, 5), b"\x00", {mine: 7}) == {slot_key(TOKEN, mine), slot_key(TOKEN, theirs)}


def test_balances_are_found_where_the_place_is_hashed_first() -> None:
    mine, theirs = hashed(4, ME), hashed(4, SOMEBODY)
    assert expected_keys(transfer(SOMEBODY, 5), b"\x00", {mine: 7}) == {slot_key(TOKEN, mine), slot_key(TOKEN, theirs)}


@pytest.mark.parametrize("held", [4, 2**256 - 1])
def test_what_is_no_balance_of_so_much_is_not_taken_for_one(held: int) -> None:
    assert expected_keys(transfer(SOMEBODY, 5), b"\x00", {hashed(ME, 2): held}) == set()


def test_an_allowance_is_found_beside_the_balance() -> None:
    data = contracts.call_data(contracts.TRANSFER_FROM, OTHER, SOMEBODY, 5)
    allowed, theirs = hashed(ME, hashed(OTHER, 5)), hashed(OTHER, 2)
    assert expected_keys(data, b"\x00", {allowed: 10, theirs: 8}) == {
        slot_key(TOKEN, slot) for slot in (allowed, theirs, hashed(SOMEBODY, 2))
    }


def test_a_token_of_its_kind_is_found_by_its_owner() -> None:
    data = contracts.call_data(contracts.TRANSFER_FROM, ME, SOMEBODY, 77)
    owner = hashed(77, 2)
    slots = (owner, hashed(ME, 3), hashed(SOMEBODY, 3), hashed(77, 4))
    assert expected_keys(data, b"\x00", {owner: int.from_bytes(ME, "big")}) == {slot_key(TOKEN, slot) for slot in slots}


def test_the_token_of_ether_is_known_by_its_functions() -> None:
    code = b"".join(b"\x63" + contracts.selector(name) for name in ("deposit()", "withdraw(uint256)"))
    mine = slot_key(TOKEN, hashed(ME, 3))
    assert expected_keys(contracts.selector("deposit()"), code, {}, value=1) == {mine, balance_key(TOKEN)}
    assert expected_keys(b"", code, {}, value=1) == {mine, balance_key(TOKEN)}
    assert expected_keys(contracts.call_data("withdraw(uint256)", 1), code, {}) == {mine, balance_key(TOKEN)}


def test_a_proxy_is_seen_through() -> None:
    mine = hashed(ME, 1)
    wanted = {slot_key(TOKEN, mine), slot_key(TOKEN, hashed(SOMEBODY, 1)), code_key(OTHER)}
    minimal = bytes.fromhex("363d3d373d3d3d363d73") + OTHER + bytes.fromhex("5af43d82803e903d91602b57fd5bf3")
    assert expected_keys(transfer(SOMEBODY, 1), minimal, {mine: 1}, more={OTHER: b"\x00"}) == wanted
    place = int.from_bytes(keccak256(b"eip1967.proxy.implementation"), "big") - 1
    proxy, storage = b"\x7f" + word(place), {mine: 1, place: int.from_bytes(OTHER, "big")}
    found = expected_keys(transfer(SOMEBODY, 1), proxy, storage, more={OTHER: b"\x00"})
    assert found == wanted | {slot_key(TOKEN, place)}


def test_a_pair_that_is_called_itself_uses_its_reserves_and_tokens() -> None:
    storage = {6: int.from_bytes(OTHER, "big"), 7: int.from_bytes(STOP, "big")}
    found = expected_keys(contracts.call_data(contracts.SWAP, 0, 5, SOMEBODY, 128, 0), b"\x00", storage)
    assert {slot_key(TOKEN, slot) for slot in (6, 7, 8, 12)} <= found
    assert {code_key(OTHER), code_key(STOP)} <= found


def test_a_pool_of_the_third_generation_is_found_by_what_the_routers_code_pushes() -> None:
    router, factory, code_hash = b"\x72" * 20, b"\x73" * 20, keccak256(b"a pool's code")
    first, second = sorted((OTHER, STOP))
    salt = keccak256(word(first) + word(second) + word(500))
    pool = keccak256(b"\xff" + factory + salt + code_hash)[12:]
    code = b"\x73" + factory + b"\x7f" + code_hash
    signature = "exactInputSingle((address,address,uint24,address,uint256,uint256,uint256,uint160))"
    data = contracts.call_data(signature, first, second, 500, ME, 10**10, 5, 1, 0)
    found = expected_keys(data, code, {}, to=router, more={pool: b"\x00", OTHER: b"\x00"})
    bitmap = hashed(0, 6)  # of the word of the tick that the price is at: 0 at first
    assert {slot_key(pool, slot) for slot in (0, 4, bitmap)} <= found
    assert code_key(pool) in found


@pytest.mark.parametrize("length", [0, 3, 4, 35, 36, 67, 100, 163, 200, 260])
@pytest.mark.parametrize("fill", [b"\x00", b"\x20", b"\xff"])
def test_data_that_is_no_call_expects_nothing_that_is_not_there(length: int, fill: bytes) -> None:
    """Lengths and offsets of any size, in any known function, cost nothing but a wrong hint."""
    signatures = (
        contracts.SWAP_EXACT,
        "execute(bytes,bytes[],uint256)",
        "multicall(bytes[])",
        "multicall(uint256,bytes[])",
        "exactInput((bytes,address,uint256,uint256,uint256))",
        "exactOutput((bytes,address,uint256,uint256))",
        "burn(address)",
        "removeLiquidity(address,address,uint256,uint256,uint256,address,uint256)",
    )
    calls = [
        (index, call(index, 0, STOP, data=(contracts.selector(signature) + fill * 300)[:length]))
        for index, signature in enumerate(signatures)
    ]
    block, state = packed(calls), world()
    for estimator in ESTIMATORS:
        with EvmEngine(Configuration(strategy="locks", estimator=estimator)) as engine:
            for _ in range(2):
                assert_same(engine.execute(block, state), one_at_a_time(block, state))


def test_what_a_lying_state_makes_expected_is_validated() -> None:
    """A mapping that looks like balances and is not: each transfer then waits for the wrong ones, and is right."""
    first, _ = halves("token pair")
    block, state = first
    holders = set(workload_of("token pair").senders)
    from samestate.conformance.benchmarking.evm_workloads import TOKEN as REAL_TOKEN

    state.apply({slot_key(REAL_TOKEN, hashed(holder, 9)): word(10**30).lstrip(b"\x00") for holder in holders})
    state.apply({slot_key(REAL_TOKEN, hashed(holder, 1)): word(10**30).lstrip(b"\x00") for holder in holders})
    for strategy in ("locks", "waves"):
        with EvmEngine(Configuration(strategy=strategy, workers=3, estimator="pattern")) as engine:
            assert_same(engine.execute(block, state), one_at_a_time(block, state))


def test_rehearsals_stop_where_the_blocks_gas_does() -> None:
    """Endless loops are rehearsed for no more gas than the block has: then nothing is known of them."""
    from tests.optimized.evm.blocks import JUMPS

    block = packed([(index, call(index, 0, JUMPS, gas=50_000)) for index in range(8)])
    state = world()
    with EvmEngine(Configuration(strategy="locks", estimator="rehearsed")) as engine:
        assert_same(engine.execute(block, state), one_at_a_time(block, state))


@pytest.mark.parametrize("strategy", ["locks", "waves"])
@pytest.mark.parametrize("name", WORKLOADS)
def test_what_a_block_did_access_is_all_that_there_is_to_expect_of_it(name: str, strategy: str) -> None:
    (block, state), _ = halves(name)
    right = one_at_a_time(block, state)
    with EvmEngine(Configuration(strategy=strategy, workers=2)) as engine:
        result = engine.execute(block, state, accessed_block(block, right.records))
    assert_same(result, right)
    assert result.metrics.recall == 1.0
    assert result.metrics.precision is not None
    assert result.metrics.precision >= 0.95  # what is set to what it was before is no write
    assert result.metrics.executions == COUNT // 2


@pytest.mark.parametrize("strategy", ["locks", "waves"])
@pytest.mark.parametrize("name", WORKLOADS)
def test_what_is_given_for_another_block_changes_no_result(name: str, strategy: str) -> None:
    (block, state), second = halves(name)
    other = accessed_block(second[0], one_at_a_time(*second).records)
    with EvmEngine(Configuration(strategy=strategy, workers=3)) as engine:
        assert_same(engine.execute(block, state, other), one_at_a_time(block, state))


def test_what_is_given_is_of_as_many_transactions_as_the_block_has() -> None:
    (block, state), _ = halves("token")
    one = packed([(0, call(0, 0, STOP))])
    with EvmEngine(Configuration(strategy="locks")) as engine:
        expected = engine.expect(one, world())
        with pytest.raises(ValueError, match="expected is of 1 transactions, and the block has 16"):
            engine.execute(block, state, expected)


@pytest.mark.parametrize("estimator", ["declared", "static", "last-run", *ESTIMATORS])
def test_workers_side_by_side_expect_what_one_alone_does(estimator: str) -> None:
    (block, state), (following, later) = halves("eight pools")
    alone, shared = EvmExpectations(estimator, 100), EvmExpectations(estimator, 100, 3)

    def side_by_side(work: Callable[[int], None]) -> None:
        threads = [threading.Thread(target=work, args=(number,)) for number in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    records = one_at_a_time(block, state).records
    for each, before in ((block, state), (following, later)):
        one, several = alone.expect(each, before), shared.expect(each, before, share=side_by_side)
        assert [several.access(index) for index in range(len(one))] == [one.access(index) for index in range(len(one))]
        if each is block:
            alone.learn(each, records)
            shared.learn(each, records)


SEVERAL = 64


def longest_run(estimator: str, calls: list[tuple[int, bytes]], state: World) -> int | None:
    block = packed(calls)
    with EvmEngine(Configuration(strategy="locks", workers=2, estimator=estimator)) as engine:
        result = engine.execute(block, state)
    assert_same(result, one_at_a_time(block, state))
    longest: int | None = result.metrics.longest_run
    return longest


def test_runs_are_of_transactions_that_are_apart_or_need_one_another() -> None:
    state = world()
    others = [b"\xbb" + bytes([index]) * 19 for index in range(SEVERAL)]
    apart = [(index, call(index, 0, others[index], gas=21_000, value=1)) for index in range(SEVERAL)]
    chain = [(0, call(0, index, others[index], gas=21_000, value=1)) for index in range(SEVERAL)]
    turns = [(index % 2, call(index % 2, index // 2, others[index], gas=21_000, value=1)) for index in range(SEVERAL)]
    unknown = [(index, call(index, 0, STOP)) for index in range(SEVERAL)]
    assert longest_run("pattern", apart, state) == 4
    assert longest_run("pattern", chain, state) == 4
    assert longest_run("pattern", turns, state) == 1
    assert longest_run("pattern", unknown, state) == 1
    assert longest_run("declared", unknown, state) == 4  # who knows nothing of any goes by their number


def test_a_mapping_that_was_not_found_is_looked_for_again_in_a_later_block() -> None:
    mine = hashed(ME, 2)
    poor, rich = world(), world()
    poor.put(TOKEN, 1, 0, b"\x00", {})
    rich.put(TOKEN, 1, 0, b"\x00", {mine: 7})
    block = packed([(0, call(0, index, TOKEN, data=transfer(SOMEBODY, 5))) for index in range(4)])
    expectations = EvmExpectations("pattern", 1)
    key = slot_key(TOKEN, mine)
    found = [key in expectations.expect(block, state, named=True).names(3) for state in (poor, poor, poor, *[rich] * 4)]
    assert not any(found[:3])
    assert found[-1]


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_another_machine_says_that_it_has_no_such_estimator(estimator: str) -> None:
    with pytest.raises(ConfigurationError, match=f"estimator = {estimator}: is one of the compiled EVM alone"):
        Engine("toy", Configuration(strategy="locks", estimator=estimator))
