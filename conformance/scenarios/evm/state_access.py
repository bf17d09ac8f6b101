"""What it costs to reach and to change state (EIP-8038): one price for the access, another for the first write."""

from __future__ import annotations

from samestate.conformance.scenarios.amsterdam_gas import (
    ACCOUNT_WRITE,
    AUTHORIZATION,
    BASE,
    CALL,
    CALL_VALUE,
    CLEARED_SLOT,
    COLD_ACCOUNT,
    COLD_SLOT,
    LISTED_ADDRESS,
    NEW_ACCOUNT,
    NEW_DELEGATION,
    NEW_SLOT,
    PUSH,
    SELF_DESTRUCT,
    SLOT_WRITE,
    STIPEND,
    STORE,
    TRANSFER,
    WARM,
)
from samestate.conformance.scenarios.assembler import balance, call, code, create2, load, store
from samestate.conformance.scenarios.block_builder import ETHER, BlockBuilder
from samestate.conformance.scenarios.scenario import scenario
from samestate.spec.evm.delegation import DESIGNATOR
from samestate.spec.evm.forks import AMSTERDAM

POP = 2
AGAIN = 2 * PUSH + WARM
"""A store into a slot that this transaction has written already."""


@scenario(hazards="H54", forks=(AMSTERDAM,))
def cold_for_each_transaction(block: BlockBuilder) -> None:
    """An account and a slot are cold for every transaction: the same gas is enough, and one less is not, each time."""
    alice, bob = block.accounts(alice=ETHER, bob=ETHER)
    shop = block.contract("shop", code("STOP"))
    looker = block.contract("looker", code(balance(shop), balance(shop), load(0), load(0)), storage={0: 1})
    enough = CALL + 4 * PUSH + COLD_ACCOUNT + WARM + COLD_SLOT + WARM
    for sender, gas in ((alice, enough), (bob, enough - 1), (bob, enough)):
        block.call(sender, looker, gas=gas)
    block.expect_success(True, False, True)
    block.expect_paid(enough, enough - 1, enough)


@scenario(hazards="H35 H54", forks=(AMSTERDAM,))
def code_is_read_at_a_price(block: BlockBuilder) -> None:
    """EXTCODESIZE and EXTCODECOPY cost 100 more than the access, since they read the code; EXTCODEHASH does not."""
    alice = block.account("alice", ETHER)
    shop = block.contract("shop", code("STOP"))
    size = block.contract("size", code(f"PUSH {shop} EXTCODESIZE PUSH {shop} EXTCODESIZE"))
    copy = block.contract("copy", code(*2 * [f"PUSH 0 PUSH 0 PUSH 0 PUSH {shop} EXTCODECOPY"]))
    digest = block.contract("digest", code(f"PUSH {shop} EXTCODEHASH PUSH {shop} EXTCODEHASH"))
    for looker in (size, copy, digest):
        block.call(alice, looker)
    block.expect_success()
    accesses = CALL + COLD_ACCOUNT + WARM
    block.expect_paid(accesses + 2 * (PUSH + WARM), accesses + 2 * (4 * PUSH + WARM), accesses + 2 * PUSH)


@scenario(hazards="H52", forks=(AMSTERDAM,))
def slot_that_is_changed(block: BlockBuilder) -> None:
    """A slot changes twice, then back, then is left alone: one write is paid, and comes back with the first value."""
    alice, bob = block.accounts(alice=ETHER, bob=ETHER)
    once = block.contract("once", code(store(0, 2), store(0, 3)), storage={0: 1})
    back = block.contract("back", code(store(0, 2), store(0, 1)), storage={0: 1})
    same = block.contract("same", code(store(0, 1)), storage={0: 1})
    for contract in (once, back, same):
        block.call(alice, contract)
    block.call(bob, once)
    block.expect_success()
    changed, unchanged = CALL + STORE + AGAIN, CALL + 2 * PUSH + COLD_SLOT
    block.expect_paid(changed, changed - changed // 5, unchanged, changed - changed // 5)


@scenario(hazards="H52 H54", forks=(AMSTERDAM,))
def refund_taken_back(block: BlockBuilder) -> None:
    """A slot is cleared; another is cleared and set again, and what the clearing refunded is taken back."""
    alice = block.account("alice", ETHER)
    one = block.contract("one", code(store(0, 0)), storage={0: 1})
    again = block.contract("again", code(store(0, 0), store(0, 2)), storage={0: 1})
    block.call(alice, one)
    block.call(alice, again)
    block.expect_success()
    spent = CALL + STORE
    block.expect_paid(spent - spent // 5, spent + AGAIN)


@scenario(hazards="H52", forks=(AMSTERDAM,))
def refund_of_a_cleared_slot(block: BlockBuilder) -> None:
    """Enough is spent for the whole refund of 11,616 to come back."""
    alice, shop = block.accounts(alice=ETHER, shop=1)
    payer = block.contract(
        "payer", code(store(0, 0), *4 * [f"{call(shop, value=1, gas=0)} POP"]), balance=9, storage={0: 1}
    )
    block.call(alice, payer)
    block.call(alice, payer)
    block.expect_success()
    calls = 4 * (7 * PUSH + CALL_VALUE - STIPEND + POP) + COLD_ACCOUNT + 3 * WARM
    block.expect_paid(CALL + STORE + calls - CLEARED_SLOT, CALL + 2 * PUSH + COLD_SLOT + calls)


@scenario(hazards="H54", forks=(AMSTERDAM,))
def value_of_a_call(block: BlockBuilder) -> None:
    """A call with value costs 11,300 more, of which the callee has 2,300, and an account that is there nothing else."""
    alice, bob, shop = block.accounts(alice=ETHER, bob=ETHER, shop=1)
    payer = block.contract("payer", code(f"{call(shop, value=1, gas=0)} POP", f"{call(shop, gas=0)} POP"), balance=9)
    block.call(alice, payer)
    block.call(bob, payer)
    block.expect_success()
    spent = CALL + 2 * (7 * PUSH + POP) + COLD_ACCOUNT + CALL_VALUE - STIPEND + WARM
    block.expect_paid(spent, spent)


@scenario(hazards="H63", forks=(AMSTERDAM,))
def store_on_a_stipend(block: BlockBuilder) -> None:
    """SSTORE needs more than 2,300 gas, though nothing changes: 2,301 is enough, a stipend never is."""
    alice = block.account("alice", ETHER)
    same = block.contract("same", code(store(0, 1)), storage={0: 1})
    caller = block.contract(
        "caller",
        code(
            store(1, f"{call(same, value=1, gas=0)} PUSH 1 ADD"),
            store(2, f"{call(same, value=1, gas=6)} PUSH 1 ADD"),
            store(3, f"{call(same, value=1, gas=7)} PUSH 1 ADD"),
        ),
        balance=9,
        storage={1: 9, 2: 9, 3: 9},
    )
    block.call(alice, caller)
    block.expect_success()
    block.expect_slot(caller, 1, 1)
    block.expect_slot(caller, 2, 1)
    block.expect_slot(caller, 3, 2)


@scenario(hazards="H54", forks=(AMSTERDAM,))
def beneficiary_that_is_cold(block: BlockBuilder) -> None:
    """SELFDESTRUCT costs 5,000, and 3,000 where its beneficiary is cold; a listed one, or itself, is warm."""
    alice, shop = block.accounts(alice=ETHER, shop=1)
    giver = block.contract("giver", code(f"PUSH {shop} SELFDESTRUCT"), balance=5)
    keeper = block.contract("keeper", code("ADDRESS SELFDESTRUCT"), balance=5)
    block.call(alice, giver)
    block.call(alice, giver, access_list=[(shop, [])])
    block.call(alice, keeper)
    block.expect_success()
    block.expect_paid(
        CALL + PUSH + SELF_DESTRUCT + COLD_ACCOUNT,
        CALL + LISTED_ADDRESS + PUSH + SELF_DESTRUCT,
        CALL + 2 + SELF_DESTRUCT,
    )


@scenario(hazards="H36 H54", forks=(AMSTERDAM,))
def delegate_that_is_cold(block: BlockBuilder) -> None:
    """A transaction to a delegated account pays for access to the delegate: 3,000, or 100 where it is listed."""
    alice, bob = block.accounts(alice=ETHER, bob=ETHER)
    target = block.contract("target", code("STOP"))
    wallet = block.nobody("wallet")
    block.place_contract(wallet, DESIGNATOR + target.address)
    block.call(alice, wallet, gas=CALL + COLD_ACCOUNT)
    block.call(bob, wallet, gas=CALL + COLD_ACCOUNT - 1)
    block.call(bob, wallet, gas=CALL + LISTED_ADDRESS + WARM, access_list=[(target, [])])
    block.expect_success(True, False, True)


@scenario(hazards="H07 H36", forks=(AMSTERDAM,))
def delegate_of_the_sender(block: BlockBuilder) -> None:
    """A delegated sender sends to itself: it has paid nothing for a recipient, and pays for access to its delegate."""
    alice, bob = block.accounts(alice=ETHER, bob=ETHER)
    target = block.contract("target", code(store(0, "CALLER")))
    block.delegate(alice, {bob: target}, to=alice)
    block.transfer(bob, to=bob, value=7, gas=200_000)
    block.expect_success()
    block.expect_slot(bob, 0, bob)
    block.expect_paid(
        BASE + AUTHORIZATION + ACCOUNT_WRITE + NEW_DELEGATION,
        BASE + COLD_ACCOUNT + 2 + PUSH + COLD_SLOT + SLOT_WRITE + NEW_SLOT,
    )


@scenario(hazards="H18 H54", forks=(AMSTERDAM,))
def coinbase_is_warm(block: BlockBuilder) -> None:
    """The coinbase, the sender and the recipient are warm from the beginning."""
    alice = block.account("alice", ETHER)
    looker = block.contract("looker", code("COINBASE BALANCE ORIGIN BALANCE ADDRESS BALANCE"))
    block.call(alice, looker)
    block.call(alice, looker)
    block.expect_success()
    block.expect_paid(*2 * [CALL + 3 * (2 + WARM)])


@scenario(hazards="H54", forks=(AMSTERDAM,))
def creation_warms_its_address(block: BlockBuilder) -> None:
    """CREATE2 costs 12,000 and a word's hash, warms the address, and leaves nothing warm for the next transaction."""
    alice, bob = block.accounts(alice=ETHER, bob=ETHER)
    maker = block.contract("maker", code(create2(b"\x00", salt="CALLER"), "BALANCE", balance(alice)))
    block.call(alice, maker)
    block.call(bob, maker)
    block.expect_success()
    memory = 2 * PUSH + 3 + 3
    creation = memory + 2 + 3 * PUSH + 12_000 + 6 + 2
    paid = CALL + creation + WARM + PUSH + NEW_ACCOUNT
    block.expect_paid(paid + WARM, paid + COLD_ACCOUNT)


@scenario(hazards="H51", forks=(AMSTERDAM,))
def code_of_a_call_is_not_read_twice(block: BlockBuilder) -> None:
    """A call costs the access alone, cold and warm, though it reads code: what is 100 more elsewhere is in it."""
    alice, bob = block.accounts(alice=ETHER, bob=ETHER)
    shop = block.contract("shop", code("STOP"))
    caller = block.contract("caller", code(*2 * [f"{call(shop, gas=0)} POP"]))
    block.call(alice, caller)
    block.transfer(alice, to=bob, value=7)
    block.call(bob, caller)
    block.expect_success()
    paid = CALL + 2 * (7 * PUSH + POP) + COLD_ACCOUNT + WARM
    block.expect_paid(paid, TRANSFER, paid)
