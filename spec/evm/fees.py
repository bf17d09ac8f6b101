"""The fees that a block sets for the next: base fee (EIP-1559) and blob base fee (EIP-4844, EIP-7918)."""

# source: EIP-1559, specification

from __future__ import annotations

from typing import TYPE_CHECKING

from samestate.spec.evm.gas import GAS_PER_BLOB
from samestate.spec.evm.rejections import Invalid
from samestate.spec.machine import Rejection

if TYPE_CHECKING:
    from samestate.spec.evm.block import Header
    from samestate.spec.evm.fork import Fork

BASE_FEE_CHANGE_DENOMINATOR = 8
ELASTICITY = 2
INITIAL_BASE_FEE = 10**9
MINIMUM_BLOB_BASE_FEE = 1
BLOB_BASE_FEE_LIMIT = 2**256
LARGEST_EXPONENT = 178
"""``e`` to this power is over 2^256: so far the series of a blob base fee that fits never needs to go."""
BLOB_BASE_COST = 2**13
"""EIP-7918: the execution gas that a blob is taken to cost at least."""


def next_base_fee(parent: Header) -> int:
    """The base fee per gas of the block after ``parent``, in wei (EIP-1559)."""
    if parent.base_fee_per_gas is None:
        # rule: evm.basefee.initial
        return INITIAL_BASE_FEE
    base_fee = parent.base_fee_per_gas
    target = parent.gas_limit // ELASTICITY
    if parent.gas_used == target:
        # rule: evm.basefee.at-target
        return base_fee
    if parent.gas_used > target:
        # rule: evm.basefee.above-target
        change = base_fee * (parent.gas_used - target) // target // BASE_FEE_CHANGE_DENOMINATOR
        return base_fee + max(change, 1)
    # rule: evm.basefee.below-target
    change = base_fee * (target - parent.gas_used) // target // BASE_FEE_CHANGE_DENOMINATOR
    return base_fee - change


def no_base_fee(parent: Header) -> None:
    """Before London a block has no base fee."""


def no_excess_blob_gas(fork: Fork, parent: Header) -> None:
    """Before Cancun a block has no blob gas."""


def fake_exponential(factor: int, numerator: int, denominator: int) -> int:
    """``factor * e ** (numerator / denominator)`` by its Taylor series in integers (EIP-4844)."""
    index = 1
    total = 0
    term = factor * denominator
    while term > 0:
        # rule: evm.blobfee.exponential
        # source: EIP-4844, Helpers
        total += term
        term = term * numerator // (denominator * index)
        index += 1
    return total // denominator


def blob_base_fee(fork: Fork, excess_blob_gas: int) -> int:
    """The price of blob gas in wei, in a block with so much excess blob gas; 0 where the fork has no blobs.

    A price that is no 256-bit number is none that a block can have: nobody could have paid for the blobs before it.
    The series for one would not end within any patience.
    """
    if fork.blob_schedule is None:
        return 0
    fraction = fork.blob_schedule.update_fraction
    if excess_blob_gas < LARGEST_EXPONENT * fraction:
        # rule: evm.blobfee.price
        # source: EIP-4844, Gas accounting
        price = fake_exponential(MINIMUM_BLOB_BASE_FEE, excess_blob_gas, fraction)
        if price < BLOB_BASE_FEE_LIMIT:
            return price
    # rule: evm.blobfee.overflow
    # source: Samestate: nobody could have paid for the blobs before such a price
    raise Rejection(Invalid.BLOB_BASE_FEE_OVERFLOW, f"at an excess of {excess_blob_gas} blob gas")


def next_excess_blob_gas(fork: Fork, parent: Header) -> int:
    """The excess blob gas of the block after ``parent`` (EIP-4844)."""
    schedule = fork.blob_schedule
    if schedule is None:
        return 0
    total = (parent.excess_blob_gas or 0) + (parent.blob_gas_used or 0)
    # rule: evm.blobfee.excess
    # source: EIP-4844, Header extension
    return max(total - schedule.target_gas, 0)


def next_excess_blob_gas_with_floor(fork: Fork, parent: Header) -> int:
    """The excess blob gas of the block after ``parent``, where blobs never get cheaper than execution (EIP-7918)."""
    schedule = fork.blob_schedule
    if schedule is None:
        return 0
    excess = parent.excess_blob_gas or 0
    used = parent.blob_gas_used or 0
    if excess + used < schedule.target_gas:
        # rule: evm.blobfee.below-target
        # source: EIP-7918, specification
        return 0
    if BLOB_BASE_COST * (parent.base_fee_per_gas or 0) > GAS_PER_BLOB * blob_base_fee(fork, excess):
        # rule: evm.blobfee.execution-dominates
        # source: EIP-7918, specification
        return excess + used * (schedule.maximum - schedule.target) // schedule.maximum
    # rule: evm.blobfee.excess-above-target
    # source: EIP-7918, specification
    return excess + used - schedule.target_gas
