"""The ruleset `signed`: forms, what is signed, keys in the state, and what blocks may be made of."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from samestate.conformance.generating.toy_signing import named_key, registering, signed, unsigned
from samestate.spec.machine import Rejection
from samestate.spec.toy.block import Block, Transaction
from samestate.spec.toy.operations import Add, Keccak, Noop, Operation, Sload, Sstore, Sub
from samestate.spec.toy.rejections import SIGNED_ALONE, Invalid
from samestate.spec.toy.signed.content import Registration, Signature
from samestate.spec.toy.signed.machine import SignedToy
from samestate.spec.toy.signed.registry import (
    RegisteredKey,
    from_registered,
    registered_key,
    to_registered,
)
from samestate.spec.toy.signed.schemes import KEY_BYTES, SIGNATURE_BYTES, Scheme
from samestate.spec.toy.signed.signing import possession_bytes, signed_bytes
from samestate.spec.toy.state import toy_state
from samestate.spec.transition import apply_block

CHAIN = 3
PAIR = named_key("alice")
COINBASE = b"\xcc" * 20
STATE = toy_state({PAIR.address: 10**6}, registered={(PAIR.address, 0): PAIR.registered})
SENT = Transaction(PAIR.address, 0, 50_000, 1, (Noop(),), signature=unsigned(0, Scheme.ED25519))


def block_of(*transactions: Transaction) -> Block:
    return Block(COINBASE, 10**7, transactions, chain_id=CHAIN)


def test_a_signed_transaction_is_executed() -> None:
    result = apply_block(SignedToy(), block_of(signed(SENT, CHAIN, PAIR)), STATE)
    assert result.steps[1].reads[registered_key(PAIR.address, 0)].value == to_registered(PAIR.registered)
    assert result.receipts[0].succeeded


@pytest.mark.parametrize("scheme", Scheme)
def test_every_scheme_signs_and_is_of_its_length(scheme: Scheme) -> None:
    pair = named_key("bob", scheme)
    assert len(pair.public_key) == KEY_BYTES[scheme]
    assert len(pair.sign(b"message")) == SIGNATURE_BYTES[scheme]
    state = toy_state({pair.address: 10**6}, registered={(pair.address, 7): pair.registered})
    sent = replace(SENT, sender=pair.address, signature=unsigned(7, scheme))
    assert apply_block(SignedToy(), block_of(signed(sent, CHAIN, pair)), state).receipts[0].succeeded
    with pytest.raises(Rejection) as caught:
        apply_block(SignedToy(), block_of(signed(sent, CHAIN + 1, pair)), state)
    assert caught.value.code is Invalid.SIGNATURE_INVALID


def test_keys_are_written_with_their_scheme() -> None:
    entry = RegisteredKey(Scheme.ED25519, bytes(32))
    assert to_registered(entry) == b"\x01" + bytes(32)
    assert from_registered(to_registered(entry)) == entry
    assert from_registered(None) is None
    with pytest.raises(ValueError, match="a key of ML_DSA_44 has 1312 bytes, not 32"):
        RegisteredKey(Scheme.ML_DSA_44, bytes(32))


WORDS = st.integers(0, 2**256 - 1)
OPERATIONS = st.one_of(
    st.just(Noop()),
    st.builds(Sload, WORDS),
    st.builds(Sstore, WORDS, st.none() | WORDS),
    st.builds(Add, WORDS),
    st.builds(Sub, WORDS),
    st.builds(Keccak, st.binary(max_size=40)),
)
REGISTRATIONS = st.builds(
    Registration,
    account=st.binary(min_size=20, max_size=20),
    key=st.integers(0, 255),
    scheme=st.sampled_from(Scheme),
    public_key=st.binary(max_size=40),
    possession=st.just(b""),
)
TRANSACTIONS = st.builds(
    Transaction,
    sender=st.binary(min_size=20, max_size=20),
    nonce=st.integers(0, 3),
    gas_limit=st.integers(0, 3),
    gas_price=st.integers(0, 3),
    operations=st.lists(OPERATIONS, max_size=3).map(tuple),
    signature=st.builds(Signature, st.integers(0, 255), st.sampled_from(Scheme), st.just(b"")),
    registration=st.none() | REGISTRATIONS,
)


@given(TRANSACTIONS, TRANSACTIONS, st.integers(0, 2))
def test_different_content_has_different_bytes(one: Transaction, other: Transaction, chain: int) -> None:
    assert (signed_bytes(one, chain) == signed_bytes(other, chain)) == (one == other)
    assert signed_bytes(one, chain) != signed_bytes(one, chain + 1)
    assert signed_bytes(one, chain) != possession_bytes(other, chain)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ((Keccak(b"\x06"),), (Keccak(b""), Noop())),
        ((Sstore(1, 2),), (Sstore(1, None), Sload(2))),
        ((Add(1), Sub(2)), (Sub(2), Add(1))),
    ],
)
def test_operations_are_told_apart(first: tuple[Operation, ...], second: tuple[Operation, ...]) -> None:
    assert signed_bytes(replace(SENT, operations=first), 1) != signed_bytes(replace(SENT, operations=second), 1)


def test_blocks_and_transactions_are_of_one_ruleset() -> None:
    with pytest.raises(ValueError, match="transaction 0: has a signature under the ruleset signed, and only there"):
        replace(block_of(), transactions=(replace(SENT, signature=None),))
    with pytest.raises(ValueError, match="transaction 0: has a signature under the ruleset signed, and only there"):
        Block(COINBASE, 1, (SENT,))
    unsigned_one = replace(SENT, signature=None, registration=registering(PAIR.address, 1, PAIR))
    with pytest.raises(ValueError, match="transaction 0: registers a key"):
        Block(COINBASE, 1, (unsigned_one,))
    with pytest.raises(ValueError, match="chain id: 18446744073709551616 does not fit 64 bits"):
        replace(block_of(), chain_id=2**64)
    with pytest.raises(ValueError, match="key of the signature: 256 does not fit 8 bits"):
        Signature(256, Scheme.ED25519, b"")
    with pytest.raises(ValueError, match="under the ruleset signed a block is of a chain"):
        apply_block(SignedToy(), Block(COINBASE, 10**7, (replace(SENT, signature=None),)), STATE)
    with pytest.raises(ValueError, match="has no bytes to sign"):
        signed_bytes(replace(SENT, signature=None), 1)


def test_codes_of_this_ruleset_are_those_behind_the_others() -> None:
    assert frozenset(list(Invalid)[6:]) == SIGNED_ALONE
