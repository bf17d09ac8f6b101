"""ECRECOVER: who signed a message (yellow paper, appendices E and F)."""

# source: yellow paper, appendix E

from __future__ import annotations

from coincurve import PublicKey

from samestate.spec.evm.hashing import keccak256
from samestate.spec.evm.precompiles.precompile import Precompile, padded, word

CURVE_ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
"""The number of points of secp256k1."""


def recover_address(message_hash: bytes, y_parity: int, r: int, s: int) -> bytes | None:
    """The 20-byte address whose key made the signature over the 32-byte hash, or None if there is no such key.

    ``y_parity`` (0 or 1) says which of the two points with the x-coordinate ``r`` the signature meant. ``s`` may lie in
    the upper half of its range: only transactions forbid that (EIP-2).
    """
    if not (0 < r < CURVE_ORDER and 0 < s < CURVE_ORDER):
        # rule: evm.precompile.ecrecover.empty-signature-range
        # source: yellow paper, appendix F (without the limit of EIP-2)
        return None
    signature = r.to_bytes(32, "big") + s.to_bytes(32, "big") + bytes([y_parity])
    try:
        public_key = PublicKey.from_signature_and_message(signature, message_hash, hasher=None)
    except ValueError:
        # rule: evm.precompile.ecrecover.empty-no-key
        # source: yellow paper, appendix F
        return None
    encoded_point = public_key.format(compressed=False)
    # rule: evm.precompile.ecrecover.address
    # source: yellow paper, appendix F
    return keccak256(encoded_point[1:])[12:]


def _gas(data: bytes) -> int:
    # rule: evm.precompile.ecrecover.gas
    return 3000


def _run(data: bytes) -> bytes:
    message_hash, v, r, s = padded(data, 0, 32), word(data, 32), word(data, 64), word(data, 96)
    if v not in (27, 28):
        # rule: evm.precompile.ecrecover.empty-recovery-identifier
        return b""
    address = recover_address(message_hash, v - 27, r, s)
    return b"" if address is None else address.rjust(32, b"\x00")


ecrecover = Precompile("ecrecover", _gas, _run)
"""Input: hash, v, r, s, 32 bytes each. Output: the address in 32 bytes, or nothing where the signature is none."""
