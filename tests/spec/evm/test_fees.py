"""The fees that a block sets for the next one: known answers, and both sides of each target."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from samestate.spec.evm.block import Header
from samestate.spec.evm.fees import blob_base_fee, fake_exponential, next_base_fee
from samestate.spec.evm.fork import BlobSchedule, Fork
from samestate.spec.evm.forks import AMSTERDAM, BERLIN, BPO1, BPO2, CANCUN, LONDON, OSAKA, PRAGUE, SHANGHAI
from samestate.spec.evm.rejections import Invalid
from samestate.spec.evm.state import Account
from samestate.spec.machine import Rejection
from tests.spec.evm.chains import SHOP, SmallChain, genesis_header, transfer

BLOB = 2**17


def parent(fork: Fork = LONDON, **fields: Any) -> Header:
    return genesis_header(fork, **fields)


# Base fee


@pytest.mark.parametrize(
    ("limit", "used", "fee", "expected"),
    [
        # known answers that clients share
        (20_000_000, 10_000_000, 10**9, 10**9),
        (20_000_000, 9_000_000, 10**9, 987_500_000),
        (20_000_000, 11_000_000, 10**9, 1_012_500_000),
        # empty and full blocks: an eighth
        (20_000_000, 0, 10**9, 875_000_000),
        (20_000_000, 20_000_000, 10**9, 1_125_000_000),
        # next to the target
        (20_000_000, 9_999_999, 10**9, 10**9 - 12),
        (20_000_000, 10_000_001, 10**9, 10**9 + 12),
        # an odd limit has a target that is rounded down
        (20_000_001, 10_000_000, 10**9, 10**9),
        (20_000_001, 20_000_001, 10**9, 1_125_000_012),
        # a rise is at least one wei, a fall may be none
        (20_000_000, 10_000_001, 1, 2),
        (20_000_000, 10_000_001, 0, 1),
        (20_000_000, 20_000_000, 7, 8),
        (20_000_000, 0, 7, 7),
        (20_000_000, 0, 8, 7),
        (20_000_000, 0, 0, 0),
        # mainnet 12,965,000, the first block of London, was full: the second one's fee
        (30_029_122, 30_025_257, 10**9, 1_124_967_822),
    ],
)
def test_the_base_fee_follows_the_gas_used(limit: int, used: int, fee: int, expected: int) -> None:
    assert next_base_fee(parent(gas_limit=limit, gas_used=used, base_fee_per_gas=fee)) == expected


def test_the_first_base_fee() -> None:
    assert next_base_fee(parent(BERLIN, gas_used=30_000_000)) == 10**9
    assert BERLIN.next_base_fee(parent(BERLIN)) is None


@given(st.integers(0, 2**128), st.integers(5000, 2**63 - 1), st.integers(0, 2**63 - 1))
def test_the_base_fee_moves_by_an_eighth_at_most(fee: int, limit: int, used: int) -> None:
    used = min(used, limit)
    after = next_base_fee(parent(gas_limit=limit, gas_used=used, base_fee_per_gas=fee))
    assert fee - fee // 8 <= after
    # an odd limit lets a full block be one unit over twice the target
    assert after <= fee + max(1, fee // 8 + fee // (limit // 2) // 8 + 1)
    assert (after > fee) == (used > limit // 2)


# Blob base fee


@pytest.mark.parametrize(
    ("factor", "numerator", "denominator", "expected"),
    [
        (1, 0, 1, 1),
        (38_493, 0, 1000, 38_493),
        (0, 1234, 2345, 0),
        (1, 2, 1, 6),
        (1, 4, 2, 6),
        (1, 3, 1, 16),
        (1, 6, 2, 18),
        (1, 4, 1, 49),
        (1, 8, 2, 50),
        (10, 8, 2, 542),
        (11, 8, 2, 596),
        (1, 5, 1, 136),
        (1, 5, 2, 11),
        (2, 5, 2, 23),
        (1, 50_000_000, 2_225_652, 5_709_098_764),
    ],
)
def test_the_exponential_of_integers(factor: int, numerator: int, denominator: int, expected: int) -> None:
    assert fake_exponential(factor, numerator, denominator) == expected


@given(st.integers(0, 40 * 3_338_477))
def test_the_exponential_is_close_to_the_real_one(excess: int) -> None:
    real = math.exp(excess / 3_338_477)
    assert real * 0.999 - 2 <= fake_exponential(1, excess, 3_338_477) <= real * 1.001


@pytest.mark.parametrize(
    ("fork", "excess", "expected"),
    [
        (SHANGHAI, 2**40, 0),
        (CANCUN, 0, 1),
        (CANCUN, 2_314_057, 1),
        (CANCUN, 2_314_058, 2),
        (CANCUN, 10 * 2**20, 23),
        (PRAGUE, 3_471_086, 1),
        (PRAGUE, 3_471_088, 2),
        (OSAKA, 3_471_088, 2),
        (BPO1, 5_785_138, 1),
        (BPO1, 5_785_143, 2),
        (BPO2, 8_099_197, 1),
        (BPO2, 8_099_199, 2),
        (AMSTERDAM, 8_099_199, 2),
    ],
    ids=lambda value: value.name if isinstance(value, Fork) else str(value),
)
def test_the_price_of_blob_gas(fork: Fork, excess: int, expected: int) -> None:
    assert blob_base_fee(fork, excess) == fork.blob_base_fee(excess) == expected


@pytest.mark.parametrize("fork", [CANCUN, PRAGUE, BPO1, BPO2], ids=lambda fork: fork.name)
def test_a_price_beyond_256_bits_is_rejected_and_not_computed(fork: Fork) -> None:
    assert fork.blob_schedule is not None
    fraction = fork.blob_schedule.update_fraction
    largest = int(fraction * 256 * math.log(2))
    assert 2**255 < blob_base_fee(fork, largest - fraction // 100) < 2**256
    for excess in (largest + fraction // 100, 178 * fraction - 1, 178 * fraction, 2**63, 2**64 - 1):
        with pytest.raises(Rejection) as caught:
            blob_base_fee(fork, excess)
        assert caught.value.code is Invalid.BLOB_BASE_FEE_OVERFLOW
        assert str(caught.value) == f"the blob base fee does not fit 256 bits: at an excess of {excess} blob gas"


def test_the_excess_of_a_genesis_may_be_anything_and_yet_nothing_hangs() -> None:
    small = SmallChain(OSAKA, excess_blob_gas=2**64 - 1)
    with pytest.raises(Rejection) as caught:
        small.next()
    assert caught.value.code is Invalid.BLOB_BASE_FEE_OVERFLOW
    # before Osaka only those who ask for the price notice
    blob_base_fee_and_stop = {SHOP: Account(code=b"\x4a\x00")}
    small = SmallChain(CANCUN, blob_base_fee_and_stop, excess_blob_gas=2**64 - 1)
    small.add(small.next())
    with pytest.raises(Rejection) as caught:
        small.next([transfer(gas_limit=100_000)])
    assert (caught.value.code, caught.value.transaction) == (Invalid.BLOB_BASE_FEE_OVERFLOW, 0)


def test_the_schedules() -> None:
    assert [fork.blob_schedule for fork in (SHANGHAI, CANCUN, PRAGUE, OSAKA, BPO1, BPO2, AMSTERDAM)] == [
        None,
        BlobSchedule(3, 6, 3_338_477),
        BlobSchedule(6, 9, 5_007_716),
        BlobSchedule(6, 9, 5_007_716),
        BlobSchedule(10, 15, 8_346_193),
        BlobSchedule(14, 21, 11_684_671),
        BlobSchedule(14, 21, 11_684_671),
    ]


# Excess blob gas


@pytest.mark.parametrize(
    ("excess", "blobs", "expected"),
    [
        (0, 0, 0),
        (0, 1, 0),
        (0, 3, 0),
        (0, 4, BLOB),
        (0, 6, 3 * BLOB),
        (1, 3, 1),
        (3 * BLOB, 0, 0),
        (3 * BLOB - 1, 0, 0),
        (3 * BLOB + 1, 0, 1),
        (BLOB, 1, 0),
        (BLOB, 3, BLOB),
        (10 * BLOB, 6, 13 * BLOB),
    ],
)
def test_the_excess_grows_by_what_is_over_the_target(excess: int, blobs: int, expected: int) -> None:
    header = parent(CANCUN, excess_blob_gas=excess, blob_gas_used=blobs * BLOB)
    assert CANCUN.next_excess_blob_gas(CANCUN, header) == expected


def test_the_first_excess_is_zero() -> None:
    for fork in (CANCUN, PRAGUE, OSAKA):
        assert fork.next_excess_blob_gas(fork, parent(SHANGHAI)) == 0
    assert SHANGHAI.next_excess_blob_gas(SHANGHAI, parent(SHANGHAI)) is None


@pytest.mark.parametrize("fork", [OSAKA, BPO1, BPO2], ids=lambda fork: fork.name)
def test_the_price_of_a_blob_is_bounded_by_that_of_execution(fork: Fork) -> None:
    schedule = fork.blob_schedule
    assert schedule is not None
    target, maximum = schedule.target, schedule.maximum

    def after(excess: int, blobs: int, base_fee: int) -> int | None:
        header = parent(fork, excess_blob_gas=excess, blob_gas_used=blobs * BLOB, base_fee_per_gas=base_fee)
        return fork.next_excess_blob_gas(fork, header)

    # 8192 * 16 == 131072 * 1: as long as blob gas costs one wei, sixteen wei are the boundary
    for base_fee, execution_dominates in ((0, False), (16, False), (17, True), (10**9, True)):
        assert after(0, target - 1, base_fee) == 0
        full, at_target = after(0, maximum, base_fee), after(0, target, base_fee)
        if execution_dominates:
            assert full == maximum * BLOB * (maximum - target) // maximum == (maximum - target) * BLOB
            assert at_target == target * BLOB * (maximum - target) // maximum
        else:
            assert full == (maximum - target) * BLOB
            assert at_target == 0
    # without blobs an excess over the target stays where execution dominates, and falls where it doesn't
    excess = target * BLOB + 5
    price = fork.blob_base_fee(excess)
    assert after(excess, 0, 16 * price + 1) == excess
    assert after(excess, 0, 16 * price) == 5
    assert after(target * BLOB - 1, 0, 10**9) == 0


@given(st.integers(0, 200 * BLOB), st.integers(0, 21), st.integers(0, 2**40))
def test_the_excess_by_its_formula(excess: int, blobs: int, base_fee: int) -> None:
    header = parent(BPO2, excess_blob_gas=excess, blob_gas_used=blobs * BLOB, base_fee_per_gas=base_fee)
    used = blobs * BLOB
    if excess + used < 14 * BLOB:
        expected = 0
    elif Fraction(2**13 * base_fee, BLOB) > fake_exponential(1, excess, 11_684_671):
        expected = excess + math.floor(Fraction(used * 7, 21))
    else:
        expected = excess + used - 14 * BLOB
    assert BPO2.next_excess_blob_gas(BPO2, header) == expected
