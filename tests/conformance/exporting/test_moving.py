"""Vectors onto a genesis: what a header sets for the next fits, and each block comes to what its vector says."""

from __future__ import annotations

from dataclasses import replace

import pytest

from samestate.conformance.exporting.genesis import genesis_before
from samestate.conformance.exporting.inexpressible import Inexpressible
from samestate.conformance.exporting.moving import moved
from samestate.conformance.fixtures.forks import BY_NAME
from samestate.conformance.vectors.model import member, text
from samestate.spec.evm.environment import Environment
from samestate.spec.evm.header_rules import GAS_LIMIT_MAXIMUM
from tests.conformance.exporting.vectors import chain, vector


def environment(**fields: int) -> Environment:
    values = {"chain_id": 1, "number": 1000, "timestamp": 1_800_000_000, "gas_limit": 30_000_000, **fields}
    return Environment(coinbase=bytes(20), **values)  # type: ignore[arg-type]


@pytest.mark.parametrize("fork", ["London", "Prague", "Amsterdam"])
@pytest.mark.parametrize("fee", [0, 1, 7, 8, 9, 10**9, 10**9 + 1, 2**128 - 1])
@pytest.mark.parametrize("generations", [1, 3])
def test_a_genesis_sets_any_base_fee(fork: str, fee: int, generations: int) -> None:
    rules = BY_NAME[fork]
    header = genesis_before(rules, environment(base_fee_per_gas=fee), 0, bytes(32), generations)
    for _ in range(generations):
        header = replace(
            header,
            base_fee_per_gas=rules.next_base_fee(header),
            excess_blob_gas=rules.next_excess_blob_gas(rules, header),
        )
    assert header.base_fee_per_gas == fee


@pytest.mark.parametrize("fork", ["Cancun", "Prague", "Osaka", "BPO2", "Amsterdam"])
@pytest.mark.parametrize("fee", [7, 10**9])
@pytest.mark.parametrize("excess", [0, 3_932_160, 60_000_000])
def test_a_genesis_sets_the_excess_of_blob_gas(fork: str, fee: int, excess: int) -> None:
    rules = BY_NAME[fork]
    header = genesis_before(
        rules, environment(base_fee_per_gas=fee, excess_blob_gas=excess), 0, bytes(32), generations=1
    )
    assert rules.next_excess_blob_gas(rules, header) == excess
    assert rules.next_base_fee(header) == fee


def test_a_genesis_may_have_used_blobs() -> None:
    given = environment(base_fee_per_gas=10**9, excess_blob_gas=742_741)
    header = genesis_before(BY_NAME["Amsterdam"], given, 0, bytes(32), generations=1)
    assert header.blob_gas_used
    assert BY_NAME["Amsterdam"].next_excess_blob_gas(BY_NAME["Amsterdam"], header) == 742_741
    with pytest.raises(Inexpressible, match="no genesis comes before such a block: excess blob gas 742741"):
        genesis_before(BY_NAME["Amsterdam"], given, 0, bytes(32), generations=2)


def test_an_excess_that_nothing_sets_is_told() -> None:
    with pytest.raises(Inexpressible, match="no genesis comes before such a block: excess blob gas 1"):
        given = environment(base_fee_per_gas=10**9, excess_blob_gas=1)
        genesis_before(BY_NAME["Osaka"], given, 0, bytes(32), generations=1)


@pytest.mark.parametrize("limit", [4999, GAS_LIMIT_MAXIMUM + 1])
def test_a_gas_limit_that_no_header_may_have_is_told(limit: int) -> None:
    with pytest.raises(Inexpressible, match=f"a gas limit that no header may have: {limit}"):
        genesis_before(BY_NAME["Prague"], environment(gas_limit=limit, base_fee_per_gas=7), 0, bytes(32), 1)


@pytest.mark.parametrize("id", ["evm/transfers/to_oneself-berlin", "evm/transfers/all_but_the_fee-paris"])
def test_a_block_keeps_all_but_what_its_place_in_a_chain_sets(id: str) -> None:
    given = member(vector(id).case.blocks[0], "env")
    exported = chain(id)
    (block,) = exported.blocks
    header = block.header
    assert header is not None
    assert exported.genesis.number == 0
    assert header.number == 1
    assert header.parent_hash == exported.genesis.hash()
    assert header.gas_limit == int(text(given, "gas_limit"))
    assert f"0x{header.coinbase.hex()}" == text(given, "coinbase")
    is_of_work = "difficulty" in given
    assert header.timestamp == (12 if is_of_work else int(text(given, "timestamp")))
    if is_of_work:
        assert header.difficulty == int(text(given, "difficulty"))
    else:
        assert f"0x{header.prev_randao.hex()}" == text(given, "prev_randao")
        assert header.base_fee_per_gas == int(text(given, "base_fee_per_gas"))
    raw = [text(entry, "raw") for entry in vector(id).case.blocks[0]["txs"]]  # type: ignore[union-attr, arg-type]
    assert [f"0x{encoded.hex()}" for encoded in block.transactions] == raw


def test_an_ommer_is_beside_an_ancestor() -> None:
    exported = chain("evm/rewards/reward_comes_last-berlin")
    *empty, block = exported.blocks
    assert block.header is not None
    for ommer in block.ommers:
        assert block.header.number - ommer.number >= 1
    numbers = {each.header.hash(): each.header.number for each in empty if each.header is not None}
    numbers[exported.genesis.hash()] = 0
    assert all(numbers[ommer.parent_hash] == ommer.number - 1 for ommer in block.ommers)


def test_hashes_that_are_asked_for_are_those_of_ancestors() -> None:
    exported = chain("evm/system_contracts/hashes_of_ancestors-osaka")
    assert len(exported.blocks) == 257
    asked = {value for slots in exported.post.storage.values() for value in slots.values()}
    hashes = [each.header.hash() for each in exported.blocks if each.header is not None]
    plus_one = {int.from_bytes(digest, "big") + 1 for digest in hashes}
    assert len(asked & plus_one) == 3, "the parent, the one before it, and the last one in reach"


def test_a_right_access_list_stays_right_and_a_wrong_one_wrong() -> None:
    assert not chain("evm/access_lists/right_list-amsterdam").blocks[0].exceptions
    wrong = chain("evm/access_lists/account_too_many-amsterdam").blocks[0]
    assert wrong.exceptions == ("BlockException.INVALID_BLOCK_ACCESS_LIST",)
    parent = chain("evm/access_lists/account_too_many-amsterdam").genesis.hash()
    assert wrong.access_list is not None
    assert parent in wrong.access_list, "the history contract stores the hash of the genesis"


@pytest.mark.parametrize(
    ("id", "reason"),
    [
        ("evm/creation/created_over_storage-paris", "a state that no chain can reach: orphan-storage"),
        ("evm/invalid/more_wei_than_there_can_be-london", "a state that no chain can reach: overflows"),
        ("evm/invalid/no_bytes_at_all-london", "a transaction of no bytes, to which no header can commit"),
        (
            "evm/order_of_checks/room_for_state_before_blobs-amsterdam",
            "in this form it comes to something else: "
            "BLOB_GAS_ALLOWANCE_EXCEEDED in place of STATE_GAS_ALLOWANCE_EXCEEDED",
        ),
    ],
)
def test_what_no_chain_can_have_is_told(id: str, reason: str) -> None:
    with pytest.raises(Inexpressible) as told:
        moved(vector(id))
    assert str(told.value) == reason
