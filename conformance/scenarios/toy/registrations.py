"""Keys that transactions register and replace, and what later transactions of the block make of it."""

from __future__ import annotations

from dataclasses import replace

from samestate.conformance.generating.toy_signing import named_key
from samestate.conformance.scenarios.scenario import signed_scenario
from samestate.conformance.scenarios.signed_block_builder import (
    CHAIN,
    SignedBlockBuilder,
    flipped,
    with_content,
    with_possession,
)
from samestate.conformance.scenarios.toy_draft import load, noop, store
from samestate.spec.toy.access_list import AccessList, Entry
from samestate.spec.toy.block import Transaction
from samestate.spec.toy.keys import nonce_key
from samestate.spec.toy.rejections import Invalid
from samestate.spec.toy.signed.registry import registered_key
from samestate.spec.toy.signed.schemes import Scheme
from samestate.spec.toy.signed.signing import signed_bytes

NEW = named_key("new")
NEWER = named_key("newer")


# Registered, and used in the same block


@signed_scenario(hazards="H147")
def first_key_from_another(block: SignedBlockBuilder) -> None:
    """Somebody registers the first key of an account that has nothing else in common with him; it sends at once."""
    sponsor, fresh = block.holder("sponsor"), block.applicant("fresh", NEW)
    block.send(sponsor, registers=(fresh, 0, NEW))
    block.send(fresh, store(1, 1), price=0)
    block.expect_success()
    block.expect_sources(1, registered_key(fresh.address, 0), 0)
    block.expect_sources(1, nonce_key(fresh.address))
    block.expect_critical_path(2)


@signed_scenario(hazards="H147")
def used_before_it_is_registered(block: SignedBlockBuilder) -> None:
    """The account sends first, and its key is registered by the transaction after that."""
    sponsor, fresh = block.holder("sponsor"), block.applicant("fresh", NEW)
    block.send(fresh, store(1, 1), price=0, by=NEW)
    block.send(sponsor, registers=(fresh, 0, NEW))
    block.expect(Invalid.KEY_UNKNOWN, transaction=0)


@signed_scenario(hazards="H147")
def replaced_and_used(block: SignedBlockBuilder) -> None:
    """A key is replaced, and the new one signs the next transaction."""
    alice, bob = block.holder("alice"), block.holder("bob")
    block.send(alice, registers=(alice, 0, NEW))
    block.send(bob, store(2, 1))
    block.send(alice, store(1, 1))
    block.expect_success()
    block.expect_sources(2, registered_key(alice.address, 0), 0)
    block.expect_key(alice, 0, NEW)


@signed_scenario(hazards="H147")
def old_key_after_its_end(block: SignedBlockBuilder) -> None:
    """A key is replaced, and the old one, right before the block, signs the next transaction."""
    alice = block.holder("alice")
    old = block.pairs[alice.address, 0]
    block.send(alice, registers=(alice, 0, NEW))
    block.send(alice, store(1, 1), by=old)
    block.expect(Invalid.SIGNATURE_INVALID, transaction=1)


@signed_scenario(hazards="H147")
def new_key_before_its_time(block: SignedBlockBuilder) -> None:
    """The new key signs the transaction before the one that registers it."""
    alice = block.holder("alice")
    block.send(alice, store(1, 1), by=NEW)
    block.send(alice, registers=(alice, 0, NEW))
    block.expect(Invalid.SIGNATURE_INVALID, transaction=0)


@signed_scenario(hazards="H147")
def replaced_twice(block: SignedBlockBuilder) -> None:
    """A key is replaced, its successor signs for its own replacement, and each signs what is between."""
    alice = block.holder("alice")
    block.send(alice, registers=(alice, 0, NEW))
    block.send(alice, store(1, 1))
    block.send(alice, registers=(alice, 0, NEWER))
    block.send(alice, store(2, 1))
    block.expect_success()
    block.expect_sources(3, registered_key(alice.address, 0), 2)


@signed_scenario(hazards="H147")
def there_and_back(block: SignedBlockBuilder) -> None:
    """A key is replaced and comes back: what signs first is right in the end, and wrong in between."""
    alice = block.holder("alice")
    old = block.pairs[alice.address, 0]
    block.send(alice, registers=(alice, 0, NEW))
    block.send(alice, store(1, 1))
    block.send(alice, registers=(alice, 0, old))
    block.send(alice, store(2, 1))
    block.expect_success()
    block.expect_key(alice, 0, old)


@signed_scenario(hazards="H147")
def with_another_key_meanwhile(block: SignedBlockBuilder) -> None:
    """Key 1 is registered and key 0 signs on; then key 1 replaces key 0, and signs as both."""
    alice = block.holder("alice")
    block.send(alice, registers=(alice, 1, NEW))
    block.send(alice, store(1, 1), key=0)
    block.send(alice, registers=(alice, 0, NEW), key=1)
    block.send(alice, store(2, 1), key=0)
    block.expect_success()


@signed_scenario(hazards="H147")
def to_another_scheme(block: SignedBlockBuilder) -> None:
    """An ed25519 key is replaced by one of ML-DSA-44, which signs the next transaction."""
    alice = block.holder("alice")
    block.send(alice, registers=(alice, 0, named_key("alice", Scheme.ML_DSA_44)))
    block.send(alice, store(1, 1))
    block.expect_success()


@signed_scenario(hazards="H147")
def scheme_of_before(block: SignedBlockBuilder) -> None:
    """An ML-DSA-44 key is replaced by an ed25519 key, and a signature of the old scheme comes after that."""
    alice = block.holder("alice", Scheme.ML_DSA_44)
    old = block.pairs[alice.address, 0]
    block.send(alice, registers=(alice, 0, NEW))
    block.send(alice, store(1, 1), by=old)
    block.expect(Invalid.SCHEME_MISMATCH, transaction=1)


@signed_scenario(hazards="H147 H61")
def of_many_at_once(block: SignedBlockBuilder) -> None:
    """Four accounts replace their keys, and then each sends: no account waits for another."""
    accounts = [block.holder(f"holder {number}") for number in range(4)]
    for number, account in enumerate(accounts):
        block.send(account, registers=(account, 0, named_key(f"new {number}")))
    for number, account in enumerate(accounts):
        block.send(account, store(number, 1))
    block.expect_success()
    block.expect_critical_path(2)


@signed_scenario(hazards="H147 H44")
def in_the_block_before(block: SignedBlockBuilder) -> None:
    """A key that one block registers signs in the next; a key that it replaced signs no more."""
    alice, bob = block.holder("alice"), block.holder("bob")
    old = block.pairs[bob.address, 0]
    block.send(alice, registers=(alice, 0, NEW))
    block.send(bob, registers=(bob, 0, NEWER))
    block.expect_success()
    block.next_block()
    block.send(alice, store(1, 1))
    block.send(bob, store(1, 2), by=old)
    block.expect(Invalid.SIGNATURE_INVALID, transaction=1)


# Registrations that come to nothing


@signed_scenario(hazards="H148")
def not_paid_for(block: SignedBlockBuilder) -> None:
    """The gas does not cover the registration: the old key signs on."""
    alice = block.holder("alice")
    block.send(alice, registers=(alice, 0, NEW), is_kept=False, gas=20_319)
    block.send(alice, store(1, 1))
    block.expect_success(False, True)
    block.expect_sources(1, registered_key(alice.address, 0))


@signed_scenario()
def just_paid_for(block: SignedBlockBuilder) -> None:
    """The gas is what the registration costs, and not more."""
    alice = block.holder("alice")
    block.send(alice, registers=(alice, 0, NEW), gas=20_320)
    block.expect_success()
    block.expect_gas(20_320)


@signed_scenario(hazards="H148 H147")
def undone_by_what_follows(block: SignedBlockBuilder) -> None:
    """The operations behind a registration run out of gas: what an earlier transaction stored makes them cost more."""
    alice, bob = block.holder("alice"), block.holder("bob")
    block.holding({1: 1})
    block.send(bob, store(1, 0))
    block.send(alice, load(1), store(1, 7), registers=(alice, 0, NEW), is_kept=False, gas=20_320 + 2_100 + 2_900)
    block.send(alice, store(2, 1))
    block.expect_success(True, False, True)
    block.expect_key(alice, 0, block.pairs[alice.address, 0])


@signed_scenario(hazards="H148")
def used_although_undone(block: SignedBlockBuilder) -> None:
    """A registration runs out of gas, and the key that it brought signs the next transaction."""
    alice = block.holder("alice")
    block.send(alice, registers=(alice, 0, NEW), gas=20_000)
    block.send(alice, store(1, 1))
    block.expect(Invalid.SIGNATURE_INVALID, transaction=1)


@signed_scenario()
def of_the_key_that_there_is(block: SignedBlockBuilder) -> None:
    """A key is replaced by itself: it is read, paid for, and not written."""
    alice = block.holder("alice")
    block.send(alice, registers=(alice, 0, block.pairs[alice.address, 0]))
    block.send(alice, store(1, 1))
    block.expect_success()
    block.expect_sources(1, registered_key(alice.address, 0))


# Registrations that may not be


@signed_scenario()
def held_by_nobody(block: SignedBlockBuilder) -> None:
    """The proof of possession is by another key than the one that is registered."""
    alice = block.holder("alice")
    block.send(alice, registers=(alice, 1, NEW), held_by=NEWER)
    block.expect(Invalid.POSSESSION_INVALID, transaction=0)


@signed_scenario()
def possession_too_short(block: SignedBlockBuilder) -> None:
    """The proof of possession lacks a byte."""
    alice = block.holder("alice")
    block.send(alice, registers=(alice, 1, NEW), after=with_possession(lambda proof: proof[:-1]))
    block.expect(Invalid.POSSESSION_INVALID, transaction=0)


@signed_scenario(hazards="H149")
def possession_of_another_purpose(block: SignedBlockBuilder) -> None:
    """The new key has signed the transaction as such, which proves nothing."""
    alice = block.holder("alice")

    def prove_otherwise(transaction: Transaction) -> Transaction:
        return with_possession(lambda proof: NEW.sign(signed_bytes(transaction, CHAIN)))(transaction)

    block.send(alice, registers=(alice, 1, NEW), after=prove_otherwise)
    block.expect(Invalid.POSSESSION_INVALID, transaction=0)


@signed_scenario(hazards="H149")
def possession_of_before(block: SignedBlockBuilder) -> None:
    """A proof from an earlier transaction of the block is used again: it is of another nonce."""
    alice = block.holder("alice")
    block.send(alice, registers=(alice, 1, NEW))
    earlier = block.draft.transactions[0].registration
    assert earlier is not None
    block.send(alice, registers=(alice, 2, NEW), after=with_possession(lambda proof: earlier.possession))
    block.expect(Invalid.POSSESSION_INVALID, transaction=1)


@signed_scenario(hazards="H151")
def possession_of_one_half(block: SignedBlockBuilder) -> None:
    """Of a hybrid key it is proven only that its ed25519 half is held."""
    alice = block.holder("alice")
    pair = named_key("alice", Scheme.HYBRID)
    block.send(alice, registers=(alice, 1, pair), after=with_possession(flipped(100)))
    block.expect(Invalid.POSSESSION_INVALID, transaction=0)


@signed_scenario()
def account_of_another_key(block: SignedBlockBuilder) -> None:
    """Somebody registers a first key for an account whose address is not made from it."""
    sponsor, fresh = block.holder("sponsor"), block.applicant("fresh", NEW)
    block.send(sponsor, registers=(fresh, 0, NEWER))
    block.expect(Invalid.ADDRESS_MISMATCH, transaction=0)


@signed_scenario(hazards="H147")
def first_key_from_two(block: SignedBlockBuilder) -> None:
    """Two register the first key of an account: for the second it is the account's own affair by then."""
    first, second, fresh = block.holder("first"), block.holder("second"), block.applicant("fresh", NEW)
    block.send(first, registers=(fresh, 0, NEW))
    block.send(second, registers=(fresh, 0, NEW))
    block.expect(Invalid.REGISTRATION_FOREIGN, transaction=1)


@signed_scenario()
def second_key_from_another(block: SignedBlockBuilder) -> None:
    """Somebody registers key 1 of an account, whose address is made from that very key."""
    sponsor, fresh = block.holder("sponsor"), block.applicant("fresh", NEW)
    block.send(sponsor, registers=(fresh, 1, NEW))
    block.expect(Invalid.REGISTRATION_FOREIGN, transaction=0)


@signed_scenario()
def key_one_byte_short(block: SignedBlockBuilder) -> None:
    """The key to be registered lacks a byte, which is seen before the nonce is."""
    alice = block.holder("alice")

    def shorten(transaction: Transaction) -> Transaction:
        assert transaction.registration is not None
        key = transaction.registration.public_key[:-1]
        return replace(transaction, registration=replace(transaction.registration, public_key=key))

    block.send(alice, registers=(alice, 1, NEW), nonce=4, before=shorten)
    block.expect(Invalid.KEY_LENGTH, transaction=0)


@signed_scenario(hazards="H149")
def registered_key_exchanged(block: SignedBlockBuilder) -> None:
    """The key in a registration was exchanged after signing, with a proof for the other: the signature covers it."""
    alice = block.holder("alice")

    def exchange(transaction: Transaction) -> Transaction:
        assert transaction.registration is not None
        return replace(transaction, registration=replace(transaction.registration, public_key=NEWER.public_key))

    block.send(alice, registers=(alice, 1, NEW), after=exchange)
    block.expect(Invalid.SIGNATURE_INVALID, transaction=0)


# In access lists


@signed_scenario(hazards="H147")
def in_the_access_list(block: SignedBlockBuilder) -> None:
    """The list of a block has the keys that its transactions read and register."""
    sponsor, fresh = block.holder("sponsor"), block.applicant("fresh", NEW)
    block.send(sponsor, registers=(fresh, 0, NEW))
    block.send(fresh, store(1, 1), price=0)
    block.carry_access_list()
    block.expect_success()


@signed_scenario(hazards="H147")
def wrong_key_in_the_access_list(block: SignedBlockBuilder) -> None:
    """The list says that another key is registered than is, with which the next signature would not be right."""
    alice = block.holder("alice")
    key = registered_key(alice.address, 0)

    def exchange(right: AccessList) -> AccessList:
        changes = dict(right[1].changes)
        changes[key] = bytes([Scheme.ED25519.value]) + NEWER.public_key
        return (right[0], Entry(right[1].reads, tuple(sorted(changes.items()))), *right[2:])

    block.send(alice, registers=(alice, 0, NEW))
    block.send(alice, store(1, 1))
    block.carry_access_list(exchange)
    block.expect(Invalid.ACCESS_LIST_MISMATCH, transaction=0)


@signed_scenario(hazards="H147")
def read_of_the_key_left_out(block: SignedBlockBuilder) -> None:
    """The list leaves out that a transaction reads its sender's key."""
    alice = block.holder("alice")
    key = registered_key(alice.address, 0)
    block.send(alice, noop())
    block.carry_access_list(
        lambda right: tuple(Entry(tuple(read for read in entry.reads if read != key), entry.changes) for entry in right)
    )
    block.expect(Invalid.ACCESS_LIST_MISMATCH, transaction=0)


@signed_scenario(hazards="H147")
def rejected_among_registrations(block: SignedBlockBuilder) -> None:
    """Between two registrations a signature is wrong: the first fault counts, whatever was verified ahead."""
    alice, bob = block.holder("alice"), block.holder("bob")
    block.send(alice, registers=(alice, 0, NEW))
    block.send(bob, noop(), after=with_content(flipped(3)))
    block.send(alice, registers=(alice, 1, NEWER), held_by=NEW)
    block.expect(Invalid.SIGNATURE_INVALID, transaction=1)
