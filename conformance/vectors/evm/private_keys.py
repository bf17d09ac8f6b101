"""The private keys of the accounts in vectors: each follows from the account's name."""

from __future__ import annotations

from samestate.spec.evm.hashing import keccak256


def private_key_of(name: str) -> bytes:
    """The private key of the account that a scenario calls so."""
    return keccak256(f"samestate {name}".encode())
