"""Accounts that belong together."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class AccountGroup:
    """Keys of senders, keys of accounts that only delegate, and contracts; ``is_hot`` if transactions share them.

    ``ledger`` is the contract whose slots all of them write. ``poor`` are keys of accounts that have nothing before the
    block: each sends what an earlier transaction gave it.
    """

    senders: tuple[bytes, ...]
    authorities: tuple[bytes, ...]
    contracts: tuple[bytes, ...]
    is_hot: bool
    ledger: bytes | None = None
    poor: tuple[bytes, ...] = ()
