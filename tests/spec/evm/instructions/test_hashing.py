"""KECCAK256: known hashes, known prices."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from samestate.spec.evm.instructions.hashing import keccak

HASH_OF_NOTHING = 0xC5D2460186F7233C927E7DB2DCC703C0E500B653CA82273B7BFAD8045D85A470
HASH_OF_ABC = 0x4E03657AEA45A94FC7D47BA826C8D667C0D1E6E33A64A036EC44F58FA12D6C45


def test_known_hashes(result: Callable[..., int]) -> None:
    assert result(keccak, 2**256 - 1, 0) == HASH_OF_NOTHING
    assert result(keccak, 5, 3, memory=b"12345abc".ljust(32, b"\x00")) == HASH_OF_ABC


def test_memory_that_was_not_there_hashes_as_zeros(execute: Callable[..., object], result: Callable[..., int]) -> None:
    assert result(keccak, 0, 64) == result(keccak, 0, 64, memory=bytes(64))
    assert len(execute(keccak, 31, 2).memory) == 64  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("offset", "size", "expected"), [(9, 0, 30), (0, 1, 39), (0, 32, 39), (0, 33, 48), (31, 2, 42)]
)
def test_price(price: Callable[..., int], offset: int, size: int, expected: int) -> None:
    assert price(keccak, offset, size) == expected
