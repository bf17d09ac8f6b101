from __future__ import annotations

import hashlib

import pytest
from Crypto.Hash import keccak as other_keccak
from hypothesis import given
from hypothesis import strategies as st

from samestate.optimized.words.keccak import keccak
from samestate.optimized.words.sha256 import sha256

AROUND_A_BLOCK = sorted({0, 1, 31, 32, 33, 55, 56, 57, 63, 64, 65, 119, 120, 127, 128, 135, 136, 137, 271, 272, 273})


def expected_keccak(data: bytes) -> bytes:
    return other_keccak.new(digest_bits=256, data=data).digest()


def test_keccak_of_nothing() -> None:
    assert keccak(b"").hex() == "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470"


@pytest.mark.parametrize("length", AROUND_A_BLOCK)
def test_around_the_edges_of_a_block(length: int) -> None:
    data = bytes(range(256))[:length] + bytes(max(0, length - 256))
    assert keccak(data) == expected_keccak(data)
    assert sha256(data) == hashlib.sha256(data).digest()


@given(st.binary(max_size=1000))
def test_any_bytes(data: bytes) -> None:
    assert keccak(data) == expected_keccak(data)
    assert sha256(data) == hashlib.sha256(data).digest()
