"""The coinbase: whoever reads its balance reads the fees of every transaction before."""

from __future__ import annotations

from samestate.conformance.scenarios.assembler import (
    argument,
    balance,
    call,
    code,
    create2,
    deploying,
    store,
    when,
    words,
)
from samestate.conformance.scenarios.block_builder import ETHER, GWEI, BlockBuilder
from samestate.conformance.scenarios.scenario import scenario, since, throughout
from samestate.spec.evm.address import salted_address
from samestate.spec.evm.forks import BERLIN, LONDON, PARIS, PRAGUE, SHANGHAI

FEE = 21_000 * GWEI


@scenario(hazards="H12", forks=since(BERLIN))
def coinbase_is_a_sender(block: BlockBuilder) -> None:
    """The coinbase sends transactions of its own between those that pay it: its nonce moves, and it pays itself."""
    alice, miner = block.accounts(alice=ETHER, miner=ETHER)
    block.mined_by(miner)
    block.transfer(alice, to=miner, value=7)
    block.transfer(miner, to=alice, value=9)
    block.transfer(alice, to=miner, value=11)
    block.transfer(miner, to=alice, value=13)
    block.expect_success()
    block.expect_nonce(miner, 2)


@scenario(hazards="H04 H12 H15", forks=since(PARIS))
def coinbase_spends_the_fees_of_this_block(block: BlockBuilder) -> None:
    """The coinbase had nothing before the block, and can pay only out of the fees of the transactions before."""
    alice, bob, miner = block.accounts(alice=ETHER, bob=ETHER, miner=0)
    block.mined_by(miner)
    block.transfer(alice, to=bob, value=7, tip=2 * GWEI)
    block.transfer(bob, to=alice, value=7, tip=2 * GWEI)
    block.transfer(miner, to=alice, value=5, gas=21_000, tip=0)
    block.expect_success()


@scenario(hazards="H13 H15", forks=since(PARIS))
def balance_of_the_coinbase(block: BlockBuilder) -> None:
    """BALANCE of the coinbase in the middle of a block has the fees of the transactions before, and not its own."""
    alice, bob, carol = block.accounts(alice=ETHER, bob=ETHER, carol=ETHER)
    looker = block.contract("looker", code(store("CALLER", balance("COINBASE"))))
    block.transfer(alice, to=bob, value=7)
    block.call(bob, looker)
    block.transfer(alice, to=bob, value=7)
    block.call(carol, looker)
    block.expect_success()
    block.expect_slot(looker, bob.as_number, FEE)


@scenario(hazards="H13", forks=since(PARIS))
def self_balance_of_the_coinbase(block: BlockBuilder) -> None:
    """A contract that is the coinbase sees by SELFBALANCE the fees of the transactions before."""
    alice, bob = block.accounts(alice=ETHER, bob=ETHER)
    miner = block.contract("miner", code(store(0, "SELFBALANCE")), balance=5)
    block.mined_by(miner)
    block.transfer(alice, to=bob, value=7)
    block.call(bob, miner)
    block.expect_success()
    block.expect_slot(miner, 0, FEE + 5)


@scenario(hazards="H14", forks=since(PARIS))
def no_fee_makes_no_coinbase(block: BlockBuilder) -> None:
    """Without priority fees a coinbase that isn't there stays away."""
    alice, bob = block.accounts(alice=ETHER, bob=0)
    block.transfer(alice, to=bob, value=7, tip=0)
    block.transfer(alice, to=bob, value=7, tip=0)
    block.expect_success()
    block.expect_gone(block.coinbase)


@scenario(hazards="H16", forks=throughout(PARIS))
def coinbase_pays_itself(block: BlockBuilder) -> None:
    """The coinbase sends with the whole price as priority fee: what it pays comes back, but for the base fee."""
    miner, bob = block.accounts(miner=ETHER, bob=0)
    block.mined_by(miner)
    block.transfer(miner, to=bob, value=7, tip=50 * GWEI)
    block.expect_success()
    block.expect_balance(miner, ETHER - 7 - block.prices.transfer * block.environment.base_fee_per_gas)


@scenario(hazards="H17", forks=throughout(BERLIN, SHANGHAI))
def coinbase_destroys_itself(block: BlockBuilder) -> None:
    """The coinbase is destroyed in a transaction: that fee is lost with it, and the next one begins anew."""
    alice, bob, heir = block.accounts(alice=ETHER, bob=ETHER, heir=0)
    miner = block.contract("miner", code(f"PUSH {heir} SELFDESTRUCT"), storage={0: 1}, balance=5)
    block.mined_by(miner)
    block.transfer(bob, to=alice, value=7)
    block.call(alice, miner)
    block.transfer(bob, to=alice, value=7)
    block.expect_success()
    block.expect_nonce(miner, 0)
    block.expect_code(miner, b"")
    block.expect_balance(heir, 5 + FEE)


@scenario(hazards="H18 H28", forks=since(LONDON))
def coinbase_inherits(block: BlockBuilder) -> None:
    """The coinbase is the beneficiary of a SELFDESTRUCT, between two fees."""
    alice, bob = block.accounts(alice=ETHER, bob=ETHER)
    will = block.contract("will", code("COINBASE SELFDESTRUCT"), balance=ETHER)
    block.transfer(alice, to=bob, value=7)
    block.call(bob, will)
    block.transfer(alice, to=bob, value=7)
    block.expect_success()
    block.expect_balance(will, 0)


@scenario(hazards="H15 H18 H46", forks=since(SHANGHAI))
def coinbase_withdraws(block: BlockBuilder) -> None:
    """The coinbase gets fees during the block and a withdrawal after it."""
    alice, bob = block.accounts(alice=ETHER, bob=0)
    block.transfer(alice, to=bob, value=7)
    block.transfer(alice, to=bob, value=7)
    block.withdrawal(block.coinbase, gwei=3)
    block.expect_success()
    block.expect_balance(block.coinbase, 2 * FEE + block.prices.new_account * GWEI + 3 * GWEI)


@scenario(hazards="H18 H19 H30", forks=since(PARIS))
def coinbase_is_created(block: BlockBuilder) -> None:
    """A contract is created at the coinbase's address after fees have come there, and gets the fee for it too."""
    alice, bob = block.accounts(alice=ETHER, bob=ETHER)
    initcode = deploying(code(store(0, "SELFBALANCE")))
    factory = block.contract("factory", code(store(0, create2(initcode))))
    miner = block.at("miner", salted_address(factory.address, bytes(32), initcode))
    block.mined_by(miner)
    block.transfer(alice, to=bob, value=7)
    block.call(alice, factory)
    block.call(bob, miner)
    block.expect_success()
    block.expect_slot(factory, 0, miner)
    block.expect_nonce(miner, 1)


@scenario(hazards="H18 H19", forks=since(PRAGUE))
def coinbase_delegates(block: BlockBuilder) -> None:
    """The coinbase delegates its code in a transaction that pays it: it has a nonce, code and a fee at once."""
    alice, bob = block.accounts(alice=ETHER, bob=ETHER)
    miner = block.nobody("miner")
    block.mined_by(miner)
    recorder = block.contract("recorder", code(store(0, "SELFBALANCE")))
    block.delegate(alice, {miner: recorder}, to=bob)
    block.call(bob, miner)
    block.expect_success()
    block.expect_nonce(miner, 1)


@scenario(hazards="H13 H63", forks=since(PARIS))
def branch_on_the_fees(block: BlockBuilder) -> None:
    """What a transaction does depends on whether the coinbase has earned anything in this block."""
    alice, bob = block.accounts(alice=ETHER, bob=ETHER)
    target = block.contract("target", code(store(0, argument(0))))
    chooser = block.contract(
        "chooser",
        code(when(balance("COINBASE"), "earned"), store(0, 1), "STOP", "earned:", store(1, call(target))),
    )
    block.call(alice, chooser, data=words(1))
    block.call(bob, chooser, data=words(1))
    block.expect_success()
    block.expect_slot(chooser, 0, 1)
    block.expect_slot(chooser, 1, 1)
