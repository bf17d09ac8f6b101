"""A block of the EVM as the engine takes it."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from samestate.optimized.evm.forks import Fork
from samestate.optimized.evm.ruleset import Ruleset

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
    deposit_contract: bytes | None = None

class PackedBlock:
    @property
    def transaction_count(self) -> int: ...
    def shape(self) -> tuple[int, int, int, int, int, int, int, int]: ...
    raw: Sequence[bytes]
    coinbase: bytes
    predictions: Mapping[bytes, Sequence[tuple[int, bytes | None]]] | bytes | None
    malformed: tuple[int, str] | None
    ruleset: Ruleset
    header: Mapping[str, Any] | None
    has_withdrawals: bool
    def sender(self, index: int) -> bytes | None: ...
    def recover_in_lanes(self, wanted: bool) -> None: ...
    @property
    def signatures_in_lanes(self) -> int: ...
    def body_commitments(self) -> tuple[bytes, bytes, bytes]: ...

def unpack(
    fork: Fork,
    raw: bytes,
    chain_id: int,
    block_hashes: Mapping[int, bytes] | None = None,
    predictions: Mapping[bytes, Sequence[tuple[int, bytes | None]]] | bytes | None = None,
    deposit_contract: bytes | None = None,
) -> PackedBlock: ...
def pack(
    fork: Fork,
    environment: BlockEnvironment,
    transactions: Sequence[bytes],
    withdrawals: Sequence[tuple[bytes, int]] = (),
    ommers: Sequence[tuple[bytes, int]] = (),
    is_bare: bool = False,
    predictions: Mapping[bytes, Sequence[tuple[int, bytes | None]]] | bytes | None = None,
    senders: Sequence[bytes] | None = None,
) -> PackedBlock: ...
