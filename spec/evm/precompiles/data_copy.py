"""IDENTITY: the cheapest way to copy memory before MCOPY (yellow paper, appendix E)."""

# source: yellow paper, appendix E

from __future__ import annotations

from samestate.spec.evm.gas import words
from samestate.spec.evm.precompiles.precompile import Precompile


def _gas(data: bytes) -> int:
    # rule: evm.precompile.identity.gas
    return 15 + 3 * words(len(data))


def _run(data: bytes) -> bytes:
    # rule: evm.precompile.identity.output
    return data


identity = Precompile("identity", _gas, _run)
"""Output: the input."""
