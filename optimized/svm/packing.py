"""A block of Solana's machine as the engine takes it: the bytes of its transactions, and what its bank is told.

A block is packed once and can be executed any number of times, on any state. Nothing is decoded here.
"""

from collections.abc import Sequence
from typing import NamedTuple

import cython
from cython.cimports.cpython.bytes import PyBytes_AS_STRING
from cython.cimports.libc.string import memcpy

from samestate.optimized.svm.rulesets import SLOT_TIMES, Limits, SvmRules


class PlainEntry(NamedTuple):
    """Transactions that were recorded together. Without proof of history ``hashes`` and ``hash`` mean nothing."""

    transactions: Sequence[bytes]
    hashes: int = 0
    hash: bytes = bytes(32)


@cython.cfunc
@cython.exceptval(-1, check=False)
def put_address(target: cython.pointer(Address), given: object, what: object) -> cython.int:
    """An address or a hash: 32 bytes."""
    content: bytes = bytes(given)
    if len(content) != 32:
        raise ValueError(f"{what}: 0x{content.hex()} has {len(content)} bytes, not 32")
    memcpy(target, PyBytes_AS_STRING(content), 32)
    return 0


@cython.cclass
class PackedBlock:
    """The entries of a slot.

    ``blockhash``: what the last tick registers; None where that is the hash of the last entry, and entries are judged
    by proof of history. ``unix_timestamp``: None where it is what it was.
    """

    def __cinit__(
        self,
        rules: SvmRules,
        slot: int,
        leader: bytes,
        entries: Sequence[PlainEntry],
        blockhash: bytes | None = None,
        unix_timestamp: int | None = None,
        limits: Limits | None = None,
        lamports_per_signature: int = 5000,
    ):
        content: bytes
        own: Limits = SLOT_TIMES[400].limits if limits is None else limits
        self.rules = rules
        self.input.rules.has_version_1 = rules.has_version_1
        self.input.rules.keeps_exempt = rules.keeps_exempt
        self.input.rules.lamports_per_signature = lamports_per_signature
        self.input.rules.account_limit = own.account
        self.input.rules.block_limit = own.block
        self.input.rules.allocation_limit = own.allocation
        self.input.slot = slot
        put_address(cython.address(self.input.leader), leader, "leader")
        self.input.has_timestamp = unix_timestamp is not None
        self.input.unix_timestamp = unix_timestamp or 0
        self.input.has_history = blockhash is None
        if blockhash is None and not entries:
            raise ValueError("a block with proof of history has an entry at least")
        put_address(
            cython.address(self.input.blockhash),
            entries[len(entries) - 1].hash if blockhash is None else blockhash,
            "blockhash",
        )
        self.input.entries.resize(len(entries))
        total: cython.size_t = sum([sum(map(len, entry.transactions)) for entry in entries])
        self.input.wire.resize(total)
        place: cython.size_t = 0
        number: cython.size_t
        first: cython.uint = 0
        self.input.starts.reserve(1 + sum([len(entry.transactions) for entry in entries]))
        self.input.starts.push_back(0)
        for number, entry in enumerate(entries):
            self.input.entries[number].hashes = entry.hashes
            put_address(cython.address(self.input.entries[number].hash), entry.hash, f"hash of entry {number}")
            self.input.entries[number].first = first
            self.input.entries[number].count = len(entry.transactions)
            for content in entry.transactions:
                memcpy(self.input.wire.data() + place, PyBytes_AS_STRING(content), len(content))
                place += len(content)
                self.input.starts.push_back(place)
                first += 1

    @property
    def transaction_count(self) -> int:
        """How many transactions it has."""
        return self.input.count()

    @property
    def slot(self) -> int:
        """Its slot."""
        return self.input.slot
