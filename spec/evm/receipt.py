"""Logs, receipts and the bloom filter (yellow paper, section 4.4.1; EIP-658, EIP-2718)."""

# source: yellow paper, section 4.4.1

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from samestate.spec.evm import rlp
from samestate.spec.evm.hashing import keccak256
from samestate.spec.state.patricia import ordered_trie_root

BLOOM_SIZE = 256


class Log(NamedTuple):
    """What one LOG instruction left behind: up to four topics of 32 bytes, and data."""

    address: bytes
    topics: tuple[bytes, ...]
    data: bytes


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a transaction reports. ``cumulative_gas_used`` counts from the start of the block."""

    type: int
    succeeded: bool
    cumulative_gas_used: int
    logs: tuple[Log, ...]


def logs_bloom(logs: Iterable[Log]) -> bytes:
    """The 256-byte filter in which each address and topic of the logs sets three bits."""
    bloom = 0
    for log in logs:
        for entry in (log.address, *log.topics):
            digest = keccak256(entry)
            for place in (0, 2, 4):
                # rule: evm.receipt.bloom
                bloom |= 1 << (int.from_bytes(digest[place : place + 2], "big") % (8 * BLOOM_SIZE))
    return bloom.to_bytes(BLOOM_SIZE, "big")


def encode_log(log: Log) -> rlp.Item:
    """The RLP item of a log."""
    return [log.address, list(log.topics), log.data]


def encode_receipt(receipt: Receipt) -> bytes:
    """The bytes of a receipt that go into the receipts trie: its type, unless legacy, and its RLP."""
    body = rlp.encode(
        [
            rlp.integer(int(receipt.succeeded)),
            rlp.integer(receipt.cumulative_gas_used),
            logs_bloom(receipt.logs),
            [encode_log(log) for log in receipt.logs],
        ]
    )
    # rule: evm.receipt.encoding
    # source: EIP-658, specification; EIP-2718, specification
    return body if receipt.type == 0 else bytes([receipt.type]) + body


def receipts_root(receipts: Sequence[Receipt]) -> bytes:
    """The root of the trie of a block's receipts."""
    # rule: evm.receipt.root
    # source: yellow paper, section 4.4.2
    return ordered_trie_root([encode_receipt(receipt) for receipt in receipts])


def logs_hash(logs: Sequence[Log]) -> bytes:
    """The hash by which state tests name the logs of a transaction."""
    return keccak256(rlp.encode([encode_log(log) for log in logs]))
