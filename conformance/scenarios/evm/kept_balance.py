"""Accounts destroyed in the transaction that made them keep their balance (EIP-8246)."""

from __future__ import annotations

from samestate.conformance.scenarios.assembler import (
    REVERT,
    add_to_slot,
    balance,
    call,
    code,
    create2,
    deploying,
    load,
    store,
    when,
)
from samestate.conformance.scenarios.block_builder import ETHER, GWEI, BlockBuilder, NamedAccount
from samestate.conformance.scenarios.scenario import scenario
from samestate.spec.evm.address import created_address, salted_address
from samestate.spec.evm.forks import AMSTERDAM

TO_ITSELF = code("ADDRESS SELFDESTRUCT")
GAS = 600_000


def maker_of(block: BlockBuilder, initcode: bytes, then: str = "") -> tuple[NamedAccount, NamedAccount]:
    """A contract that creates an account of initialization code with the value that it is sent; and that account."""
    maker = block.nobody("maker")
    child = block.at("child", salted_address(maker.address, bytes(32), initcode))
    block.place_contract(maker, code(f"{create2(initcode, value='CALLVALUE')} POP", then), balance=100)
    return maker, child


def teller(block: BlockBuilder, account: NamedAccount) -> NamedAccount:
    """A contract that stores what it sees of an account: balance, size of code, and hash of code."""
    return block.contract(
        "teller",
        code(
            store(0, balance(account)),
            store(1, f"PUSH {account} EXTCODESIZE PUSH 1 ADD"),
            store(2, f"PUSH {account} EXTCODEHASH"),
        ),
    )


@scenario(hazards="H137", forks=(AMSTERDAM,))
def kept_and_seen(block: BlockBuilder) -> None:
    """Initialization code destroys its account for itself: the balance stays, and the next transaction sees it."""
    alice, bob = block.accounts(alice=ETHER, bob=ETHER)
    maker, child = maker_of(block, TO_ITSELF)
    looker = teller(block, child)
    block.call(alice, maker, value=7, gas=GAS)
    block.call(bob, looker, gas=GAS)
    block.expect_success()
    block.expect_logs([(alice, maker, 7), (maker, child, 7)], [])
    block.expect_balance(child, 7)
    block.expect_nonce(child, 0)
    block.expect_code(child, b"")
    block.expect_slot(looker, 0, 7)
    block.expect_slot(looker, 1, 1)
    block.expect_slot(looker, 2, 0xC5D2460186F7233C927E7DB2DCC703C0E500B653CA82273B7BFAD8045D85A470)


@scenario(hazards="H24 H137", forks=(AMSTERDAM,))
def value_after_the_destruction(block: BlockBuilder) -> None:
    """A new account is destroyed for another, and is sent value later in the transaction: it has that afterwards."""
    alice, bob, shop = block.accounts(alice=ETHER, bob=ETHER, shop=1)
    initcode = code(f"PUSH {shop} SELFDESTRUCT")
    child_address = salted_address(block.nobody("maker").address, bytes(32), initcode)
    maker, child = maker_of(block, initcode, f"{call(f'0x{child_address.hex()}', value=3)} POP")
    looker = teller(block, child)
    block.call(alice, maker, value=7, gas=GAS)
    block.call(bob, looker, gas=GAS)
    block.expect_success()
    block.expect_balance(shop, 8)
    block.expect_balance(child, 3)
    block.expect_slot(looker, 0, 3)


@scenario(hazards="H25 H137", forks=(AMSTERDAM,))
def nothing_to_keep(block: BlockBuilder) -> None:
    """An account without a balance is destroyed for itself: it is gone, and looking at it makes none."""
    alice, bob = block.accounts(alice=ETHER, bob=ETHER)
    maker, child = maker_of(block, TO_ITSELF)
    looker = teller(block, child)
    block.call(alice, maker, gas=GAS)
    block.call(bob, looker, gas=GAS)
    block.expect_success()
    block.expect_gone(child)
    block.expect_slot(looker, 2, 0)


@scenario(hazards="H20 H30 H137", forks=(AMSTERDAM,))
def created_again_over_what_is_kept(block: BlockBuilder) -> None:
    """An account is destroyed and keeps its balance; the next transaction creates it again, and it has both values."""
    alice, bob = block.accounts(alice=ETHER, bob=ETHER)
    initcode = deploying(code(store(0, "SELFBALANCE"), "ADDRESS SELFDESTRUCT"))
    maker = block.nobody("maker")
    child = block.at("child", salted_address(maker.address, bytes(32), initcode))
    creating = f"{create2(initcode, value='CALLVALUE')} POP"
    block.place_contract(maker, code(creating, when("CALLVALUE PUSH 5 EQ", "end"), f"{call(child)} POP", "end:"))
    block.call(alice, maker, value=7, gas=GAS)
    block.call(bob, maker, value=5, gas=GAS)
    block.call(alice, child)
    block.expect_success()
    block.expect_balance(child, 12)
    block.expect_nonce(child, 1)
    block.expect_slot(child, 0, 12)


@scenario(hazards="H22 H128 H137", forks=(AMSTERDAM,))
def destroyed_in_two_transactions(block: BlockBuilder) -> None:
    """An account is created, written and destroyed for itself in two transactions: what it keeps adds up."""
    alice, bob = block.accounts(alice=ETHER, bob=ETHER)
    maker, child = maker_of(block, code(add_to_slot(0, 1), store(1, "SELFBALANCE"), "ADDRESS SELFDESTRUCT"))
    looker = teller(block, child)
    block.call(alice, maker, value=7, gas=GAS)
    block.call(bob, maker, value=5, gas=GAS)
    block.call(bob, looker, gas=GAS)
    block.expect_success()
    block.expect_balance(child, 12)
    block.expect_slot(child, 0, 0)
    block.expect_slot(looker, 0, 12)
    block.expect_entry(
        child,
        balance_changes=((1, 7), (2, 12)),
        storage_changes=(),
        storage_reads=(0, 1),
        nonce_changes=(),
        code_changes=(),
    )


@scenario(hazards="H135 H137", forks=(AMSTERDAM,))
def prior_balance_that_stays(block: BlockBuilder) -> None:
    """An address has value before it is created and destroyed for itself: nothing of it changes, and it is listed."""
    alice, bob = block.accounts(alice=ETHER, bob=ETHER)
    maker, child = maker_of(block, TO_ITSELF)
    block.transfer(alice, to=child, value=9, gas=300_000)
    block.call(bob, maker, gas=GAS)
    block.expect_success()
    block.expect_balance(child, 9)
    block.expect_entry(child, balance_changes=((1, 9),), nonce_changes=(), code_changes=())


@scenario(hazards="H135 H137", forks=(AMSTERDAM,))
def prior_balance_that_goes(block: BlockBuilder) -> None:
    """An address has value before it is created and destroyed for another: what it had goes there, and it is gone."""
    alice, bob, shop = block.accounts(alice=ETHER, bob=ETHER, shop=1)
    maker, child = maker_of(block, code(f"PUSH {shop} SELFDESTRUCT"))
    block.transfer(alice, to=child, value=9, gas=300_000)
    block.call(bob, maker, value=2, gas=GAS)
    block.expect_success()
    block.expect_gone(child)
    block.expect_balance(shop, 12)
    block.expect_entry(child, balance_changes=((1, 9), (2, 0)), nonce_changes=(), code_changes=())


@scenario(hazards="H17 H18 H137", forks=(AMSTERDAM,))
def destroyed_coinbase(block: BlockBuilder) -> None:
    """The coinbase is created and destroyed for itself: it has what it kept, and the fees of before and after."""
    alice, bob = block.accounts(alice=ETHER, bob=ETHER)
    maker, child = maker_of(block, TO_ITSELF)
    block.mined_by(child)
    block.transfer(alice, to=bob, value=1)
    block.call(alice, maker, value=7, gas=GAS, tip=0)
    block.transfer(alice, to=bob, value=1)
    block.expect_success()
    block.expect_balance(child, 7 + 2 * 21_000 * GWEI)
    block.expect_nonce(child, 0)


@scenario(hazards="H46 H137", forks=(AMSTERDAM,))
def withdrawal_to_what_is_kept(block: BlockBuilder) -> None:
    """A withdrawal goes to an account that was destroyed in this block and kept its balance."""
    alice = block.account("alice", ETHER)
    maker, child = maker_of(block, TO_ITSELF)
    block.call(alice, maker, value=7, gas=GAS)
    block.withdrawal(child, gwei=1)
    block.expect_success()
    block.expect_balance(child, 7 + GWEI)
    block.expect_entry(child, balance_changes=((1, 7), (2, 7 + GWEI)))


@scenario(hazards="H26 H137", forks=(AMSTERDAM,))
def destruction_that_is_undone(block: BlockBuilder) -> None:
    """The frame that destroys a new account reverts: account, code and storage are there after the transaction."""
    alice, bob = block.accounts(alice=ETHER, bob=ETHER)
    initcode = deploying(TO_ITSELF, store(0, 1))
    child_address = f"0x{salted_address(block.nobody('maker').address, bytes(32), initcode).hex()}"
    undoing = block.contract("undoing", code(f"{call(child_address)} POP", REVERT))
    maker, child = maker_of(block, initcode, f"{call(undoing)} POP")
    looker = teller(block, child)
    block.call(alice, maker, value=7, gas=GAS)
    block.call(bob, looker, gas=GAS)
    block.expect_success()
    block.expect_balance(child, 7)
    block.expect_code(child, TO_ITSELF)
    block.expect_slot(child, 0, 1)
    block.expect_slot(looker, 1, len(TO_ITSELF) + 1)


@scenario(hazards="H32 H137", forks=(AMSTERDAM,))
def older_account_for_itself(block: BlockBuilder) -> None:
    """An account of an earlier transaction of the block destroys itself for itself: nothing happens to it."""
    alice, bob = block.accounts(alice=ETHER, bob=ETHER)
    child = block.create(alice, "child", deploying(TO_ITSELF, store(0, 1)), value=7)
    block.call(bob, child, value=2)
    block.expect_success()
    block.expect_balance(child, 9)
    block.expect_code(child, TO_ITSELF)
    block.expect_slot(child, 0, 1)


@scenario(hazards="H29 H31 H137", forks=(AMSTERDAM,))
def storage_of_what_is_kept(block: BlockBuilder) -> None:
    """What is kept is the balance: the next creation at the address finds its slots zero, and is told so by each."""
    alice, bob = block.accounts(alice=ETHER, bob=ETHER)
    initcode = code(
        store(1, f"{load(0)} PUSH 1 ADD"), store(0, 5), "CALLVALUE PUSH @end JUMPI STOP end: ADDRESS SELFDESTRUCT"
    )
    maker, child = maker_of(block, initcode)
    block.call(alice, maker, value=7, gas=GAS)
    block.call(bob, maker, gas=GAS)
    block.expect_success()
    block.expect_balance(child, 7)
    block.expect_nonce(child, 1)
    block.expect_slot(child, 0, 5)
    block.expect_slot(child, 1, 1)


@scenario(hazards="H28 H137", forks=(AMSTERDAM,))
def destroyed_by_its_own_transaction(block: BlockBuilder) -> None:
    """A creating transaction destroys what it creates: the value that it brings is kept, and paid on to by the next."""
    alice, bob = block.accounts(alice=ETHER, bob=ETHER)
    child = block.create(alice, "child", TO_ITSELF, value=7)
    block.transfer(bob, to=child, value=5)
    block.expect_success()
    block.expect_balance(child, 12)
    block.expect_nonce(child, 0)
    assert child.address == created_address(alice.address, 0)


@scenario(hazards="H55 H137", forks=(AMSTERDAM,))
def destroyed_within_a_failure(block: BlockBuilder) -> None:
    """Creation and destruction happen in a transaction that reverts: nothing is kept, since nothing was there."""
    alice, bob = block.accounts(alice=ETHER, bob=ETHER)
    maker, child = maker_of(block, TO_ITSELF, REVERT)
    looker = teller(block, child)
    block.call(alice, maker, value=7, gas=GAS)
    block.call(bob, looker, gas=GAS)
    block.expect_success(False, True)
    block.expect_gone(child)
    block.expect_slot(looker, 0, 0)
