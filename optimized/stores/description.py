"""What a store says of the state in it: the record by which a state of another kind is told apart before it is used."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from samestate.optimized.stores.store import META, Store, StoreDamaged, StoreError

FORMAT: Final = 1
"""Of the records of all tables (state_store.hpp). Another number: other records, which nothing here reads."""
MACHINE: Final = "evm"
FIELDS: Final = ("format", "machine", "fork", "height", "block_hash", "root")


class StoreMismatch(StoreError):  # noqa: N818 - what it is
    """A state of another kind than is asked for."""


@dataclass(frozen=True, slots=True)
class Description:
    """A state after the block of that height. ``block_hash`` is empty where the blocks have no headers."""

    fork: str
    height: int
    root: bytes
    block_hash: bytes = b""
    machine: str = MACHINE

    def records(self) -> Mapping[bytes, bytes]:
        """As they are written with each block, but for the root, which whoever commits computes."""
        return {
            b"format": str(FORMAT).encode(),
            b"machine": self.machine.encode(),
            b"fork": self.fork.encode(),
            b"height": str(self.height).encode(),
            b"block_hash": self.block_hash,
        }


def describe(store: Store, place: object) -> Description | None:
    """What the store says; None where there is no state in it. Raises StoreError.

    ``place`` is where it is, for messages.
    """
    values = dict(store.iterate(META))
    if not values:
        return None
    missing = [name for name in FIELDS if name.encode() not in values]
    if missing or len(values) > len(FIELDS):
        named = f"lacks {', '.join(missing)}" if missing else "has fields that are none"
        raise StoreDamaged(f"{place}: what the state says of itself {named}: it is damaged, import it again")
    fields = {name: values[name.encode()] for name in FIELDS}
    if fields["format"] != str(FORMAT).encode():
        raise StoreMismatch(
            f"{place}: has format {fields['format']!r}, and this version reads format {FORMAT}: import it again"
        )
    if fields["machine"] != MACHINE.encode():
        raise StoreMismatch(f"{place}: is a state of the machine {fields['machine']!r}, not of {MACHINE}")
    height, root, block_hash = fields["height"], fields["root"], fields["block_hash"]
    if not height.isdigit() or len(height) > 20 or len(root) != 32 or len(block_hash) not in (0, 32):
        raise StoreDamaged(f"{place}: what the state says of its height, hash or root is none: it is damaged")
    try:
        fork = fields["fork"].decode("ascii")
    except UnicodeDecodeError as error:
        raise StoreDamaged(f"{place}: what the state says of its fork is no name: it is damaged") from error
    return Description(fork, int(height), root, block_hash)
