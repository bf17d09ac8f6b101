"""What is on the block access list since April, and what is not (EIP-7928 as of August 2026)."""

from __future__ import annotations

from samestate.conformance.scenarios.amsterdam_gas import (
    CALL,
    CALL_VALUE,
    COLD_ACCOUNT,
    PUSH,
    SELF_DESTRUCT,
    TRANSFER,
    WARM,
)
from samestate.conformance.scenarios.assembler import call, code, create, load, store, when
from samestate.conformance.scenarios.block_builder import ETHER, BlockBuilder
from samestate.conformance.scenarios.evm.access_lists import changing
from samestate.conformance.scenarios.scenario import scenario
from samestate.spec.evm.address import created_address
from samestate.spec.evm.block_access_list import (
    AccountAccess,
    SlotChanges,
    decode_access_list,
    encode_access_list,
)
from samestate.spec.evm.delegation import DESIGNATOR
from samestate.spec.evm.forks import AMSTERDAM
from samestate.spec.evm.rejections import Invalid
from samestate.spec.evm.transfer_logs import SYSTEM_ADDRESS

GAS = 2
ITEMS_OF_A_TRANSFER = 3 + (1 + 2) + (1 + 1) + 4 * (1 + 4)
"""Sender, recipient and coinbase; the two contracts that the opening writes; the four that the closing reads."""


@scenario(hazards="H70 H134", forks=(AMSTERDAM,))
def store_without_the_gas_to_look(block: BlockBuilder) -> None:
    """SSTORE with 2,300 gas left does not look at its slot; with 2,301 it does, though it can't pay for the write."""
    alice = block.account("alice", ETHER)
    cell = block.contract("cell", code(store(5, 2)), storage={5: 1})
    for gas, reads in ((2_300, ()), (2_301, (5,))):
        if reads:
            block.next_block()
        block.call(alice, cell, gas=CALL + 2 * PUSH + gas)
        block.expect_success(False)
        block.expect_entry(cell, storage_reads=reads, storage_changes=())


@scenario(hazards="H66 H134", forks=(AMSTERDAM,))
def copy_that_cannot_be_paid(block: BlockBuilder) -> None:
    """EXTCODECOPY has gas for the access, but not for the copy as well: the account was not accessed."""
    alice = block.account("alice", ETHER)
    shop = block.contract("shop", code("STOP"))
    copier = block.contract("copier", code(f"PUSH 320 PUSH 0 PUSH 0 PUSH {shop} EXTCODECOPY"))
    enough = CALL + 4 * PUSH + COLD_ACCOUNT + WARM + 2 * 10 * 3
    block.call(alice, copier, gas=enough - 1)
    block.expect_success(False)
    block.expect_unlisted(shop)
    block.next_block()
    block.call(alice, copier, gas=enough)
    block.expect_success()
    block.expect_listed(shop)


@scenario(hazards="H66 H134", forks=(AMSTERDAM,))
def call_that_cannot_be_paid(block: BlockBuilder) -> None:
    """Each way to call lacks one gas for access, value and memory: the callee was not accessed. With it, it was."""
    alice = block.account("alice", ETHER)
    ways = (
        ("CALL", "PUSH 0", 0, COLD_ACCOUNT),
        ("CALL", "PUSH 1", 0, COLD_ACCOUNT + CALL_VALUE),
        ("CALL", "PUSH 1", 32, COLD_ACCOUNT + CALL_VALUE + 3),
        ("CALLCODE", "PUSH 1", 0, COLD_ACCOUNT + CALL_VALUE),
        ("DELEGATECALL", "", 0, COLD_ACCOUNT),
        ("STATICCALL", "", 32, COLD_ACCOUNT + 3),
    )
    callers, callees, enough = [], [], []
    for place, (instruction, value, output, price) in enumerate(ways):
        callee = block.account(f"callee {place}", 1)
        words = code(f"PUSH {output} PUSH 0 PUSH 0 PUSH 0 {value} PUSH {callee} GAS {instruction}")
        callers.append(block.contract(f"caller {place}", words, balance=5))
        callees.append(callee)
        enough.append(CALL + (6 if value else 5) * PUSH + GAS + price)
    for caller, gas in zip(callers, enough, strict=True):
        block.call(alice, caller, gas=gas - 1)
    block.expect_success(*[False] * len(ways))
    block.expect_unlisted(*callees)
    block.next_block()
    for caller, gas in zip(callers, enough, strict=True):
        block.call(alice, caller, gas=gas)
    block.expect_success()
    block.expect_listed(*callees)


@scenario(hazards="H134 H141", forks=(AMSTERDAM,))
def creation_that_does_not_begin(block: BlockBuilder) -> None:
    """A creator lacks the endowment: the address was not accessed. Another transaction pays it: then it is."""
    alice, bob = block.accounts(alice=ETHER, bob=ETHER)
    maker = block.contract("maker", code(f"{create(b'', value=5)} POP"), balance=4)
    child = block.at("child", created_address(maker.address, 1))
    block.call(alice, maker)
    block.expect_success()
    block.expect_unlisted(child)
    block.next_block()
    block.call(alice, maker)
    block.call(bob, maker, value=1)
    block.expect_success()
    block.expect_listed(child)


@scenario(hazards="H134", forks=(AMSTERDAM,))
def beneficiary_that_cannot_be_paid(block: BlockBuilder) -> None:
    """SELFDESTRUCT with gas for the access, but not for a new account, has accessed; with one gas less it has not."""
    alice, shop = block.accounts(alice=ETHER, shop=0)
    giver = block.contract("giver", code(f"PUSH {shop} SELFDESTRUCT"), balance=5)
    enough = CALL + PUSH + SELF_DESTRUCT + COLD_ACCOUNT
    block.call(alice, giver, gas=enough - 1)
    block.expect_success(False)
    block.expect_unlisted(shop)
    block.next_block()
    block.call(alice, giver, gas=enough)
    block.expect_success(False)
    block.expect_listed(shop)
    block.expect_balance(giver, 5)


@scenario(hazards="H76 H134", forks=(AMSTERDAM,))
def delegate_that_cannot_be_paid(block: BlockBuilder) -> None:
    """A call has gas for the callee, but not for its delegate too: the callee was accessed and the delegate was not."""
    alice = block.account("alice", ETHER)
    target = block.contract("target", code("STOP"))
    wallet = block.nobody("wallet")
    block.place_contract(wallet, DESIGNATOR + target.address, balance=1)
    caller = block.contract("caller", code(call(wallet, value=1)), balance=5)
    enough = CALL + 6 * PUSH + GAS + COLD_ACCOUNT + CALL_VALUE + COLD_ACCOUNT
    block.call(alice, caller, gas=enough - 1)
    block.expect_success(False)
    block.expect_listed(wallet)
    block.expect_unlisted(target)
    block.next_block()
    block.call(alice, caller, gas=enough)
    block.expect_success()
    block.expect_listed(target)


@scenario(hazards="H134", forks=(AMSTERDAM,))
def forbidden_in_a_static_call(block: BlockBuilder) -> None:
    """In a static call SSTORE, CALL with value, SELFDESTRUCT and CREATE fail before they look at anything."""
    alice, shop = block.accounts(alice=ETHER, shop=1)
    wrong = (store(5, 1), call(shop, value=1), f"PUSH {shop} SELFDESTRUCT", create(b""))
    contracts = [block.contract(f"wrong {place}", code(words), balance=5) for place, words in enumerate(wrong)]
    asks = [f"PUSH 0 PUSH 0 PUSH 0 PUSH 0 PUSH {contract} PUSH 30000 STATICCALL" for contract in contracts]
    outer = block.contract("outer", code(*asks, "ADD ADD ADD PUSH 1 ADD PUSH 0 SSTORE"))
    block.call(alice, outer)
    block.expect_success()
    block.expect_slot(outer, 0, 1)
    block.expect_unlisted(shop)
    for contract in contracts:
        block.expect_entry(contract, storage_reads=(), storage_changes=(), nonce_changes=(), balance_changes=())


@scenario(hazards="H22 H67", forks=(AMSTERDAM,))
def changed_there_and_back(block: BlockBuilder) -> None:
    """A slot changes in one transaction and back in the next: two changes. Set to what it is already: none."""
    alice, bob = block.accounts(alice=ETHER, bob=ETHER)
    cell = block.contract("cell", code(store(0, "CALLVALUE")), storage={0: 1})
    for sender, value in ((alice, 2), (bob, 2), (alice, 1), (bob, 1)):
        block.call(sender, cell, value=value)
    block.expect_success()
    block.expect_entry(
        cell,
        storage_changes=(SlotChanges(0, ((1, 2), (3, 1))),),
        storage_reads=(),
        balance_changes=((1, 2), (2, 4), (3, 5), (4, 6)),
    )


@scenario(hazards="H22 H67", forks=(AMSTERDAM,))
def value_there_and_back(block: BlockBuilder) -> None:
    """Value that an account passes on at once changes nothing; what an earlier transaction left, and goes too, does."""
    alice, shop = block.accounts(alice=ETHER, shop=1)
    passing_on = f"{call(shop, value='SELFBALANCE')} POP"
    code_of_it = code(when(f"{load(0)} ISZERO", "end"), passing_on, "end:", store(0, 1))
    through = block.contract("through", code_of_it)
    for _ in range(2):
        block.call(alice, through, value=5)
    block.call(alice, through, value=7)
    block.expect_success()
    block.expect_entry(through, balance_changes=((1, 5), (2, 0)))
    block.expect_balance(shop, 18)


@scenario(hazards="H37 H67", forks=(AMSTERDAM,))
def nonces_of_one_step(block: BlockBuilder) -> None:
    """A nonce moves several times in one transaction: the list has the last value, once for each transaction."""
    alice, bob = block.accounts(alice=ETHER, bob=ETHER)
    maker = block.contract("maker", code(*3 * [f"{create(b'')} POP"]))
    block.delegate(alice, {alice: maker}, to=bob)
    block.call(bob, maker, gas=900_000)
    block.call(bob, alice, gas=900_000)
    block.expect_success()
    block.expect_entry(alice, nonce_changes=((1, 2), (3, 5)))
    block.expect_entry(maker, nonce_changes=((2, 4),))


@scenario(hazards="H67 H71", forks=(AMSTERDAM,))
def named_and_not_accessed(block: BlockBuilder) -> None:
    """On no list: what a transaction lists in vain, a delegate that nobody calls, the signer for another chain."""
    alice, bob, dave = block.accounts(alice=ETHER, bob=ETHER, dave=1)
    shop, target = block.contract("shop", code("STOP")), block.contract("target", code("STOP"))
    words = [block.authorization(bob, target), block.authorization(dave, target, nonce=0, chain_id=7)]
    block.delegate(
        alice,
        words,
        access_list=[(shop, [0, 1])],
        comment="alice brings two delegations",
    )
    block.expect_success()
    block.expect_listed(alice, bob)
    block.expect_unlisted(shop, target, dave, block.at("system", SYSTEM_ADDRESS))


@scenario(hazards="H14 H15 H68", forks=(AMSTERDAM,))
def coinbase_on_the_list(block: BlockBuilder) -> None:
    """The coinbase is on the list of a block with a transaction, at no fee too, and not on that of one without."""
    alice, bob = block.accounts(alice=ETHER, bob=ETHER)
    block.transfer(alice, to=bob, value=7, tip=0)
    block.expect_success()
    block.expect_entry(block.coinbase, balance_changes=())
    block.expect_listed(block.coinbase)
    block.next_block()
    block.withdrawal(bob, gwei=0)
    block.expect_success()
    block.expect_unlisted(block.coinbase, alice)
    block.expect_listed(bob)


@scenario(hazards="H66", forks=(AMSTERDAM,))
def as_many_items_as_gas_allows(block: BlockBuilder) -> None:
    """A transfer's block has 28 accounts and slots on its list: a gas limit of 2,000 for each is enough."""
    alice, bob = block.accounts(alice=ETHER, bob=ETHER)
    block.set_environment(gas_limit=2_000 * ITEMS_OF_A_TRANSFER)
    block.transfer(alice, to=bob, value=7, gas=TRANSFER)
    block.expect_success()


@scenario(hazards="H66", forks=(AMSTERDAM,))
def one_item_more_than_gas_allows(block: BlockBuilder) -> None:
    """The same with a gas limit of one less."""
    alice, bob = block.accounts(alice=ETHER, bob=ETHER)
    block.set_environment(gas_limit=2_000 * ITEMS_OF_A_TRANSFER - 1)
    block.transfer(alice, to=bob, value=7, gas=TRANSFER)
    block.expect(Invalid.ACCESS_LIST_TOO_LARGE)


@scenario(hazards="H67", forks=(AMSTERDAM,))
def slot_without_changes(block: BlockBuilder) -> None:
    """The proposed list has a slot that was read among the changes, with an empty list of them."""
    alice = block.account("alice", ETHER)
    cell = block.contract("cell", code(load(0)), storage={0: 1})
    block.call(alice, cell)
    changes = (SlotChanges(0, ()),)
    block.propose_access_list(lambda right: changing(right, cell.address, storage_reads=(), storage_changes=changes))
    block.expect(Invalid.INVALID_BLOCK_ACCESS_LIST)


@scenario(hazards="H67 H138", forks=(AMSTERDAM,))
def change_that_was_undone(block: BlockBuilder) -> None:
    """The proposed list has the delegation of a transaction that failed before its code began."""
    alice, bob, shop = block.accounts(alice=ETHER, bob=ETHER, shop=0)
    target = block.contract("target", code("STOP"))
    block.delegate(alice, {bob: target}, to=shop, value=7, gas=100_000)
    undone = ((1, DESIGNATOR + target.address),)
    block.propose_access_list(lambda right: changing(right, bob.address, code_changes=undone, nonce_changes=((1, 1),)))
    block.expect(Invalid.INVALID_BLOCK_ACCESS_LIST)


@scenario(hazards="H67 H137", forks=(AMSTERDAM,))
def kept_balance_left_out(block: BlockBuilder) -> None:
    """The proposed list takes the balance of an account that was destroyed and kept it for lost."""
    alice = block.account("alice", ETHER)
    child = block.create(alice, "child", code("ADDRESS SELFDESTRUCT"), value=7)
    block.propose_access_list(lambda right: changing(right, child.address, balance_changes=()))
    block.expect(Invalid.INVALID_BLOCK_ACCESS_LIST)


@scenario(hazards="H67 H134", forks=(AMSTERDAM,))
def recipient_that_was_not_reached(block: BlockBuilder) -> None:
    """The proposed list has the recipient of a transaction that failed before it was looked at."""
    alice, bob, shop = block.accounts(alice=ETHER, bob=0, shop=1)
    target = block.contract("target", code("STOP"))
    block.delegate(alice, {bob: target}, to=shop, gas=100_000)

    def with_shop(right: bytes) -> bytes:
        listed = (*decode_access_list(right), AccountAccess(shop.address))
        return encode_access_list(tuple(sorted(listed, key=lambda entry: entry.address)))

    block.propose_access_list(with_shop)
    block.expect(Invalid.INVALID_BLOCK_ACCESS_LIST)


@scenario(hazards="H67 H68", forks=(AMSTERDAM,))
def entries_of_another_step(block: BlockBuilder) -> None:
    """The proposed list has what the first transaction stored at the index of the second."""
    alice, bob = block.accounts(alice=ETHER, bob=ETHER)
    cell = block.contract("cell", code(store(0, "CALLER")))
    block.call(alice, cell)
    block.transfer(bob, to=bob, value=0)

    changes = (SlotChanges(0, ((2, alice.as_number),)),)
    block.propose_access_list(lambda right: changing(right, cell.address, storage_changes=changes))
    block.expect(Invalid.INVALID_BLOCK_ACCESS_LIST)
