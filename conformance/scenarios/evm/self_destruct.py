"""SELFDESTRUCT: accounts that vanish, come back, or only give away what they have."""

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
    words,
)
from samestate.conformance.scenarios.block_builder import ETHER, BlockBuilder, NamedAccount
from samestate.conformance.scenarios.scenario import scenario, since, throughout, until
from samestate.spec.evm.address import salted_address
from samestate.spec.evm.forks import AMSTERDAM, BERLIN, CANCUN, LONDON, PRAGUE, SHANGHAI

HEIR = 0xBE
"""The beneficiary of the phoenix."""

PHOENIX = code(when("CALLDATASIZE", "burn"), add_to_slot(0, 1), "STOP", "burn:", f"PUSH {HEIR} SELFDESTRUCT")
"""Without data it counts in slot 0; with data it is destroyed."""

BURN = words(1)

ENOUGH = 3_000_000
"""A collision burns all gas but a 64th: of so much a store is left."""


def nest(
    block: BlockBuilder, initcode: bytes, runtime: bytes, storage: dict[int, int] | None = None
) -> tuple[NamedAccount, NamedAccount]:
    """A factory, and what it makes at one address, which is there already with balance 5 and slot 0 at 7."""
    factory = block.contract("factory", code(store("CALLER", create2(initcode))), nonce=2)
    child = block.at("phoenix", salted_address(factory.address, bytes(32), initcode))
    block.place_contract(child, runtime, balance=5, storage=storage if storage is not None else {0: 7, 9: 9})
    return factory, child


@scenario(hazards="H20 H21 H29 H31", forks=throughout(BERLIN, SHANGHAI))
def destroyed_recreated_called(block: BlockBuilder) -> None:
    """A contract is destroyed, re-created at its address and called: it counts from zero."""
    alice, bob, carol = block.accounts(alice=ETHER, bob=ETHER, carol=ETHER)
    factory, phoenix = nest(block, deploying(PHOENIX), PHOENIX)
    block.call(alice, phoenix, data=BURN)
    block.call(bob, factory)
    block.call(carol, phoenix)
    block.expect_success()
    block.expect_slot(factory, bob.as_number, phoenix)
    block.expect_slot(phoenix, 0, 1)
    block.expect_slot(phoenix, 9, 0)
    block.expect_nonce(phoenix, 1)


@scenario(hazards="H20 H21 H31", forks=throughout(LONDON, SHANGHAI))
def looked_at_and_then_destroyed(block: BlockBuilder) -> None:
    """A slot is looked at, then its contract is destroyed: whoever is created there and looks at it finds nothing.

    Many change the slot before that, but only where a first transaction, which takes long, has not paid yet: what they
    write too early is taken back, and whoever looks passes all of that on the way to the value from before the block.
    """
    alice, bob, carol, flag = block.accounts(alice=ETHER, bob=ETHER, carol=ETHER, flag=0)
    callers = [block.account(f"caller {number}", ETHER) for number in range(7)]
    looking = code(
        when("CALLDATASIZE", "burn"),
        when("CALLVALUE", "look"),
        when(balance(flag), "leave"),
        add_to_slot(0, 1),
        "leave:",
        "STOP",
        "look:",
        store(1, f"{load(0)} PUSH 5 ADD"),
        "STOP",
        "burn:",
        f"PUSH {HEIR} SELFDESTRUCT",
    )
    factory, phoenix = nest(block, deploying(looking), looking)
    slow = block.contract(
        "slow", code(*(f"{load(slot)} POP" for slot in range(80)), call(flag, value="CALLVALUE"), "POP")
    )
    block.call(alice, slow, value=1)
    for caller in callers:
        block.call(caller, phoenix)
    block.call(bob, phoenix, value=1)
    block.call(bob, phoenix, data=BURN)
    block.call(carol, factory)
    block.call(carol, phoenix, value=1)
    block.expect_success()
    block.expect_slot(factory, carol.as_number, phoenix)
    block.expect_slot(phoenix, 0, 0)
    block.expect_slot(phoenix, 1, 5)


@scenario(hazards="H21 H22", forks=throughout(LONDON, SHANGHAI))
def same_value_across_the_destruction(block: BlockBuilder) -> None:
    """A slot holds 7 before the destruction and 7 after the re-creation: its writer is another one all the same."""
    alice, bob, carol = block.accounts(alice=ETHER, bob=ETHER, carol=ETHER)
    factory, phoenix = nest(block, deploying(PHOENIX, store(0, 7)), PHOENIX)
    block.call(alice, phoenix, data=BURN)
    block.call(bob, factory)
    block.call(carol, phoenix)
    block.expect_success()
    block.expect_slot(phoenix, 0, 8)


@scenario(hazards="H21 H22 H31", forks=(SHANGHAI,))
def destroyed_twice(block: BlockBuilder) -> None:
    """Destroyed, re-created, used, destroyed and re-created once more: each life begins with empty storage."""
    alice, bob = block.accounts(alice=ETHER, bob=ETHER)
    factory, phoenix = nest(block, deploying(PHOENIX), PHOENIX)
    for _ in range(2):
        block.call(alice, phoenix, data=BURN)
        block.call(bob, factory)
        block.call(alice, phoenix)
    block.expect_success()
    block.expect_slot(phoenix, 0, 1)


@scenario(hazards="H29", forks=(SHANGHAI,))
def recreated_before_it_is_destroyed(block: BlockBuilder) -> None:
    """The re-creation comes before the destruction: it collides, and afterwards there is nothing."""
    alice, bob = block.accounts(alice=ETHER, bob=ETHER)
    factory, phoenix = nest(block, deploying(PHOENIX), PHOENIX)
    block.call(bob, factory, gas=ENOUGH)
    block.call(alice, phoenix, data=BURN)
    block.expect_success()
    block.expect_slot(factory, bob.as_number, 0)
    block.expect_gone(phoenix)


@scenario(hazards="H29 H31", forks=(BERLIN, SHANGHAI))
def recreated_in_the_transaction_that_destroys(block: BlockBuilder) -> None:
    """Within one transaction the account is still there: the re-creation collides. In the next one it succeeds."""
    alice, bob = block.accounts(alice=ETHER, bob=ETHER)
    factory, phoenix = nest(block, deploying(PHOENIX), PHOENIX)
    both = block.contract(
        "both",
        code(f"PUSH 1 PUSH 0 MSTORE PUSH 0 PUSH 0 PUSH 32 PUSH 0 PUSH 0 PUSH {phoenix} GAS CALL POP", call(factory)),
    )
    block.call(alice, both, gas=2 * ENOUGH)
    block.call(bob, factory)
    block.expect_success()
    block.expect_slot(factory, both.as_number, 0)
    block.expect_slot(factory, bob.as_number, phoenix)


@scenario(hazards="H23", forks=throughout(LONDON, SHANGHAI))
def revived_by_a_transfer(block: BlockBuilder) -> None:
    """A destroyed contract gets value by a plain transfer: it is an account with that balance, and nothing else."""
    alice, bob = block.accounts(alice=ETHER, bob=ETHER)
    _, phoenix = nest(block, deploying(PHOENIX), PHOENIX)
    block.call(alice, phoenix, data=BURN)
    block.transfer(bob, to=phoenix, value=3)
    block.expect_success()
    block.expect_balance(phoenix, 3)
    block.expect_nonce(phoenix, 0)
    block.expect_code(phoenix, b"")
    block.expect_slot(phoenix, 0, 0)


@scenario(hazards="H24", forks=throughout(BERLIN, SHANGHAI))
def value_after_the_destruction(block: BlockBuilder) -> None:
    """Value reaches a contract after its SELFDESTRUCT, in the same transaction: it is lost, and the next one sees 0."""
    alice, bob = block.accounts(alice=ETHER, bob=ETHER)
    dying = block.contract("dying", code(when("CALLVALUE", "take"), f"PUSH {HEIR} SELFDESTRUCT", "take:"), balance=5)
    giver = block.contract("giver", code(call(dying), call(dying, value="CALLVALUE")))
    looker = block.contract("looker", code(store(0, f"{balance(dying)} PUSH 1 ADD")))
    block.call(alice, giver, value=11)
    block.call(bob, looker)
    block.expect_success()
    block.expect_slot(looker, 0, 1)
    block.expect_gone(dying)


@scenario(hazards="H25", forks=until(BERLIN, SHANGHAI))
def called_without_value_after_the_destruction(block: BlockBuilder) -> None:
    """A call without value to a destroyed account doesn't bring it back as an empty one."""
    alice, bob = block.accounts(alice=ETHER, bob=ETHER)
    _, phoenix = nest(block, deploying(PHOENIX), PHOENIX)
    caller = block.contract("caller", code(call(phoenix)))
    block.call(alice, phoenix, data=BURN)
    block.call(bob, caller)
    block.call(bob, phoenix)
    block.expect_success()
    block.expect_gone(phoenix)


@scenario(hazards="H26 H55", forks=throughout(BERLIN))
def reverted_destruction(block: BlockBuilder) -> None:
    """A SELFDESTRUCT is undone by its caller, which has sent value before: that value stays sent."""
    alice, bob = block.accounts(alice=ETHER, bob=ETHER)
    shop = block.nobody("shop")
    dying = block.contract("dying", code(f"PUSH {shop} SELFDESTRUCT"), balance=5, storage={0: 1})
    undone = block.contract("undone", code(call(dying), REVERT))
    outer = block.contract("outer", code(call(shop, value=3), call(undone), call(shop, value=2)), balance=10)
    looker = block.contract("looker", code(store(0, balance(shop)), store(1, balance(dying))))
    block.call(alice, outer)
    block.call(bob, looker)
    block.expect_success()
    block.expect_slot(looker, 0, 5)
    block.expect_slot(looker, 1, 5)
    block.expect_slot(dying, 0, 1)


@scenario(hazards="H27", forks=until(BERLIN, SHANGHAI))
def spared_by_an_earlier_transaction(block: BlockBuilder) -> None:
    """A contract that would destroy itself is told not to by the transaction before: what it holds is still there."""
    alice, bob, carol = block.accounts(alice=ETHER, bob=ETHER, carol=ETHER)
    told_by_alice = when(f"CALLER PUSH {alice} EQ", "spare")
    burn = f"PUSH {HEIR} SELFDESTRUCT"
    runtime = code(
        told_by_alice, when(load(0), "count"), burn, "spare:", store(0, 1), "STOP", "count:", add_to_slot(1, 1)
    )
    phoenix = block.contract("phoenix", runtime, balance=5, storage={1: 7})
    block.call(alice, phoenix)
    block.call(bob, phoenix)
    block.call(carol, phoenix)
    block.expect_success()
    block.expect_slot(phoenix, 1, 9)


@scenario(hazards="H28", forks=(LONDON, SHANGHAI, AMSTERDAM))
def destroyed_after_credits(block: BlockBuilder) -> None:
    """Two transactions credit an account that nobody has read, and a third gives all of it to the beneficiary."""
    alice, bob, carol = block.accounts(alice=ETHER, bob=ETHER, carol=ETHER)
    dying = block.contract("dying", code(when("CALLVALUE", "take"), f"PUSH {HEIR} SELFDESTRUCT", "take:"))
    block.call(alice, dying, value=30)
    block.call(bob, dying, value=12)
    block.call(carol, dying)
    block.expect_success()
    block.expect_balance(block.at("heir", HEIR.to_bytes(20, "big")), 42)


@scenario(hazards="H32", forks=until(BERLIN, SHANGHAI))
def to_itself_and_gone(block: BlockBuilder) -> None:
    """A contract destroys itself to its own benefit: the account and its balance are gone."""
    alice, bob = block.accounts(alice=ETHER, bob=ETHER)
    dying = block.contract("dying", code("ADDRESS SELFDESTRUCT"), balance=5, storage={0: 1})
    looker = block.contract("looker", code(store(0, f"{balance(dying)} PUSH 1 ADD")))
    block.call(alice, dying, value=2)
    block.call(bob, looker)
    block.expect_success()
    block.expect_slot(looker, 0, 1)
    block.expect_gone(dying)


@scenario(hazards="H32", forks=since(CANCUN))
def to_itself_and_nothing_happens(block: BlockBuilder) -> None:
    """Since Cancun the SELFDESTRUCT of an old contract to itself changes nothing (EIP-6780)."""
    alice, bob = block.accounts(alice=ETHER, bob=ETHER)
    staying = block.contract("staying", code("ADDRESS SELFDESTRUCT"), balance=5, storage={0: 1})
    looker = block.contract("looker", code(store(0, balance(staying))))
    block.call(alice, staying, value=2)
    block.call(bob, looker)
    block.expect_success()
    block.expect_slot(looker, 0, 7)
    block.expect_slot(staying, 0, 1)


@scenario(hazards="H20 H32", forks=since(CANCUN))
def old_contract_only_pays(block: BlockBuilder) -> None:
    """Since Cancun an old contract keeps code and storage: it only gives its balance away, and counts on."""
    alice, bob = block.accounts(alice=ETHER, bob=ETHER)
    factory, phoenix = nest(block, deploying(PHOENIX), PHOENIX)
    block.call(alice, phoenix, data=BURN)
    block.call(bob, factory, gas=ENOUGH)
    block.call(alice, phoenix)
    block.expect_success()
    block.expect_slot(factory, bob.as_number, 0)
    block.expect_slot(phoenix, 0, 8)
    block.expect_balance(phoenix, 0)


@scenario(hazards="H20 H32 H38", forks=since(CANCUN))
def one_day_fly(block: BlockBuilder) -> None:
    """A contract that is created and destroyed in one transaction is gone, so the next one can do the same."""
    alice, bob = block.accounts(alice=ETHER, bob=ETHER)
    living = code(store(0, 7), f"PUSH {HEIR} SELFDESTRUCT")
    initcode = deploying(living)
    factory = block.contract(
        "factory", code(create2(initcode, value="CALLVALUE"), store("CALLER", "DUP1"), call("DUP6"))
    )
    fly = block.at("fly", salted_address(factory.address, bytes(32), initcode))
    block.call(alice, factory, value=3)
    block.call(bob, factory, value=4)
    block.expect_success()
    block.expect_slot(factory, alice.as_number, fly)
    block.expect_slot(factory, bob.as_number, fly)
    block.expect_gone(fly)
    block.expect_balance(block.at("heir", HEIR.to_bytes(20, "big")), 7)


@scenario(hazards="H31", forks=(SHANGHAI,))
def storage_of_the_destroyed_reads_zero(block: BlockBuilder) -> None:
    """Code that survives elsewhere reads, as the re-created account, the slots of the destroyed one: all zero."""
    alice, bob, carol = block.accounts(alice=ETHER, bob=ETHER, carol=ETHER)
    runtime = code(when("CALLDATASIZE", "burn"), store(1, f"{load(0)} {load(9)} ADD PUSH 1 ADD"), "STOP",
                   "burn:", f"PUSH {HEIR} SELFDESTRUCT")  # fmt: skip
    factory, phoenix = nest(block, deploying(runtime), runtime)
    block.call(alice, phoenix, data=BURN)
    block.call(bob, factory)
    block.call(carol, phoenix)
    block.expect_success()
    block.expect_slot(phoenix, 1, 1)


@scenario(hazards="H20 H31 H44", forks=(SHANGHAI,))
def destroyed_in_the_block_before(block: BlockBuilder) -> None:
    """A contract is destroyed in one block and re-created in the next, where its storage is empty."""
    alice, bob = block.accounts(alice=ETHER, bob=ETHER)
    factory, phoenix = nest(block, deploying(PHOENIX), PHOENIX)
    block.call(alice, phoenix, data=BURN)
    block.expect_gone(phoenix)
    block.next_block()
    block.call(bob, factory)
    block.call(alice, phoenix)
    block.expect_success()
    block.expect_slot(phoenix, 0, 1)


@scenario(hazards="H38", forks=since(PRAGUE))
def delegated_account_destroys_itself(block: BlockBuilder) -> None:
    """An account delegates to code that destroys: it only pays, keeps its delegation, and delegates anew later."""
    alice, authority, heir = block.accounts(alice=ETHER, authority=9, heir=0)
    burner = block.contract("burner", code(f"PUSH {heir} SELFDESTRUCT"))
    writer = block.contract("writer", code(store(0, 1)))
    block.delegate(alice, {authority: burner}, to=authority)
    block.call(alice, authority)
    block.delegate(alice, {authority: writer}, to=authority)
    block.expect_success()
    block.expect_balance(heir, 9)
    block.expect_slot(authority, 0, 1)
    block.expect_nonce(authority, 2)
