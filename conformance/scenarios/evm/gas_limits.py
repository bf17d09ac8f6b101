"""Gas: what a transaction and a block may declare, whatever they use."""

from __future__ import annotations

from samestate.conformance.scenarios.assembler import REVERT, code, load, store
from samestate.conformance.scenarios.block_builder import ETHER, BlockBuilder
from samestate.conformance.scenarios.scenario import scenario, since, until
from samestate.spec.evm.forks import BERLIN, BPO2, LONDON, OSAKA, PRAGUE
from samestate.spec.evm.rejections import Invalid

CAP = 2**24


@scenario(hazards="H05", forks=since(LONDON))
def declared_gas_that_does_not_fit(block: BlockBuilder) -> None:
    """The second transaction would use little, but declares more gas than the first has left in the block."""
    alice, bob = block.accounts(alice=ETHER, bob=ETHER)
    block.set_environment(gas_limit=100_000)
    block.transfer(alice, to=bob, value=7, gas=60_000)
    block.transfer(bob, to=alice, value=7, gas=79_001)
    block.expect(Invalid.GAS_ALLOWANCE_EXCEEDED, transaction=1)


@scenario(hazards="H05", forks=since(LONDON))
def declared_gas_that_just_fits(block: BlockBuilder) -> None:
    """The same with one gas less."""
    alice, bob = block.accounts(alice=ETHER, bob=ETHER)
    block.set_environment(gas_limit=100_000)
    block.transfer(alice, to=bob, value=7, gas=60_000)
    block.transfer(bob, to=alice, value=7, gas=79_000)
    block.expect_success()


@scenario(hazards="H05 H52", forks=(BERLIN, LONDON))
def room_left_by_refunds(block: BlockBuilder) -> None:
    """What is refunded to one transaction is room for the next: it fits only because of that."""
    alice, bob = block.accounts(alice=ETHER, bob=ETHER)
    clearing = block.contract(
        "clearing", code(*(store(slot, 0) for slot in range(4))), storage=dict.fromkeys(range(4), 1)
    )
    used = 41_024 - (20_512 if block.fork is BERLIN else 8_204)
    block.set_environment(gas_limit=used + 21_000)
    block.call(alice, clearing, gas=41_024)
    block.transfer(bob, to=alice, value=7)
    block.expect_success()


@scenario(hazards="H09", forks=(OSAKA,))
def just_the_cap(block: BlockBuilder) -> None:
    """A transaction declares 2^24 gas, the most that Osaka allows (EIP-7825)."""
    alice, bob = block.accounts(alice=ETHER, bob=0)
    block.transfer(alice, to=bob, value=7, gas=CAP)
    block.expect_success()


@scenario(hazards="H09", forks=until(OSAKA, BPO2))
def one_over_the_cap(block: BlockBuilder) -> None:
    """A transaction declares 2^24 + 1 gas: the block is invalid, although there is room."""
    alice, bob = block.accounts(alice=ETHER, bob=0)
    block.transfer(alice, to=bob, value=7)
    block.transfer(alice, to=bob, value=7, gas=CAP + 1)
    block.expect(Invalid.TRANSACTION_GAS_LIMIT_EXCEEDED, transaction=1)


@scenario(hazards="H09", forks=(PRAGUE,))
def no_cap_yet(block: BlockBuilder) -> None:
    """Before Osaka 2^24 + 1 gas are as good as any."""
    alice, bob = block.accounts(alice=ETHER, bob=0)
    block.transfer(alice, to=bob, value=7, gas=CAP + 1)
    block.expect_success()


@scenario(hazards="H11", forks=since(PRAGUE))
def floor_of_a_failure(block: BlockBuilder) -> None:
    """A transaction with much data reverts at once: it pays the floor of its data, and so does one that succeeds."""
    alice, bob = block.accounts(alice=ETHER, bob=ETHER)
    failing = block.contract("failing", code(REVERT))
    data = b"\x01" * 300
    block.call(alice, failing, data=data)
    block.transfer(bob, to=alice, value=7, gas=300_000, data=data)
    block.expect_success(False, True)


@scenario(hazards="H11", forks=(PRAGUE,))
def floor_that_is_not_covered(block: BlockBuilder) -> None:
    """The gas limit covers the intrinsic gas, but not the floor of the data (EIP-7623)."""
    alice, bob = block.accounts(alice=ETHER, bob=0)
    block.transfer(alice, to=bob, value=7, gas=21_000 + 16 * 300 + 1_000, data=b"\x01" * 300)
    block.expect(Invalid.FLOOR_GAS_TOO_LOW, transaction=0)


@scenario(hazards="H51 H54", forks=since(LONDON))
def out_of_gas_by_a_cold_slot(block: BlockBuilder) -> None:
    """A slot is warm for one transaction only: the second one of the same kind needs as much gas as the first."""
    alice, bob = block.accounts(alice=ETHER, bob=ETHER)
    reading = block.contract("reading", code(load(0), load(0), "POP POP"), storage={0: 1})
    intrinsic = 15_000 if block.prices.new_slot else 21_000  # EIP-2780: no value
    gas = intrinsic + 2 * 3 + 2_100 + 100 + 2 * 2
    block.call(alice, reading, gas=gas)
    block.call(bob, reading, gas=gas - 1)
    block.call(bob, reading, gas=gas)
    block.expect_success(True, False, True)
