"""Lengths on the wire: each has one way to be written, and everything else is refused."""

from __future__ import annotations

import pytest

from samestate.spec.svm.short_vec import decode_length, encode_length


@pytest.mark.parametrize(
    ("length", "content"),
    [
        (0, "00"),
        (5, "05"),
        (0x7F, "7f"),
        (0x80, "8001"),
        (0xFF, "ff01"),
        (0x100, "8002"),
        (0x3FFF, "ff7f"),
        (0x4000, "808001"),
        (0xFFFF, "ffff03"),
    ],
)
def test_each_length_has_its_bytes(length: int, content: str) -> None:
    assert encode_length(length).hex() == content
    assert decode_length(b"x" + bytes.fromhex(content) + b"y", 1) == (length, 1 + len(content) // 2)


def test_every_length_is_read_as_it_was_written() -> None:
    for length in range(2**16):
        content = encode_length(length)
        assert decode_length(content, 0) == (length, len(content))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "the input ends"),
        ("80", "the input ends"),
        ("8080", "the input ends"),
        ("8000", "adds nothing"),
        ("ff00", "adds nothing"),
        ("808000", "adds nothing"),
        ("ff8000", "adds nothing"),
        ("808080", "after its third byte"),
        ("ffff80", "after its third byte"),
        ("80808001", "after its third byte"),
        ("808004", "beyond 16 bits"),
        ("ffff04", "beyond 16 bits"),
        ("ffff7f", "beyond 16 bits"),
    ],
)
def test_what_is_no_length(content: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        decode_length(bytes.fromhex(content), 0)


@pytest.mark.parametrize("length", [-1, 2**16])
def test_what_has_no_bytes(length: int) -> None:
    with pytest.raises(ValueError, match="does not fit"):
        encode_length(length)
