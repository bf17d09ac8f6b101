"""Accounts as JSON: what is no number and what are no bytes."""

from __future__ import annotations

import pytest

from samestate.spec.evm.alloc import bytes_in_hex, number_in_hex


@pytest.mark.parametrize(("text", "number"), [("0x0", 0), ("0x1F", 31), ("0x001f", 31)])
def test_a_number_is_0x_and_digits(text: str, number: int) -> None:
    assert number_in_hex(text) == number


@pytest.mark.parametrize(
    "text",
    [
        "",
        "0x",
        "1f",
        "0X1f",
        "0xg",
        "0x1_0",
        "0x_1",
        " 0x1",
        "0x1 ",
        "0x-1",
        "-0x1",
        "+0x1",
        "0x\u0661",
        "0x1\n",
        31,
        None,
    ],
)
def test_all_else_is_none(text: object) -> None:
    assert number_in_hex(text) is None


@pytest.mark.parametrize(("text", "content"), [("0x", b""), ("0x1f2E", b"\x1f\x2e"), ("0x00", b"\0")])
def test_bytes_are_0x_and_pairs_of_digits(text: str, content: bytes) -> None:
    assert bytes_in_hex(text) == content


@pytest.mark.parametrize(
    "text", ["", "1f", "0X1f", "0x1", "0x1g", "0x1f 2e", "0x 1f", "0x1f ", " 0x1f", "0x1f\n", "0x 1", 31, None]
)
def test_all_else_are_none(text: object) -> None:
    assert bytes_in_hex(text) is None
