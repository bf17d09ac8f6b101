"""Blocks: the entries of a slot, and all that the bank of the slot carries beside accounts."""

# source: Agave, runtime/src/bank.rs; Agave, entry/src/entry.rs

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from samestate.spec.svm.account import UINT64_MODULUS, Account
from samestate.spec.svm.addresses import ADDRESS_BYTES
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
    Raises ValueError where a field cannot be one of a block: a number that has no place in the sysvars, say.
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
        """Refuse what no block can have, and put the transactions of all entries together."""
        check_block(self)
        transactions = tuple(transaction for entry in self.entries for transaction in entry.transactions)
        object.__setattr__(self, "transactions", transactions)

    @property
    def epoch(self) -> int:
        """The epoch of the slot."""
        return self.epochs.epoch(self.slot)


def check_block(block: Block) -> None:
    """Raise ValueError where a field of a block from outside does not fit."""
    for name in ("slot", "parent_slot", "lamports_per_byte", "lamports_per_signature"):
        number = getattr(block, name)
        if not 0 <= number < UINT64_MODULUS:
            raise ValueError(f"{name}: {number} does not fit 64 bits")
    if block.slot <= block.parent_slot:
        raise ValueError(f"slot {block.slot} does not come after its parent, {block.parent_slot}")
    for name in ("parent_hash", "leader", "blockhash"):
        content = getattr(block, name)
        if len(content) != ADDRESS_BYTES:
            raise ValueError(f"{name}: has {len(content)} bytes, and must have {ADDRESS_BYTES}")
    if block.unix_timestamp is not None and not -(2**63) <= block.unix_timestamp < 2**63:
        raise ValueError(f"unix_timestamp: {block.unix_timestamp} does not fit 64 bits, one of them the sign")
    if block.has_history and not block.entries:
        raise ValueError("a block with proof of history has an entry at least")
    for entry in block.entries:
        if entry.hashes < 0 or len(entry.hash) != ADDRESS_BYTES:
            raise ValueError(f"an entry has a hash of {ADDRESS_BYTES} bytes and takes no less than no hashes: {entry}")
    if any(not 0 <= fork.slot < UINT64_MODULUS or fork.times < 0 for fork in block.hard_forks):
        raise ValueError("hard_forks: their slots must fit 64 bits, and none happens less than never")
