"""A case of Solana's machine as LiteSVM is asked about it: slot by slot, each transaction by itself."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping, Sequence
from typing import Any, Final

from samestate.conformance.vectors.document import Object
from samestate.conformance.vectors.hexadecimal import read_bytes, unhexed
from samestate.conformance.vectors.model import ABSENT, VALID, Case, member, members, text
from samestate.conformance.vectors.svm import transactions_of
from samestate.conformance.vectors.svm.case import read_account, switches_of
from samestate.spec.svm.account import Account, decode_account, encode_account
from samestate.spec.svm.addresses import (
    CLOCK,
    FEATURE_GATE,
    LOADER_V1,
    LOADER_V2,
    LOADER_V3,
    NATIVE_LOADER,
    SLOT_HASHES,
    SYSTEM,
    SYSVAR,
    address,
    base58,
)
from samestate.spec.svm.transaction import SignedTransaction, decode_transaction

GENESIS_HASH: Final = hashlib.sha256(b"genesis").digest()
"""LiteSVM's own last blockhash, which cannot be set; next nonces follow from it."""
RENT_PRICE: Final = "6960"
LOG_BYTES: Final = 10_000
ACCOUNT: Final = "account "
DIGEST: Final = "sha256 "
LONGEST_VALUE: Final = 128
SLOT_HASH_BYTES: Final = 40
MOST_SLOT_HASHES: Final = 512
NONCE_INSTRUCTIONS: Final = (4, 5, 6)
"""Those of the System program that look at the last blockhash: advance, withdraw, initialize."""
ITS_OWN: Final = frozenset({NATIVE_LOADER, SYSVAR, FEATURE_GATE})
"""Owners of accounts that LiteSVM has of its own."""
LOADERS: Final = frozenset({LOADER_V1, LOADER_V2, LOADER_V3})


def unable(case: Case, results: Sequence[Object]) -> str:
    """What LiteSVM cannot do of a case; nothing where it can do all. ``results``: what the specification gives."""
    bank = member(case.pre, "bank")
    if any(text(result, "status") != VALID for result in results):
        return "LiteSVM executes transactions, and judges no blocks"
    if bank.get("lamports_per_byte", RENT_PRICE) != RENT_PRICE or "lamports_per_signature" in bank:
        return "LiteSVM has prices of its own"
    if switches_of(case):
        return "LiteSVM has the features of its ruleset"
    if any(account.owner in LOADERS for account in accounts_before(case).values()):
        return "LiteSVM takes no program that it cannot verify"
    if any(receipt["status"] == "fees-only" for result in results for receipt in members(result, "receipts")):
        return "LiteSVM takes no fee from what it cannot load"
    last = unhexed(text(members(bank, "blockhashes")[-1], "hash"))
    for number, (block, result) in enumerate(zip(case.blocks, results, strict=True)):
        for wire, receipt in zip(transactions_of(block), members(result, "receipts"), strict=True):
            transaction = decode_transaction(wire)
            if not looks_at_blockhash(transaction):
                continue
            if last != GENESIS_HASH or number:
                return "LiteSVM cannot be told the last blockhash, from which nonces follow"
            if receipt["status"] != "success" and starts_with_nonce(transaction):
                return "LiteSVM advances no nonce of a transaction that fails"
    return ""


def looks_at_blockhash(transaction: SignedTransaction) -> bool:
    """Whether an instruction of a transaction depends on the last blockhash."""
    message = transaction.message
    return any(
        instruction.program < len(message.keys)
        and message.keys[instruction.program] == SYSTEM
        and int.from_bytes(instruction.data[:4], "little") in NONCE_INSTRUCTIONS
        for instruction in message.instructions
    )


def starts_with_nonce(transaction: SignedTransaction) -> bool:
    """Whether the first instruction of a transaction advances a nonce."""
    first = transaction.message.instructions[:1]
    return any(int.from_bytes(instruction.data[:4], "little") == NONCE_INSTRUCTIONS[0] for instruction in first)


def accounts_before(case: Case) -> dict[bytes, Account]:
    """The accounts before the first block, but for those that LiteSVM has of its own."""
    accounts = {}
    for name, written in member(case.pre, "accounts").items():
        account = read_account(written)
        if account.owner not in ITS_OWN:
            accounts[address(name)] = account
    return accounts


def question(case: Case, results: Sequence[Object]) -> dict[str, Any]:
    """The case as both programs take it: what happens between slots is set as the specification has it."""
    hashes = slot_hashes(case)
    bank = member(case.pre, "bank")
    parent = (int(text(bank, "slot")), text(bank, "hash")[2:])
    slots = []
    set_before: dict[str, Any] = {}
    for block, result in zip(case.blocks, results, strict=True):
        hashes = [parent, *hashes][:MOST_SLOT_HASHES]
        steps = members(result, "access")
        transactions = transactions_of(block)
        slots.append(
            {
                "clock": clock_in(steps[0], case),
                "slot_hashes": hashes,
                "accounts": set_before,
                "transactions": [base64.b64encode(wire).decode() for wire in transactions],
                "told": [told_after(step) for step in steps[1:-1]],
            }
        )
        set_before = closing_writes(steps[-1])
        parent = (int(text(member(block, "env"), "slot")), text(result, "bank_hash")[2:])
    return {
        "signatures": True,
        "log_bytes": LOG_BYTES,
        "accounts": {key.hex(): stored(account) for key, account in accounts_before(case).items()},
        "slots": slots,
    }


def slot_hashes(case: Case) -> list[tuple[int, str]]:
    """The hashes of earlier slots, the newest first."""
    written = member(case.pre, "accounts").get(base58(SLOT_HASHES))
    data = read_bytes(written["data"]) if isinstance(written, dict) and "data" in written else bytes(8)
    count = int.from_bytes(data[:8], "little")
    entries = [data[8 + at : 8 + at + SLOT_HASH_BYTES] for at in range(0, SLOT_HASH_BYTES * count, SLOT_HASH_BYTES)]
    return [(int.from_bytes(entry[:8], "little"), entry[8:].hex()) for entry in entries]


def clock_in(opening: Object, case: Case) -> list[int]:
    """The fields of Clock after a slot was opened."""
    value = str(member(opening, "writes").get(ACCOUNT + base58(CLOCK), ABSENT))
    if value == ABSENT or value.startswith(DIGEST):
        raise ValueError(f"{case.id}: opening a slot writes no Clock")
    account = decode_account(unhexed(value))
    data = account.data if account is not None else b""
    return [int.from_bytes(data[at : at + 8], "little", signed=at in (8, 32)) for at in range(0, 40, 8)]


def told_after(step: Object) -> list[str]:
    """The accounts that are told after a transaction: all that it has read, and so all that it can have written."""
    names = (key.removeprefix(ACCOUNT) for key in {**member(step, "reads"), **member(step, "writes")})
    return [address(name).hex() for name in names]


def closing_writes(step: Object) -> dict[str, Any]:
    """What closing a slot leaves of accounts that LiteSVM does not have of its own."""
    changed: dict[str, Any] = {}
    for key, value in member(step, "writes").items():
        if str(value).startswith(DIGEST):
            continue
        account = None if value == ABSENT else decode_account(unhexed(str(value)))
        if account is None or account.owner not in ITS_OWN:
            changed[address(key.removeprefix(ACCOUNT)).hex()] = None if account is None else stored(account)
    return changed


def stored(account: Account) -> list[Any]:
    """An account as both programs take it: lamports as text, since JavaScript would round them."""
    return [
        str(account.lamports),
        base64.b64encode(account.data).decode(),
        account.owner.hex(),
        account.executable,
    ]


def value_of(told: Sequence[Any] | None) -> str:
    """The value of an account that was told, as a record writes it."""
    if told is None:
        return ABSENT
    lamports, data, owner, executable = told
    value = encode_account(Account(int(lamports), bytes.fromhex(owner), bool(executable), base64.b64decode(data)))
    if value is None:
        return ABSENT
    if len(value) <= LONGEST_VALUE:
        return f"0x{value.hex()}"
    return f"{DIGEST}0x{hashlib.sha256(value).hexdigest()} of {len(value)} bytes"


def is_its_own(told: Mapping[str, Any] | Sequence[Any] | None) -> bool:
    """Whether an account that was told is one of those that LiteSVM has of its own."""
    return isinstance(told, list) and bytes.fromhex(told[2]) in ITS_OWN


def is_program(told: Mapping[str, Any] | Sequence[Any] | None) -> bool:
    """Whether an account that was told is a program: LiteSVM has some that a case does not."""
    return isinstance(told, list) and bytes.fromhex(told[2]) in LOADERS
