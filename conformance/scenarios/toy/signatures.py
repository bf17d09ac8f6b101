"""Signatures of transactions under the ruleset `signed`: right ones of each scheme, and wrong ones of each kind."""

from __future__ import annotations

from dataclasses import replace

from samestate.conformance.generating.toy_signing import KeyPair, named_key
from samestate.conformance.scenarios.scenario import signed_scenario
from samestate.conformance.scenarios.signed_block_builder import (
    CHAIN,
    SignedBlockBuilder,
    flipped,
    with_content,
    with_possession,
)
from samestate.conformance.scenarios.toy_draft import add, hash_of, load, noop, store, subtract
from samestate.spec.toy.block import Declaration, Transaction
from samestate.spec.toy.keys import balance_key, nonce_key, slot_key
from samestate.spec.toy.rejections import Invalid
from samestate.spec.toy.signed.registry import registered_key
from samestate.spec.toy.signed.schemes import GROUP_ORDER, SIZES_44, Scheme
from samestate.spec.toy.signed.signing import possession_bytes

HALF = 32
NEUTRAL = (1).to_bytes(32, "little")
"""The neutral point of ed25519 as bytes: a key of small order, by which anything would be signed."""


# Right ones


@signed_scenario()
def of_ed25519(block: SignedBlockBuilder) -> None:
    """Every operation is part of what is signed; reading the key is part of the record."""
    alice, bob = block.holder("alice"), block.holder("bob")
    block.send(alice, load(1), add(2), store(1), subtract(3), hash_of(b"data"), store(2, 5), noop())
    block.send(bob, store(3, 1), price=0)
    block.expect_success()
    block.expect_reads(1, registered_key(bob.address, 0), nonce_key(bob.address), balance_key(bob.address), slot_key(3))
    block.expect_critical_path(1)


@signed_scenario()
def of_ml_dsa_44(block: SignedBlockBuilder) -> None:
    """A signature of ML-DSA-44 beside one of ed25519."""
    alice, bob = block.holder("alice", Scheme.ML_DSA_44), block.holder("bob")
    block.send(alice, store(1, 1))
    block.send(bob, store(1, 2))
    block.expect_success()


@signed_scenario()
def of_ml_dsa_65(block: SignedBlockBuilder) -> None:
    """A signature of ML-DSA-65."""
    block.send(block.holder("alice", Scheme.ML_DSA_65), store(1, 1))
    block.expect_success()


@signed_scenario(hazards="H151")
def hybrid(block: SignedBlockBuilder) -> None:
    """Both halves of a hybrid signature are right."""
    block.send(block.holder("alice", Scheme.HYBRID), store(1, 1))
    block.expect_success()


@signed_scenario()
def by_two_keys_of_one_account(block: SignedBlockBuilder) -> None:
    """An account signs with a key of one scheme, then with one of another."""
    alice = block.holder("alice", Scheme.ED25519, Scheme.ML_DSA_44)
    block.send(alice, store(1, 1))
    block.send(alice, store(2, 1), key=1)
    block.expect_success()
    block.expect_sources(1, registered_key(alice.address, 1))


@signed_scenario()
def of_nine_senders(block: SignedBlockBuilder) -> None:
    """More signatures than are verified at once."""
    for number in range(9):
        block.send(block.holder(f"holder {number}"), store(number, 1))
    block.expect_success()


@signed_scenario(hazards="H149")
def declarations_are_not_signed(block: SignedBlockBuilder) -> None:
    """What is declared may be changed by whoever has the transaction: it never changes what it does."""
    alice = block.holder("alice")
    block.send(
        alice,
        store(1, 1),
        declares=((), ()),
        after=lambda transaction: replace(transaction, declared=Declaration((1,), (1, 2))),
    )
    block.expect_success()


# Wrong ones


@signed_scenario()
def ed25519_one_bit(block: SignedBlockBuilder) -> None:
    """One bit of an ed25519 signature is another; those around it are right."""
    alice, bob, carol = block.holder("alice"), block.holder("bob"), block.holder("carol")
    block.send(alice, store(1, 1))
    block.send(bob, store(2, 1), after=with_content(flipped(0)))
    block.send(carol, store(3, 1))
    block.expect(Invalid.SIGNATURE_INVALID, transaction=1)


@signed_scenario()
def ml_dsa_44_one_bit(block: SignedBlockBuilder) -> None:
    """One bit of the commitment hash of an ML-DSA-44 signature is another."""
    block.send(block.holder("alice", Scheme.ML_DSA_44), noop(), after=with_content(flipped(0)))
    block.expect(Invalid.SIGNATURE_INVALID, transaction=0)


@signed_scenario()
def ml_dsa_65_one_bit(block: SignedBlockBuilder) -> None:
    """One bit of the response of an ML-DSA-65 signature is another."""
    block.send(block.holder("alice", Scheme.ML_DSA_65), noop(), after=with_content(flipped(1000)))
    block.expect(Invalid.SIGNATURE_INVALID, transaction=0)


@signed_scenario(hazards="H151")
def hybrid_first_half_wrong(block: SignedBlockBuilder) -> None:
    """The ed25519 half of a hybrid signature is wrong, and the ML-DSA half right."""
    block.send(block.holder("alice", Scheme.HYBRID), noop(), after=with_content(flipped(0)))
    block.expect(Invalid.SIGNATURE_INVALID, transaction=0)


@signed_scenario(hazards="H151")
def hybrid_second_half_wrong(block: SignedBlockBuilder) -> None:
    """The ML-DSA half of a hybrid signature is wrong, and the ed25519 half right."""
    block.send(block.holder("alice", Scheme.HYBRID), noop(), after=with_content(flipped(64)))
    block.expect(Invalid.SIGNATURE_INVALID, transaction=0)


@signed_scenario(hazards="H151")
def hybrid_second_half_missing(block: SignedBlockBuilder) -> None:
    """Of a hybrid signature there is the ed25519 half alone."""
    alice = block.holder("alice", Scheme.HYBRID)
    block.send(alice, noop(), after=with_content(lambda content: content[:64]))
    block.expect(Invalid.HYBRID_HALF_MISSING, transaction=0)


@signed_scenario(hazards="H151")
def hybrid_first_half_missing(block: SignedBlockBuilder) -> None:
    """Of a hybrid signature there is the ML-DSA half alone."""
    alice = block.holder("alice", Scheme.HYBRID)
    block.send(alice, noop(), after=with_content(lambda content: content[64:]))
    block.expect(Invalid.HYBRID_HALF_MISSING, transaction=0)


@signed_scenario()
def one_byte_short(block: SignedBlockBuilder) -> None:
    """An ed25519 signature lacks its last byte."""
    block.send(block.holder("alice"), noop(), after=with_content(lambda content: content[:-1]))
    block.expect(Invalid.SIGNATURE_LENGTH, transaction=0)


@signed_scenario()
def one_byte_long(block: SignedBlockBuilder) -> None:
    """An ed25519 signature has a zero too many."""
    block.send(block.holder("alice"), noop(), after=with_content(lambda content: content + b"\0"))
    block.expect(Invalid.SIGNATURE_LENGTH, transaction=0)


@signed_scenario()
def ml_dsa_44_empty(block: SignedBlockBuilder) -> None:
    """A signature that is said to be of ML-DSA-44 has no bytes at all."""
    alice = block.holder("alice", Scheme.ML_DSA_44)
    block.send(alice, noop(), after=with_content(lambda content: b""))
    block.expect(Invalid.SIGNATURE_LENGTH, transaction=0)


@signed_scenario(hazards="H150")
def scalar_not_reduced(block: SignedBlockBuilder) -> None:
    """The order of the group is added to S: the equation still holds, and nobody may count the signature."""

    def add_order(content: bytes) -> bytes:
        scalar = int.from_bytes(content[HALF:], "little") + GROUP_ORDER
        return content[:HALF] + scalar.to_bytes(HALF, "little")

    block.send(block.holder("alice"), noop(), after=with_content(add_order))
    block.expect(Invalid.SIGNATURE_MALFORMED, transaction=0)


@signed_scenario(hazards="H150")
def key_of_small_order(block: SignedBlockBuilder) -> None:
    """By the neutral point as a key, R = S B signs whatever is asked."""
    mallory = block.holder("mallory")
    number, seed = 1, bytes(HALF)
    block.registered[mallory.address, number] = replace(named_key("any").registered, public_key=NEUTRAL)
    forged = _base_multiple(5) + (5).to_bytes(HALF, "little")
    block.send(
        mallory, noop(), key=number, by=KeyPair(Scheme.ED25519, seed), after=with_content(lambda content: forged)
    )
    block.expect(Invalid.SIGNATURE_INVALID, transaction=0)


def _base_multiple(scalar: int) -> bytes:
    """So many times the base point of ed25519."""
    from nacl.bindings import crypto_scalarmult_ed25519_base_noclamp

    return crypto_scalarmult_ed25519_base_noclamp(scalar.to_bytes(HALF, "little"))


@signed_scenario(hazards="H150")
def hint_in_another_order(block: SignedBlockBuilder) -> None:
    """Two places of the hint of an ML-DSA-44 signature stand in the wrong order: the same hint, in other bytes."""
    block.send(block.holder("alice", Scheme.ML_DSA_44), noop(), after=with_content(_with_places_exchanged))
    block.expect(Invalid.SIGNATURE_MALFORMED, transaction=0)


@signed_scenario(hazards="H150")
def hint_with_more_behind(block: SignedBlockBuilder) -> None:
    """Behind the places of the hint of an ML-DSA-44 signature something stands that is no zero."""
    alice = block.holder("alice", Scheme.ML_DSA_44)
    block.send(alice, noop(), after=with_content(flipped(-SIZES_44.k - 1)))
    block.expect(Invalid.SIGNATURE_MALFORMED, transaction=0)


@signed_scenario(hazards="H150")
def hint_of_too_many(block: SignedBlockBuilder) -> None:
    """The hint of an ML-DSA-44 signature says that more places are its last polynomial's than there can be."""
    alice = block.holder("alice", Scheme.ML_DSA_44)
    block.send(alice, noop(), after=with_content(lambda content: content[:-1] + b"\xff"))
    block.expect(Invalid.SIGNATURE_MALFORMED, transaction=0)


def _with_places_exchanged(content: bytes) -> bytes:
    """The first two places of the first polynomial that has two, in the other order."""
    start = len(content) - SIZES_44.omega - SIZES_44.k
    begin = 0
    for end in content[-SIZES_44.k :]:
        if end - begin >= 2:
            changed = bytearray(content)
            at = start + begin
            changed[at], changed[at + 1] = changed[at + 1], changed[at]
            return bytes(changed)
        begin = end
    raise ValueError("no polynomial of this hint has two places")


@signed_scenario()
def key_unknown(block: SignedBlockBuilder) -> None:
    """The sender has keys 0 and 2, and key 1 is said to sign."""
    alice = block.holder("alice")
    block.registered[alice.address, 2] = named_key("alice 2").registered
    block.send(alice, noop(), key=1, by=named_key("alice 2"))
    block.expect(Invalid.KEY_UNKNOWN, transaction=0)


@signed_scenario()
def by_somebody_else(block: SignedBlockBuilder) -> None:
    """The signature is right, and by the key of another account."""
    alice, bob = block.holder("alice"), block.holder("bob")
    block.send(alice, noop(), by=block.pairs[bob.address, 0])
    block.expect(Invalid.SIGNATURE_INVALID, transaction=0)


@signed_scenario()
def of_another_scheme(block: SignedBlockBuilder) -> None:
    """The key is of ML-DSA-44, and the signature is said to be of ed25519."""
    alice = block.holder("alice", Scheme.ML_DSA_44)
    block.send(alice, noop(), by=named_key("alice"))
    block.expect(Invalid.SCHEME_MISMATCH, transaction=0)


@signed_scenario(hazards="H149")
def for_another_chain(block: SignedBlockBuilder) -> None:
    """The transaction was signed for another chain."""
    block.send(block.holder("alice"), noop(), chain_id=CHAIN + 1)
    block.expect(Invalid.SIGNATURE_INVALID, transaction=0)


@signed_scenario(hazards="H149")
def for_another_purpose(block: SignedBlockBuilder) -> None:
    """The key has signed the same transaction, but to prove that it is held."""
    alice = block.holder("alice")
    pair = block.pairs[alice.address, 0]

    def sign_otherwise(transaction: Transaction) -> Transaction:
        return with_content(lambda content: pair.sign(possession_bytes(transaction, CHAIN)))(transaction)

    block.send(alice, noop(), after=sign_otherwise)
    block.expect(Invalid.SIGNATURE_INVALID, transaction=0)


@signed_scenario(hazards="H149")
def operation_changed(block: SignedBlockBuilder) -> None:
    """The last operation was changed after signing: a stored accumulator became a stored zero."""
    block.send(
        block.holder("alice"),
        add(1),
        store(1),
        after=lambda transaction: replace(transaction, operations=(add(1), store(1, 0))),
    )
    block.expect(Invalid.SIGNATURE_INVALID, transaction=0)


@signed_scenario(hazards="H149")
def price_changed(block: SignedBlockBuilder) -> None:
    """The gas price was changed after signing."""
    block.send(block.holder("alice"), noop(), after=lambda transaction: replace(transaction, gas_price=2))
    block.expect(Invalid.SIGNATURE_INVALID, transaction=0)


@signed_scenario(hazards="H01 H149")
def sent_again(block: SignedBlockBuilder) -> None:
    """The same signed transaction comes a second time in the next block: the nonce tells."""
    alice = block.holder("alice")
    block.send(alice, store(1, 1))
    block.expect_success()
    block.next_block()
    block.send(alice, store(1, 1), nonce=0)
    block.expect(Invalid.NONCE_TOO_LOW, transaction=0)


# What comes first


@signed_scenario()
def form_comes_before_nonce(block: SignedBlockBuilder) -> None:
    """A signature of the wrong length on a transaction with the wrong nonce."""
    block.send(block.holder("alice"), noop(), nonce=5, after=with_content(lambda content: content[:-1]))
    block.expect(Invalid.SIGNATURE_LENGTH, transaction=0)


@signed_scenario()
def nonce_comes_before_key(block: SignedBlockBuilder) -> None:
    """A key that is unknown on a transaction with the wrong nonce."""
    block.send(block.holder("alice"), noop(), nonce=5, key=9, by=named_key("any"))
    block.expect(Invalid.NONCE_TOO_HIGH, transaction=0)


@signed_scenario()
def signature_comes_before_balance(block: SignedBlockBuilder) -> None:
    """A wrong signature on a transaction that its sender cannot pay for."""
    block.send(block.holder("alice", balance=0), noop(), after=with_content(flipped(1)))
    block.expect(Invalid.SIGNATURE_INVALID, transaction=0)


@signed_scenario()
def balance_comes_before_possession(block: SignedBlockBuilder) -> None:
    """A registration without proof, by one who cannot pay."""
    alice = block.holder("alice", balance=0)
    block.send(
        alice, noop(), registers=(alice, 1, named_key("new")), is_kept=False, after=with_possession(lambda proof: b"")
    )
    block.expect(Invalid.INSUFFICIENT_BALANCE, transaction=0)
