"""Batches of entries in their bytes, as they are recorded and sent."""

# source: Agave, entry/src/entry.rs

from __future__ import annotations

from typing import Final

from samestate.spec.machine import Rejection
from samestate.spec.svm.block import HistoryEntry
from samestate.spec.svm.rejections import Invalid
from samestate.spec.svm.transaction import HASH_BYTES, SignedTransaction, encode_transaction, read_transaction

COUNT_BYTES: Final = 8


def decode_entries(batch: bytes) -> tuple[tuple[HistoryEntry, ...], int]:
    """The entries with which a batch begins, and how many bytes they take. Raises Rejection.

    A batch does not say how long its transactions are: each ends where it has been read. ``transaction`` of the
    rejection is the place of the one at fault among all of the batch.
    """
    entries: list[HistoryEntry] = []
    place, index = 0, 0
    count, place = _number(batch, place)
    for _ in range(count):
        hashes, place = _number(batch, place)
        digest, place = _take(batch, place, HASH_BYTES)
        transactions: list[SignedTransaction] = []
        transaction_count, place = _number(batch, place)
        for _ in range(transaction_count):
            try:
                transaction, place = read_transaction(batch, place)
            except Rejection as rejection:
                rejection.transaction = index
                raise
            transactions.append(transaction)
            index += 1
        entries.append(HistoryEntry(hashes, digest, tuple(transactions)))
    return tuple(entries), place


def encode_entries(entries: tuple[HistoryEntry, ...]) -> bytes:
    """The bytes of a batch."""
    parts = [len(entries).to_bytes(COUNT_BYTES, "little")]
    for entry in entries:
        parts += [entry.hashes.to_bytes(8, "little"), entry.hash, len(entry.transactions).to_bytes(8, "little")]
        parts += [encode_transaction(transaction) for transaction in entry.transactions]
    return b"".join(parts)


def _number(batch: bytes, place: int) -> tuple[int, int]:
    content, place = _take(batch, place, COUNT_BYTES)
    return int.from_bytes(content, "little"), place


def _take(batch: bytes, place: int, count: int) -> tuple[bytes, int]:
    if place + count > len(batch):
        # rule: svm.entries.ends
        raise Rejection(Invalid.MALFORMED_ENTRY, f"the input ends {place + count - len(batch)} bytes too early")
    return batch[place : place + count], place + count
