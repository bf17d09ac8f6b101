"""What toy transactions are expected to access, by what they declare or by what their operations name."""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import blake2b
from typing import TYPE_CHECKING

from samestate.optimized.analysis import Access
from samestate.optimized.toy.packing import registered_key, slot_key

if TYPE_CHECKING:
    from samestate.optimized.toy.packing import PackedBlock, Transaction


class ToyExpectations:
    """Answers the estimators, as a machine written in Python would by its methods."""

    def declared(self, block: PackedBlock, transaction: Transaction) -> Access:
        """The slots that the transaction declares; and its sender's nonce, balance and keys."""
        declared = transaction[5]
        return _with_sender(transaction, *(((), ()) if declared is None else declared))

    def estimate(self, block: PackedBlock, transaction: Transaction) -> Access:
        """The slots that its operations name: all are read, and those of SSTORE are written, if the gas lasts."""
        operations = transaction[4]
        slots = dict.fromkeys(operation[1] for operation in operations if operation[0] in ("SLOAD", "SSTORE"))
        stored = dict.fromkeys(operation[1] for operation in operations if operation[0] == "SSTORE")
        return _with_sender(transaction, slots, stored)

    def kind(self, transaction: Transaction) -> bytes:
        """The same sender does the same; the nonce is another each time. Data may be long, so it is a digest."""
        digest = blake2b(transaction[0], digest_size=16)
        for operation in transaction[4]:
            for part in operation:
                if isinstance(part, bytes):
                    digest.update(b"%d:" % len(part))
                    digest.update(part)
                else:
                    digest.update(f"{part} ".encode())
        return digest.digest()


def _with_sender(transaction: Transaction, reads: Iterable[int], writes: Iterable[int]) -> Access:
    nonce, balance = b"\x02" + transaction[0], b"\x01" + transaction[0]
    signing, registered = _keys(transaction)
    return Access(
        (nonce, balance, *signing, *registered, *map(slot_key, reads)),
        (nonce, balance, *registered, *map(slot_key, writes)),
    )


def _keys(transaction: Transaction) -> tuple[tuple[bytes, ...], tuple[bytes, ...]]:
    """Under the ruleset `signed`: the key that the signature is by, and the one that the transaction registers."""
    if len(transaction) == 6:
        return (), ()
    signature, registration = transaction[6:]
    registered = () if registration is None else (registered_key(registration[0], registration[1]),)
    return (registered_key(transaction[0], signature[0]),), registered
