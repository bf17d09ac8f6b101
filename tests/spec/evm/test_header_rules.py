"""The rules of headers and bodies, each on both sides of its boundary, and the difficulty."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from samestate.spec.evm.block import Block, Header, empty_ommers_hash
from samestate.spec.evm.fork import Fork
from samestate.spec.evm.forks import (
    ARROW_GLACIER,
    BERLIN,
    BPO1,
    BPO2,
    CANCUN,
    FORKS,
    GRAY_GLACIER,
    LONDON,
    OSAKA,
    PARIS,
    PRAGUE,
    SHANGHAI,
)
from samestate.spec.evm.header_rules import (
    check_base_fee,
    check_blob_gas_used,
    check_block_size,
    check_difficulty,
    check_excess_blob_gas,
    check_extra_data,
    check_gas_limit,
    check_gas_limit_with_elasticity,
    check_gas_used,
    check_number,
    check_post_merge_constants,
    check_timestamp,
    next_difficulty,
)
from samestate.spec.evm.rejections import Invalid
from samestate.spec.evm.transaction import BlobTransaction
from samestate.spec.machine import Rejection
from tests.spec.evm.chains import GENESIS_TIME, SmallChain, genesis_header

PARENT = genesis_header(LONDON)
ZERO = bytes(32)


def message(rule: Any, *arguments: Any) -> str | None:
    """The whole message with which the rule rejects, or None where it doesn't."""
    try:
        rule(*arguments)
    except Rejection as rejection:
        return str(rejection)
    return None


def said(rule: Any, fork: Fork = LONDON, parent: Header = PARENT, **changes: Any) -> str | None:
    """What the rule says of a child of ``parent`` with these fields."""
    return message(rule, fork, parent, replace(parent, number=parent.number + 1, **changes))


def test_blocks_are_numbered_one_after_another() -> None:
    for number in (0, 2, 2**64 - 1):
        expected = f"the block number is not the parent's plus one: {number} after 0"
        assert message(check_number, LONDON, PARENT, replace(PARENT, number=number)) == expected
    assert message(check_number, LONDON, PARENT, replace(PARENT, number=1)) is None


def test_a_block_is_younger_than_its_parent() -> None:
    for time in (0, GENESIS_TIME - 1, GENESIS_TIME):
        expected = f"the timestamp is not after the parent's: {time} after {GENESIS_TIME}"
        assert said(check_timestamp, timestamp=time) == expected
    assert said(check_timestamp, timestamp=GENESIS_TIME + 1) is None
    assert said(check_timestamp, timestamp=2**64 - 1) is None


def test_extra_data_has_at_most_32_bytes() -> None:
    assert said(check_extra_data, extra_data=b"") is None
    assert said(check_extra_data, extra_data=bytes(32)) is None
    assert said(check_extra_data, extra_data=bytes(33)) == "the extra data is too long: 33 bytes"


@pytest.mark.parametrize("before", [5000, 1_000_000, 30_000_000, 30_000_001, 2**63 - 1])
def test_the_gas_limit_moves_by_less_than_a_1024th(before: int) -> None:
    most = before // 1024 - 1
    parent = replace(PARENT, gas_limit=before)
    for rule in (check_gas_limit, check_gas_limit_with_elasticity):
        for limit in (before - most, before, before + most):
            if 5000 <= limit < 2**63:
                assert said(rule, parent=parent, gas_limit=limit) is None
        for limit in (before - most - 1, before + most + 1):
            if limit < 2**63:
                expected = f"the gas limit is too far from the parent's or too low: {limit} after {before}"
                assert said(rule, parent=parent, gas_limit=limit) == expected


def test_the_gas_limit_is_at_least_5000_and_fits_63_bits() -> None:
    low = replace(PARENT, gas_limit=5001)
    assert said(check_gas_limit, parent=low, gas_limit=5000) is None
    expected = "the gas limit is too far from the parent's or too low: 4999 after 5001"
    assert said(check_gas_limit, parent=low, gas_limit=4999) == expected
    high = replace(PARENT, gas_limit=2**63 - 1)
    assert said(check_gas_limit, parent=high, gas_limit=2**63 - 1) is None
    assert said(check_gas_limit, parent=high, gas_limit=2**63) == f"the gas limit does not fit 63 bits: {2**63}"


def test_a_parent_with_hardly_any_gas_can_have_no_child() -> None:
    for before in (0, 1, 2, 1023):
        for limit in (0, before, 4999, 5000, 5001):
            assert said(check_gas_limit, parent=replace(PARENT, gas_limit=before), gas_limit=limit) is not None


def test_where_the_base_fee_begins_the_gas_limit_doubles() -> None:
    parent = genesis_header(BERLIN, gas_limit=10_000_000)
    assert said(check_gas_limit_with_elasticity, parent=parent, gas_limit=20_000_000) is None
    assert said(check_gas_limit_with_elasticity, parent=parent, gas_limit=20_000_000 + 19_530) is None
    expected = "the gas limit is too far from the parent's or too low"
    assert said(check_gas_limit_with_elasticity, parent=parent, gas_limit=20_019_531) == (
        f"{expected}: 20019531 after 20000000"
    )
    assert said(check_gas_limit_with_elasticity, parent=parent, gas_limit=10_000_000) == (
        f"{expected}: 10000000 after 20000000"
    )


def test_gas_used_is_within_the_limit() -> None:
    assert said(check_gas_used, gas_used=PARENT.gas_limit) is None
    expected = "the gas used is over the gas limit: 30000001 of 30000000"
    assert said(check_gas_used, gas_used=PARENT.gas_limit + 1) == expected


def test_the_base_fee_is_the_one_the_parent_sets() -> None:
    assert said(check_base_fee, base_fee_per_gas=875_000_000) is None
    for fee in (0, 874_999_999, 875_000_001, 10**9):
        expected = f"the base fee is not the one that the parent sets: {fee}, not 875000000"
        assert said(check_base_fee, base_fee_per_gas=fee) == expected


def test_under_proof_of_stake_there_is_no_work() -> None:
    rule = check_post_merge_constants
    assert said(rule, PARIS, genesis_header(PARIS)) is None
    assert said(rule, PARIS, difficulty=1) == "the difficulty is not zero under proof of stake: 1"
    parent = genesis_header(PARIS)
    assert said(rule, PARIS, parent, nonce=b"\x00" * 7 + b"\x01") == (
        "the nonce is not zero under proof of stake: 0x0000000000000001"
    )
    assert said(rule, PARIS, parent, ommers_hash=ZERO) == "there are ommers under proof of stake"


def test_the_excess_blob_gas_is_the_one_the_parent_sets() -> None:
    parent = genesis_header(CANCUN, blob_gas_used=4 * 131072, excess_blob_gas=5)
    assert said(check_excess_blob_gas, CANCUN, parent, excess_blob_gas=131077) is None
    for excess in (0, 131076, 131078, 2**64 - 1):
        expected = f"the excess blob gas is not the one that the parent sets: {excess}, not 131077"
        assert said(check_excess_blob_gas, CANCUN, parent, excess_blob_gas=excess) == expected


# Bodies


def blobs(count: int) -> BlobTransaction:
    return BlobTransaction(
        chain_id=1,
        nonce=0,
        max_priority_fee_per_gas=0,
        max_fee_per_gas=0,
        gas_limit=0,
        to=bytes(20),
        value=0,
        data=b"",
        max_fee_per_blob_gas=0,
        blob_versioned_hashes=(b"\x01" + bytes(31),) * count,
    )


@pytest.mark.parametrize(
    ("fork", "maximum"),
    [(CANCUN, 6), (PRAGUE, 9), (OSAKA, 9), (BPO1, 15), (BPO2, 21)],
    ids=lambda value: str(value)[:6],
)
def test_a_block_has_at_most_so_many_blobs(fork: Fork, maximum: int) -> None:
    def with_blobs(*counts: int, used: int | None = None) -> str | None:
        used = 131072 * sum(counts) if used is None else used
        header = genesis_header(fork, blob_gas_used=used)
        return message(check_blob_gas_used, fork, Block(header, tuple(map(blobs, counts)), (), ()), 0)

    assert with_blobs() is None
    assert with_blobs(maximum) is None
    assert with_blobs(1, maximum - 1) is None
    expected = f"the blobs are more than the block may have: {maximum + 1} blobs of {maximum}"
    assert with_blobs(maximum + 1) == with_blobs(maximum, 1) == expected
    assert with_blobs(1, used=0) == "the blob gas used does not match: 0, not 131072"
    assert with_blobs(1, used=131073) == "the blob gas used does not match: 131073, not 131072"


def test_the_size_of_a_block_is_limited_since_osaka() -> None:
    block = Block(genesis_header(OSAKA), (), (), ())
    assert message(check_block_size, OSAKA, block, 8_388_608) is None
    expected = "the block is too large: 8388609 bytes of 8388608"
    assert message(check_block_size, OSAKA, block, 8_388_609) == expected
    assert message(check_block_size, PRAGUE, block, 8_388_609) is None


def test_the_size_is_that_of_the_encoding() -> None:
    small = SmallChain(OSAKA)
    encoded = small.next().encoded
    small.chain.schedule = lambda *_: OSAKA.fork("small", block_size_limit=len(encoded) - 1)
    with pytest.raises(Rejection) as caught:
        small.chain.add(encoded)
    assert caught.value.code is Invalid.BLOCK_TOO_LARGE
    small.chain.schedule = lambda *_: OSAKA.fork("small", block_size_limit=len(encoded))
    small.chain.add(encoded)


# Which rules a fork has


@pytest.mark.parametrize("fork", FORKS, ids=lambda fork: fork.name)
def test_each_wrong_field_is_found_in_a_chain(fork: Fork) -> None:
    small = SmallChain(fork)
    built = small.next()
    header = built.block.header
    wrong: list[tuple[dict[str, Any], Invalid]] = [
        ({"number": 2}, Invalid.INVALID_BLOCK_NUMBER),
        ({"timestamp": GENESIS_TIME}, Invalid.TIMESTAMP_NOT_AFTER_PARENT),
        ({"extra_data": bytes(33)}, Invalid.EXTRA_DATA_TOO_LONG),
        ({"gas_limit": header.gas_limit * 2}, Invalid.INVALID_GAS_LIMIT),
        ({"gas_limit": 2**63}, Invalid.GAS_LIMIT_TOO_LARGE),
        ({"gas_used": header.gas_limit + 1}, Invalid.GAS_USED_OVER_LIMIT),
    ]
    if header.difficulty:
        wrong += [({"difficulty": header.difficulty + 1}, Invalid.INVALID_DIFFICULTY)]
    else:
        wrong += [
            ({"difficulty": 1}, Invalid.DIFFICULTY_NOT_ZERO),
            ({"nonce": b"\x01" * 8}, Invalid.NONCE_NOT_ZERO),
            ({"ommers_hash": ZERO}, Invalid.OMMERS_NOT_EMPTY),
        ]
    if header.base_fee_per_gas is not None:
        wrong += [({"base_fee_per_gas": header.base_fee_per_gas + 1}, Invalid.INVALID_BASE_FEE)]
    if header.excess_blob_gas is not None:
        wrong += [({"excess_blob_gas": 1}, Invalid.INVALID_EXCESS_BLOB_GAS)]
    for changes, code in wrong:
        with pytest.raises(Rejection) as caught:
            small.chain.add(built.with_header(**changes))
        assert caught.value.code is code, changes


def test_what_a_header_may_say_as_it_likes() -> None:
    for fork in FORKS:
        small = SmallChain(fork)
        free: dict[str, Any] = {"extra_data": bytes(32), "prev_randao": b"\xff" * 32, "coinbase": b"\xff" * 20}
        if fork.block_reward:
            free["nonce"] = b"\xff" * 8
        small.add(small.next(**free))


# Difficulty


def difficulty(parent: int, seconds: int, ommers: bool = False, number: int = 0, fork: Fork = BERLIN) -> int:
    header = genesis_header(
        BERLIN,
        difficulty=parent,
        number=number,
        timestamp=1000,
        ommers_hash=ZERO if ommers else empty_ommers_hash(),
    )
    return next_difficulty(fork, header, 1000 + seconds)


@pytest.mark.parametrize(
    ("seconds", "without", "with_ommers"),
    [
        (1, 1, 2),
        (8, 1, 2),
        (9, 0, 1),
        (17, 0, 1),
        (18, -1, 0),
        (26, -1, 0),
        (27, -2, -1),
        (899, -98, -97),
        (900, -99, -98),
        (909, -99, -99),
        (10**6, -99, -99),
    ],
)
def test_the_difficulty_follows_the_time_between_blocks(seconds: int, without: int, with_ommers: int) -> None:
    assert difficulty(2048 * 10**9, seconds) == 2048 * 10**9 + without * 10**9
    assert difficulty(2048 * 10**9, seconds, ommers=True) == 2048 * 10**9 + with_ommers * 10**9


def test_the_step_is_rounded_down() -> None:
    assert difficulty(2048 * 1000 + 2047, 1) == 2048 * 1000 + 2047 + 1000
    assert difficulty(2048 * 1000 + 2047, 18) == 2048 * 1000 + 2047 - 1000


def test_the_difficulty_never_falls_below_the_minimum() -> None:
    assert difficulty(131_072, 10**6) == 131_072
    assert difficulty(131_072, 1) == 131_072 + 64
    assert difficulty(0, 1) == 131_072


DELAYS = [
    (BERLIN, 9_000_000),
    (LONDON, 9_700_000),
    (ARROW_GLACIER, 10_700_000),
    (GRAY_GLACIER, 11_400_000),
]


@pytest.mark.parametrize(("fork", "delay"), DELAYS, ids=[fork.name for fork, _ in DELAYS])
def test_the_bomb_doubles_every_100000_blocks_after_its_delay(fork: Fork, delay: int) -> None:
    base = 2048 * 10**9
    for blocks, bomb in (
        (-1, 0),
        (0, 0),
        (100_000, 0),
        (199_999, 0),
        (200_000, 1),
        (299_999, 1),
        (300_000, 2),
        (400_000, 4),
        (4_299_999, 2**40),
    ):
        # the bomb goes by the number of the new block
        assert difficulty(base, 10, number=delay + blocks - 1, fork=fork) == base + bomb


def test_a_bomb_that_no_header_can_hold_is_not_computed() -> None:
    for number in (50_000_000, 2**63, 2**64 - 2):
        small = SmallChain(BERLIN, number=number)
        with pytest.raises(Rejection) as caught:
            small.chain.add(SmallChain(BERLIN).next().with_header(number=number + 1, parent_hash=small.chain.head))
        assert caught.value.code is Invalid.INVALID_DIFFICULTY


def test_a_difficulty_that_is_not_the_one() -> None:
    parent = genesis_header(BERLIN)
    right = next_difficulty(BERLIN, parent, GENESIS_TIME + 12)
    header = replace(parent, number=1, timestamp=GENESIS_TIME + 12)
    assert message(check_difficulty, BERLIN, parent, replace(header, difficulty=right)) is None
    expected = f"the difficulty is not the one that the parent sets: {right - 1}, not {right}"
    assert message(check_difficulty, BERLIN, parent, replace(header, difficulty=right - 1)) == expected


@given(st.integers(131_072, 2**256 - 1), st.integers(1, 2**40), st.booleans(), st.integers(0, 20_000_000))
def test_the_difficulty_by_its_formula(parent: int, seconds: int, ommers: bool, number: int) -> None:
    # yellow paper, equations 45 to 50
    sigma = max((2 if ommers else 1) - seconds // 9, -99)
    fake = max(number + 1 - 9_000_000, 0)
    epsilon = int(2 ** (fake // 100_000 - 2))
    assert difficulty(parent, seconds, ommers, number) == max(131_072, parent + parent // 2048 * sigma + epsilon)


def test_shanghai_headers_know_no_blobs() -> None:
    assert check_excess_blob_gas not in SHANGHAI.header_rules
    assert check_excess_blob_gas in CANCUN.header_rules
