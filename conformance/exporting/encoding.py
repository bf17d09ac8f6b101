"""The RLP of blocks whose transactions may be no transactions."""

from __future__ import annotations

from collections.abc import Sequence

from samestate.conformance.vectors.evm.chain import rlp_list, transaction_in_body
from samestate.spec.evm import rlp
from samestate.spec.evm.block import Header, Withdrawal, header_item, withdrawal_item


def encode_block(
    header: Header, transactions: Sequence[bytes], ommers: Sequence[Header], withdrawals: Sequence[Withdrawal] | None
) -> bytes:
    """A block, its transactions as they are, well formed or not."""
    parts = [
        rlp.encode(header_item(header)),
        rlp_list([transaction_in_body(encoded) for encoded in transactions]),
        rlp_list([rlp.encode(header_item(ommer)) for ommer in ommers]),
    ]
    if withdrawals is not None:
        parts.append(rlp.encode([withdrawal_item(withdrawal) for withdrawal in withdrawals]))
    return rlp_list(parts)
