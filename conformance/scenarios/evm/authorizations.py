"""Authorizations at the edges of what they may say, and accounts whose code only looks like a delegation (EIP-7702)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

from samestate.conformance.scenarios import amsterdam_gas
from samestate.conformance.scenarios.assembler import balance, call, code, create, deploying, load, store
from samestate.conformance.scenarios.block_builder import CHAIN_ID, ETHER, GWEI, BlockBuilder, NamedAccount
from samestate.conformance.scenarios.scenario import scenario, since
from samestate.spec.evm.delegation import DESIGNATOR
from samestate.spec.evm.forks import AMSTERDAM, OSAKA, PRAGUE
from samestate.spec.evm.rejections import Invalid
from samestate.spec.evm.signature import CURVE_ORDER, sign
from samestate.spec.evm.transaction import Authorization, SetCodeTransaction, encode_transaction

LAST_NONCE: Final = 2**64 - 1
SINCE_PRAGUE: Final = (PRAGUE, AMSTERDAM)
NO_X: Final = 5
"""secp256k1 has no point with this x-coordinate."""


def target_of_all(block: BlockBuilder) -> NamedAccount:
    """A contract that counts on slot 0 of whoever runs it."""
    return block.contract("target", code(store(0, f"{load(0)} PUSH 1 ADD")))


def spoiled(block: BlockBuilder, name: str, target: NamedAccount, **changes: Any) -> Authorization:
    """The word of an account of that name, with parts changed after it was signed."""
    return replace(block.authorization(block.nobody(name), target, nonce=0), **changes)


def bring(block: BlockBuilder, spoilt: Sequence[Authorization], names: Sequence[str]) -> None:
    """Bring words that do not hold, and between two of them one that does; then call all the accounts.

    None of the named accounts may become anything; the one that holds counts.
    """
    alice, bob, good = block.accounts(alice=ETHER, bob=ETHER, good=0)
    target = target_of_all(block)
    words = [*spoilt[:1], block.authorization(good, target, nonce=0), *spoilt[1:]]
    block.delegate(
        alice, words, to=good, gas=1_500_000, comment="alice brings words that do not hold, and one that does"
    )
    block.call(bob, block.contract("caller", code(*(f"{call(block.nobody(name))} POP" for name in [*names, "good"]))))
    block.expect_success()
    for name in names:
        block.expect_gone(block.nobody(name))
    block.expect_code(good, DESIGNATOR + target.address)
    block.expect_nonce(good, 1)
    block.expect_slot(good, 0, 2)


@scenario(hazards="H131", forks=SINCE_PRAGUE)
def parity_that_is_none(block: BlockBuilder) -> None:
    """Authorizations whose y_parity is 2, 27, 28 or 255 are passed over, whatever a legacy signature would mean."""
    names = ("two", "twenty-seven", "twenty-eight", "two hundred fifty-five")
    target = target_of_all(block)
    words = [spoiled(block, name, target, y_parity=value) for name, value in zip(names, (2, 27, 28, 255), strict=True)]
    bring(block, words, names)


@scenario(hazards="H131", forks=SINCE_PRAGUE)
def upper_half_of_s(block: BlockBuilder) -> None:
    """The twin of a signature, with the other s and the other parity, is none; nor is one above the half (EIP-2)."""
    target = target_of_all(block)
    word = block.authorization(block.nobody("twin"), target, nonce=0)
    twin = replace(word, s=CURVE_ORDER - word.s, y_parity=1 - word.y_parity)
    middle = spoiled(block, "middle", target, s=CURVE_ORDER // 2 + 1)
    bring(block, [twin, middle], ["twin", "middle"])


@scenario(hazards="H131", forks=SINCE_PRAGUE)
def numbers_that_sign_nothing(block: BlockBuilder) -> None:
    """r and s of zero, of the order and of 2^256-1, and an r to which there is no point: nobody has signed that."""
    changes: dict[str, dict[str, int]] = {
        "no r": {"r": 0},
        "no s": {"s": 0},
        "order for r": {"r": CURVE_ORDER},
        "order for s": {"s": CURVE_ORDER},
        "all of r": {"r": 2**256 - 1},
        "no point": {"r": NO_X},
    }
    target = target_of_all(block)
    bring(block, [spoiled(block, name, target, **change) for name, change in changes.items()], list(changes))


@scenario(hazards="H131", forks=SINCE_PRAGUE)
def chains_of_authorizations(block: BlockBuilder) -> None:
    """Chain id 0 holds on every chain, that of the chain on it, and any other on none: 2, and 2^256-1."""
    alice, bob = block.accounts(alice=ETHER, bob=ETHER)
    everywhere, here, elsewhere, nowhere = (
        block.nobody(name) for name in ("everywhere", "here", "elsewhere", "nowhere")
    )
    target = target_of_all(block)
    chains = {everywhere: 0, here: CHAIN_ID, elsewhere: CHAIN_ID + 1, nowhere: 2**256 - 1}
    words = [block.authorization(who, target, nonce=0, chain_id=chain) for who, chain in chains.items()]
    block.delegate(alice, words, to=everywhere, gas=1_500_000, comment="alice brings words for all chains and for some")
    block.call(bob, here)
    block.expect_success()
    for account in (everywhere, here):
        block.expect_nonce(account, 1)
        block.expect_slot(account, 0, 1)
    block.expect_gone(elsewhere)
    block.expect_gone(nowhere)


@scenario(hazards="H129 H131", forks=SINCE_PRAGUE)
def nonce_that_has_no_successor(block: BlockBuilder) -> None:
    """An authorization with nonce 2^64-1 does not hold, although its account has it; with 2^64-2 the last one holds."""
    alice = block.account("alice", ETHER)
    full = block.account("full", balance=1, nonce=LAST_NONCE)
    nearly = block.account("nearly full", balance=1, nonce=LAST_NONCE - 1)
    target = target_of_all(block)
    words = [
        block.authorization(full, target, nonce=LAST_NONCE),
        block.authorization(nearly, target, nonce=LAST_NONCE - 1),
    ]
    block.delegate(alice, words, to=target, comment="alice brings words with the last nonces that there are")
    block.call(alice, nearly)
    block.expect_success()
    block.expect_code(full, b"")
    block.expect_nonce(full, LAST_NONCE)
    block.expect_code(nearly, DESIGNATOR + target.address)
    block.expect_nonce(nearly, LAST_NONCE)
    block.expect_slot(nearly, 0, 1)


@scenario(hazards="H10 H129", forks=SINCE_PRAGUE)
def last_transaction_of_a_delegated_sender(block: BlockBuilder) -> None:
    """A delegated account with nonce 2^64-2 sends its last transaction, to itself: its delegate can create no more."""
    alice, bob = block.accounts(alice=ETHER, bob=ETHER)
    maker = block.contract("maker", code(store(0, f"{create(deploying(bytes(1)))} ISZERO PUSH 1 ADD")))
    last = block.nobody("last")
    block.place_contract(last, DESIGNATOR + maker.address, balance=ETHER)
    block.set_nonce(last, LAST_NONCE - 1)
    block.call(last, last)
    block.call(alice, last)
    block.expect_success()
    block.expect_nonce(last, LAST_NONCE)
    block.expect_slot(last, 0, 2)
    block.next_block()
    block.call(bob, last)
    block.call(last, last, nonce=LAST_NONCE)
    block.expect(Invalid.NONCE_IS_MAX, transaction=1)


@scenario(hazards="H129", forks=since(PRAGUE))
def creation_with_the_last_nonce(block: BlockBuilder) -> None:
    """A delegated account with nonce 2^64-2 creates by somebody else's transaction, and can then send nothing more."""
    alice = block.account("alice", ETHER)
    maker = block.contract("maker", code(store(0, create(deploying(bytes(1))))))
    last = block.nobody("last")
    block.place_contract(last, DESIGNATOR + maker.address, balance=ETHER)
    block.set_nonce(last, LAST_NONCE - 1)
    block.call(alice, last)
    block.transfer(last, to=alice, value=7, nonce=LAST_NONCE - 1)
    block.expect(Invalid.NONCE_TOO_LOW, transaction=1)


MALFORMED: Final = {
    "prefix alone": DESIGNATOR,
    "a byte too short": DESIGNATOR + b"\x11" * 19,
    "a byte too long": DESIGNATOR + b"\x11" * 21,
    "other version": b"\xef\x01\x01" + b"\x11" * 20,
    "half a prefix": b"\xef\x01",
    "other prefix": b"\xef\x00\x00" + b"\x11" * 20,
}
"""Code that begins like a designator, or has its length, and is none. Such code could be deployed before London."""


@scenario(hazards="H132", forks=SINCE_PRAGUE)
def malformed_designators_are_code(block: BlockBuilder) -> None:
    """Calls of accounts whose code only looks like a delegation halt at its first byte: nothing is followed."""
    alice = block.account("alice", ETHER)
    target = block.at("target", b"\x11" * 20)
    block.place_contract(target, code(store(0, 1)))
    accounts = [block.contract(name, malformed) for name, malformed in MALFORMED.items()]
    caller = block.contract(
        "caller",
        code(*(store(index, f"{call(who, gas=30_000)} PUSH {who} EXTCODESIZE ADD PUSH 1 ADD")
               for index, who in enumerate(accounts))),
    )  # fmt: skip
    block.call(alice, caller, gas=1_500_000)
    block.call(alice, accounts[0], gas=60_000)
    block.expect_success(True, False)
    for index, malformed in enumerate(MALFORMED.values()):
        block.expect_slot(caller, index, 1 + len(malformed))
    block.expect_slot(target, 0, 0)


@scenario(hazards="H132", forks=SINCE_PRAGUE)
def malformed_designators_take_no_word(block: BlockBuilder) -> None:
    """Accounts whose code only looks like a delegation have code: their authorizations are passed over (EIP-7702)."""
    alice = block.account("alice", ETHER)
    target = target_of_all(block)
    accounts = [block.contract(name, malformed, nonce=0) for name, malformed in MALFORMED.items()]
    words = [block.authorization(account, target, nonce=0) for account in accounts]
    block.delegate(alice, words, to=target, gas=1_500_000, comment="alice brings words of contracts")
    block.expect_success()
    for account, malformed in zip(accounts, MALFORMED.values(), strict=True):
        block.expect_code(account, malformed)
        block.expect_nonce(account, 0)


@scenario(hazards="H07 H132", forks=SINCE_PRAGUE)
def malformed_designator_sends_nothing(block: BlockBuilder) -> None:
    """An account whose code is a designator and one byte more is a contract, and can't send (EIP-3607)."""
    alice = block.account("alice", ETHER)
    sender = block.contract("sender", MALFORMED["a byte too long"], balance=ETHER, nonce=0)
    block.transfer(alice, to=sender, value=7)
    block.transfer(sender, to=alice, value=7)
    block.expect(Invalid.SENDER_NOT_EOA, transaction=1)


@scenario(hazards="H07 H132", forks=SINCE_PRAGUE)
def prefix_alone_sends_nothing(block: BlockBuilder) -> None:
    """An account whose code is the prefix of a designator and nothing else is a contract, and can't send (EIP-3607)."""
    alice = block.account("alice", ETHER)
    sender = block.contract("sender", DESIGNATOR, balance=ETHER, nonce=0)
    block.transfer(alice, to=sender, value=7)
    block.transfer(sender, to=alice, value=7)
    block.expect(Invalid.SENDER_NOT_EOA, transaction=1)


@scenario(hazards="H36 H54", forks=SINCE_PRAGUE)
def delegate_of_the_transaction_is_warm(block: BlockBuilder) -> None:
    """A transaction calls a delegated account: the delegate is warm for its code, and cold again in the next one."""
    alice, bob = block.accounts(alice=ETHER, bob=ETHER)
    looking = f"GAS {balance('PUSH 0 SLOAD')} POP GAS SWAP1 SUB"
    target = block.contract("target", code("PUSH 0 SLOAD POP", store("CALLER", looking)))
    delegated = block.nobody("delegated")
    block.place_contract(delegated, DESIGNATOR + target.address, storage={0: target.as_number})
    direct = block.contract("direct", code("PUSH 0 SLOAD POP", store("CALLER", looking)), storage={0: target.as_number})
    block.call(alice, delegated)
    block.call(bob, direct)
    block.expect_success()
    cold = amsterdam_gas.COLD_ACCOUNT if block.fork is AMSTERDAM else 2_600
    around = 2 + 3 + 100 + 2
    """What stands between the two looks at the gas: GAS, PUSH, SLOAD and POP."""
    block.expect_slot(delegated, alice.as_number, around + 100)
    block.expect_slot(direct, bob.as_number, around + cold)


@scenario(hazards="H126 H131", forks=(PRAGUE, OSAKA))
def refunds_of_authorizations(block: BlockBuilder) -> None:
    """What comes back for accounts that are there: not for new ones, nor for words that don't hold."""
    alice, bob, carol, dave = block.accounts(alice=ETHER, bob=1, carol=0, dave=1)
    shop = block.contract("shop", b"\x00")
    block.delegate(alice, {bob: shop}, to=shop)
    block.delegate(alice, {carol: shop}, to=shop)
    block.delegate(alice, [block.authorization(dave, shop, nonce=5)], to=shop)
    block.delegate(
        alice, [block.authorization(carol, shop, nonce=1), block.authorization(carol, None, nonce=2)], to=shop
    )
    block.expect_success()
    one, two = 46_000, 71_000
    block.expect_paid(one - one // 5, one, one, two - two // 5)


@scenario(hazards="H34 H131", forks=SINCE_PRAGUE)
def words_of_one_account(block: BlockBuilder) -> None:
    """Of one account's words in one transaction those hold whose nonces go on, and the last of them counts."""
    alice, bob = block.accounts(alice=ETHER, bob=ETHER)
    first = block.contract("first", code(store(1, 1)))
    second = block.contract("second", code(store(2, 1)))
    third = block.contract("third", code(store(3, 1)))
    words = [
        block.authorization(bob, first, nonce=1),
        block.authorization(bob, second, nonce=0),
        block.authorization(bob, third, nonce=1),
        block.authorization(bob, first, nonce=1),
        block.authorization(bob, second, nonce=3),
    ]
    block.delegate(alice, words, to=bob, gas=1_500_000, comment="alice brings five words of bob")
    block.transfer(bob, to=alice, value=7, nonce=2)
    block.expect_success()
    block.expect_code(bob, DESIGNATOR + third.address)
    block.expect_nonce(bob, 3)
    block.expect_slot(bob, 3, 1)


@scenario(hazards="H138", forks=SINCE_PRAGUE)
def nonce_moved_by_somebody_else(block: BlockBuilder) -> None:
    """An account's next transaction is valid only because somebody else has brought its authorization before it."""
    alice, bob = block.accounts(alice=ETHER, bob=ETHER)
    target = target_of_all(block)
    block.delegate(alice, {bob: target}, to=target)
    block.transfer(bob, to=alice, value=7)
    block.delegate(alice, {bob: None}, to=target)
    block.transfer(bob, to=alice, value=7)
    block.expect_success()
    block.expect_nonce(bob, 4)
    block.expect_code(bob, b"")


@scenario(hazards="H02 H138", forks=SINCE_PRAGUE)
def nonce_that_somebody_else_has_used(block: BlockBuilder) -> None:
    """An account's next transaction was valid until somebody else brought its authorization."""
    alice, bob = block.accounts(alice=ETHER, bob=ETHER)
    target = target_of_all(block)
    block.delegate(alice, {bob: target}, to=target)
    block.transfer(bob, to=alice, value=7, nonce=0)
    block.expect(Invalid.NONCE_TOO_LOW, transaction=1)


@scenario(hazards="H18 H19", forks=since(PRAGUE))
def authority_is_the_coinbase(block: BlockBuilder) -> None:
    """The coinbase delegates by somebody's transaction, gets its fees, and runs its delegate in the next one."""
    alice, bob = block.accounts(alice=ETHER, bob=ETHER)
    miner = block.nobody("miner")
    block.mined_by(miner)
    target = block.contract("target", code(store(0, "SELFBALANCE")))
    block.delegate(alice, {miner: target}, to=target, tip=GWEI)
    block.call(bob, miner, tip=0)
    block.expect_success()
    block.expect_nonce(miner, 1)
    block.expect_code(miner, DESIGNATOR + target.address)


@scenario(hazards="H39", forks=since(PRAGUE))
def code_of_a_delegated_account(block: BlockBuilder) -> None:
    """Looked at from outside the code of a delegated account is its designator; run, it is that of the delegate."""
    alice, bob = block.accounts(alice=ETHER, bob=ETHER)
    target = block.contract("target", code(store(0, "CODESIZE"), store(1, "PUSH 0 CALLDATALOAD CALLER ADD")))
    looker = block.contract(
        "looker",
        code(
            "PUSH 64 PUSH 0 PUSH 0 ", f"PUSH {bob} EXTCODECOPY",
            store(0, "PUSH 0 MLOAD"), store(1, f"PUSH {bob} EXTCODESIZE"),
        ),
    )  # fmt: skip
    block.delegate(alice, {bob: target}, to=bob)
    block.call(alice, looker)
    block.expect_success()
    designator = DESIGNATOR + target.address
    block.expect_slot(looker, 0, int.from_bytes(designator.ljust(32, b"\x00"), "big"))
    block.expect_slot(looker, 1, len(designator))
    block.expect_slot(bob, 0, len(code(store(0, "CODESIZE"), store(1, "PUSH 0 CALLDATALOAD CALLER ADD"))))


def encoded(block: BlockBuilder, authorization: Authorization) -> bytes:
    """A signed transaction of alice with one authorization, whatever it says."""
    alice = block.account("alice", ETHER)
    transaction = SetCodeTransaction(
        chain_id=CHAIN_ID, nonce=0, max_priority_fee_per_gas=GWEI, max_fee_per_gas=2 * GWEI, gas_limit=500_000,
        to=alice.address, value=0, data=b"", access_list=(), authorizations=(authorization,),
    )  # fmt: skip
    return encode_transaction(sign(transaction, alice.private_key, CHAIN_ID))


@scenario(hazards="H65 H131", forks=since(PRAGUE))
def parity_that_does_not_fit(block: BlockBuilder) -> None:
    """An authorization whose y_parity has more than eight bits makes no transaction: the block can't be read."""
    bob, target = block.account("bob", ETHER), target_of_all(block)
    block.transfer(bob, to=target, value=0, gas=block.prices.call)
    block.raw(encoded(block, spoiled(block, "carol", target, y_parity=256)), "alice brings a parity of nine bits")
    block.expect(Invalid.MALFORMED_TRANSACTION, transaction=1)


@scenario(hazards="H65 H129", forks=since(PRAGUE))
def nonce_that_does_not_fit(block: BlockBuilder) -> None:
    """An authorization whose nonce has more than 64 bits makes no transaction: the block can't be read."""
    bob, target = block.account("bob", ETHER), target_of_all(block)
    block.transfer(bob, to=target, value=0, gas=block.prices.call)
    block.raw(encoded(block, spoiled(block, "carol", target, nonce=2**64)), "alice brings a nonce of 65 bits")
    block.expect(Invalid.MALFORMED_TRANSACTION, transaction=1)
