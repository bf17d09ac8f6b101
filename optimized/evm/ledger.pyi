"""What a block has done to the state."""

from collections.abc import Mapping, Sequence

from samestate.optimized.evm.block_records import BlockRecords
from samestate.optimized.evm.packing import PackedBlock
from samestate.optimized.evm.world import World

class BlockLedger:
    world: World
    def __init__(self, records: BlockRecords, block: PackedBlock, is_valid: bool) -> None: ...
    @property
    def changes(self) -> Mapping[bytes, bytes | None]: ...
    @property
    def wipes(self) -> Sequence[bytes]: ...
    def root(self, workers: int = 1) -> bytes: ...
    def apply(self, workers: int = 1) -> None: ...
