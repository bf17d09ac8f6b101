"""Proof of history: chains of real blocks, and every way for entries to be wrong."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from hashlib import sha256
from typing import Any

import pytest

from samestate.spec.machine import Rejection
from samestate.spec.svm.addresses import address
from samestate.spec.svm.block import Block, HistoryEntry
from samestate.spec.svm.chain import block_on
from samestate.spec.svm.history import check_history, check_ticks, hash_times, next_hash, signature_root
from samestate.spec.svm.transaction import SignedTransaction
from tests.spec.svm.real_blocks import block_entries, facts, sample_entries
from tests.spec.svm.small import GENESIS_HASH, LEADER, RICH, SOL, SmallChain, key, transfer
from tests.spec.svm.test_transaction import BLOCKS

TICKS, HASHES_PER_TICK = 4, 8


def links(previous: bytes, entries: Sequence[HistoryEntry]) -> int:
    """How many of the entries are what follows the one before."""
    right = 0
    for entry in entries:
        right += next_hash(previous, entry) == entry.hash
        previous = entry.hash
    return right


@pytest.mark.fixtures
def test_the_sample_of_the_main_network() -> None:
    first, *rest = sample_entries()
    assert links(first.hash, rest) == 64
    assert sum(entry.is_tick for entry in rest) == 4


@pytest.mark.fixtures
@pytest.mark.parametrize("block", BLOCKS)
def test_the_beginning_of_real_blocks(block: str) -> None:
    entries = block_entries(block)
    few = [entry for entry in entries[1:] if entry.hashes < 5_000][:10]
    places = [entries.index(entry) for entry in few]
    assert len(places) == 10
    assert all(next_hash(entries[place - 1].hash, entries[place]) == entries[place].hash for place in places)
    assert sum(entry.is_tick for entry in entries) == 64
    assert sum(entry.hashes for entry in entries) == 64 * 62_500


@pytest.mark.fixtures
@pytest.mark.slow
@pytest.mark.parametrize("block", BLOCKS)
def test_the_whole_history_of_real_blocks(block: str) -> None:
    first, *rest = block_entries(block)
    assert links(first.hash, rest) == BLOCKS[block][0] - 1
    if block == "testnet-417955322":
        assert next_hash(address(facts("blocks")[block]["parent_last_blockhash"]), first) == first.hash
    assert rest[-1].hash == address(facts("blocks")[block]["blockhash"])


def record(*entries: tuple[int, Sequence[SignedTransaction]], previous: bytes = GENESIS_HASH) -> list[HistoryEntry]:
    """Entries of so many hashes, each following the one before."""
    made = []
    for hashes, transactions in entries:
        entry = HistoryEntry(hashes, bytes(32), tuple(transactions))
        previous = next_hash(previous, entry)
        made.append(replace(entry, hash=previous))
    return made


def block_of(entries: Sequence[HistoryEntry], **fields: Any) -> Block:
    chain = SmallChain(RICH)
    bank = replace(chain.bank, hashes_per_tick=HASHES_PER_TICK, ticks=TICKS)
    return replace(block_on(bank, chain.state, 1, LEADER, entries), **fields)


def code(block: Block) -> str | None:
    try:
        check_ticks(block)
        check_history(block)
    except Rejection as rejection:
        return rejection.code.name
    return None


TICK = (HASHES_PER_TICK, ())
PAYMENT = transfer(1, key(2), SOL)


def test_a_right_block() -> None:
    entries = record(TICK, (3, [PAYMENT]), (2, [PAYMENT] * 3), (3, ()), TICK, TICK)
    block = block_of(entries)
    assert code(block) is None
    assert block.blockhash == entries[-1].hash
    assert block.has_history


DEFECTS: list[tuple[list[tuple[int, Any]], str]] = [
    ([TICK] * 3, "TOO_FEW_TICKS"),
    ([TICK] * 5, "TOO_MANY_TICKS"),
    ([TICK] * 3 + [(3, [PAYMENT])], "TOO_FEW_TICKS"),
    ([TICK] * 4 + [(1, [PAYMENT])], "TRAILING_ENTRY"),
    ([TICK] * 3 + [(7, ())], "INVALID_TICK_HASH_COUNT"),
    ([TICK] * 3 + [(9, ())], "INVALID_TICK_HASH_COUNT"),
    ([(4, [PAYMENT]), (3, ())] + [TICK] * 3, "INVALID_TICK_HASH_COUNT"),
    ([(9, [PAYMENT]), (8, ())] + [TICK] * 3, "INVALID_TICK_HASH_COUNT"),
    ([(16, ()), (0, ())] + [TICK] * 2, "INVALID_TICK_HASH_COUNT"),
    ([(0, ())] + [TICK] * 3, "INVALID_TICK_HASH_COUNT"),
    ([(8, [PAYMENT]), (0, ())] + [TICK] * 3, "INVALID_TICK_HASH_COUNT"),
]
"""Entries by their hashes and transactions, and what is wrong with their ticks."""


@pytest.mark.parametrize(("entries", "expected"), DEFECTS)
def test_ticks(entries: list[tuple[int, Any]], expected: str) -> None:
    assert code(block_of(record(*entries))) == expected


def test_ticks_of_any_length_where_hashes_are_not_counted() -> None:
    entries = record((1, ()), (20, [PAYMENT]), (1, ()), (3, ()), (9, ()))
    assert code(block_of(entries, hashes_per_tick=None)) is None
    assert code(block_of(entries)) == "INVALID_TICK_HASH_COUNT"


def test_each_entry_is_the_next_of_the_chain() -> None:
    right = record(TICK, (3, [PAYMENT]), (2, [PAYMENT] * 3), (3, ()), TICK, TICK)
    for place, entry in enumerate(right):
        wrong = [*right]
        wrong[place] = replace(entry, hash=sha256(entry.hash).digest())
        assert code(block_of(wrong)) == "INVALID_ENTRY_HASH"
    assert code(block_of(record(TICK, TICK, TICK, TICK, previous=bytes(32)))) == "INVALID_ENTRY_HASH"


def test_the_signatures_are_mixed_in_and_nothing_else_is() -> None:
    right = record((3, [PAYMENT]), (5, ()), TICK, TICK, TICK)
    other = replace(right[0], transactions=(transfer(1, key(2), SOL + 1),))
    assert code(block_of([other, *right[1:]])) == "INVALID_ENTRY_HASH"
    resigned = replace(right[0], transactions=(replace(PAYMENT, message=transfer(1, key(2), 7).message),))
    assert code(block_of([resigned, *right[1:]])) is None


def test_a_transaction_takes_a_hash_even_where_the_entry_says_none() -> None:
    """Both say the same of the chain. What they say of time differs, and a tick counts it."""
    one, none = record((1, [PAYMENT]))[0], record((0, [PAYMENT]))[0]
    assert one.hash == none.hash


def test_hashes_one_after_another() -> None:
    assert hash_times(b"x", 0) == b"x"
    assert hash_times(b"x", 2) == sha256(sha256(b"x").digest()).digest()
    assert next_hash(bytes(32), HistoryEntry(0, bytes(32))) == bytes(32)


def test_the_tree_of_signatures() -> None:
    def leaf(content: bytes) -> bytes:
        return sha256(b"\x00" + content).digest()

    def node(left: bytes, right: bytes) -> bytes:
        return sha256(b"\x01" + left + right).digest()

    a, b, c = (bytes([number]) * 64 for number in (1, 2, 3))
    assert signature_root([]) == bytes(32)
    assert signature_root([a]) == leaf(a)
    assert signature_root([a, b]) == node(leaf(a), leaf(b))
    assert signature_root([a, b, c]) == node(node(leaf(a), leaf(b)), node(leaf(c), leaf(c)))
