"""Proof of history: which entry does not follow from the one before it."""

from __future__ import annotations

import hashlib
import os
import random
import signal
import threading
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from samestate.optimized.svm.primitives import mix_in, verify_history
from tests.optimized.svm.real_blocks import entries_of_block, entries_of_slot_410010000

PlainEntry = tuple[int, bytes, list[bytes]]


def sha256(*parts: bytes) -> bytes:
    return hashlib.sha256(b"".join(parts)).digest()


def root_of(signatures: list[bytes]) -> bytes:
    """As it is defined: level by level, and what has no neighbour is its own."""
    level = [sha256(b"\0", signature) for signature in signatures]
    while len(level) > 1:
        level += level[-1:] if len(level) % 2 else []
        level = [sha256(b"\1", left, right) for left, right in zip(level[::2], level[1::2], strict=True)]
    return level[0]


def chain(start: bytes, steps: list[tuple[int, int]], seed: int = 1) -> list[PlainEntry]:
    """Entries of so many hashes with so many signatures each."""
    source = random.Random(seed)
    entries: list[PlainEntry] = []
    value = start
    for hashes, count in steps:
        signatures = [source.randbytes(64) for _ in range(count)]
        for _ in range(max(0, hashes - 1) if signatures else hashes):
            value = sha256(value)
        if signatures:
            value = sha256(value, root_of(signatures))
        entries.append((hashes, value, signatures))
    return entries


@pytest.mark.parametrize("count", [*range(1, 40), 63, 64, 65, 127, 128, 129, 1000])
def test_the_root_over_signatures(count: int) -> None:
    signatures = [bytes([number % 256] * 64) for number in range(count)]
    assert mix_in(signatures) == root_of(signatures)


def test_a_root_over_nothing() -> None:
    with pytest.raises(ValueError, match="takes nothing in"):
        mix_in([])


STEPS = st.lists(st.tuples(st.integers(0, 20), st.integers(0, 5)), max_size=30)


@given(STEPS, st.integers(1, 4), st.binary(min_size=32, max_size=32))
def test_any_chain(steps: list[tuple[int, int]], workers: int, start: bytes) -> None:
    assert verify_history(start, chain(start, steps), workers) is None


@given(STEPS.filter(len), st.integers(1, 4), st.data())
def test_the_first_that_is_wrong(steps: list[tuple[int, int]], workers: int, data: st.DataObject) -> None:
    """A wrong hash is wrong twice, since the next entry is looked at from there: the first counts."""
    start = bytes(32)
    entries = chain(start, steps)
    place = data.draw(st.integers(0, len(entries) - 1))
    for wrong in {place, data.draw(st.integers(place, len(entries) - 1))}:
        hashes, value, signatures = entries[wrong]
        entries[wrong] = hashes, sha256(b"other", value), signatures
    assert verify_history(start, entries, workers) == place


def test_one_hash_more_or_less() -> None:
    start = bytes(32)
    entries = chain(start, [(100, 0), (50, 1), (1, 1), (700, 0)])
    for place, (hashes, value, signatures) in enumerate(entries):
        for other in (hashes - 1, hashes + 1):
            changed = [*entries[:place], (other, value, signatures), *entries[place + 1 :]]
            # With signatures, no hash and one hash are the same.
            assert verify_history(start, changed) == (None if signatures and {hashes, other} == {0, 1} else place)


@pytest.mark.fixtures
@pytest.mark.parametrize("workers", [1, 2])
def test_real_chains(workers: int) -> None:
    chains = (
        (entries_of_block("testnet-356797362"), 2357),
        (entries_of_block("testnet-417955322"), 103),
        (entries_of_slot_410010000(), 65),
    )
    for entries, count in chains:
        plain = [entry.plain for entry in entries]
        assert len(plain) == count
        assert verify_history(plain[0][1], plain[1:], workers) is None
        hashes, value, signatures = plain[count // 2]
        plain[count // 2] = hashes + 1, value, signatures
        assert verify_history(plain[0][1], plain[1:], workers) == count // 2 - 1


def test_a_limit_of_time() -> None:
    """One entry of as many hashes as a number can say."""
    begun = time.monotonic()
    with pytest.raises(TimeoutError):
        verify_history(bytes(32), [(2**64 - 1, bytes(32), [])] * 5, 2, seconds=0.2)
    assert time.monotonic() - begun < 5


def test_interruption() -> None:
    threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGINT)).start()
    with pytest.raises(KeyboardInterrupt):
        verify_history(bytes(32), [(2**64 - 1, bytes(32), [])] * 5, 2)


def test_what_is_no_hash() -> None:
    with pytest.raises(ValueError, match="a hash must be 32 bytes, not 31"):
        verify_history(bytes(31), [])
    with pytest.raises(ValueError, match="a signature must be 64 bytes, not 1"):
        verify_history(bytes(32), [(1, bytes(32), [b"x"])])
    with pytest.raises(ValueError, match="seconds must not be"):
        verify_history(bytes(32), [], seconds=-1)
