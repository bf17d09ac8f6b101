"""Blocks: the entries of a slot, and all that the bank of the slot carries beside accounts."""

# source: Agave, runtime/src/bank.rs; Agave, entry/src/entry.rs

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from samestate.spec.svm.account import Account
from samestate.spec.svm.blockhash_queue import BlockhashQueue
from samestate.spec.svm.epoch_schedule import EpochSchedule
from samestate.spec.svm.slot_time import TICKS_PER_SLOT, CostLimits
from samestate.spec.svm.status_cache import StatusCache
from samestate.spec.svm.transaction import SignedTransaction


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """Transactions that were recorded together, after so many hashes; without transactions it is a tick.

    ``hash``: where the proof of history stands after it.
    """

    hashes: int
    hash: bytes
    transactions: tuple[SignedTransaction, ...] = ()

    @property
    def is_tick(self) -> bool:
        """Whether it marks time alone."""
        return not self.transactions


class HardFork(NamedTuple):
    """A slot at which validators were restarted together, and how often that was done."""

    slot: int
    times: int


@dataclass(frozen=True, slots=True)
class Block:
    """What a slot executes, and what is constant while it does.

    ``blockhash``: what the last tick registers. Where ``has_history`` it is the hash of the last entry, and entries are
    judged by proof of history; else entries only group transactions, and their hashes mean nothing.
    ``unix_timestamp``: the stake-weighted time, None where votes give none and the parent's stays.
    ``constants``: the accounts of lookup tables and of SlotHashes as the state before the block has them: whatever the
    block does to them, its own lookups don't see it.
    """

    slot: int
    parent_slot: int
    parent_hash: bytes
    """The bank hash of the parent."""
    leader: bytes
    """Who receives the fees."""
    entries: tuple[HistoryEntry, ...]
    blockhash: bytes
    blockhashes: BlockhashQueue
    """The queue as the parent left it."""
    status_cache: StatusCache = field(default_factory=StatusCache)
    """What the ancestors have processed."""
    has_history: bool = False
    unix_timestamp: int | None = None
    epochs: EpochSchedule = field(default_factory=EpochSchedule)
    lamports_per_byte: int = 6960
    """What an account must hold for each byte of its data and of its overhead of 128 bytes, to be exempt from rent."""
    lamports_per_signature: int = 5000
    """What a signature costs."""
    limits: CostLimits = field(kw_only=True)
    hashes_per_tick: int | None = None
    ticks: int = TICKS_PER_SLOT
    hard_forks: tuple[HardFork, ...] = ()
    """By slot, ascending."""
    constants: Mapping[bytes, Account | None] = field(default_factory=dict)
    transactions: tuple[SignedTransaction, ...] = field(init=False, repr=False, compare=False)
    """Those of all entries, in order."""

    def __post_init__(self) -> None:
        """Put the transactions of all entries together."""
        transactions = tuple(transaction for entry in self.entries for transaction in entry.transactions)
        object.__setattr__(self, "transactions", transactions)

    @property
    def epoch(self) -> int:
        """The epoch of the slot."""
        return self.epochs.epoch(self.slot)
