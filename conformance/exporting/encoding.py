"""The RLP of blocks whose transactions may be no transactions."""

from __future__ import annotations

from collections.abc import Sequence

from samestate.spec.evm import rlp
from samestate.spec.evm.block import Header, Withdrawal, header_item, withdrawal_item

FIRST_BYTE_OF_LIST = 0xC0
SHORT = 55


def encode_block(
    header: Header, transactions: Sequence[bytes], ommers: Sequence[Header], withdrawals: Sequence[Withdrawal] | None
) -> bytes:
    """A block, its transactions as they are, well formed or not."""
    parts = [
        rlp.encode(header_item(header)),
        _list([transaction_in_body(encoded) for encoded in transactions]),
        _list([rlp.encode(header_item(ommer)) for ommer in ommers]),
    ]
    if withdrawals is not None:
        parts.append(rlp.encode([withdrawal_item(withdrawal) for withdrawal in withdrawals]))
    return _list(parts)


def transaction_in_body(encoded: bytes) -> bytes:
    """A transaction in a body: what begins as a list stands as it is, anything else as a string (EIP-2718)."""
    return encoded if encoded and encoded[0] >= FIRST_BYTE_OF_LIST else rlp.encode(encoded)


def _list(items: Sequence[bytes]) -> bytes:
    """The list of items that are encoded already."""
    content = b"".join(items)
    if len(content) <= SHORT:
        return bytes([FIRST_BYTE_OF_LIST + len(content)]) + content
    length = rlp.integer(len(content))
    return bytes([FIRST_BYTE_OF_LIST + SHORT + len(length)]) + length + content
