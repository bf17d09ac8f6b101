"""Accounts, the whole of the state: what an account is, and the bytes that stand for it on a view."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Final

from samestate.spec.machine import Key, Value
from samestate.spec.svm.addresses import ADDRESS_BYTES, SYSTEM

MAXIMUM_DATA_BYTES: Final = 10 * 2**20
"""How much data an account may have."""

UINT64_MODULUS: Final = 2**64
_HEAD: Final = struct.Struct("<Q32sB")


@dataclass(frozen=True, slots=True)
class Account:
    """What stands under an address. ``owner`` is the program that may change it."""

    lamports: int
    owner: bytes = SYSTEM
    executable: bool = False
    data: bytes = b""


def account_key(address: bytes) -> Key:
    """The key of an account: its address. An account is one key, whatever part of it is read or written."""
    return address


def encode_account(account: Account) -> Value:
    """The bytes of an account: lamports (8, little-endian), owner (32), executable (1), data; None without lamports."""
    if account.lamports == 0:
        # rule: svm.account.without-lamports-is-absent
        # source: Agave, accounts-db/src/accounts_db.rs, lt_hash_account
        return None
    return _HEAD.pack(account.lamports, account.owner, account.executable) + account.data


def decode_account(value: Value) -> Account | None:
    """The account that the bytes stand for, None where there is none."""
    if value is None:
        return None
    lamports, owner, executable = _HEAD.unpack_from(value)
    return Account(lamports, owner, executable == 1, value[_HEAD.size :])


def check_account(name: str, account: Account) -> None:
    """Raise ValueError where an account from outside has a field that does not fit."""
    if not 0 <= account.lamports < UINT64_MODULUS:
        raise ValueError(f"{name}: {account.lamports} lamports do not fit 64 bits")
    if len(account.owner) != ADDRESS_BYTES:
        raise ValueError(f"{name}: the owner has {len(account.owner)} bytes, and an address has {ADDRESS_BYTES}")
    if len(account.data) > MAXIMUM_DATA_BYTES:
        raise ValueError(f"{name}: {len(account.data)} bytes of data; an account may have {MAXIMUM_DATA_BYTES}")
