"""What a toy transaction reports, as data and as bytes, and the commitment to the receipts of a block."""

# source: Samestate: vectors/FORMAT.md, "The toy machine", Roots

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass

from samestate.spec.state.merkle import merkle_root


class Error(enum.Enum):
    """Why a transaction failed. The value is the byte that stands for it in an encoded receipt."""

    OUT_OF_GAS = 1


NO_ERROR_BYTE = 0


@dataclass(frozen=True, slots=True)
class Receipt:
    """Gas used alone and by all transactions so far, logs and why the transaction failed, if it did.

    ``first_log`` is how many logs the block had before; each of ``logs`` is a digest of 32 bytes.
    """

    gas_used: int
    cumulative_gas_used: int
    first_log: int
    logs: tuple[bytes, ...]
    error: Error | None

    @property
    def succeeded(self) -> bool:
        """Whether the operations took effect."""
        return self.error is None


def encode_receipt(receipt: Receipt) -> bytes:
    """Whether it succeeded and why not, a byte each; gas used, cumulative gas used and first log, 8 bytes each; the
    number of logs, 4 bytes; the logs. Numbers are big-endian.
    """
    # rule: toy.receipt.encoding
    return b"".join(
        [
            bytes([receipt.succeeded, NO_ERROR_BYTE if receipt.error is None else receipt.error.value]),
            receipt.gas_used.to_bytes(8, "big"),
            receipt.cumulative_gas_used.to_bytes(8, "big"),
            receipt.first_log.to_bytes(8, "big"),
            len(receipt.logs).to_bytes(4, "big"),
            *receipt.logs,
        ]
    )


def receipts_root(receipts: Sequence[Receipt]) -> bytes:
    """The Merkle root of the encoded receipts, each under its index in 8 bytes, big-endian."""
    # rule: toy.receipt.root
    return merkle_root({index.to_bytes(8, "big"): encode_receipt(receipt) for index, receipt in enumerate(receipts)})
