"""Blocks of the EVM in pieces, each executed as if the block were its worker's alone, and proven afterwards."""

from samestate.optimized.core.block_run import BlockRun
from samestate.optimized.evm.packing import PackedBlock
from samestate.optimized.evm.result import EvmResult
from samestate.optimized.evm.running import EvmRun
from samestate.optimized.evm.world import World

class EvmPieces(BlockRun):
    @property
    def discarded(self) -> str | None: ...
    @property
    def count(self) -> int: ...
    def pieces_of(self, transactions: int) -> int: ...
    def begin(
        self,
        run: EvmRun,
        block: PackedBlock,
        world: World,
        proposed: bytes | None,
        record: bool = True,
        time_limit: float = 60.0,
        trace: bool = False,
        spent: float = 0.0,
        learning: bool = False,
        dealt: bool = False,
    ) -> None: ...
    def work(self, worker: int) -> None: ...
    def finish(self) -> EvmResult | None: ...
