"""A block of Solana's machine as the engine takes it."""

from collections.abc import Sequence
from typing import NamedTuple

from samestate.optimized.svm.rulesets import Limits, SvmRules

class PlainEntry(NamedTuple):
    transactions: Sequence[bytes]
    hashes: int = 0
    hash: bytes = ...

class PackedBlock:
    rules: SvmRules
    def __init__(
        self,
        rules: SvmRules,
        slot: int,
        leader: bytes,
        entries: Sequence[PlainEntry],
        blockhash: bytes | None = None,
        unix_timestamp: int | None = None,
        limits: Limits | None = None,
        lamports_per_signature: int = 5000,
    ) -> None: ...
    @property
    def transaction_count(self) -> int: ...
    @property
    def slot(self) -> int: ...
