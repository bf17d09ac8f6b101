"""BLAKE2F: the compression function of the hash BLAKE2b, with any number of rounds (EIP-152; RFC 7693, section 3)."""

# source: EIP-152, specification

from __future__ import annotations

import blake2b

from samestate.spec.evm.precompiles.precompile import Precompile, PrecompileFailure

INPUT_LENGTH = 213


def _gas(data: bytes) -> int:
    """One gas a round; input of another length fails anyway."""
    # rule: evm.precompile.blake2f.gas
    return int.from_bytes(data[:4], "big") if len(data) == INPUT_LENGTH else 0


def _run(data: bytes) -> bytes:
    if len(data) != INPUT_LENGTH:
        # rule: evm.precompile.blake2f.failure-length
        raise PrecompileFailure(f"the input must have {INPUT_LENGTH} bytes, not {len(data)}")
    if data[212] not in (0, 1):
        # rule: evm.precompile.blake2f.failure-last-block-flag
        raise PrecompileFailure(f"the flag for the last block must be 0 or 1, not {data[212]}")
    # rule: evm.precompile.blake2f.output
    return bytes(blake2b.decode_and_compress(data))


blake2f = Precompile("blake2f", _gas, _run)
"""Input: rounds (4 bytes, big-endian), state (64), message block (128), offset (16), last-block flag (1), all words
little-endian. Output: the state after the block (64 bytes)."""
