"""A case of Solana's machine as the program around the Bank is asked about it."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any, Final

from samestate.conformance.fixtures.solana.features import FEATURES, SLOT_TIME_FEATURES
from samestate.conformance.vectors.document import Json, Object
from samestate.conformance.vectors.hexadecimal import read_bytes
from samestate.conformance.vectors.model import Case, member, members, text
from samestate.conformance.vectors.svm import transactions_of
from samestate.conformance.vectors.svm.case import ACTIVE, LIMIT, limits_of, switches_of
from samestate.spec.svm.addresses import RECENT_BLOCKHASHES, RENT, SYSVAR, address, base58
from samestate.spec.svm.rulesets.mainnet_2026_09 import SWITCHES
from samestate.spec.svm.slot_time import SLOT_TIMES as TIMES
from samestate.spec.svm.slot_time import TICKS_PER_SLOT, SlotTime

LAMPORTS_PER_BYTE: Final = 6960
LAMPORTS_PER_SIGNATURE: Final = 5000
SLOT_TIME: Final = 400
SLOTS_PER_EPOCH: Final = 432_000
MILLISECOND: Final = 1_000_000

RENT_BYTES: Final = 17
"""The price (8 bytes), a threshold (8) and a part that is burnt (1)."""


def question(case: Case) -> dict[str, Any]:
    """The case as the program takes it."""
    bank = member(case.pre, "bank")
    time = slot_time(bank)
    return {
        "features": sorted(address(each).hex() for each in active_features(case) - SLOT_TIME_FEATURES),
        "accounts": {address(key).hex(): stored(account) for key, account in member(case.pre, "accounts").items()},
        "others": in_base64(read_bytes(case.pre["others"])) if "others" in case.pre else None,
        "parent": {"slot": number(bank, "slot"), "bank_hash": text(bank, "hash")[2:]},
        "blockhashes": [
            [text(entry, "hash")[2:], number(entry, "lamports_per_signature")] for entry in members(bank, "blockhashes")
        ],
        "lamports_per_signature": number(bank, "lamports_per_signature", LAMPORTS_PER_SIGNATURE),
        "lamports_per_byte": number(bank, "lamports_per_byte", LAMPORTS_PER_BYTE),
        "epochs": epochs(bank),
        "slot_nanoseconds": MILLISECOND * number(bank, "slot_time", SLOT_TIME),
        "hashes_per_tick": number(bank, "hashes_per_tick", time.hashes_per_tick or 0),
        "ticks_per_slot": number(bank, "ticks_per_slot", TICKS_PER_SLOT),
        "hard_forks": [[number(fork, "slot"), number(fork, "times")] for fork in members(bank, "hard_forks")],
        "verify_signatures": True,
        "blocks": [asked_block(block, limits(case, time)) for block in case.blocks],
    }


def unable(case: Case) -> str:
    """What the Bank cannot be given of a case; nothing where it can be given all."""
    bank = member(case.pre, "bank")
    if "status_cache" in bank:
        return "the Bank cannot be told what was processed before the first block"
    numbers = [number(entry, "number") for entry in members(bank, "blockhashes")]
    if numbers != [*range(numbers[0], numbers[0] + len(numbers))]:
        return "the Bank's queue of blockhashes has no gaps"
    price = price_of_rent(case.pre)
    if price is None and names(case, RENT):
        return "the Bank has the Rent sysvar, which the state of the case does not have, and a transaction names it"
    if base58(RECENT_BLOCKHASHES) not in member(case.pre, "accounts") and names(case, RECENT_BLOCKHASHES):
        return "the Bank knows the sysvars of the state, and a transaction names RecentBlockhashes, which is none"
    if price is not None and price != number(bank, "lamports_per_byte", LAMPORTS_PER_BYTE):
        return "the Bank takes the price of rent from the sysvar, which says another"
    return ""


def names(case: Case, key: bytes) -> bool:
    """Whether an address stands anywhere in a transaction, or in an account, such as a lookup table."""
    wires = (wire for block in case.blocks for wire in transactions_of(block))
    held = (
        read_bytes(account["data"])
        for account in member(case.pre, "accounts").values()
        if isinstance(account, dict) and "data" in account
    )
    return any(key in content for content in (*wires, *held))


def active_features(case: Case) -> frozenset[str]:
    """All features that are active in the first block."""
    switched = switches_of(case)
    on = {SWITCHES[name].address for name, state in switched.items() if state == ACTIVE}
    off = {SWITCHES[name].address for name, state in switched.items() if state != ACTIVE}
    return (FEATURES[case.fork] | on) - off


def slot_time(bank: Object) -> SlotTime:
    """What the length of a slot decides."""
    return TIMES[number(bank, "slot_time", SLOT_TIME)]


def limits(case: Case, time: SlotTime) -> list[int]:
    """What a block may cost."""
    return [int(case.params.get(LIMIT + name, usual)) for name, usual in limits_of(time.limits).items()]


def epochs(bank: Object) -> dict[str, Any]:
    """The schedule of epochs."""
    given = member(bank, "epochs") if "epochs" in bank else {}
    return {
        "slots_per_epoch": number(given, "slots_per_epoch", SLOTS_PER_EPOCH),
        "leader_schedule_slot_offset": number(given, "leader_schedule_slot_offset", SLOTS_PER_EPOCH),
        "warmup": given.get("warmup") == "true",
        "first_normal_epoch": number(given, "first_normal_epoch", 0),
        "first_normal_slot": number(given, "first_normal_slot", 0),
    }


def asked_block(block: Object, limits: list[int]) -> dict[str, Any]:
    """A block as the program takes it."""
    env = member(block, "env")
    return {
        "slot": number(env, "slot"),
        "leader": address(text(env, "leader")).hex(),
        "blockhash": text(env, "blockhash")[2:] if "blockhash" in env else None,
        "timestamp": number(env, "unix_timestamp") if "unix_timestamp" in env else None,
        "limits": limits,
        "entries": [*asked_entries(block)],
    }


def asked_entries(block: Object) -> Iterator[dict[str, Any]]:
    """The entries of a block as the program takes them."""
    for entry in members(block, "entries"):
        written = entry["txs"]
        transactions = [in_base64(read_bytes(wire)) for wire in (written if isinstance(written, list) else ())]
        if "hash" in entry:
            yield {
                "hashes": number(entry, "hashes"),
                "hash": text(entry, "hash")[2:],
                "transactions": transactions,
            }
        else:
            yield {"hash": None, "transactions": transactions}


def stored(account: Json) -> list[Any]:
    """An account as the program takes it."""
    fields = account if isinstance(account, dict) else {}
    data = read_bytes(fields["data"]) if "data" in fields else b""
    return [
        number(fields, "lamports"),
        in_base64(data),
        address(text(fields, "owner")).hex(),
        fields.get("executable") == "true",
    ]


def price_of_rent(pre: Object) -> int | None:
    """What the Rent sysvar says; None where it is not in the state."""
    rent = member(pre, "accounts").get(base58(RENT))
    if not isinstance(rent, dict):
        return None
    data = read_bytes(rent["data"]) if "data" in rent else b""
    return int.from_bytes(data[:8], "little") if rent.get("owner") == base58(SYSVAR) and len(data) >= RENT_BYTES else 0


def in_base64(content: bytes) -> str:
    """Bytes as the program takes them."""
    return base64.b64encode(content).decode()


def number(fields: Object, name: str, default: int | None = None) -> int:
    """A number in decimal. Raises TypeError where it is missing, and there is no default."""
    return default if default is not None and name not in fields else int(text(fields, name))
