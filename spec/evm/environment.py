"""What a block tells the transactions in it, apart from state."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

ZERO_HASH = bytes(32)


@dataclass(frozen=True, slots=True)
class Environment:
    """The environment of a block, as the instructions of the block group see it.

    Fees in wei, gas in gas units, ``timestamp`` in seconds. ``base_fee_per_gas`` is 0 before London; ``difficulty`` is
    what DIFFICULTY gives before Paris, ``prev_randao`` what PREVRANDAO gives since; ``slot_number`` is the slot of the
    beacon chain, 0 before Amsterdam. ``block_hashes`` maps the number of an earlier block to its hash: at most the 256
    before this one are ever asked for.
    """

    chain_id: int
    number: int
    timestamp: int
    coinbase: bytes
    gas_limit: int
    base_fee_per_gas: int = 0
    difficulty: int = 0
    prev_randao: bytes = ZERO_HASH
    excess_blob_gas: int = 0
    parent_hash: bytes = ZERO_HASH
    parent_beacon_block_root: bytes = ZERO_HASH
    slot_number: int = 0
    block_hashes: Mapping[int, bytes] = field(default_factory=dict)
