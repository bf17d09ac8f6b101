"""The hash function of the protocol."""

from Crypto.Hash import keccak


def keccak256(data: bytes) -> bytes:
    """The 32-byte Keccak-256 hash of ``data``.

    This is Keccak as submitted to the SHA-3 competition, padded with 0x01; the later standard
    SHA3-256 pads with 0x06 and gives other hashes (yellow paper, section 3).
    """
    return keccak.new(digest_bits=256, data=data).digest()
