"""Blocks of System transfers for Solana's machine, as bytes: so many, with as many on one account as is asked for."""

from __future__ import annotations

import random
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from samestate.spec.svm.addresses import NATIVE_LOADER, SYSTEM
from samestate.spec.svm.signature import address_of, sign

BLOCKHASH: Final = sha256(b"genesis").digest()
"""The blockhash that every transfer names."""
RICH: Final = 10**12
"""Lamports of who pays …"""
POOR: Final = 10**7
"""… and of who is paid."""
SYSTEM_ACCOUNT: Final = (1).to_bytes(8, "little") + NATIVE_LOADER + b"\x01" + b"solana_system_program"
ENTRY: Final = 64
"""Transactions of an entry."""


@dataclass(frozen=True, slots=True)
class Transfers:
    """A block of transfers.

    ``accounts`` by address, each as the bytes of a value: lamports, owner, executable, data. ``wires``: the
    transactions. ``entries``: the same, by entry.
    """

    accounts: dict[bytes, bytes]
    wires: list[bytes]

    @property
    def entries(self) -> list[list[bytes]]:
        """The transactions by entry."""
        return [self.wires[start : start + ENTRY] for start in range(0, len(self.wires), ENTRY)]


def paid_account(lamports: int) -> bytes:
    """The value of an account of the System program without data."""
    return lamports.to_bytes(8, "little") + SYSTEM + b"\x00"


def transfers(count: int, conflict: float = 0.0, signed: bool = False, seed: int = 0) -> Transfers:
    """A block of so many transfers, each by a payer of its own.

    ``conflict``: the share of them that pay one and the same account; the others pay an account of their own each.
    ``signed``: whether signatures are true, which takes 0.1 ms each; else they are zeros, and payers are nobody's.
    """
    source = random.Random(seed)
    hot = source.randbytes(32)
    accounts = {SYSTEM: SYSTEM_ACCOUNT, hot: paid_account(POOR)}
    wires = []
    for number in range(count):
        secret = source.randbytes(32)
        payer = address_of(secret) if signed else secret
        paid = hot if source.random() < conflict else source.randbytes(32)
        accounts[payer] = paid_account(RICH)
        accounts.setdefault(paid, paid_account(POOR))
        data = (2).to_bytes(4, "little") + (1_000 + number).to_bytes(8, "little")
        message = b"\x01\x00\x01\x03" + payer + paid + SYSTEM + BLOCKHASH + b"\x01\x02\x02\x00\x01\x0c" + data
        wires.append(b"\x01" + (sign(message, secret) if signed else bytes(64)) + message)
    return Transfers(accounts, wires)
