"""The parts of a case of Solana's machine, as vectors write them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from samestate.conformance.vectors.document import Json, Object
from samestate.conformance.vectors.hexadecimal import hexed, write_bytes
from samestate.spec.svm.account import Account
from samestate.spec.svm.addresses import base58

MACHINE = "svm"


def write_accounts(accounts: Mapping[bytes, Account]) -> Object:
    """Accounts by their addresses, in order of these."""
    return {base58(key): write_account(account) for key, account in sorted(accounts.items()) if account.lamports}


def write_account(account: Account) -> Object:
    """An account."""
    return {
        "lamports": str(account.lamports),
        "owner": base58(account.owner),
        **({"executable": "true"} if account.executable else {}),
        **({"data": write_bytes(account.data)} if account.data else {}),
    }


def write_queue(blockhashes: Iterable[tuple[bytes, int]], first: int = 0) -> list[Json]:
    """A queue of blockhashes, oldest first, each with its lamports per signature."""
    return [
        {"hash": hexed(digest), "number": str(number), "lamports_per_signature": str(price)}
        for number, (digest, price) in enumerate(blockhashes, first)
    ]


def write_entries(entries: Iterable[Sequence[bytes]]) -> list[Json]:
    """Entries without history, those left out that have no transaction."""
    return [{"txs": [hexed(wire) for wire in entry]} for entry in entries if entry]
