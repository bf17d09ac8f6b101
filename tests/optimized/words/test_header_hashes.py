"""The hashes of the headers, in the form chosen for this processor and in the one that any processor runs."""

from __future__ import annotations

import hashlib
import struct

import pytest
from Crypto.Hash import RIPEMD160
from Crypto.Hash import keccak as other_keccak
from hypothesis import given
from hypothesis import strategies as st

from samestate.optimized.words.functions import keccak256, permuted, plain_sha256_chain, ripemd160, sha256

SHA256_START = (
    0x6A09E667,
    0xBB67AE85,
    0x3C6EF372,
    0xA54FF53A,
    0x510E527F,
    0x9B05688C,
    0x1F83D9AB,
    0x5BE0CD19,
)


def check(data: bytes) -> None:
    assert keccak256(data) == other_keccak.new(digest_bits=256, data=data).digest()
    assert sha256(data) == hashlib.sha256(data).digest()
    assert ripemd160(data) == RIPEMD160.new(data).digest()


@pytest.mark.parametrize("length", range(300))
def test_every_length_up_to_a_few_blocks(length: int) -> None:
    check((bytes(range(1, 256)) * 2)[:length])


@given(st.binary(max_size=2000))
def test_any_bytes(data: bytes) -> None:
    check(data)


@given(st.binary(min_size=200, max_size=200))
def test_both_forms_of_keccak(state: bytes) -> None:
    assert permuted(state, True) == permuted(state, False)


@given(st.binary(max_size=300))
def test_sha256_without_instructions(data: bytes) -> None:
    padded = data + b"\x80" + bytes(-(len(data) + 9) % 64) + (8 * len(data)).to_bytes(8, "big")
    chain = plain_sha256_chain(struct.pack("<8I", *SHA256_START), padded)
    assert struct.pack(">8I", *struct.unpack("<8I", chain)) == hashlib.sha256(data).digest()
