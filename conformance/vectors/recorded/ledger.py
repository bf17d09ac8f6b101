"""A block as its shreds have it, with the accounts and the manifest beside it, as cases."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from samestate.conformance.errors import InputError
from samestate.conformance.fixtures.solana.entries import WireEntry, read_batches
from samestate.conformance.fixtures.solana.features import FEATURES
from samestate.conformance.fixtures.solana.known_banks import KNOWN_BANK_HASHES
from samestate.conformance.fixtures.solana.ledger_accounts import LedgerAccounts
from samestate.conformance.fixtures.solana.manifest import Manifest
from samestate.conformance.fixtures.solana.shreds import ShreddedBlock
from samestate.conformance.vectors.document import Json, Object
from samestate.conformance.vectors.hexadecimal import hexed
from samestate.conformance.vectors.model import VALID, Case
from samestate.conformance.vectors.recorded.chain import MACHINE, write_accounts, write_queue
from samestate.conformance.vectors.recorded.model import NotExecuted, RecordedEntries, RecordedVector
from samestate.spec.state import lattice
from samestate.spec.svm.account import Account
from samestate.spec.svm.addresses import EPOCH_SCHEDULE, FEATURE_GATE, RECENT_BLOCKHASHES, SYSTEM, address, base58
from samestate.spec.svm.rulesets.mainnet_2026_09 import SWITCHES
from samestate.spec.svm.state import svm_state

KIND: Final = "ledger"
FORK: Final = "mainnet-2026-07"
HASHES_PER_TICK: Final = 62_500
QUEUE_ENTRY: Final = struct.Struct("<32sQ")
EPOCHS: Final = struct.Struct("<QQ?QQ")


@dataclass(frozen=True, slots=True)
class LedgerBlock:
    """A block with what lies beside it. ``place`` is that of its shreds."""

    place: str
    block: ShreddedBlock
    accounts: LedgerAccounts | None = None
    manifest: Manifest | None = None

    @property
    def name(self) -> str:
        """What its cases are called."""
        return f"slot {self.block.slot}"


def cases_of_ledger(ledger: LedgerBlock) -> Iterator[RecordedVector | RecordedEntries | NotExecuted]:
    """The entries of a block, and the block itself where its parent is known. Raises InputError."""
    check_slots(ledger)
    entries = read_batches(ledger.place, ledger.block.batches)
    manifest = ledger.manifest
    yield RecordedEntries(
        ledger.place,
        f"{ledger.name}: entries",
        entries,
        start_of(ledger),
        manifest.hashes_per_tick if manifest is not None else None,
        is_whole=True,
    )
    if manifest is None or ledger.accounts is None:
        lacking = "a manifest" if manifest is None else "accounts"
        yield NotExecuted(
            ledger.place,
            ledger.name,
            f"there is no {lacking.removeprefix('a ')} beside the shreds, and so nothing is known of its parent's bank",
        )
        return
    yield vector_of(ledger, ledger.accounts, manifest, entries)


def check_slots(ledger: LedgerBlock) -> None:
    """Raise InputError where accounts or manifest belong to another slot."""
    block, accounts, manifest = ledger.block, ledger.accounts, ledger.manifest
    if manifest is not None and manifest.slot != block.parent_slot:
        raise InputError(
            f"{ledger.place}: the manifest beside it must be of the parent's slot {block.parent_slot}, "
            f"but is of {manifest.slot}"
        )
    if manifest is None and accounts is not None and accounts.newest > block.parent_slot:
        raise InputError(
            f"{ledger.place}: the accounts beside it must be those of slot {block.parent_slot}, but "
            f"{base58(accounts.which)} was written in slot {accounts.newest}"
        )


def start_of(ledger: LedgerBlock) -> bytes | None:
    """The parent's last blockhash, where it is known: of the manifest, or of accounts as the parent left them."""
    if ledger.manifest is not None:
        return ledger.manifest.blockhashes[-1][0]
    held = ledger.accounts.accounts.get(RECENT_BLOCKHASHES) if ledger.accounts is not None else None
    if held is None or len(held.data) < 8 + QUEUE_ENTRY.size or not int.from_bytes(held.data[:8], "little"):
        return None
    newest: bytes = QUEUE_ENTRY.unpack_from(held.data, 8)[0]
    return newest


def vector_of(
    ledger: LedgerBlock, accounts: LedgerAccounts, manifest: Manifest, entries: tuple[WireEntry, ...]
) -> RecordedVector:
    """The block on its parent's bank. The state has more accounts than are there; the manifest has their sum."""
    block = ledger.block
    beside = lattice.subtract(lattice.from_bytes(manifest.lattice), svm_state(accounts.accounts).lattice)
    known = KNOWN_BANK_HASHES.get((block.slot, manifest.bank_hash))
    first = manifest.block_height - len(manifest.blockhashes) + 1
    bank: Object = {
        "slot": str(manifest.slot),
        "hash": hexed(manifest.bank_hash),
        "blockhashes": write_queue(manifest.blockhashes, max(0, first)),
        **({"hard_forks": hard_forks} if (hard_forks := write_hard_forks(manifest)) else {}),
        **epochs_of(accounts.accounts),
    }
    if manifest.hashes_per_tick != HASHES_PER_TICK and manifest.hashes_per_tick is not None:
        bank["hashes_per_tick"] = str(manifest.hashes_per_tick)
    if manifest.ticks_per_slot != 64:
        bank["ticks_per_slot"] = str(manifest.ticks_per_slot)
    is_later = accounts.newest > manifest.slot
    return RecordedVector(
        place=ledger.place,
        case=Case(
            id=ledger.name,
            machine=MACHINE,
            fork=FORK,
            params=switched(accounts.accounts, manifest.slot),
            selectors=frozenset({"history", "partial-state"}),
            pre={
                "accounts": write_accounts(accounts.accounts),
                "others": hexed(lattice.to_bytes(beside)),
                "bank": bank,
            },
            blocks=(
                {
                    "env": {"slot": str(block.slot), "leader": base58(leader_of(ledger, manifest, accounts))},
                    "entries": [
                        {
                            "hashes": str(entry.hashes),
                            "hash": hexed(entry.hash),
                            "txs": [hexed(wire) for wire in entry.transactions],
                        }
                        for entry in entries
                    ],
                },
            ),
        ),
        expected=({"status": VALID, **({"bank_hash": hexed(known)} if known is not None else {})},),
        accounts=({},),
        kind=KIND,
        note=f"{ledger.place}: its accounts are of slot {accounts.newest}, and not of its parent" if is_later else "",
    )


def write_hard_forks(manifest: Manifest) -> list[Json]:
    """The restarts of validators together, by slot."""
    return [{"slot": str(slot), "times": str(times)} for slot, times in manifest.hard_forks]


def epochs_of(accounts: Mapping[bytes, Account]) -> Object:
    """The schedule of epochs, of its sysvar; nothing where that is not among the accounts."""
    held = accounts.get(EPOCH_SCHEDULE)
    if held is None or len(held.data) < EPOCHS.size:
        return {}
    slots, offset, warmup, epoch, slot = EPOCHS.unpack_from(held.data)
    return {
        "epochs": {
            "slots_per_epoch": str(slots),
            "leader_schedule_slot_offset": str(offset),
            "warmup": "true" if warmup else "false",
            "first_normal_epoch": str(epoch),
            "first_normal_slot": str(slot),
        }
    }


def switched(accounts: Mapping[bytes, Account], slot: int) -> dict[str, str]:
    """The features that are otherwise than in the ruleset: those with an account that was activated by then."""
    names: dict[str, str] = {}
    for name, feature in SWITCHES.items():
        held = accounts.get(address(feature.address))
        is_active = (
            held is not None
            and held.owner == FEATURE_GATE
            and held.data[:1] == b"\x01"
            and int.from_bytes(held.data[1:9], "little") <= slot
        )
        if is_active != (feature.address in FEATURES[FORK]):
            names[name] = "active" if is_active else "inactive"
    return names


def leader_of(ledger: LedgerBlock, manifest: Manifest, accounts: LedgerAccounts) -> bytes:
    """Who has signed the shreds: the parent's leader, or one of the accounts. Raises InputError where none has."""
    for candidate in candidates(manifest, accounts.accounts):
        if ledger.block.is_signed_by(candidate):
            return candidate
    raise InputError(f"{ledger.place}: none of the accounts beside it has signed these shreds")


def candidates(manifest: Manifest, accounts: Mapping[bytes, Account]) -> Iterable[bytes]:
    """Who may be the leader."""
    yield manifest.leader
    for key, account in accounts.items():
        if account.owner == SYSTEM and not account.data:
            yield key
