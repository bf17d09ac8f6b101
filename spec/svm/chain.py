"""Banks one after another: what a block takes over from its parent, and what it leaves to the one that follows."""

# source: Agave, runtime/src/bank.rs, new_from_parent

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from samestate.spec.svm.addresses import SLOT_HASHES
from samestate.spec.svm.bank_hash import bank_hash
from samestate.spec.svm.block import Block, HardFork, HistoryEntry
from samestate.spec.svm.blockhash_queue import BlockhashQueue
from samestate.spec.svm.epoch_schedule import EpochSchedule
from samestate.spec.svm.machine import SvmResult
from samestate.spec.svm.slot_time import SLOT_TIMES, TICKS_PER_SLOT, CostLimits
from samestate.spec.svm.state import SvmState
from samestate.spec.svm.status_cache import StatusCache
from samestate.spec.svm.transaction import SignedTransaction


@dataclass(frozen=True, slots=True)
class Bank:
    """What a slot leaves beside accounts: its own hash, the queue with its blockhash, and what never changes here.

    ``limits`` and ``hashes_per_tick`` are those of a slot of 400 milliseconds, unless others are given.
    """

    slot: int
    hash: bytes
    blockhashes: BlockhashQueue
    status_cache: StatusCache = field(default_factory=StatusCache)
    hard_forks: tuple[HardFork, ...] = ()
    epochs: EpochSchedule = field(default_factory=EpochSchedule)
    lamports_per_byte: int = 6960
    lamports_per_signature: int = 5000
    limits: CostLimits = SLOT_TIMES[400].limits
    hashes_per_tick: int | None = SLOT_TIMES[400].hashes_per_tick
    ticks: int = TICKS_PER_SLOT


def block_on(
    bank: Bank,
    state: SvmState,
    slot: int,
    leader: bytes,
    entries: Sequence[HistoryEntry],
    blockhash: bytes | None = None,
    unix_timestamp: int | None = None,
) -> Block:
    """The block of these entries on a bank and its state. Raises ValueError where there can be none.

    Without ``blockhash`` the entries are judged by proof of history, and the last one's hash is the blockhash.
    """
    if blockhash is None and not entries:
        raise ValueError("a block with proof of history has an entry at least")
    transactions = [transaction for entry in entries for transaction in entry.transactions]
    return Block(
        slot=slot,
        parent_slot=bank.slot,
        parent_hash=bank.hash,
        leader=leader,
        entries=tuple(entries),
        # rule: svm.block.blockhash
        blockhash=entries[-1].hash if blockhash is None else blockhash,
        blockhashes=bank.blockhashes,
        status_cache=bank.status_cache,
        has_history=blockhash is None,
        unix_timestamp=unix_timestamp,
        epochs=bank.epochs,
        lamports_per_byte=bank.lamports_per_byte,
        lamports_per_signature=bank.lamports_per_signature,
        limits=bank.limits,
        hashes_per_tick=bank.hashes_per_tick,
        ticks=bank.ticks,
        hard_forks=bank.hard_forks,
        constants={address: state.account(address) for address in named_constants(transactions)},
    )


def named_constants(transactions: Iterable[SignedTransaction]) -> frozenset[bytes]:
    """The accounts that admission looks at: SlotHashes, and the lookup tables that transactions name."""
    tables = {lookup.table for transaction in transactions for lookup in transaction.message.lookups}
    return frozenset({SLOT_HASHES, *tables})


def next_bank(bank: Bank, block: Block, result: SvmResult, state: SvmState) -> Bank:
    """The bank that a valid block on ``bank`` leaves, ``state`` being the one after it."""
    processed = (
        (outcome.transaction.resolved.message.blockhash, outcome.transaction.message_hash)
        for outcome in result.outcomes
    )
    return replace(
        bank,
        slot=block.slot,
        hash=bank_hash(block, result.closing.signatures, state.lattice),
        blockhashes=block.blockhashes.register(block.blockhash, block.lamports_per_signature),
        status_cache=block.status_cache.extended(processed),
    )
