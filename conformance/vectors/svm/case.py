"""What an engine is given of Solana's machine: accounts, the bank of the slot before and blocks as maps, and back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from samestate.conformance.errors import InputError
from samestate.conformance.vectors.document import Json, Object
from samestate.conformance.vectors.hexadecimal import hexed, read_bytes, unhexed, write_bytes
from samestate.conformance.vectors.model import VALID, Case, member, members, text, texts, transactions
from samestate.conformance.vectors.record import write_long_value
from samestate.conformance.vectors.svm.keys import CODEC
from samestate.spec.machine import Rejection
from samestate.spec.state import lattice
from samestate.spec.svm.account import Account, account_key, encode_account
from samestate.spec.svm.addresses import address, base58
from samestate.spec.svm.block import HardFork, HistoryEntry
from samestate.spec.svm.blockhash_queue import BlockhashQueue, RegisteredHash, first_queue
from samestate.spec.svm.chain import Bank
from samestate.spec.svm.epoch_schedule import EpochSchedule
from samestate.spec.svm.machine import Svm
from samestate.spec.svm.rejections import NOT_SPECIFIED
from samestate.spec.svm.ruleset import SvmRuleset
from samestate.spec.svm.rulesets import RULESETS
from samestate.spec.svm.rulesets.mainnet_2026_09 import SWITCHES
from samestate.spec.svm.slot_time import SLOT_TIMES, CostLimits
from samestate.spec.svm.state import SvmState, svm_state
from samestate.spec.svm.status_cache import StatusCache
from samestate.spec.svm.transaction import SignedTransaction, decode_transaction

NAME: Final = "svm"

TRUE: Final = "true"
FALSE: Final = "false"
ACTIVE: Final = "active"
SIGNATURES: Final = "signatures"
UNVERIFIED: Final = "unverified"
LIMIT: Final = "limit_"
"""How the parameters of a case begin that are limits of its blocks."""

USUAL_SLOT_TIME: Final = 400
USUAL: Final = Bank(slot=0, hash=bytes(32), blockhashes=first_queue(bytes(32), 0))
"""What a bank has where nothing is said of it."""

UNSPECIFIED: Final = frozenset(code.name for code in NOT_SPECIFIED)


# Rules


def ruleset_of(case: Case) -> SvmRuleset:
    """The rules of a case, with the features that it switches. Raises InputError where there are none of that name."""
    ruleset = RULESETS.get(case.fork)
    if ruleset is None:
        raise InputError(
            f"{case.id}: machine.fork: no ruleset is called {case.fork!r}; known are {', '.join(RULESETS)}"
        )
    for name, switch in switches_of(case).items():
        if name not in SWITCHES:
            raise InputError(f"{case.id}: machine.params: {name} is no feature that can be switched")
        ruleset = ruleset.with_feature(SWITCHES[name], switch == ACTIVE)
    return ruleset


def switches_of(case: Case) -> dict[str, str]:
    """The features that a case switches, each ``active`` or ``inactive``."""
    return {name: value for name, value in case.params.items() if name != SIGNATURES and not name.startswith(LIMIT)}


# The state before the first block, and its bank


def read_case(case: Case) -> tuple[Svm, SvmState, Bank]:
    """The machine, the state and the bank before the first block. Raises InputError and ValueError."""
    return machine_of(case), read_state(case.pre), read_bank(case)


def machine_of(case: Case) -> Svm:
    """The machine under the rules of a case. Raises InputError where there are none of that name."""
    return Svm(ruleset_of(case), case.params.get(SIGNATURES) != UNVERIFIED)


def read_state(pre: Object) -> SvmState:
    """A pre-state. Raises ValueError where a number does not fit."""
    accounts = {address(name): read_account(account) for name, account in member(pre, "accounts").items()}
    others = lattice.EMPTY if "others" not in pre else lattice.from_bytes(read_bytes(pre["others"]))
    return svm_state(accounts, others)


def read_account(account: Json) -> Account:
    """An account."""
    fields = account if isinstance(account, dict) else {}
    return Account(
        lamports=int(text(fields, "lamports")),
        owner=address(text(fields, "owner")),
        executable=fields.get("executable") == TRUE,
        data=read_bytes(fields.get("data", "0x")),
    )


def write_account(account: Account) -> Object:
    """An account as a vector has it."""
    written: Object = {"lamports": str(account.lamports), "owner": base58(account.owner)}
    if account.executable:
        written["executable"] = TRUE
    if account.data:
        written["data"] = write_bytes(account.data)
    return written


def write_state(accounts: Mapping[bytes, Account], bank: Bank, slot_time: int, others: int = lattice.EMPTY) -> Object:
    """The pre-state that :func:`read_state` reads, with its bank."""
    written: Object = {
        "accounts": {base58(name): write_account(accounts[name]) for name in sorted(accounts)},
    }
    if others != lattice.EMPTY:
        written["others"] = write_bytes(lattice.to_bytes(others))
    return {**written, "bank": write_bank(bank, slot_time)}


def state_values(state: Object) -> dict[str, str]:
    """The values of a state, as under ``pre``, by key as a record writes them."""
    return {
        CODEC.key(account_key(address(name))): write_long_value(encode_account(read_account(account)))
        for name, account in member(state, "accounts").items()
    }


def read_bank(case: Case) -> Bank:
    """The bank of the slot before the first block. Raises ValueError where something does not fit."""
    written = member(case.pre, "bank")
    milliseconds = int(str(written.get("slot_time", USUAL_SLOT_TIME)))
    if milliseconds not in SLOT_TIMES:
        raise ValueError(f"slot_time: {milliseconds} is none that is specified; there are {sorted(SLOT_TIMES)}")
    slot_time = SLOT_TIMES[milliseconds]

    def number(name: str, usual: int) -> int:
        return int(str(written.get(name, usual)))

    limits = {name: int(case.params.get(LIMIT + name, usual)) for name, usual in limits_of(slot_time.limits).items()}
    return Bank(
        slot=int(text(written, "slot")),
        hash=unhexed(text(written, "hash")),
        blockhashes=read_queue(members(written, "blockhashes")),
        status_cache=read_status_cache(member(written, "status_cache") if "status_cache" in written else {}),
        hard_forks=tuple(
            HardFork(int(text(entry, "slot")), int(text(entry, "times"))) for entry in members(written, "hard_forks")
        ),
        epochs=read_epochs(member(written, "epochs")) if "epochs" in written else USUAL.epochs,
        lamports_per_byte=number("lamports_per_byte", USUAL.lamports_per_byte),
        lamports_per_signature=number("lamports_per_signature", USUAL.lamports_per_signature),
        limits=CostLimits(**limits),
        hashes_per_tick=(
            int(text(written, "hashes_per_tick")) if "hashes_per_tick" in written else slot_time.hashes_per_tick
        ),
        ticks=number("ticks_per_slot", USUAL.ticks),
    )


def limits_of(limits: CostLimits) -> dict[str, int]:
    """Limits by name."""
    return {"account": limits.account, "block": limits.block, "allocation": limits.allocation}


def read_queue(entries: Sequence[Object]) -> BlockhashQueue:
    """The queue of blockhashes. Raises ValueError where it is not in order."""
    hashes = {
        unhexed(text(entry, "hash")): RegisteredHash(
            int(text(entry, "number")), int(text(entry, "lamports_per_signature"))
        )
        for entry in entries
    }
    if len(hashes) != len(entries):
        raise ValueError("blockhashes: must be different, and their numbers must rise")
    return BlockhashQueue(hashes)


def read_status_cache(written: Object) -> StatusCache:
    """The messages that were processed, by blockhash."""
    return StatusCache(
        {unhexed(blockhash): frozenset(unhexed(each) for each in texts(written, blockhash)) for blockhash in written}
    )


def read_epochs(written: Object) -> EpochSchedule:
    """How slots are divided into epochs. Raises ValueError where an epoch has no slots."""
    return EpochSchedule(
        slots_per_epoch=int(text(written, "slots_per_epoch")),
        leader_schedule_slot_offset=int(text(written, "leader_schedule_slot_offset")),
        warmup=text(written, "warmup") == TRUE,
        first_normal_epoch=int(text(written, "first_normal_epoch")),
        first_normal_slot=int(text(written, "first_normal_slot")),
    )


def write_bank(bank: Bank, slot_time: int = USUAL_SLOT_TIME) -> Object:
    """A bank as a vector has it; limits are the case's, and are not written."""
    written: Object = {
        "slot": str(bank.slot),
        "hash": hexed(bank.hash),
        "blockhashes": [
            {
                "hash": hexed(blockhash),
                "number": str(registered.number),
                "lamports_per_signature": str(registered.lamports_per_signature),
            }
            for blockhash, registered in bank.blockhashes.hashes.items()
        ],
    }
    if bank.status_cache.messages:
        written["status_cache"] = {
            hexed(blockhash): [hexed(each) for each in sorted(bank.status_cache.messages[blockhash])]
            for blockhash in sorted(bank.status_cache.messages)
        }
    if bank.hard_forks:
        written["hard_forks"] = [{"slot": str(fork.slot), "times": str(fork.times)} for fork in bank.hard_forks]
    if bank.epochs != USUAL.epochs:
        epochs = bank.epochs
        written["epochs"] = {
            "slots_per_epoch": str(epochs.slots_per_epoch),
            "leader_schedule_slot_offset": str(epochs.leader_schedule_slot_offset),
            "warmup": TRUE if epochs.warmup else FALSE,
            "first_normal_epoch": str(epochs.first_normal_epoch),
            "first_normal_slot": str(epochs.first_normal_slot),
        }
    for name in ("lamports_per_byte", "lamports_per_signature"):
        if getattr(bank, name) != getattr(USUAL, name):
            written[name] = str(getattr(bank, name))
    if slot_time != USUAL_SLOT_TIME:
        written["slot_time"] = str(slot_time)
    if bank.hashes_per_tick != SLOT_TIMES[slot_time].hashes_per_tick:
        written["hashes_per_tick"] = str(bank.hashes_per_tick)
    if bank.ticks != USUAL.ticks:
        written["ticks_per_slot"] = str(bank.ticks)
    return written


# Blocks


def read_entries(block: Object) -> tuple[HistoryEntry, ...]:
    """The entries of a block. Raises Rejection where a transaction is malformed, with its place in the block."""
    entries = []
    index = 0
    for entry in members(block, "entries"):
        decoded: list[SignedTransaction] = []
        for wire in entry["txs"] if isinstance(entry["txs"], list) else ():
            try:
                decoded.append(decode_transaction(read_bytes(wire)))
            except Rejection as rejection:
                rejection.transaction = index
                raise
            index += 1
        hashes = int(text(entry, "hashes")) if "hashes" in entry else 0
        stated = unhexed(text(entry, "hash")) if "hash" in entry else bytes(32)
        entries.append(HistoryEntry(hashes, stated, tuple(decoded)))
    return tuple(entries)


def write_block(
    slot: int,
    leader: bytes,
    entries: Sequence[tuple[Sequence[bytes], int, bytes]],
    *,
    blockhash: bytes | None,
    unix_timestamp: int | None = None,
) -> Object:
    """A block of entries, each its transactions on the wire, hashes and hash, which count where there is history."""
    env: Object = {"slot": str(slot), "leader": base58(leader)}
    if unix_timestamp is not None:
        env["unix_timestamp"] = str(unix_timestamp)
    if blockhash is not None:
        env["blockhash"] = hexed(blockhash)
    written: list[Json] = []
    for wires, hashes, stated in entries:
        history: Object = {} if blockhash is not None else {"hashes": str(hashes), "hash": hexed(stated)}
        written.append({**history, "txs": [write_bytes(wire) for wire in wires]})
    return {"env": env, "entries": written}


def transactions_of(block: Object) -> list[bytes]:
    """The transactions of a block on the wire, in order."""
    return [read_bytes(wire) for wire in transactions(block)]


# What a vector says of itself


def is_unspecified(expect: Object) -> bool:
    """Whether a block ends in a code that says that nothing is said of it."""
    return text(expect, "status") in UNSPECIFIED


def needed_selectors(case: Case, expected: Sequence[Object]) -> list[str]:
    """The selectors of a vector: what it takes beside the machine itself."""
    needed = {
        "history": any("blockhash" not in member(block, "env") for block in case.blocks),
        "multiple-blocks": len(case.blocks) > 1,
        "partial-state": "others" in case.pre,
        "rejections": any(text(expect, "status") != VALID for expect in expected),
        "switched-features": any(name in SWITCHES or name.startswith(LIMIT) for name in case.params),
        "unverified-signatures": case.params.get(SIGNATURES) == UNVERIFIED,
    }
    return sorted(name for name, is_needed in needed.items() if is_needed)
