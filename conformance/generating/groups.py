"""Accounts that belong together."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class AccountGroup:
    """Keys of senders, keys of accounts that only delegate, and contracts; ``is_hot`` if transactions share them."""

    senders: tuple[bytes, ...]
    authorities: tuple[bytes, ...]
    contracts: tuple[bytes, ...]
    is_hot: bool
