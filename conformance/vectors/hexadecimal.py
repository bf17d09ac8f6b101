"""Bytes as vectors write them."""

from __future__ import annotations


def hexed(content: bytes) -> str:
    """Bytes as hex."""
    return f"0x{content.hex()}"


def unhexed(written: str) -> bytes:
    """What :func:`hexed` wrote."""
    return bytes.fromhex(written[2:])
