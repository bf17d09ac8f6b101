"""The addresses of accounts that creations make."""

# source: yellow paper, section 7

from __future__ import annotations

from samestate.spec.evm import rlp
from samestate.spec.evm.hashing import keccak256


def created_address(creator: bytes, nonce: int) -> bytes:
    """The address of what ``creator`` creates while it has ``nonce`` (yellow paper, equation 85)."""
    # rule: evm.create.address
    return keccak256(rlp.encode([creator, rlp.integer(nonce)]))[12:]


def salted_address(creator: bytes, salt: bytes, initcode: bytes) -> bytes:
    """The address of what ``creator`` creates by CREATE2 (EIP-1014)."""
    # rule: evm.create2.address
    # source: EIP-1014, specification
    return keccak256(b"\xff" + creator + salt + keccak256(initcode))[12:]
