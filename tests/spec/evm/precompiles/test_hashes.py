"""SHA256, RIPEMD160, IDENTITY and BLAKE2F; and Keccak-256."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from samestate.spec.evm.hashing import keccak256
from samestate.spec.evm.precompiles import Precompile, PrecompileFailure, blake2f, identity, ripemd160, sha256


def test_keccak() -> None:
    assert keccak256(b"").hex() == "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470"
    assert keccak256(b"abc").hex() == "4e03657aea45a94fc7d47ba826c8d667c0d1e6e33a64a036ec44f58fa12d6c45"


def test_hashes_of_abc() -> None:
    assert sha256.run(b"abc").hex() == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert ripemd160.run(b"abc").hex() == "00" * 12 + "8eb208f7e05d987a9b044a8e98c6b087f15a0bfc"
    assert identity.run(b"abc") == b"abc"


@pytest.mark.parametrize(
    ("precompile", "prices"),
    [(sha256, [60, 72, 72, 84]), (ripemd160, [600, 720, 720, 840]), (identity, [15, 18, 18, 21])],
)
def test_price_per_word(precompile: Precompile, prices: list[int]) -> None:
    assert [precompile.gas(bytes(length)) for length in (0, 1, 32, 33)] == prices


# EIP-152: the initial state of BLAKE2b with 64 bytes of output, and a block that holds "abc".
STATE = (
    "48c9bdf267e6096a3ba7ca8485ae67bb2bf894fe72f36e3cf1361d5f3af54fa5"
    "d182e6ad7f520e511f6c3e2b8c68059b6bbd41fbabd9831f79217e1319cde05b"
)
BLOCK = "616263" + "00" * 125
OFFSET = "03" + "00" * 15


def blake2_input(rounds: str, last: str) -> bytes:
    return bytes.fromhex(rounds + STATE + BLOCK + OFFSET + last)


@pytest.mark.parametrize(
    ("rounds", "last", "output"),
    [
        (
            "00000000",
            "01",
            "08c9bcf367e6096a3ba7ca8485ae67bb2bf894fe72f36e3cf1361d5f3af54fa5"
            "d282e6ad7f520e511f6c3e2b8c68059b9442be0454267ce079217e1319cde05b",
        ),
        (
            "0000000c",
            "01",
            "ba80a53f981c4d0d6a2797b69f12f6e94c212f14685ac4b74b12bb6fdbffa2d1"
            "7d87c5392aab792dc252d5de4533cc9518d38aa8dbf1925ab92386edd4009923",
        ),
        (
            "0000000c",
            "00",
            "75ab69d3190a562c51aef8d88f1c2775876944407270c42c9844252c26d28752"
            "98743e7f6d5ea2f2d3e8d226039cd31b4e426ac4f2d3d666a610c2116fde4735",
        ),
        (
            "00000001",
            "01",
            "b63a380cb2897d521994a85234ee2c181b5f844d2c624c002677e9703449d2fb"
            "a551b3a8333bcdf5f2f7e08993d53923de3d64fcc68c034e717b9293fed7a421",
        ),
    ],
    ids=["no round", "12 rounds", "not the last block", "one round"],
)
def test_blake2_vectors_of_the_proposal(rounds: str, last: str, output: str) -> None:
    data = blake2_input(rounds, last)
    assert blake2f.run(data).hex() == output
    assert blake2f.gas(data) == int(rounds, 16)


@given(st.binary(min_size=1, max_size=128))
def test_twelve_rounds_over_one_block_are_the_hash(message: bytes) -> None:
    block = message.ljust(128, b"\x00").hex()
    offset = len(message).to_bytes(16, "little").hex()
    data = bytes.fromhex("0000000c" + STATE + block + offset + "01")
    assert blake2f.run(data) == hashlib.blake2b(message).digest()


def test_blake2_malformed() -> None:
    good = blake2_input("0000000c", "01")
    with pytest.raises(PrecompileFailure, match=r"^the input must have 213 bytes, not 212$"):
        blake2f.run(good[1:])
    with pytest.raises(PrecompileFailure, match=r"^the input must have 213 bytes, not 214$"):
        blake2f.run(b"\x00" + good)
    with pytest.raises(PrecompileFailure, match=r"^the flag for the last block must be 0 or 1, not 2$"):
        blake2f.run(blake2_input("0000000c", "02"))
    assert blake2f.gas(blake2_input("ffffffff", "02")) == 2**32 - 1
    assert blake2f.gas(good[1:]) == 0
