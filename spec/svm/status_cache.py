"""The status cache: which messages have been processed, so that none is processed twice."""

# source: Agave, runtime/src/status_cache.rs

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class StatusCache:
    """The messages that a block's ancestors have processed, by the blockhash that each names, known by their hashes.

    Failed and fees-only transactions are among them, and those with a durable nonce, under that nonce.
    """

    messages: Mapping[bytes, frozenset[bytes]] = field(default_factory=dict)

    def holds(self, blockhash: bytes, message_hash: bytes) -> bool:
        """Whether the message was processed."""
        return message_hash in self.messages.get(blockhash, ())

    def extended(self, processed: Iterable[tuple[bytes, bytes]]) -> StatusCache:
        """The cache once these were processed too: the blockhash and the hash of each message."""
        messages = {blockhash: set(hashes) for blockhash, hashes in self.messages.items()}
        for blockhash, message_hash in processed:
            # rule: svm.status-cache.processed
            messages.setdefault(blockhash, set()).add(message_hash)
        return StatusCache({blockhash: frozenset(hashes) for blockhash, hashes in messages.items()})
