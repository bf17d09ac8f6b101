"""SHA256 and RIPEMD160 (yellow paper, appendix E)."""

# source: yellow paper, appendix E

from __future__ import annotations

import hashlib

from Crypto.Hash import RIPEMD160

from samestate.spec.evm.gas import words
from samestate.spec.evm.precompiles.precompile import Precompile


def _sha256_gas(data: bytes) -> int:
    # rule: evm.precompile.sha256.gas
    return 60 + 12 * words(len(data))


def _sha256(data: bytes) -> bytes:
    # rule: evm.precompile.sha256.output
    return hashlib.sha256(data).digest()


def _ripemd160_gas(data: bytes) -> int:
    # rule: evm.precompile.ripemd160.gas
    return 600 + 120 * words(len(data))


def _ripemd160(data: bytes) -> bytes:
    # rule: evm.precompile.ripemd160.output
    return RIPEMD160.new(data).digest().rjust(32, b"\x00")


sha256 = Precompile("sha256", _sha256_gas, _sha256)
"""Output: the 32-byte hash of the whole input."""

ripemd160 = Precompile("ripemd160", _ripemd160_gas, _ripemd160)
"""Output: the 20-byte hash of the whole input, after 12 zero bytes."""
