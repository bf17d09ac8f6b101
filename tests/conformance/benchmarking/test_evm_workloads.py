"""The EVM's workloads are what their names say, always the same, and as the specification has them."""

from __future__ import annotations

import pytest

from samestate.conformance.benchmarking import evm_contracts as contracts
from samestate.conformance.benchmarking import evm_workloads as workloads
from samestate.conformance.benchmarking.compared_engine import ComparedSpecification
from samestate.conformance.benchmarking.evm_workloads import LOOPS, WORKLOADS, EvmWorkload, make_workload
from samestate.conformance.errors import InputError
from samestate.spec.evm.chain import EvmResult
from samestate.spec.evm.forks import AMSTERDAM, OSAKA
from samestate.spec.evm.hashing import keccak256
from samestate.spec.evm.keys import slot_key
from samestate.spec.evm.receipt import Log
from samestate.spec.evm.signature import recover_sender


def run(workload: EvmWorkload) -> EvmResult:
    engine = ComparedSpecification(workload)
    result = engine.execute(engine.state, engine.payload)
    assert all(receipt.succeeded for receipt in result.receipts)
    return result


def topic(signature: str) -> bytes:
    return keccak256(signature.encode())


TRANSFER = topic("Transfer(address,address,uint256)")
SYNC = topic("Sync(uint112,uint112)")
SWAP = topic("Swap(address,uint256,uint256,uint256,uint256,address)")


def words(data: bytes) -> list[int]:
    return [int.from_bytes(data[place : place + 32], "big") for place in range(0, len(data), 32)]


@pytest.mark.parametrize("name", LOOPS)
def test_a_round_of_a_loop_has_the_gas_that_is_said(name: str) -> None:
    few, many = (run(workloads.loop_of_rounds(name, rounds, 1_000_000)).totals.gas_used for rounds in (1001, 1201))
    assert many - few == 200 * LOOPS[name].round_gas


@pytest.mark.slow
@pytest.mark.parametrize("name", LOOPS)
def test_a_loop_spends_ten_million_gas(name: str) -> None:
    assert run(make_workload(f"loop-{name}")).totals.gas_used == pytest.approx(10_000_000, rel=0.01)


@pytest.mark.parametrize("name", ["loop-call", "transfers", "erc20-pair", "swaps-200"])
def test_a_workload_is_always_the_same_and_its_senders_are_who_signed(name: str) -> None:
    workload, again = make_workload(name), WORKLOADS[name](name)
    assert workload == again
    assert workload.name == name
    transactions = workload.case.payload().transactions
    assert tuple(map(recover_sender, transactions)) == workload.senders


def test_transfers() -> None:
    for name, recipients in (("transfers", 1000), ("transfers-to-one", 1), ("transfers-pair", 2)):
        workload = make_workload(name)
        assert run(workload).totals.gas_used == 21_000 * 1000
        transactions = workload.case.payload().transactions
        assert len({transaction.to for transaction in transactions}) == recipients
        assert len(set(workload.senders)) == (2 if name == "transfers-pair" else 1000)


@pytest.mark.parametrize(("name", "holders"), [("erc20", 2000), ("erc20-pair", 2)])
def test_a_token_moves_what_its_events_say(name: str, holders: int) -> None:
    workload = make_workload(name)
    result = run(workload)
    balances = {}
    for sender, receipt in zip(workload.senders, result.receipts, strict=True):
        (log,) = receipt.logs
        event, giver, taker = log.topics
        assert (log.address, event, giver[12:]) == (workloads.TOKEN, TRANSFER, sender)
        for holder, sign in ((giver[12:], -1), (taker[12:], 1)):
            moved = sign * int.from_bytes(log.data, "big")
            balances[holder] = balances.get(holder, workloads.HOLDING) + moved
    assert len(balances) == holders
    after = result.state()
    for holder, balance in balances.items():
        slot = slot_key(workloads.TOKEN, contracts.balance_slot(holder))
        assert int.from_bytes(after.get(slot) or b"", "big") == balance


def test_a_token_does_not_move_what_is_not_there() -> None:
    poor = workloads.token_message("poor", workloads.address("rich"), 1)
    workload = workloads.block("poor", OSAKA, {workloads.TOKEN: workloads.contract(contracts.token())}, [poor])
    engine = ComparedSpecification(workload)
    (receipt,) = engine.execute(engine.state, engine.payload).receipts
    assert (receipt.succeeded, receipt.logs) == (False, ())


@pytest.mark.parametrize(("name", "pools"), [("swaps-one", 1), ("swaps-200", 200)])
def test_swaps_follow_the_formula_of_their_pool(name: str, pools: int) -> None:
    result = run(make_workload(name))
    reserves: dict[bytes, list[int]] = {}
    for index, receipt in enumerate(result.receipts):
        paid, got, sync, swap = receipt.logs
        check_swap(index, paid, got, sync, swap, reserves)
    assert len(reserves) == pools
    for pool, left in reserves.items():
        packed = int.from_bytes(result.state().get(slot_key(pool, contracts.RESERVES)) or b"", "big")
        assert packed == contracts.packed_reserves(left[0], left[1], workloads.TIMESTAMP + 12)


def check_swap(index: int, paid: Log, got: Log, sync: Log, swap: Log, reserves: dict[bytes, list[int]]) -> None:
    """One swap: what was paid, what a constant product less 0.3% gives for it, and the events that say so."""
    pool = sync.address
    before = reserves.setdefault(pool, [workloads.RESERVE, workloads.RESERVE])
    sold = 0 if paid.address < got.address else 1
    amount = 10**18 + index
    out = amount * 997 * before[1 - sold] // (before[sold] * 1000 + amount * 997)
    assert (paid.topics[0], words(paid.data), paid.topics[2][12:]) == (TRANSFER, [amount], pool)
    assert (got.topics[0], words(got.data), got.topics[1][12:]) == (TRANSFER, [out], pool)
    before[sold] += amount
    before[1 - sold] -= out
    assert (sync.topics, words(sync.data)) == ((SYNC,), before)
    moved = [0, 0, 0, 0]
    moved[sold], moved[3 - sold] = amount, out
    assert (swap.address, swap.topics[0], words(swap.data)) == (pool, SWAP, moved)
    assert (swap.topics[1][12:], swap.topics[2]) == (workloads.ROUTER, got.topics[2])


def test_a_pool_gives_no_more_than_its_product_allows() -> None:
    """The router asks for what the formula gives; one unit more, and the pool fails."""
    thief = "thief"
    first, second = sorted(workloads.tokens_of(0))
    pool = contracts.pool_address(workloads.FACTORY, first, second)
    workload = workloads.swaps("one", OSAKA, 1, 1)
    alloc = {bytes.fromhex(place[2:]): dict(entry) for place, entry in workload.case.pre.items()}
    amount = 10**18
    reserve = workloads.RESERVE
    out = amount * 997 * reserve // (reserve * 1000 + amount * 997)
    for extra, succeeds in ((0, True), (1, False)):
        data = contracts.call_data(contracts.SWAP, 0, out + extra, workloads.address(thief), 128, 0)
        slots = dict(alloc[first]["storage"])  # type: ignore[arg-type]
        slots[hex(contracts.balance_slot(pool))] = hex(reserve + amount)
        changed = {**alloc, first: {**alloc[first], "storage": slots}}
        block = workloads.block("theft", OSAKA, changed, [workloads.Unsigned(thief, pool, 400_000, data=data)])
        engine = ComparedSpecification(block)
        (receipt,) = engine.execute(engine.state, engine.payload).receipts
        assert receipt.succeeded is succeeds


def test_a_large_block_uses_a_hundred_million_gas() -> None:
    assert run(make_workload("erc20-100m")).totals.gas_used == pytest.approx(100_000_000, rel=0.01)


@pytest.mark.parametrize(("name", "count"), [("raw-transfers", 2000), ("raw-erc20", 2000), ("raw-swaps-one", 400)])
def test_a_raw_block_is_taken_in_by_a_chain(name: str, count: int) -> None:
    workload = make_workload(name)
    assert workload.case.fork is AMSTERDAM and workload.link is not None
    assert len(workload.senders) == count
    engine = ComparedSpecification(workload)
    assert engine.import_block(workload.link, engine.state) == workload.link.header.hash()


def test_names_and_patterns() -> None:
    assert list(workloads.choose_workloads(())) == list(WORKLOADS)
    assert list(workloads.choose_workloads(("swaps-*", "erc20"))) == ["erc20", "swaps-one", "swaps-200"]
    with pytest.raises(InputError, match="--workload nothing: no workload is called so; known are loop-arithmetic"):
        list(workloads.choose_workloads(("erc20", "nothing")))
