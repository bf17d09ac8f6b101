"""What gas and blobs cost: prices beyond 64 bits, sums beyond 128 and 256, and what is enough to the last wei."""

from __future__ import annotations

from typing import Final

from samestate.conformance.scenarios.assembler import code, store
from samestate.conformance.scenarios.block_builder import ETHER, GWEI, BlockBuilder
from samestate.conformance.scenarios.scenario import scenario, since
from samestate.spec.evm.forks import AMSTERDAM, BERLIN, BPO1, BPO2, CANCUN, LONDON, OSAKA, PRAGUE, SHANGHAI
from samestate.spec.evm.rejections import Invalid

GAS_PER_BLOB: Final = 2**17
WITH_BLOBS: Final = (CANCUN, PRAGUE, OSAKA, BPO1, BPO2, AMSTERDAM)
FRACTIONS: Final = {
    CANCUN: 3_338_477,
    PRAGUE: 5_007_716,
    OSAKA: 5_007_716,
    BPO1: 8_346_193,
    BPO2: 11_684_671,
    AMSTERDAM: 11_684_671,
}
"""How slowly the price of blobs grows in each fork (EIP-4844, EIP-7691, EIP-7892)."""
RICH: Final = 2**200


def blob_price(block: BlockBuilder) -> int:
    """e to the power of the excess over the fork's fraction, by the sum that EIP-4844 gives."""
    excess, fraction = block.environment.excess_blob_gas, FRACTIONS[block.fork]
    total, term, index = 0, fraction, 1
    while term:
        total += term
        term = term * excess // (fraction * index)
        index += 1
    return total // fraction


@scenario(hazards="H145", forks=WITH_BLOBS)
def blob_price_of_each_schedule(block: BlockBuilder) -> None:
    """The same excess has another price under each schedule: BLOBBASEFEE says it, and the sender pays it."""
    alice, bob = block.accounts(alice=ETHER, bob=ETHER)
    note = block.contract("note", code(store("CALLER", "BLOBBASEFEE")))
    block.set_environment(excess_blob_gas=60_000_000)
    price = blob_price(block)
    block.blobs(alice, to=bob, count=1, max_blob_fee=price)
    block.call(bob, note)
    block.expect_success()
    block.expect_slot(note, bob.as_number, price)
    intrinsic = 15_000 if block.fork is AMSTERDAM else 21_000
    block.expect_balance(alice, ETHER - intrinsic * 2 * GWEI - GAS_PER_BLOB * price)


@scenario(hazards="H130", forks=WITH_BLOBS)
def blob_price_beyond_64_bits(block: BlockBuilder) -> None:
    """Blobs cost more wei than 64 bits hold: so BLOBBASEFEE says, and so much is paid, to the last wei."""
    gas = block.prices.transfer
    block.set_environment(excess_blob_gas=FRACTIONS[block.fork] * 50)
    price = blob_price(block)
    if not 2**64 < price < 2**128:
        raise ValueError(f"the price is {price}, and the scenario is about one of 65 to 128 bits")
    alice = block.account("alice", gas * 2 * GWEI + GAS_PER_BLOB * price)
    bob = block.account("bob", ETHER)
    note = block.contract("note", code(store("CALLER", "BLOBBASEFEE")))
    block.blobs(alice, to=bob, count=1, max_blob_fee=price, gas=gas)
    block.call(bob, note)
    block.expect_success()
    block.expect_slot(note, bob.as_number, price)
    intrinsic = 15_000 if block.fork is AMSTERDAM else 21_000
    block.expect_balance(alice, (gas - intrinsic) * 2 * GWEI)


@scenario(hazards="H130", forks=(CANCUN, OSAKA, AMSTERDAM))
def blob_price_beyond_128_bits(block: BlockBuilder) -> None:
    """Blobs cost more wei than 128 bits hold, and somebody can pay them."""
    block.set_environment(excess_blob_gas=FRACTIONS[block.fork] * 100)
    price = blob_price(block)
    if not 2**128 < price < 2**192:
        raise ValueError(f"the price is {price}, and the scenario is about one of 129 to 192 bits")
    alice, bob = block.accounts(alice=RICH, bob=ETHER)
    note = block.contract("note", code(store("CALLER", "BLOBBASEFEE")))
    block.blobs(alice, to=bob, count=2, max_blob_fee=2 * price, tip=GWEI)
    block.call(bob, note)
    block.expect_success()
    block.expect_slot(note, bob.as_number, price)
    intrinsic = 15_000 if block.fork is AMSTERDAM else 21_000
    block.expect_balance(alice, RICH - intrinsic * 2 * GWEI - 2 * GAS_PER_BLOB * price)


@scenario(hazards="H130 H145", forks=(CANCUN, OSAKA, AMSTERDAM))
def one_wei_below_the_blob_price(block: BlockBuilder) -> None:
    """A blob's price has more than 64 bits, and a transaction offers a wei less."""
    block.set_environment(excess_blob_gas=FRACTIONS[block.fork] * 50)
    alice, bob = block.accounts(alice=RICH, bob=ETHER)
    block.transfer(bob, to=alice, value=7)
    block.blobs(alice, to=bob, count=1, max_blob_fee=blob_price(block) - 1)
    block.expect(Invalid.MAX_FEE_PER_BLOB_GAS_TOO_LOW, transaction=1)


@scenario(hazards="H04 H130", forks=(CANCUN, PRAGUE, AMSTERDAM))
def blob_fee_of_256_bits_and_more(block: BlockBuilder) -> None:
    """A blob is offered 2^239 wei a gas: 2^256 in all, which nobody has, and which in 256 bits is nothing."""
    alice, bob = block.accounts(alice=2**255, bob=ETHER)
    block.transfer(bob, to=alice, value=7)
    block.blobs(alice, to=bob, count=1, max_blob_fee=2**239)
    block.expect(Invalid.INSUFFICIENT_FUNDS, transaction=1)


@scenario(hazards="H04 H130", forks=(CANCUN, PRAGUE, AMSTERDAM))
def sum_of_fees_beyond_256_bits(block: BlockBuilder) -> None:
    """Gas and blobs cost less than 2^256 wei each, and more together: the sum must not wrap around to what is there."""
    alice, bob = block.accounts(alice=2**254, bob=ETHER)
    block.transfer(bob, to=alice, value=7)
    block.blobs(alice, to=bob, count=1, max_blob_fee=2**239 - 1)
    block.expect(Invalid.INSUFFICIENT_FUNDS, transaction=1)
    block.next_block()
    most = (2**256 - 2**253) // block.prices.transfer + 1
    block.blobs(alice, to=bob, count=1, max_blob_fee=2**236, max_fee=most, nonce=0)
    block.expect(Invalid.INSUFFICIENT_FUNDS, transaction=0)


@scenario(hazards="H04 H130", forks=(CANCUN, PRAGUE, AMSTERDAM))
def fees_beyond_128_bits_that_suffice(block: BlockBuilder) -> None:
    """A sender has just what gas and blobs may cost, more than 128 bits hold, and pays the price of the block."""
    gas = block.prices.transfer
    most, blob_most = 2**120, 2**112
    balance = gas * most + GAS_PER_BLOB * blob_most
    alice, bob = block.accounts(alice=balance, bob=ETHER)
    block.blobs(alice, to=bob, count=1, max_blob_fee=blob_most, max_fee=most, gas=gas)
    block.expect_success()
    intrinsic = 15_000 if block.fork is AMSTERDAM else 21_000
    block.expect_balance(alice, balance - intrinsic * 2 * GWEI - GAS_PER_BLOB)


@scenario(hazards="H04 H130", forks=(CANCUN, PRAGUE, AMSTERDAM))
def fees_beyond_128_bits_that_are_a_wei_short(block: BlockBuilder) -> None:
    """A sender lacks one wei of what gas and blobs may cost, although they cost far less in this block."""
    gas = block.prices.transfer
    most, blob_most = 2**120, 2**112
    alice, bob = block.accounts(alice=gas * most + GAS_PER_BLOB * blob_most - 1, bob=ETHER)
    block.transfer(bob, to=block.nobody("shop"), value=7)
    block.blobs(alice, to=bob, count=1, max_blob_fee=blob_most, max_fee=most, gas=gas)
    block.expect(Invalid.INSUFFICIENT_FUNDS, transaction=1)


@scenario(hazards="H04 H130", forks=(BERLIN, LONDON, SHANGHAI, AMSTERDAM))
def value_and_gas_beyond_256_bits(block: BlockBuilder) -> None:
    """Value and gas cost 2^256 wei together, and the sender has all but one of them: in 256 bits the sum is nothing."""
    gas = block.prices.transfer
    most = 2 * GWEI
    alice, bob = block.accounts(alice=2**256 - 1 - 2 * ETHER, bob=ETHER)
    block.transfer(bob, to=block.nobody("shop"), value=7)
    block.transfer(alice, to=bob, value=2**256 - gas * most, gas=gas, tip=most if block.fork is BERLIN else GWEI)
    block.expect(Invalid.INSUFFICIENT_FUNDS, transaction=1)


@scenario(hazards="H04 H130", forks=(BERLIN, LONDON, AMSTERDAM))
def price_of_gas_beyond_128_bits(block: BlockBuilder) -> None:
    """A price of 2^130 wei is offered, and paid by whoever has so much: the coinbase gets what it is due."""
    gas = block.prices.transfer
    price = 2**130
    alice, bob = block.accounts(alice=gas * price + 7 + ETHER, bob=ETHER)
    block.transfer(alice, to=bob, value=7, gas=gas, tip=price - block.environment.base_fee_per_gas, max_fee=price)
    block.transfer(alice, to=bob, value=0, gas=21_000)
    block.expect_success()
    intrinsic, idle = (12_000 + 3_000 + 6_000, 15_000) if block.fork is AMSTERDAM else (21_000, 21_000)
    cheap = GWEI if block.fork is BERLIN else 2 * GWEI
    block.expect_balance(alice, (gas - intrinsic) * price + ETHER - idle * cheap)
    block.expect_balance(bob, ETHER + 7)


@scenario(hazards="H04 H130", forks=(BERLIN, LONDON, SHANGHAI, PRAGUE, AMSTERDAM))
def price_of_gas_beyond_256_bits(block: BlockBuilder) -> None:
    """The gas limit at its price comes to 2^256 wei and more, which nobody can have."""
    alice, bob = block.accounts(alice=2**255, bob=ETHER)
    block.transfer(bob, to=alice, value=7)
    block.transfer(alice, to=bob, value=0, gas=2**20, tip=0, max_fee=2**236)
    is_of_its_own = block.fork is not AMSTERDAM
    block.expect(Invalid.GAS_PRICE_PRODUCT_OVERFLOW if is_of_its_own else Invalid.INSUFFICIENT_FUNDS, transaction=1)


@scenario(hazards="H12 H15", forks=since(LONDON))
def tip_is_what_is_left(block: BlockBuilder) -> None:
    """The tip is what is offered, or what the maximum leaves of it over the base fee: the coinbase has it at once."""
    alice, bob = block.accounts(alice=ETHER, bob=ETHER)
    note = block.contract("note", code(store("ORIGIN", "COINBASE BALANCE")))
    block.call(alice, note, tip=3 * GWEI, max_fee=3 * GWEI)
    block.call(bob, note, tip=0, max_fee=9 * GWEI)
    block.call(alice, note, tip=GWEI, max_fee=9 * GWEI)
    block.expect_success()
