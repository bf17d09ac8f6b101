"""Signatures on ed25519: every way gives the strict verdict on every input."""

from __future__ import annotations

import hashlib
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from nacl.bindings import crypto_sign_open
from nacl.exceptions import CryptoError

from samestate.optimized.svm.primitives import sha512, verify_signatures, ways
from tests.optimized.svm.real_blocks import entries_of_block, entries_of_slot_410010000, malleability_vectors
from tests.optimized.svm.strict import BASE, Item, L, challenge, encode, is_valid, items, multiply

EVERY_WAY = pytest.mark.parametrize("way", ways())


def by_libsodium(item: Item) -> bool:
    signature, key, message = item
    try:
        crypto_sign_open(signature + message, key)
    except CryptoError:
        return False
    return True


def signed(number: int, length: int = 100) -> Item:
    """A valid signature of a message of its own, by a key of its own."""
    source = random.Random(number)
    secret, nonce, message = source.randrange(1, L), source.randrange(1, L), source.randbytes(length)
    key, r = encode(multiply(secret, BASE)), encode(multiply(nonce, BASE))
    return r + ((nonce + challenge(r, key, message) * secret) % L).to_bytes(32, "little"), key, message


@pytest.fixture(scope="module")
def many() -> list[tuple[Item, bool]]:
    return [(item, is_valid(item)) for item in items(1, 390)]


def test_the_oracles_agree(many: list[tuple[Item, bool]]) -> None:
    """And there is enough of both verdicts."""
    assert [by_libsodium(item) for item, _ in many] == [verdict for _, verdict in many]
    assert min(sum(v for _, v in many), sum(not v for _, v in many)) > 60


@EVERY_WAY
def test_torsion_encodings_and_scalars(way: str, many: list[tuple[Item, bool]]) -> None:
    assert verify_signatures([item for item, _ in many], 1, way) == [verdict for _, verdict in many]


@EVERY_WAY
@pytest.mark.parametrize("workers", [1, 3])
def test_order_does_not_matter(way: str, workers: int, many: list[tuple[Item, bool]]) -> None:
    for seed in range(4):
        shuffled = list(many)
        random.Random(seed).shuffle(shuffled)
        assert verify_signatures([item for item, _ in shuffled], workers, way) == [verdict for _, verdict in shuffled]


@EVERY_WAY
@pytest.mark.fixtures
def test_malleability(way: str) -> None:
    vectors = malleability_vectors()
    assert [verdict for _, verdict in vectors] == [True] * 200 + [False] * 196
    assert verify_signatures([item for item, _ in vectors], 2, way) == [verdict for _, verdict in vectors]
    for item, verdict in vectors:
        assert verify_signatures([item], 1, way) == [verdict]


@EVERY_WAY
@pytest.mark.fixtures
def test_real_signatures(way: str) -> None:
    blocks = [entries_of_block("testnet-356797362"), entries_of_block("testnet-417955322"), entries_of_slot_410010000()]
    for entries, count in zip(blocks, (2296, 420, 74), strict=True):
        found = [item for entry in entries for item in entry.items]
        assert verify_signatures(found, 2, way) == [True] * count


@EVERY_WAY
@pytest.mark.parametrize("count", [0, 1, 2, 7, 8, 9, 15, 16, 17, 63, 64, 65, 130])
def test_every_place_in_a_batch(way: str, count: int) -> None:
    """One that is wrong is named, and no other."""
    valid = [signed(number) for number in range(count)]
    assert verify_signatures(valid, 1, way) == [True] * count
    for wrong in {0, count // 2, count - 1} if count else ():
        batch = list(valid)
        signature, key, message = batch[wrong]
        batch[wrong] = signature, key, message + b"!"
        assert verify_signatures(batch, 1, way) == [place != wrong for place in range(count)]


@EVERY_WAY
def test_errors_that_would_cancel_in_a_sum(way: str) -> None:
    """Two signatures, one with as much too much as the other has too little."""
    (first, key, message), (second, other_key, other_message) = signed(1), signed(2)
    more = (int.from_bytes(first[32:], "little") + 1) % L
    less = (int.from_bytes(second[32:], "little") - 1) % L
    batch = [
        (first[:32] + more.to_bytes(32, "little"), key, message),
        (second[:32] + less.to_bytes(32, "little"), other_key, other_message),
    ]
    assert verify_signatures(batch * 20, 1, way) == [False] * 40


@EVERY_WAY
@pytest.mark.parametrize("length", [0, 47, 48, 63, 64, 175, 176, 1232, 100_000])
def test_lengths_of_messages(way: str, length: int) -> None:
    batch = [signed(number, max(0, length - number)) for number in range(10)]
    assert verify_signatures(batch, 1, way) == [True] * 10


@EVERY_WAY
@given(st.binary(min_size=64, max_size=64), st.binary(min_size=32, max_size=32), st.binary(max_size=200))
def test_any_bytes(way: str, signature: bytes, key: bytes, message: bytes) -> None:
    assert verify_signatures([(signature, key, message)], 1, way) == [by_libsodium((signature, key, message))]


def test_what_is_no_signature() -> None:
    with pytest.raises(ValueError, match="a signature must be 64 bytes, not 63"):
        verify_signatures([(bytes(63), bytes(32), b"")])
    with pytest.raises(ValueError, match="a key must be 32 bytes, not 33"):
        verify_signatures([(bytes(64), bytes(33), b"")])
    with pytest.raises(ValueError, match="workers must be 1 to 256"):
        verify_signatures([], 0)


def test_a_limit_of_time() -> None:
    with pytest.raises(TimeoutError):
        verify_signatures([signed(1)] * 10_000, 2, seconds=0.001)


@given(st.binary(max_size=600))
def test_sha512(data: bytes) -> None:
    assert sha512(data) == hashlib.sha512(data).digest()
