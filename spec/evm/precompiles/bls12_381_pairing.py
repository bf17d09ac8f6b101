"""Pairing on the curve BLS12-381 (EIP-2537)."""

# source: EIP-2537, ABI for pairing check

from __future__ import annotations

from py_arkworks_bls12381 import GT

from samestate.spec.evm.precompiles.bls12_381_encoding import (
    POINT_1_LENGTH,
    POINT_2_LENGTH,
    decode_point_1,
    decode_point_2,
    items,
)
from samestate.spec.evm.precompiles.precompile import Precompile

PAIR_LENGTH = POINT_1_LENGTH + POINT_2_LENGTH


def _gas(data: bytes) -> int:
    # rule: evm.precompile.bls12-381-pairing.gas
    # source: EIP-2537, Gas schedule
    return 37700 + 32600 * (len(data) // PAIR_LENGTH)


def _run(data: bytes) -> bytes:
    pairs = items(data, PAIR_LENGTH)
    points_1 = [decode_point_1(pair[:POINT_1_LENGTH]) for pair in pairs]
    points_2 = [decode_point_2(pair[POINT_1_LENGTH:]) for pair in pairs]
    # rule: evm.precompile.bls12-381-pairing.output
    return int(GT.pairing_check(points_1, points_2)).to_bytes(32, "big")


bls12_381_pairing = Precompile("bls12-381 pairing", _gas, _run)
"""Input: one or more pairs of a point of the first and one of the second group.
Output: 1 in 32 bytes if the product of their pairings is one, else 0."""
