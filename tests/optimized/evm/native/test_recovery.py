"""Signature recovery against the specification's, from many threads too."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from samestate.optimized.evm.native import precompiles
from samestate.spec.evm.precompiles.signature_recovery import CURVE_ORDER, recover_address
from samestate.spec.evm.signature import sign_hash


def word(number: int) -> bytes:
    return number.to_bytes(32, "big")


def agree(message_hash: bytes, r: int, s: int, y_parity: int) -> bytes | None:
    found = precompiles.recover(message_hash, word(r), word(s), y_parity)
    assert found == recover_address(message_hash, y_parity, r, s)
    return found


def signed(random: Random) -> tuple[bytes, int, int, int]:
    message_hash = random.randbytes(32)
    y_parity, r, s = sign_hash(random.randbytes(32), message_hash)
    return message_hash, r, s, y_parity


def test_signatures() -> None:
    random = Random(1)
    for _ in range(50):
        message_hash, r, s, y_parity = signed(random)
        address = agree(message_hash, r, s, y_parity)
        assert address is not None
        assert agree(message_hash, r, CURVE_ORDER - s, 1 - y_parity) == address
        assert agree(message_hash, r, s, 1 - y_parity) != address


edges = st.sampled_from([0, 1, 2, CURVE_ORDER - 1, CURVE_ORDER, CURVE_ORDER + 1, 2**256 - 1]) | st.integers(
    0, 2**256 - 1
)


@given(st.binary(min_size=32, max_size=32) | edges.map(word), edges, edges, st.integers(0, 1))
def test_any_numbers(message_hash: bytes, r: int, s: int, y_parity: int) -> None:
    agree(message_hash, r, s, y_parity)


@pytest.mark.parametrize("y_parity", [-1, 2, 3, 27, 28, 256])
def test_a_parity_that_is_none(y_parity: int) -> None:
    message_hash, r, s, _ = signed(Random(2))
    assert precompiles.recover(message_hash, word(r), word(s), y_parity) is None


def test_lengths_are_checked() -> None:
    with pytest.raises(ValueError, match="r has 32 bytes, not 31"):
        precompiles.recover(bytes(32), bytes(31), bytes(32), 0)


def test_many_threads() -> None:
    random = Random(3)
    signatures = [signed(random) for _ in range(40)]
    expected = [recover_address(message_hash, y_parity, r, s) for message_hash, r, s, y_parity in signatures]

    def all_of_them(_: int) -> list[bytes | None]:
        return [precompiles.recover(h, word(r), word(s), y_parity) for h, r, s, y_parity in signatures]

    with ThreadPoolExecutor(4) as pool:
        assert all(found == expected for found in pool.map(all_of_them, range(8)))
