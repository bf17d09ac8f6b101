"""What toy transactions are expected to access, by what they declare or by what their operations name."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from optimized.analysis import Access
from optimized.toy.packing import slot_key

if TYPE_CHECKING:
    from optimized.toy.packing import PackedBlock, Transaction


class ToyExpectations:
    """Answers the estimators `declared` and `static`, as a machine written in Python would by its methods."""

    def declared(self, block: PackedBlock, transaction: Transaction) -> Access:
        """The slots that the transaction declares; and its sender's nonce and balance."""
        declared = transaction[5]
        return _with_sender(transaction, *(((), ()) if declared is None else declared))

    def estimate(self, block: PackedBlock, transaction: Transaction) -> Access:
        """The slots that its operations name: all are read, and those of SSTORE are written, if the gas lasts."""
        operations = transaction[4]
        slots = dict.fromkeys(operation[1] for operation in operations if operation[0] in ("SLOAD", "SSTORE"))
        stored = dict.fromkeys(operation[1] for operation in operations if operation[0] == "SSTORE")
        return _with_sender(transaction, slots, stored)


def _with_sender(transaction: Transaction, reads: Iterable[int], writes: Iterable[int]) -> Access:
    nonce, balance = b"\x02" + transaction[0], b"\x01" + transaction[0]
    return Access(
        (nonce, balance, *map(slot_key, reads)),
        (nonce, balance, *map(slot_key, writes)),
    )
