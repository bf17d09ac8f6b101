"""A block of the EVM as the engine takes it."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from samestate.optimized.evm.forks import Fork

class BlockEnvironment(NamedTuple):
    chain_id: int
    number: int
    timestamp: int
    coinbase: bytes
    gas_limit: int
    base_fee: int = 0
    difficulty: int = 0
    prev_randao: bytes = ...
    excess_blob_gas: int = 0
    parent_hash: bytes = ...
    parent_beacon_block_root: bytes = ...
    slot_number: int = 0
    block_hashes: Mapping[int, bytes] = ...

class PackedBlock:
    @property
    def transaction_count(self) -> int: ...
    raw: Sequence[bytes]
    coinbase: bytes
    predictions: Mapping[bytes, Sequence[tuple[int, bytes | None]]] | None

def pack(
    fork: Fork,
    environment: BlockEnvironment,
    transactions: Sequence[bytes],
    withdrawals: Sequence[tuple[bytes, int]] = (),
    ommers: Sequence[tuple[bytes, int]] = (),
    is_bare: bool = False,
    predictions: Mapping[bytes, Sequence[tuple[int, bytes | None]]] | None = None,
    senders: Sequence[bytes] | None = None,
) -> PackedBlock: ...
