"""The blocks of Solana's machine that engines are measured on: transfers, with their signatures verified or without."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from samestate.conformance.benchmarking.measured_engine import Prepared
from samestate.conformance.benchmarking.measured_engines import UNSIGNED_SVM
from samestate.conformance.benchmarking.svm_transfers import BLOCKHASH, transfers
from samestate.conformance.benchmarking.work import Input, Work, preset_of
from samestate.conformance.engines.optimized import THREADS
from samestate.conformance.engines.optimized.svm import packed_block, world_of
from samestate.conformance.errors import InputError
from samestate.conformance.vectors import svm
from samestate.spec.svm.account import Account, decode_account
from samestate.spec.svm.block import Block, HistoryEntry
from samestate.spec.svm.blockhash_queue import first_queue
from samestate.spec.svm.chain import Bank, block_on
from samestate.spec.svm.machine import Svm
from samestate.spec.svm.rulesets.mainnet_2026_09 import MAINNET_2026_09
from samestate.spec.svm.slot_time import CostLimits
from samestate.spec.svm.state import SvmState, svm_state
from samestate.spec.svm.transaction import decode_transaction
from samestate.spec.transition import apply_block

LEADER: Final = bytes([0xAA]) * 32
NO_LIMITS: Final = CostLimits(2**60, 2**60, 2**60)
"""So that any number of transfers may be on one account."""


@dataclass(frozen=True, slots=True)
class SvmPreset:
    """A block of so many transfers, whose signatures are verified or taken for true."""

    transactions: int
    conflict: float
    is_signed: bool = False


SVM_PRESETS: Final[Mapping[str, SvmPreset]] = {
    "small": SvmPreset(500, 0.2),
    "medium": SvmPreset(2_000, 0.2),
    "large": SvmPreset(10_000, 0.2),
    "heavy": SvmPreset(2_000, 0.0, is_signed=True),
}
"""By name. A transfer is little work: `heavy` is what verification of signatures makes of it."""


def svm_work(preset: str, conflict: float | None, hot_key: bool, seed: int) -> Work:
    """A preset with another share of transfers to one account, or with all to one. Raises InputError."""
    chosen: SvmPreset = preset_of(preset, SVM_PRESETS)
    share, name = chosen.conflict if conflict is None else conflict, preset
    if hot_key:
        share, name = 1.0, f"{preset}, hot key"
    elif conflict is not None:
        name = f"{preset}, conflict {conflict:g}"
    if seed < 0:
        raise InputError(f"--seed {seed}: must not be negative")
    block, state = svm_block(chosen, share, seed)
    machine = Svm(MAINNET_2026_09, chosen.is_signed)
    result = apply_block(machine, block, state)
    packed, world = packed_block(machine, block), world_of(block, state)

    def input(kind: str, strategy: str) -> Input:
        return svm.NAME if chosen.is_signed else UNSIGNED_SVM, (packed, world), {}

    return Work(
        machine=svm.NAME,
        prepared=Prepared(name, len(block.transactions), result.totals.cost),
        input=input,
        encode={THREADS: lambda: packed_block(machine, block)},
        root=lambda: state.apply(result.changes, ()).root(),
        specification=lambda: apply_block(machine, block, state),
        access_list_ms=0.0,
    )


def svm_block(preset: SvmPreset, conflict: float, seed: int) -> tuple[Block, SvmState]:
    """The block and the state before it."""
    made = transfers(preset.transactions, conflict, preset.is_signed, seed)
    state = svm_state({address: decode_account(value) or Account(0) for address, value in made.accounts.items()})
    entries = [HistoryEntry(0, bytes(32), tuple(decode_transaction(wire) for wire in entry)) for entry in made.entries]
    bank = Bank(0, sha256(b"bank").digest(), first_queue(BLOCKHASH, 5000), limits=NO_LIMITS)
    return block_on(bank, state, 1, LEADER, entries, sha256(b"blockhash").digest()), state
