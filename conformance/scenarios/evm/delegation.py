"""Delegation (EIP-7702): code and nonces that other people's transactions move."""

from __future__ import annotations

from samestate.conformance.scenarios.assembler import balance, call, code, create, deploying, load, store, when
from samestate.conformance.scenarios.block_builder import ETHER, BlockBuilder
from samestate.conformance.scenarios.scenario import scenario, since, throughout
from samestate.spec.evm.address import created_address
from samestate.spec.evm.forks import AMSTERDAM, OSAKA, PRAGUE
from samestate.spec.evm.rejections import Invalid

DESIGNATOR = b"\xef\x01\x00"


@scenario(hazards="H07", forks=since(PRAGUE))
def sender_becomes_delegated(block: BlockBuilder) -> None:
    """A sender gets a delegation from an earlier transaction of the block, and may send all the same (EIP-3607)."""
    alice, bob, shop = block.accounts(alice=ETHER, bob=ETHER, shop=0)
    target = block.contract("target", code(store(0, 1)))
    block.delegate(alice, {bob: target}, to=shop)
    block.transfer(bob, to=shop, value=7)
    block.expect_success()
    block.expect_nonce(bob, 2)
    block.expect_code(bob, DESIGNATOR + target.address)


@scenario(hazards="H07", forks=(PRAGUE,))
def sender_is_a_contract(block: BlockBuilder) -> None:
    """An account with code of its own can't send, delegation or not (EIP-3607)."""
    alice, shop = block.accounts(alice=ETHER, shop=0)
    contract = block.contract("contract", code("STOP"), balance=ETHER)
    block.transfer(alice, to=shop, value=7)
    block.transfer(contract, to=shop, value=7)
    block.expect(Invalid.SENDER_NOT_EOA, transaction=1)


@scenario(hazards="H10", forks=throughout(PRAGUE))
def nonce_moves_by_creation(block: BlockBuilder) -> None:
    """A delegated account is called by somebody else and creates: its own next transaction has a nonce more."""
    alice, bob = block.accounts(alice=ETHER, bob=ETHER)
    maker = block.contract("maker", code(store(0, create(deploying(b"\x00")))))
    block.delegate(bob, {bob: maker}, to=alice)
    block.call(alice, bob)
    block.transfer(bob, to=alice, value=7, nonce=3)
    block.expect_success()
    block.expect_nonce(bob, 4)
    block.expect_slot(bob, 0, block.at("child", created_address(bob.address, 2)))


@scenario(hazards="H02 H10", forks=(PRAGUE,))
def nonce_that_creation_has_used(block: BlockBuilder) -> None:
    """The same, but the account's next transaction has the nonce that the creation has used."""
    alice, bob = block.accounts(alice=ETHER, bob=ETHER)
    maker = block.contract("maker", code(store(0, create(deploying(b"\x00")))))
    block.delegate(bob, {bob: maker}, to=alice)
    block.call(alice, bob)
    block.transfer(bob, to=alice, value=7, nonce=2)
    block.expect(Invalid.NONCE_TOO_LOW, transaction=2)


@scenario(hazards="H34 H35", forks=throughout(PRAGUE))
def delegated_anew(block: BlockBuilder) -> None:
    """An account delegates to one contract, then to another: each call runs the code of its time."""
    alice, bob = block.accounts(alice=ETHER, bob=ETHER)
    first = block.contract("first", code(store(0, 1)))
    second = block.contract("second", code(store(1, f"{load(0)} PUSH 1 ADD")))
    block.delegate(alice, {bob: first}, to=bob)
    block.delegate(alice, {bob: second}, to=alice)
    block.call(alice, bob)
    block.expect_success()
    block.expect_slot(bob, 0, 1)
    block.expect_slot(bob, 1, 2)
    block.expect_code(bob, DESIGNATOR + second.address)


@scenario(hazards="H35", forks=(PRAGUE,))
def other_jumps_after_delegation(block: BlockBuilder) -> None:
    """Two delegates of one account have different jump destinations: what is true of one is false of the other."""
    alice, bob = block.accounts(alice=ETHER, bob=ETHER)
    short = block.contract("short", code("PUSH @end JUMP", "end:", store(0, 1)))
    long = block.contract("long", code("PUSH @end JUMP", store(0, 99), "end:", store(1, 1)))
    block.delegate(alice, {bob: short}, to=bob)
    block.delegate(alice, {bob: long}, to=bob)
    block.expect_success()
    block.expect_slot(bob, 0, 1)
    block.expect_slot(bob, 1, 1)


@scenario(hazards="H37", forks=throughout(PRAGUE))
def sponsors_itself(block: BlockBuilder) -> None:
    """A sender brings its own authorization: its nonce moves by two, and its next transaction builds on that."""
    alice, shop = block.accounts(alice=ETHER, shop=0)
    target = block.contract("target", code(store(0, 1)))
    block.delegate(alice, {alice: target})
    block.transfer(alice, to=shop, value=7)
    block.expect_success()
    block.expect_nonce(alice, 3)
    block.expect_slot(alice, 0, 1)


@scenario(hazards="H39", forks=since(PRAGUE))
def cleared_and_looked_at(block: BlockBuilder) -> None:
    """A delegation is set, looked at, cleared and looked at again by EXTCODESIZE and EXTCODEHASH."""
    alice, bob = block.accounts(alice=ETHER, bob=ETHER)
    target = block.contract("target", code("STOP"))
    looking = code(
        when("CALLVALUE", "second"),
        store(0, f"PUSH {bob} EXTCODESIZE"),
        store(1, f"PUSH {bob} EXTCODEHASH"),
        "STOP",
        "second:",
        store(2, f"PUSH {bob} EXTCODESIZE PUSH 1 ADD"),
        store(3, f"PUSH {bob} EXTCODEHASH"),
    )
    looker = block.contract("looker", looking)
    block.delegate(alice, {bob: target}, to=looker)
    block.delegate(alice, {bob: None}, to=looker, value=1)
    block.expect_success()
    block.expect_slot(looker, 0, 23)
    block.expect_slot(looker, 2, 1)
    block.expect_code(bob, b"")


@scenario(hazards="H39", forks=since(PRAGUE))
def delegations_that_lead_nowhere(block: BlockBuilder) -> None:
    """To a precompile, to a delegated account, and to oneself: the call succeeds or runs the designator, never more."""
    alice = block.account("alice", ETHER)
    to_precompile, chained, circular = block.accounts(to_precompile=1, chained=1, circular=1)
    target = block.contract("target", code(store(0, 1)))
    identity = block.at("identity", (4).to_bytes(20, "big"))
    asker = block.contract(
        "asker", code(*(store(place, f"{call(who, gas=50_000)} PUSH 1 ADD")
                        for place, who in enumerate((to_precompile, chained, circular)))),
    )  # fmt: skip
    block.delegate(alice, {to_precompile: identity, circular: circular}, to=alice)
    block.delegate(alice, {alice: target}, to=alice)
    block.delegate(alice, {chained: alice}, to=asker)
    block.expect_success()
    block.expect_slot(asker, 0, 2)
    block.expect_slot(asker, 1, 1)
    block.expect_slot(asker, 2, 1)


@scenario(hazards="H36", forks=since(PRAGUE))
def delegate_is_deployed_in_this_block(block: BlockBuilder) -> None:
    """An account has delegated to an address without code; a transaction puts code there, and the next one runs it."""
    alice, bob, carol = block.accounts(alice=ETHER, bob=ETHER, carol=ETHER)
    target = block.at("target", created_address(carol.address, 0))
    block.delegate(alice, {bob: target}, to=bob)
    block.create(carol, "target", deploying(code(store(0, 1))))
    block.call(alice, bob)
    block.expect_success()
    block.expect_slot(bob, 0, 1)


@scenario(hazards="H39", forks=(OSAKA,))
def words_that_do_not_hold(block: BlockBuilder) -> None:
    """Authorizations with a wrong nonce, for another chain and of a contract are passed over; the last one holds."""
    alice, bob, carol, dave = block.accounts(alice=ETHER, bob=1, carol=1, dave=0)
    target = block.contract("target", code(store(0, 1)))
    block.delegate(
        alice,
        [
            block.authorization(bob, target, nonce=5),
            block.authorization(carol, target, nonce=0, chain_id=7),
            block.authorization(target, target, nonce=1),
            block.authorization(dave, target, nonce=0),
        ],
        to=dave,
        comment="alice brings three authorizations that do not hold, and dave's",
    )
    block.expect_success()
    block.expect_nonce(bob, 0)
    block.expect_nonce(carol, 0)
    block.expect_slot(dave, 0, 1)


@scenario(hazards="H76", forks=(PRAGUE, AMSTERDAM))
def call_that_cannot_pay(block: BlockBuilder) -> None:
    """A call offers more than its caller has to a delegated account: the delegate was accessed before that was seen."""
    alice, bob = block.accounts(alice=ETHER, bob=ETHER)
    target = block.contract("target", code(store(0, 1)))
    poor = block.contract("poor", code(store(0, f"{call(bob, value=ETHER)} PUSH 1 ADD")))
    block.delegate(alice, {bob: target}, to=alice)
    block.call(alice, poor)
    block.expect_success()
    block.expect_slot(poor, 0, 1)


@scenario(hazards="H37 H55", forks=(PRAGUE,))
def delegation_outlives_the_failure(block: BlockBuilder) -> None:
    """A transaction that brings a delegation fails: the delegation holds, and the next one runs it."""
    alice, bob = block.accounts(alice=ETHER, bob=ETHER)
    target = block.contract("target", code(store(0, f"{balance('ADDRESS')} ISZERO")))
    trap = block.contract("trap", b"\xfe")
    block.delegate(alice, {bob: target}, to=trap, gas=100_000)
    block.call(alice, bob)
    block.expect_success(False, True)
    block.expect_nonce(bob, 1)
    block.expect_code(bob, DESIGNATOR + target.address)
