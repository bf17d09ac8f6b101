"""MODEXP, as Berlin and as Osaka price and bound it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from samestate.spec.evm.precompiles import PrecompileFailure
from samestate.spec.evm.precompiles import modular_exponentiation_berlin as berlin
from samestate.spec.evm.precompiles import modular_exponentiation_osaka as osaka


def lengths(base: int, exponent: int, modulus: int) -> bytes:
    return b"".join(length.to_bytes(32, "big") for length in (base, exponent, modulus))


def call(base: bytes, exponent: bytes, modulus: bytes) -> bytes:
    return lengths(len(base), len(exponent), len(modulus)) + base + exponent + modulus


@given(st.binary(max_size=40), st.binary(max_size=40), st.binary(max_size=40))
def test_is_the_power(base: bytes, exponent: bytes, modulus: bytes) -> None:
    b, e, m = (int.from_bytes(operand, "big") for operand in (base, exponent, modulus))
    expected = (pow(b, e, m) if m else 0).to_bytes(len(modulus), "big")
    assert berlin.run(call(base, exponent, modulus)) == expected
    assert osaka.run(call(base, exponent, modulus)) == expected


def test_fermat_as_in_the_proposal() -> None:
    prime = 2**256 - 2**32 - 977
    data = call(b"\x03", (prime - 1).to_bytes(32, "big"), prime.to_bytes(32, "big"))
    assert berlin.run(data) == (1).to_bytes(32, "big")
    assert berlin.gas(data) == 16 * 255 // 3 == 1360
    assert osaka.gas(data) == 16 * 255 == 4080


def test_zeros_follow_the_input() -> None:
    # EIP-198: 3 ** 0xffff % 2**255, whose modulus of 32 bytes is cut off after its first one.
    data = lengths(1, 2, 32) + bytes.fromhex("03ffff80")
    assert berlin.run(data).hex() == "3b01b01ac41f2d6e917c6d6a221ce793802469026d9ab7578fa2e79e4da6aaab"
    assert berlin.run(data + bytes(31) + b"\x07") == berlin.run(data)
    assert berlin.run(lengths(1, 1, 1)) == b"\x00"
    assert berlin.run(lengths(1, 1, 1)[:95] + b"\x00") == b""


def test_degenerate_operands() -> None:
    assert berlin.run(call(b"", b"", b"\x05")) == b"\x01"
    assert berlin.run(call(b"\x00", b"\x00", b"\x05")) == b"\x01"
    assert berlin.run(call(b"\x07", b"\x00", b"\x01")) == b"\x00"
    assert berlin.run(call(b"\x07", b"\x02", b"\x00\x00")) == b"\x00\x00"
    assert berlin.run(call(b"\x07", b"\x02", b"")) == b""


@pytest.mark.parametrize(
    ("length", "exponent", "in_berlin", "in_osaka"),
    [
        (64, "02", 200, 500),
        (64, "010001", 341, 2048),
        (128, "010001", 1365, 8192),
        (256, "02", 341, 2048),
        (256, "010001", 5461, 32768),
        (512, "010001", 21845, 131072),
        (1024, "02", 5461, 32768),
        (1024, "010001", 87381, 524288),
        (32, "ff" * 32, 1360, 4080),
        (33, "ff" * 32, 2125, 12750),
        (32, "ff" * 33, 16 * (8 + 255) // 3, 16 * (16 + 255)),
        (32, "00" * 32 + "ff", 200, 500),
        (32, "00" * 64, 16 * 8 * 32 // 3, 16 * 16 * 32),
    ],
)
def test_prices(length: int, exponent: str, in_berlin: int, in_osaka: int) -> None:
    data = call(b"\xff" * length, bytes.fromhex(exponent), b"\xff" * length)
    assert berlin.gas(data) == in_berlin
    assert osaka.gas(data) == in_osaka


def test_the_longer_one_of_base_and_modulus_counts() -> None:
    exponent = bytes.fromhex("010001")
    assert berlin.gas(call(b"\x01" * 64, exponent, b"\x01")) == berlin.gas(call(b"\x01", exponent, b"\x01" * 64)) == 341


@pytest.mark.parametrize("huge", [2**32, 2**64, 2**256 - 1])
def test_huge_lengths_have_a_price(huge: int) -> None:
    words = (huge + 7) // 8
    assert berlin.gas(lengths(huge, 0, 0)) == berlin.gas(lengths(0, 0, huge)) == words**2 // 3
    assert berlin.gas(lengths(1, huge, 0)) == 8 * (huge - 32) // 3
    assert osaka.gas(lengths(huge, huge, huge)) == 2 * words**2 * 16 * (huge - 32)
    # Without base and modulus an exponent of any length is almost free, and nothing is computed.
    assert berlin.gas(lengths(0, huge, 0)) == 200
    assert berlin.run(lengths(0, huge, 0)) == b""
    assert berlin.run(lengths(huge, huge, 0)) == b""


@pytest.mark.parametrize("position", range(3))
def test_osaka_bounds_each_length(position: int) -> None:
    within, beyond = [0, 0, 0], [0, 0, 0]
    within[position], beyond[position] = 1024, 1025
    osaka.run(lengths(*within))
    with pytest.raises(PrecompileFailure, match=r"^base, exponent and modulus may have 1024 bytes each$"):
        osaka.run(lengths(*beyond))
    berlin.run(lengths(*beyond))
